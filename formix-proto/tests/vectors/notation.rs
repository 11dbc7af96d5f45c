//! The notation of the vector files.
//!
//! `[name]` begins a section; `#` begins a comment. A line holds bytes in hexadecimal (`0a ff`), text
//! (`"tea"`), repeated bytes (`a0*32`), and earlier sections (`@terms`). A section whose name begins
//! with `@` is a noun: it is only there to be part of others.

use std::collections::BTreeMap;

#[derive(Debug, Clone)]
pub(crate) struct Section {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) is_noun: bool,
}

/// Reads files, the later ones of which may refer to the earlier ones.
pub(crate) fn read(files: &[&str]) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut nouns = BTreeMap::new();
    for line in files.iter().flat_map(|file| file.lines()) {
        let line = line.split('#').next().unwrap_or_default().trim();
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            remember(&mut nouns, sections.last());
            let is_noun = name.starts_with('@');
            sections.push(Section { name: name.into(), bytes: Vec::new(), is_noun });
        } else if let Some(section) = sections.last_mut() {
            section.bytes.extend(bytes(line, &nouns));
        } else {
            assert_eq!(line, "", "bytes before the first section");
        }
    }
    sections
}

fn remember(nouns: &mut BTreeMap<String, Vec<u8>>, section: Option<&Section>) {
    if let Some(noun) = section.filter(|section| section.is_noun) {
        nouns.insert(noun.name.clone(), noun.bytes.clone());
    }
}

fn bytes(line: &str, nouns: &BTreeMap<String, Vec<u8>>) -> Vec<u8> {
    if let Some(text) = line.strip_prefix('"') {
        return text.strip_suffix('"').expect("text ends on its line").as_bytes().to_vec();
    }
    line.split_whitespace().flat_map(|word| word_bytes(word, nouns)).collect()
}

fn word_bytes(word: &str, nouns: &BTreeMap<String, Vec<u8>>) -> Vec<u8> {
    if word.starts_with('@') {
        return nouns.get(word).unwrap_or_else(|| panic!("no noun {word}")).clone();
    }
    let (digits, times) = word.split_once('*').unwrap_or((word, "1"));
    let byte = u8::from_str_radix(digits, 16);
    let times = times.parse().ok();
    match (byte, times) {
        (Ok(byte), Some(times)) if digits.len() == 2 => vec![byte; times],
        _ => panic!("`{word}` is not bytes"),
    }
}
