//! The seed corpus of the fuzz targets `frame` and `record` is the golden vectors.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::{message_vectors, read, record_vectors};

fn corpus(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target)
}

/// Every input that is checked in, by its file name.
fn checked_in(target: &str) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(corpus(target)).expect("the corpus is checked in");
    let paths = files.map(|file| file.expect("a file").path());
    paths
        .map(|path| {
            let name = path.file_name().and_then(|name| name.to_str()).expect("a plain name");
            (name.to_owned(), fs::read(&path).expect("it can be read"))
        })
        .collect()
}

/// A file name for a vector: `refuse: late` is `refuse-late`.
fn file_name(name: &str) -> String {
    let plain = name.split(" = ").next().unwrap_or(name);
    let words = plain.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

/// What each target begins with.
fn seeds() -> BTreeMap<&'static str, BTreeMap<String, Vec<u8>>> {
    let bad = read(&[include_str!("nouns.txt"), include_str!("bad.txt")]);
    let (bad_records, bad_messages): (Vec<_>, Vec<_>) =
        bad.into_iter().partition(|section| section.name.starts_with("record:"));
    let named = |sections: Vec<super::Section>| -> BTreeMap<String, Vec<u8>> {
        let inputs = sections.into_iter().filter(|section| !section.is_noun);
        inputs.map(|section| (file_name(&section.name), section.bytes)).collect()
    };
    BTreeMap::from([
        ("frame", named([message_vectors(), bad_messages].concat())),
        ("record", named([record_vectors(), bad_records].concat())),
    ])
}

/// Writes the seeds: `cargo test -p formix-proto --test vectors -- --ignored write_the_seeds`.
#[test]
#[ignore = "writes into fuzz/corpus"]
fn write_the_seeds() {
    for (target, inputs) in seeds() {
        fs::create_dir_all(corpus(target)).expect("a directory");
        for (name, bytes) in inputs {
            fs::write(corpus(target).join(name), bytes).expect("a file");
        }
    }
}

#[test]
fn the_golden_vectors_are_the_seeds_of_the_fuzz_targets() {
    for (target, inputs) in seeds() {
        let known = checked_in(target);
        for (name, bytes) in inputs {
            assert_eq!(known.get(&name), Some(&bytes), "{target}/{name}: write the seeds again");
        }
    }
}
