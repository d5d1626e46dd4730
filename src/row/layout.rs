//! A row that is written like the row before: read in one pass, without knowing beforehand where it ends.
//!
//! wolkvox writes all rows of an answer alike: the same keys in the same order with the same blanks. So what stood before
//! each value of one row is only compared in the next one, and nothing but its values is looked at. What is written in any
//! other way is not read here at all.

use super::Word;

/// Rows with more fields than this, or with longer keys and blanks, are not worth being remembered: no report has them.
const MOST_FIELDS: usize = 128;
const LONGEST_LEADS: usize = 8 << 10;

/// How a row was written: what stood before each value.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// What stood before each value, and behind the last one, in one piece.
    text: String,
    fields: Vec<Field>,
}

/// A field of a row.
#[derive(Clone, Copy, Debug)]
struct Field {
    /// Where in the text what stands before its value ends; it begins where that of the field before ends.
    end: usize,
    /// Which of the fields that the report knows it is.
    place: Option<usize>,
    /// Where its key stands within what is before its value.
    key: (usize, usize),
}

impl Layout {
    /// Forgets how the row before was written.
    pub(super) fn forget(&mut self) {
        self.text.clear();
        self.fields.clear();
    }

    /// Remembers a field by what stood before its value, its key among it, as it was written.
    pub(super) fn add(&mut self, lead: &str, key: &str, place: Option<usize>) {
        let start = memchr::memchr(b'"', lead.as_bytes()).map_or(0, |quote| quote + 1);
        self.text.push_str(lead);
        self.fields.push(Field { end: self.text.len(), place, key: (start, start + key.len()) });
    }

    /// Remembers what stood behind the last value.
    pub(super) fn close(&mut self, tail: &str) {
        self.text.push_str(tail);
        if self.fields.len() > MOST_FIELDS || self.text.len() > LONGEST_LEADS {
            *self = Self::default();
        }
    }

    /// Reads the row that `text` begins with and hands out its fields: which of the known ones it is, its key and its
    /// value. Answers how long the row is, or nothing where it is written otherwise or not all there; what was handed out
    /// is then to be forgotten.
    pub(super) fn read<'a>(
        &self,
        text: &'a str,
        mut file: impl FnMut(Option<usize>, &'a str, Word<'a>),
    ) -> Option<usize> {
        let bytes = text.as_bytes();
        let (mut at, mut start) = (0, 0);
        for field in &self.fields {
            let lead = self.text.as_bytes().get(start..field.end)?;
            if !bytes.get(at..)?.starts_with(lead) {
                return None;
            }
            let value = at + lead.len();
            let end = end_of_value(bytes, value)?;
            let key = match field.place {
                Some(_) => "",
                None => text.get(at + field.key.0..at + field.key.1)?,
            };
            file(field.place, key, Word(text.get(value..end)?));
            (at, start) = (end, field.end);
        }
        let tail = self.text.as_bytes().get(start..)?;
        (!self.fields.is_empty() && bytes.get(at..)?.starts_with(tail)).then_some(at + tail.len())
    }
}

/// Where the value that begins here ends, if it is a text, a plain number or one of JSON's three words.
fn end_of_value(bytes: &[u8], start: usize) -> Option<usize> {
    if bytes.get(start) == Some(&b'"') {
        return end_of_text(bytes, start + 1);
    }
    let rest = bytes.get(start..)?;
    let length = rest.iter().position(|byte| matches!(byte, b',' | b'}' | b' ' | b'\t' | b'\r' | b'\n'))?;
    let bare = rest.get(..length)?;
    (matches!(bare, b"null" | b"true" | b"false") || is_plain_number(bare)).then_some(start + length)
}

/// Whether these bytes are a number without an exponent, as JSON has it.
fn is_plain_number(bytes: &[u8]) -> bool {
    let digits = bytes.strip_prefix(b"-").unwrap_or(bytes);
    let point = digits.iter().position(|byte| *byte == b'.');
    let (whole, fraction) = point.map_or((digits, None), |point| {
        let (whole, fraction) = digits.split_at(point);
        (whole, fraction.get(1..))
    });
    let are_digits = |bytes: &[u8]| !bytes.is_empty() && bytes.iter().all(u8::is_ascii_digit);
    are_digits(whole) && (whole == b"0" || !whole.starts_with(b"0")) && fraction.is_none_or(are_digits)
}

/// Where the text whose first character stands here ends, its quote included, if it is well written.
fn end_of_text(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    loop {
        at += plain_characters(bytes.get(at..)?);
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => match bytes.get(at + 1)? {
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => at += 2,
                b'u' if bytes.get(at + 2..at + 6)?.iter().all(u8::is_ascii_hexdigit) => at += 6,
                _ => return None,
            },
            // A control character, which JSON does not have in a text.
            _ => return None,
        }
    }
}

/// How many bytes come before the first quote, backslash or control character, eight at a time.
fn plain_characters(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    const HIGHS: u64 = ONES << 7;
    /// Marks the lowest byte that is zero, and perhaps some above it.
    const fn zeros(bytes: u64) -> u64 {
        bytes.wrapping_sub(ONES) & !bytes
    }
    let mut passed = 0;
    let mut rest = bytes;
    while let Some((eight, behind)) = rest.split_first_chunk() {
        let eight = u64::from_le_bytes(*eight);
        let controls = eight.wrapping_sub(ONES * 0x20) & !eight;
        let quotes = zeros(eight ^ (ONES * 0x22));
        let backslashes = zeros(eight ^ (ONES * 0x5C));
        let marks = (controls | quotes | backslashes) & HIGHS;
        if marks != 0 {
            return passed + marks.trailing_zeros() as usize / 8;
        }
        passed += 8;
        rest = behind;
    }
    passed + rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20)).unwrap_or(rest.len())
}
