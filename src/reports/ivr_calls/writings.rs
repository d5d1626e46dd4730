//! The words of routes by how they are written: a word is tidied and looked up where it was not written so just before.
//!
//! An answer has millions of words, of which few are different, but nearly as many routes as one likes are made of them.
//! So it is the words that are remembered, in as little memory as a processor has at hand.

/// As many are remembered. Two that belong in one place put one another out, and are then read each time.
const PLACES: usize = 1 << PLACES_BITS;
const PLACES_BITS: u32 = 11;

/// The numbers of words by how they are written. That there is none is written in several ways, too.
#[derive(Default)]
pub(super) struct Writings {
    /// None of them before the first word.
    places: Vec<Writing>,
}

#[derive(Clone, Copy, Default)]
struct Writing {
    ends: Ends,
    number: u32,
}

/// A short text: its first bytes and its last ones, which are all that it has, and how many these are.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Ends {
    first: [u64; 2],
    last: [u64; 2],
    length: usize,
}

impl Writings {
    /// The number of the word that is written so: as it is remembered, or else as it is read.
    pub(super) fn number(&mut self, written: &str, read: impl FnOnce() -> u32) -> u32 {
        if self.places.is_empty() {
            self.places = vec![Writing::default(); PLACES];
        }
        let ends = Ends::of(written.as_bytes());
        match ends.and_then(|ends| Some((ends, self.places.get_mut(ends.place())?))) {
            Some((ends, known)) if known.ends == ends => known.number,
            Some((ends, other)) => {
                *other = Writing { ends, number: read() };
                other.number
            }
            None => read(),
        }
    }
}

impl Ends {
    /// Of a text of one to 32 bytes.
    fn of(text: &[u8]) -> Option<Self> {
        let (first, last) = match text.len() {
            1..4 => ([u64::from(*text.first()?), u64::from(*text.get(text.len() / 2)?)], [u64::from(*text.last()?), 0]),
            4..8 => ([half(*text.first_chunk()?), 0], [half(*text.last_chunk()?), 0]),
            8..16 => ([u64::from_le_bytes(*text.first_chunk()?), 0], [u64::from_le_bytes(*text.last_chunk()?), 0]),
            16..=32 => (two(*text.first_chunk()?), two(*text.last_chunk()?)),
            _ => return None,
        };
        Some(Self { first, last, length: text.len() })
    }

    /// Where it belongs. Who chooses texts that all belong in one place has each of them read, and no more.
    fn place(&self) -> usize {
        // Odd, and without a pattern.
        const FACTORS: [u64; 2] = [0x9E37_79B9_7F4A_7C15, 0xC2B2_AE3D_27D4_EB4F];
        let fold = |[one, other]: [u64; 2]| one ^ other.rotate_left(29);
        let mixed = fold(self.first).wrapping_mul(FACTORS[0]) ^ fold(self.last).wrapping_mul(FACTORS[1]);
        (mixed >> (u64::BITS - PLACES_BITS)) as usize
    }
}

fn half(bytes: [u8; 4]) -> u64 {
    u64::from(u32::from_le_bytes(bytes))
}

fn two(bytes: [u8; 16]) -> [u64; 2] {
    let halves = bytes.as_chunks::<8>().0.first_chunk::<2>().copied().unwrap_or_default();
    halves.map(u64::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use proptest::prelude::*;

    use super::*;

    impl Writings {
        pub(in super::super) fn take_memory(&self) -> bool {
            !self.places.is_empty()
        }
    }

    #[test]
    fn a_word_is_read_once_while_it_is_remembered_and_always_where_it_is_long() {
        let mut writings = Writings::default();
        let reads = Cell::new(0);
        let mut number = |written: &str, number: u32| {
            writings.number(written, || {
                reads.set(reads.get() + 1);
                number
            })
        };
        for _ in 0..3 {
            assert_eq!([number("\"3001\"", 7), number("\"-\"", 0)], [7, 0]);
        }
        assert_eq!(reads.get(), 2);
        for long in ["", &"x".repeat(33)] {
            assert_eq!([number(long, 8), number(long, 9)], [8, 9]);
        }
        assert_eq!(reads.get(), 6);
    }

    #[test]
    fn texts_belong_in_many_places() {
        let places = |texts: &dyn Fn(u32) -> String| {
            let places = (0..200).map(|number| Ends::of(texts(number).as_bytes()).unwrap().place());
            places.collect::<std::collections::BTreeSet<_>>().len()
        };
        for texts in [
            &|number| format!("\"{}\"", 4100 + number),
            &|number| format!("{}", 4100 + number),
            &|number| format!("\"COD {number}\""),
            &|number| format!("\"{number} llamada resuelta\""),
            &|number| format!("\"Venta cruzada {number}\""),
        ] as [&dyn Fn(u32) -> String; 5]
        {
            // Of chance it would be 182.
            assert!(places(texts) > 160, "{}: {}", texts(0), places(texts));
        }
    }

    proptest! {
        /// Texts that differ in one byte, or in their lengths, are never taken for one another.
        #[test]
        fn a_text_is_known_by_its_ends(text in "[ab]{0,40}", at in 0_usize..40) {
            let mut other = text.clone().into_bytes();
            let ends = Ends::of(&other);
            prop_assert_eq!(ends.is_some(), (1..=32).contains(&text.len()));
            if let Some(ends) = ends {
                if let Some(byte) = other.get_mut(at) {
                    *byte ^= 3;
                    prop_assert!(Ends::of(&other) != Some(ends));
                }
                prop_assert!(Ends::of(&text.as_bytes()[1..]) != Some(ends));
                let longer = format!("{text}a");
                prop_assert!(Ends::of(longer.as_bytes()) != Some(ends));
            }
        }
    }
}
