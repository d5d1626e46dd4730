//! A short text, and whether other bytes open with it: told in one or two looks, without going through them.

use wide::u8x16;

/// Bytes of a look.
const LOOK: usize = 32;

/// A text of up to 64 bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opening {
    first: Piece,
    /// What it has beyond the first piece.
    second: Option<Piece>,
}

/// A part of a text, padded.
#[derive(Clone, Copy, Debug)]
struct Piece {
    bytes: [u8; LOOK],
    /// Which of the bytes belong to the text, a bit for each.
    which: u32,
}

impl Opening {
    /// Of a text that is not longer than it may be.
    pub(super) fn of(text: &str) -> Option<Self> {
        let (first, second) = text.as_bytes().split_at_checked(LOOK).unwrap_or((text.as_bytes(), &[]));
        (second.len() <= LOOK)
            .then(|| Self { first: Piece::of(first), second: (!second.is_empty()).then(|| Piece::of(second)) })
    }

    /// Whether these bytes open with it; of bytes that are nearly over it does not say.
    pub(super) fn opens(&self, bytes: &[u8]) -> Option<bool> {
        let (first, behind) = bytes.split_first_chunk()?;
        if !self.first.is(first) {
            return Some(false);
        }
        match &self.second {
            Some(second) => Some(second.is(behind.first_chunk()?)),
            None => Some(true),
        }
    }
}

impl Piece {
    fn of(text: &[u8]) -> Self {
        let (mut bytes, mut which) = ([0; LOOK], 0);
        for (position, (place, byte)) in bytes.iter_mut().zip(text).enumerate() {
            *place = *byte;
            which |= 1 << position;
        }
        Self { bytes, which }
    }

    fn is(&self, bytes: &[u8; LOOK]) -> bool {
        let sixteens = self.bytes.as_chunks::<16>().0.iter().zip(bytes.as_chunks::<16>().0).rev();
        let same = sixteens.map(|(one, other)| u8x16::new(*one).simd_eq(u8x16::new(*other)).to_bitmask());
        self.which & !same.fold(0, |bits, same| bits << 16 | same) == 0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn longer_texts_have_none() {
        assert!(Opening::of(&"x".repeat(2 * LOOK)).is_some());
        assert!(Opening::of(&"x".repeat(2 * LOOK + 1)).is_none());
    }

    proptest! {
        #[test]
        fn what_opens_with_a_text_is_known_from_what_does_not(text in "[ab]{0,64}", behind in "[ab]{0,80}", wrong in 0_usize..64) {
            let opening = Opening::of(&text).unwrap();
            let mut bytes = format!("{text}{behind}").into_bytes();
            let is_enough = bytes.len() >= if text.len() > LOOK { 2 * LOOK } else { LOOK };
            prop_assert_eq!(opening.opens(&bytes), is_enough.then_some(true));
            if let Some(byte) = bytes.get_mut(wrong) {
                *byte = b'c';
                let expected = bytes.starts_with(text.as_bytes());
                prop_assert!(opening.opens(&bytes).is_none_or(|opens| opens == expected));
            }
        }
    }
}
