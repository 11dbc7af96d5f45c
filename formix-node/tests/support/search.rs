//! Looks for secrets in files, in every way in which they could be written down.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::Path;

/// A file as it was, by its path in the home.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// A number that must not be found, and what it is: `answer of light-1`, `share 0 of light-1`.
#[derive(Debug, Clone)]
pub(crate) struct Secret {
    pub(crate) what: &'static str,
    pub(crate) of: String,
    patterns: Vec<(&'static str, Vec<u8>)>,
}

/// Where a secret was found: what it is, whose, how it is written, and in which file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hit {
    pub(crate) what: &'static str,
    pub(crate) of: String,
    pub(crate) written: &'static str,
    pub(crate) file: String,
}

impl Secret {
    pub(crate) fn new(what: &'static str, of: &str, lane: u32) -> Self {
        let (little, big) = (lane.to_le_bytes(), lane.to_be_bytes());
        let mut patterns = vec![
            ("decimal", lane.to_string().into_bytes()),
            ("little-endian", little.to_vec()),
            ("big-endian", big.to_vec()),
        ];
        for bytes in [little, big] {
            let hex = format!("{:08x}", u32::from_be_bytes(bytes));
            let list = |text: String| text.trim_matches(['[', ']']).as_bytes().to_vec();
            patterns.push(("HEX", hex.to_uppercase().into_bytes()));
            patterns.push(("hex", hex.into_bytes()));
            patterns.push(("a list", list(format!("{bytes:?}"))));
            patterns.push(("a list in hex", list(format!("{bytes:02x?}"))));
            patterns.push(("an escaped string", bytes.escape_ascii().to_string().into_bytes()));
        }
        Self { what, of: of.to_owned(), patterns }
    }

    /// People write it like this.
    pub(crate) fn or_text(mut self, text: &str) -> Self {
        self.patterns.push(("text", text.as_bytes().to_vec()));
        self
    }
}

/// Every file of a home, pipes and sockets left out.
pub(crate) fn files(home: &Path) -> Files {
    let mut files = Files::new();
    read(home, home, &mut files);
    files
}

fn read(home: &Path, directory: &Path, files: &mut Files) {
    for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
        let (path, kind) = (entry.path(), entry.file_type().unwrap());
        if kind.is_dir() {
            read(home, &path, files);
        } else if kind.is_file() {
            let name = path.strip_prefix(home).unwrap().to_str().unwrap().to_owned();
            // A write-ahead log may go while it is looked at.
            files.insert(name, fs::read(&path).unwrap_or_default());
        }
    }
}

/// Every place of every secret.
pub(crate) fn search(files: &Files, secrets: &[Secret]) -> BTreeSet<Hit> {
    let mut index: HashMap<[u8; 4], Vec<_>> = HashMap::new();
    for secret in secrets {
        for (written, pattern) in &secret.patterns {
            let first = *pattern.first_chunk().expect("a number of four digits at least");
            index.entry(first).or_default().push((secret, written, pattern));
        }
    }
    let mut hits = BTreeSet::new();
    for (file, bytes) in files {
        for at in 0..bytes.len().saturating_sub(3) {
            let first: &[u8; 4] = bytes[at..].first_chunk().unwrap();
            for (secret, written, pattern) in index.get(first).into_iter().flatten() {
                if bytes[at..].starts_with(pattern) {
                    let (what, of, file) = (secret.what, secret.of.clone(), file.clone());
                    hits.insert(Hit { what, of, written, file });
                }
            }
        }
    }
    hits
}
