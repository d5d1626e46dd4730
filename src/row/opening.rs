//! A short text, and whether other bytes open with it: told in one look, without going through them.

use wide::u8x16;

/// How many bytes it has at most: what stands before nearly all values is shorter.
pub(super) const LONGEST: usize = 3 * SIXTEEN;

const SIXTEEN: usize = 16;

/// A short text, padded. Sixteen bytes are what is compared at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opening {
    bytes: [u8x16; 3],
    /// All bits of the bytes that do not belong to the text.
    padding: [u8x16; 3],
}

impl Opening {
    /// Of a text that is not longer than it may be.
    pub(super) fn of(text: &str) -> Option<Self> {
        let (mut bytes, mut padding) = ([0; LONGEST], [u8::MAX; LONGEST]);
        bytes.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        padding.get_mut(..text.len())?.fill(0);
        Some(Self { bytes: sixteens(&bytes), padding: sixteens(&padding) })
    }

    /// Whether these bytes open with it.
    pub(super) fn opens(&self, bytes: &[u8; LONGEST]) -> bool {
        let sixteens = sixteens(bytes).into_iter().zip(self.bytes).zip(self.padding);
        sixteens.fold(u8x16::MAX, |same, ((bytes, known), padding)| same & (bytes.simd_eq(known) | padding)).all()
    }
}

fn sixteens(bytes: &[u8; LONGEST]) -> [u8x16; 3] {
    let sixteen = |number: usize| bytes.as_chunks::<SIXTEEN>().0.get(number).copied().unwrap_or_default();
    [0, 1, 2].map(|number| u8x16::new(sixteen(number)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn longer_texts_have_none() {
        assert!(Opening::of(&"x".repeat(LONGEST)).is_some());
        assert!(Opening::of(&"x".repeat(LONGEST + 1)).is_none());
    }

    proptest! {
        #[test]
        fn what_opens_with_a_text_is_known_from_what_does_not(text in "[ab]{0,48}", behind in "[ab]{48}", wrong in 0_usize..48) {
            let opening = Opening::of(&text).unwrap();
            let mut bytes = *format!("{text}{behind}").as_bytes().first_chunk().unwrap();
            prop_assert!(opening.opens(&bytes));
            bytes[wrong] = b'c';
            prop_assert_eq!(opening.opens(&bytes), bytes.starts_with(text.as_bytes()));
        }
    }
}
