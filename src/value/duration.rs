//! Durations: `"02:02:47"`, `"4:38:08"`, `"30:15:05"` (a sum may pass a day), `"01:30"` and bare seconds.

use super::number;

/// A duration in seconds, from `H+:MM:SS`, `M+:SS` or a number of seconds.
#[must_use]
pub fn seconds(text: &str) -> Option<f64> {
    if let Some(seconds) = clock(text) {
        return Some(seconds);
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
pub fn clock(text: &str) -> Option<f64> {
    let [hours, hour, b':', minutes, minute, b':', tens, units] = *text.as_bytes() else { return None };
    let two_digits = |tens: u8, units: u8| {
        let are_digits = tens.is_ascii_digit() && units.is_ascii_digit();
        are_digits.then(|| u32::from(tens - b'0') * 10 + u32::from(units - b'0'))
    };
    let below_sixty = |number: &u32| *number < 60;
    let minutes = two_digits(minutes, minute).filter(below_sixty)?;
    let seconds = two_digits(tens, units).filter(below_sixty)?;
    Some(f64::from(two_digits(hours, hour)? * 3600 + minutes * 60 + seconds))
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
        fn no_text_makes_it_panic_or_negative(text in "[0-9:., +-]{0,16}") {
            prop_assert!(seconds(&text).is_none_or(|value| value.is_finite() && value >= 0.0));
        }
    }
}
