//! The configuration file as text.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::mistakes::{Mistakes, Place};

/// Hundreds of operations fit; a file beyond this is something else.
const MAX_BYTES: u64 = 1024 * 1024;

/// The text of a file of a sane size.
pub(super) fn read(path: &Path, mistakes: &mut Mistakes) -> Option<String> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes));
    match read {
        Err(error) => {
            mistakes.add(Place::Whole, "", format!("cannot be read ({error}); correct the path or its permissions"));
            None
        }
        Ok(length) if length as u64 > MAX_BYTES => {
            mistakes.add(Place::Whole, "", "is longer than 1 MiB; is it the right file?");
            None
        }
        Ok(_) => text(bytes, mistakes),
    }
}

fn text(bytes: Vec<u8>, mistakes: &mut Mistakes) -> Option<String> {
    match String::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) => {
            let good = error.utf8_error().valid_up_to();
            let before = String::from_utf8_lossy(error.as_bytes().get(..good).unwrap_or_default()).into_owned();
            let line = before.matches('\n').count() + 1;
            let column = before.chars().rev().take_while(|letter| *letter != '\n').count() + 1;
            mistakes.add(Place::At { line, column }, "", "is not UTF-8; save the file as UTF-8");
            None
        }
    }
}
