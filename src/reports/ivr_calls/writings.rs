//! The words of routes by how they are written: a word is tidied and looked up where it was not written so just before.
//!
//! An answer has millions of words, of which few are different, but nearly as many routes as one likes are made of them.
//! So it is the words that are remembered, in as little memory as a processor has at hand.

use crate::row::Writing;

/// As many are remembered. Two that belong in one place put one another out, and are then read each time.
const PLACES: usize = 1 << PLACES_BITS;
const PLACES_BITS: u32 = 11;

/// The numbers of words by how they are written. That there is none is written in several ways, too.
#[derive(Default)]
pub(super) struct Writings {
    /// None of them before the first word.
    places: Vec<(Writing, u32)>,
}

impl Writings {
    /// The number of the word that is written so, where it is remembered.
    pub(super) fn number(&self, writing: Writing) -> Option<u32> {
        let (known, number) = self.places.get(place(writing))?;
        (*known == writing).then_some(*number)
    }

    /// Remembers the number of the word that is written so, instead of another's that belongs there, too.
    pub(super) fn remember(&mut self, writing: Writing, number: u32) {
        if self.places.is_empty() {
            self.places = vec![Default::default(); PLACES];
        }
        if let Some(known) = self.places.get_mut(place(writing)) {
            *known = (writing, number);
        }
    }
}

/// Where it belongs. Who chooses words that all belong in one place has each of them read, and no more.
fn place(writing: Writing) -> usize {
    (writing.mixed() >> (u64::BITS - PLACES_BITS)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::{Layout, Row, Word};

    impl Writings {
        pub(in super::super) fn take_memory(&self) -> bool {
            !self.places.is_empty()
        }
    }

    fn writing(text: &str) -> Writing {
        let json = format!(r#"{{"rp_id": "{text}", "more": "and whatever else is there"}}"#);
        let row = Row::of(&json, &["rp_id"], &mut Layout::default()).unwrap();
        row.words_from("rp_id", 1).next().flatten().and_then(Word::writing).unwrap()
    }

    #[test]
    fn a_word_is_remembered_until_another_needs_its_place() {
        let mut writings = Writings::default();
        assert_eq!(writings.number(writing("3001")), None);
        for (text, number) in [("3001", 7), ("-", 0)] {
            writings.remember(writing(text), number);
        }
        assert_eq!(["3001", "-", "3002"].map(|text| writings.number(writing(text))), [Some(7), Some(0), None]);
        let is_rival = |text: &String| place(writing(text)) == place(writing("3001")) && text != "3001";
        let rival = (0..100_000).map(|number: u32| number.to_string()).find(is_rival).unwrap();
        writings.remember(writing(&rival), 9);
        assert_eq!([rival.as_str(), "3001"].map(|text| writings.number(writing(text))), [Some(9), None]);
    }
}
