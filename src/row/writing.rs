//! How a short value is written: its bytes as numbers, which are quickly compared.

/// The bytes of a value that has up to 32 of them. What it has fewer is zero, which stands in no JSON value.
#[derive(Clone, Copy, Debug, Default)]
pub struct Writing([u64; 4]);

impl PartialEq for Writing {
    fn eq(&self, other: &Self) -> bool {
        // Not as arrays, which would be written to memory and read back in larger pieces, for which a processor has to wait.
        self.0.into_iter().zip(other.0).fold(0, |differing, (one, other)| differing | one ^ other) == 0
    }
}

/// What is looked at first.
const SHORT: usize = 16;

/// What belongs to a text of so many bytes, a bit for each of theirs.
static KEPT: [u128; SHORT + 1] = kept();

impl Writing {
    /// Of the value that `text` begins with, if that is not longer than it may be and so much text is there.
    #[inline]
    pub(super) fn of(text: &[u8], length: usize) -> Option<Self> {
        match (text.first_chunk(), KEPT.get(length)) {
            (Some(sixteen), Some(kept)) => {
                let [first, second] = halves(u128::from_le_bytes(*sixteen) & kept);
                Some(Self([first, second, 0, 0]))
            }
            _ => Self::of_longer(text, length),
        }
    }

    #[inline(never)]
    fn of_longer(text: &[u8], length: usize) -> Option<Self> {
        let (sixteen, behind) = text.split_first_chunk()?;
        let [first, second] = halves(u128::from_le_bytes(*sixteen));
        let kept = KEPT.get(length.checked_sub(SHORT)?)?;
        let [third, fourth] = halves(u128::from_le_bytes(*behind.first_chunk()?) & kept);
        Some(Self([first, second, third, fourth]))
    }

    /// A number that is another one for most others.
    #[must_use]
    pub fn mixed(self) -> u64 {
        // Odd, and without a pattern.
        const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
        let Self([first, second, third, fourth]) = self;
        (first ^ second.rotate_left(29) ^ third.rotate_left(17) ^ fourth.rotate_left(47)).wrapping_mul(FACTOR)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "each takes its half of the bits")]
fn halves(bits: u128) -> [u64; 2] {
    [bits as u64, (bits >> u64::BITS) as u64]
}

const fn kept() -> [u128; SHORT + 1] {
    let mut kept = [0; SHORT + 1];
    let mut length = 0;
    while length < SHORT {
        kept[length + 1] = kept[length] << 8 | 0xFF;
        length += 1;
    }
    kept
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn writing(text: &str, behind: &str) -> Option<Writing> {
        Writing::of(format!("{text}{behind}").as_bytes(), text.len())
    }

    #[test]
    fn most_texts_are_mixed_otherwise() {
        for texts in [
            &|number| format!("\"{}\"", 4100 + number),
            &|number| format!("{}", 4100 + number),
            &|number| format!("\"COD {number}\""),
            &|number| format!("\"{number} llamada resuelta\""),
            &|number| format!("\"Venta cruzada {number}\""),
            &|number| format!("\"Venta cruzada en el mes {number}\""),
        ] as [&dyn Fn(u32) -> String; 6]
        {
            let mixed = (0..200).map(|number| writing(&texts(number), &" ".repeat(32)).unwrap().mixed() >> 53);
            // Of chance it would be 190 of 2,048.
            let places = mixed.collect::<BTreeSet<_>>().len();
            assert!(places > 160, "{}: {places}", texts(0));
        }
    }

    proptest! {
        /// Texts that differ in one byte, or in their lengths, are never taken for one another, whatever is behind them.
        #[test]
        fn a_writing_says_what_the_text_is(text in "[ab]{1,40}", at in 0_usize..40, behind in "[ab]{32}", other_behind in "[ab]{32}") {
            let is_short = text.len() <= 2 * SHORT;
            let known = writing(&text, &behind);
            prop_assert_eq!(known.is_some(), is_short);
            prop_assert!(known == writing(&text, &other_behind));
            let mut other = text.clone().into_bytes();
            if let Some(byte) = other.get_mut(at).filter(|_| is_short) {
                *byte ^= 3;
                prop_assert!(known != writing(std::str::from_utf8(&other).unwrap(), &behind));
            }
            for other in [text[1..].to_owned(), format!("{text}a")] {
                prop_assert!(!is_short || known != writing(&other, &behind));
            }
        }

        #[test]
        fn what_is_nearly_over_has_none(text in "[ab]{0,32}", behind in "[ab]{0,32}") {
            let is_there = text.len() + behind.len() >= if text.len() > SHORT { 2 * SHORT } else { SHORT };
            prop_assert_eq!(writing(&text, &behind).is_some(), is_there);
        }
    }
}
