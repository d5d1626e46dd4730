//! "Did you mean": the known word that is nearest to a mistyped one.

/// The nearest of the known words, if one is near enough to be meant.
pub(crate) fn nearest<'w>(written: &str, known: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let folded = written.to_lowercase().replace(['-', ' '], "_");
    let likeness = |word: &str| strsim::normalized_damerau_levenshtein(&folded, &word.to_lowercase().replace('-', "_"));
    known
        .into_iter()
        .map(|word| (likeness(word), word))
        .filter(|(likeness, _)| *likeness >= 0.6)
        // Of equally near words the first in the alphabet, so that a message never depends on an order.
        .max_by(|(left, left_word), (right, right_word)| left.total_cmp(right).then_with(|| right_word.cmp(left_word)))
        .map(|(_, word)| word)
}

/// The end of a message about a word that is not known: the nearest one, or all there are.
pub(super) fn instead(written: &str, known: &[&str]) -> String {
    match (nearest(written, known.iter().copied()), known) {
        (Some(word), _) => format!("did you mean {word}?"),
        (None, [only]) => format!("write {only}"),
        (None, _) => format!("write one of {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_understood_and_another_word_is_not() {
        let known = ["licenses", "interval", "token_file", "skills"];
        for (written, expected) in [
            ("licences", Some("licenses")),
            ("Interval", Some("interval")),
            ("token-file", Some("token_file")),
            ("skill", Some("skills")),
            ("timeout", None),
            ("", None),
        ] {
            assert_eq!(nearest(written, known), expected, "{written}");
        }
        assert_eq!(instead("zzz", &["a", "b"]), "write one of a, b");
    }
}
