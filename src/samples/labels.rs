//! Labels as the exposition formats write them.

/// Appends `name="value"` pairs, separated by commas, with the three escapes of the exposition formats.
pub fn write_labels(out: &mut String, names: &[&str], values: &[&str]) {
    for (position, (name, value)) in names.iter().zip(values).enumerate() {
        if position > 0 {
            out.push(',');
        }
        out.push_str(name);
        out.push_str("=\"");
        write_escaped(out, value);
        out.push('"');
    }
}

/// Appends a label's value with its escapes.
#[inline]
pub(super) fn write_escaped(out: &mut String, value: &str) {
    if may_have_special(value.as_bytes()) {
        escape(out, value);
    } else {
        out.push_str(value);
    }
}

#[inline(never)]
fn escape(out: &mut String, value: &str) {
    let mut rest = value;
    while let Some(at) = memchr::memchr3(b'\\', b'"', b'\n', rest.as_bytes()) {
        let (plain, special) = rest.split_at(at);
        out.push_str(plain);
        let mut characters = special.chars();
        out.push_str(match characters.next() {
            Some('\\') => "\\\\",
            Some('"') => "\\\"",
            _ => "\\n",
        });
        rest = characters.as_str();
    }
    out.push_str(rest);
}

/// Whether something may be to be escaped: a look that is shorter than a search, because values are short. A blank looks so
/// too.
#[inline]
fn may_have_special(value: &[u8]) -> bool {
    let word = |bytes: &[u8; 8]| u64::from_le_bytes(*bytes);
    let half = |bytes: &[u8; 4]| u64::from(u32::from_le_bytes(*bytes));
    match (value.first_chunk(), value.last_chunk()) {
        (Some(first), Some(last)) if value.len() <= 16 => specials(word(first)) | specials(word(last)) != 0,
        (Some(_), _) => true,
        (None, _) => match (value.first_chunk(), value.last_chunk()) {
            (Some(first), Some(last)) => specials(half(first) | half(last) << 32) != 0,
            _ => value.iter().any(|byte| matches!(byte, b'\\' | ..=b'"')),
        },
    }
}

/// The highest bit of each byte of a word that is a backslash or no higher than a quote, as a line's end is too; where there
/// is one, perhaps of others too.
const fn specials(word: u64) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    let backslashes = word ^ (ONES * b'\\' as u64);
    let up_to_quotes = word.wrapping_sub(ONES * (b'"' as u64 + 1)) & !word;
    (up_to_quotes | backslashes.wrapping_sub(ONES) & !backslashes) & (ONES << 7)
}
