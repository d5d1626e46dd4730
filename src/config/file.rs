//! The configuration file as text.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::mistakes::{Mistakes, Place};

/// Hundreds of operations fit; a file beyond this is something else.
const MAX_BYTES: u64 = 1024 * 1024;

/// The text of a file of a sane size.
pub(super) fn read(path: &Path) -> Result<String, Mistakes> {
    let wrong = |place, message: String| {
        let mut mistakes = Mistakes::none_in(&path.display().to_string());
        mistakes.add(place, "", message);
        mistakes
    };
    let mut bytes = Vec::new();
    match File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes)) {
        Err(error) => {
            let message = format!("cannot be read ({error}); correct the path or its permissions");
            Err(wrong(Place::Whole, message))
        }
        Ok(length) if length as u64 > MAX_BYTES => {
            Err(wrong(Place::Whole, "is longer than 1 MiB; is it the right file?".to_owned()))
        }
        Ok(_) => String::from_utf8(bytes).map_err(|error| {
            let good = error.utf8_error().valid_up_to();
            let place = end_of(error.as_bytes().get(..good).unwrap_or_default());
            wrong(place, "is not UTF-8; save the file as UTF-8".to_owned())
        }),
    }
}

/// The place behind this beginning of a text.
fn end_of(beginning: &[u8]) -> Place {
    let text = String::from_utf8_lossy(beginning);
    let line = text.matches('\n').count() + 1;
    let column = text.chars().rev().take_while(|letter| *letter != '\n').count() + 1;
    Place::At { line, column }
}
