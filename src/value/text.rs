//! Names, ids and blanks.

use std::borrow::Cow;

use wide::u8x16;

/// The longest label value that is served, in characters; what is longer is cut, so that no answer can bloat a series.
const LONGEST: usize = 200;

/// Whether the text is one of the marks for "nothing": empty, `-`, `--`, or a word that says so.
#[must_use]
pub fn is_blank(text: &str) -> bool {
    match text.len() {
        0 => true,
        1 | 2 => matches!(text, "-" | "--"),
        3 | 4 => ["n/a", "nan", "null"].iter().any(|mark| text.eq_ignore_ascii_case(mark)),
        _ => false,
    }
}

/// A text without outer blanks, with every run of blanks and control characters as one blank, and of bounded length.
#[must_use]
pub fn tidy(text: &str) -> Cow<'_, str> {
    // Ids, numbers and clocks, which most values are, have nothing to tidy.
    if text.len() <= LONGEST && text.bytes().all(|byte| matches!(byte, b'!'..=b'~')) {
        return Cow::Borrowed(text);
    }
    let text = text.trim_matches(is_space);
    let mut before = 'x';
    let is_tidy = text.len() <= LONGEST
        && text.chars().all(|character| {
            let fine = !is_space(character) || (character == ' ' && before != ' ');
            before = character;
            fine
        });
    if is_tidy {
        return Cow::Borrowed(text);
    }
    let mut tidied = String::with_capacity(text.len().min(4 * LONGEST));
    for word in text.split(is_space).filter(|word| !word.is_empty()) {
        if !tidied.is_empty() {
            tidied.push(' ');
        }
        tidied.push_str(word);
        if tidied.len() > 4 * LONGEST {
            break;
        }
    }
    if let Some((cut, _)) = tidied.char_indices().nth(LONGEST) {
        tidied.truncate(cut);
    }
    Cow::Owned(tidied)
}

/// A tidy name or id, or nothing where the text is a mark for "nothing".
#[must_use]
pub fn name(text: &str) -> Option<Cow<'_, str>> {
    let tidied = tidy(text);
    (!is_blank(&tidied)).then_some(tidied)
}

/// Whether a text of visible ASCII characters alone, without a backslash, is a name; nothing where it has others. Most
/// values of an answer are such, and this is told by one look at each of their characters.
#[must_use]
pub fn plain_name(text: &str) -> Option<Option<&str>> {
    let is_plain = text.len() <= LONGEST && are_plain(text.as_bytes());
    is_plain.then(|| Some(text).filter(|text| !is_blank(text)))
}

fn are_plain(bytes: &[u8]) -> bool {
    let (sixteens, rest) = bytes.as_chunks::<16>();
    // Where there are sixteen, some of the last ones are looked at twice.
    match bytes.last_chunk() {
        Some(last) => are_sixteen_plain(*last) && sixteens.iter().all(|sixteen| are_sixteen_plain(*sixteen)),
        None => rest.iter().all(|byte| matches!(byte, b'!'..=b'[' | b']'..=b'~')),
    }
}

fn are_sixteen_plain(bytes: [u8; 16]) -> bool {
    let bytes = u8x16::new(bytes);
    let others =
        bytes.simd_le(u8x16::splat(b' ')) | bytes.simd_eq(u8x16::splat(b'\\')) | bytes.simd_ge(u8x16::splat(0x7F));
    others.to_bitmask() == 0
}

fn is_space(character: char) -> bool {
    character.is_whitespace() || character.is_control()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_kept_but_for_their_blanks() {
        for (text, expected) in [
            ("Ventas", Some("Ventas")),
            ("  Soporte  Técnico ", Some("Soporte Técnico")),
            ("Ana\u{a0}\tMaría\nNuñez", Some("Ana María Nuñez")),
            (r#"El "Jefe" \ Sur"#, Some(r#"El "Jefe" \ Sur"#)),
            ("nul\0l", Some("nul l")),
            ("", None),
            (" ", None),
            ("-", None),
            (" -- ", None),
            ("N/A", None),
            ("- -", Some("- -")),
        ] {
            assert_eq!(name(text).as_deref(), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_plain_name_is_a_name(text in "[ -~é]{0,6}|n/a|NaN|Null|-{1,3}|[!-~]{198,202}|[!-Z]{0,40}[\t -~é\x7f]?[!-Z]{0,40}") {
            if let Some(told) = plain_name(&text) {
                let name = name(&text);
                prop_assert_eq!(told, name.as_deref());
                prop_assert!(!text.contains('\\'));
            } else {
                let has_others = text.contains(|character| !matches!(character, '!'..='[' | ']'..='~'));
                prop_assert!(has_others || text.len() > LONGEST);
            }
        }
    }

    #[test]
    fn a_name_without_end_is_cut() {
        let endless = "ñ ".repeat(1_000_000);
        assert_eq!(name(&endless).map(|name| name.chars().count()), Some(LONGEST));
        let one_word = "ñ".repeat(1_000_000);
        assert_eq!(name(&one_word).map(|name| name.chars().count()), Some(LONGEST));
    }
}
