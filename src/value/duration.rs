//! Durations: `"02:02:47"`, `"4:38:08"`, `"30:15:05"` (a sum may pass a day), `"01:30"` and bare seconds.

use super::number;

/// A duration in seconds, from `H+:MM:SS`, `M+:SS` or a number of seconds.
#[must_use]
pub fn seconds(text: &str) -> Option<f64> {
    if let Some(seconds) = text.as_bytes().try_into().ok().and_then(clock) {
        return Some(seconds.into());
    }
    let Some((rest, last)) = text.rsplit_once(':') else {
        return number::amount(text);
    };
    let (hours, minutes) = match rest.rsplit_once(':') {
        Some((hours, minutes)) => (clock_digits(hours, usize::MAX)?, below_sixty(minutes)?),
        // Without hours the minutes are the outermost part, and may pass 59.
        None => (0.0, clock_digits(rest, usize::MAX)?),
    };
    Some(hours * 3600.0 + minutes * 60.0 + below_sixty(last)?)
}

/// A duration in seconds, from `HH:MM:SS`, as nearly all are written: large answers have millions of them.
#[must_use]
#[inline]
pub fn clock(text: &[u8; 8]) -> Option<u32> {
    // All eight bytes at once, the first in the lowest place.
    const MIDNIGHT: u64 = u64::from_le_bytes(*b"00:00:00");
    const HIGHEST_BITS: u64 = 0x8080_8080_8080_8080;
    // What takes a digit to its byte's highest bit from ten on, and a colon that is none from one on.
    const TOO_MUCH: u64 = u64::from_le_bytes([0x76, 0x76, 0x7F, 0x76, 0x76, 0x7F, 0x76, 0x76]);
    let digits = u64::from_le_bytes(*text) ^ MIDNIGHT;
    if (digits.wrapping_add(TOO_MUCH) | digits) & HIGHEST_BITS != 0 {
        return None;
    }
    let [hours, _, _, minutes, _, _, seconds, _] = (digits * 10 + (digits >> 8)).to_le_bytes().map(u32::from);
    (minutes < 60 && seconds < 60).then_some(hours * 3600 + minutes * 60 + seconds)
}

fn below_sixty(text: &str) -> Option<f64> {
    let whole = text.split_once('.').map_or(text, |(whole, _)| whole);
    clock_digits(whole, 2)?;
    number::amount(text).filter(|value| *value < 60.0)
}

fn clock_digits(text: &str, most: usize) -> Option<f64> {
    let is_number = (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| number::amount(text)).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_in_every_spelling() {
        for (text, expected) in [
            ("00:00:00", Some(0.0)),
            ("02:02:47", Some(7367.0)),
            ("4:38:08", Some(16688.0)),
            ("30:15:05", Some(108_905.0)),
            ("01:30", Some(90.0)),
            ("90:30", Some(5430.0)),
            ("120", Some(120.0)),
            ("1,204", Some(1204.0)),
            ("12.5", Some(12.5)),
            ("00:00:01.5", Some(1.5)),
            ("00:00:5.", Some(5.0)),
            ("00:61:00", None),
            ("00:00:60", None),
            ("-00:00:05", None),
            ("00:-1:05", None),
            ("1:2:3:4", None),
            ("::", None),
            ("10:", None),
            ("ten", None),
        ] {
            assert_eq!(seconds(text), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn every_clock_reading_is_read_back(total in 0_u32..10_000_000) {
            let (hours, minutes, rest) = (total / 3600, total / 60 % 60, total % 60);
            let expected = Some(f64::from(total));
            prop_assert_eq!(seconds(&format!("{hours:02}:{minutes:02}:{rest:02}")), expected);
            prop_assert_eq!(seconds(&format!("{hours}:{minutes:02}:{rest:02}")), expected);
            prop_assert_eq!(seconds(&format!("{}:{rest:02}", total / 60)), expected);
            prop_assert_eq!(seconds(&total.to_string()), expected);
        }

        #[test]
        fn only_a_clock_is_one(text in "[0-9][0-9]:[0-9][0-9]:[0-9][0-9]", at in 0_usize..8, byte in 0_u8..128) {
            let mut bytes = text.into_bytes();
            bytes[at] = byte;
            let text = String::from_utf8(bytes).unwrap();
            let two_digits = |part: &str| {
                let are_digits = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
                are_digits.then(|| part.parse::<u32>().unwrap())
            };
            let parts: Vec<_> = text.split(':').map(two_digits).collect();
            let expected = match parts[..] {
                [Some(hours), Some(minutes @ ..60), Some(seconds @ ..60)] => Some(hours * 3600 + minutes * 60 + seconds),
                _ => None,
            };
            prop_assert_eq!(text.as_bytes().try_into().ok().and_then(clock), expected);
        }

        #[test]
        fn no_text_makes_it_panic_or_negative(text in "[0-9:., +-]{0,16}") {
            prop_assert!(seconds(&text).is_none_or(|value| value.is_finite() && value >= 0.0));
        }
    }
}
