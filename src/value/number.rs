//! Counts, amounts and percentages: `"12"`, `"1,204"`, `"12.50"`, `"85,5"`, `"34.64 %"`, `"15,233.33 %"`.

/// Beyond this a float no longer knows whether it is whole.
const TWO_TO_53: f64 = 9_007_199_254_740_992.0;

/// The largest count that is believed. No day of calls comes near it, sums over all the rows that an answer can hold stay
/// within 64 bits, and a float still knows whether it is whole.
const LARGEST_COUNT: u64 = 1_000_000_000_000;

/// A whole number that is not negative: `12`, `1,204`, `12.00`.
#[must_use]
pub fn count(text: &str) -> Option<u64> {
    let count = match text.parse() {
        Ok(plain) => plain,
        Err(_) => amount(text).filter(|value| value.fract() == 0.0 && *value < TWO_TO_53).map(to_whole)?,
    };
    (count <= LARGEST_COUNT).then_some(count)
}

/// A number that is not negative, with or without decimals: money, minutes.
#[must_use]
pub fn amount(text: &str) -> Option<f64> {
    decimal(text, 0)
}

/// A share, from its percentage: `34.64 %`, `50%` and a bare `34.64` are 0.3464, 0.5 and 0.3464. May pass 1, as
/// wolkvox's percentages may pass 100.
#[must_use]
pub fn ratio(text: &str) -> Option<f64> {
    let percent = text.strip_suffix('%').unwrap_or(text).trim_end();
    decimal(percent, 2)
}

/// Adds what is told to what was told before; nothing plus nothing stays nothing, and does not become 0.
pub fn sum<T: std::ops::Add<Output = T>>(told: Option<T>, more: Option<T>) -> Option<T> {
    match (told, more) {
        (Some(told), Some(more)) => Some(told + more),
        (told, more) => told.or(more),
    }
}

/// Reads a decimal number and divides it by ten to the power of `shift`, rounding once.
fn decimal(text: &str, shift: i32) -> Option<f64> {
    let text = text.strip_prefix('+').unwrap_or(text);
    let (whole, fraction) = split(text)?;
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    if let Some(value) = small(whole, fraction, shift) {
        return Some(value);
    }
    let mut digits = String::with_capacity(text.len() + 4);
    for group in [whole, fraction] {
        digits.extend(group.chars().filter(char::is_ascii_digit));
    }
    // Letting the standard parser place the point keeps the value the nearest one: 34.64 / 100.0 would round twice.
    let places = i32::try_from(fraction.len()).ok()? + shift;
    let value: f64 = format!("{digits}e-{places}").parse().ok()?;
    value.is_finite().then_some(value)
}

/// Reads a number of at most fifteen digits without separators: all of them together are a whole number that a float
/// holds exactly, as is the power of ten, and one division of such numbers rounds once.
fn small(whole: &str, fraction: &str, shift: i32) -> Option<f64> {
    const POWERS: [f64; 18] =
        [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17];
    if whole.len() + fraction.len() > 15 {
        return None;
    }
    let mut digits = 0_u64;
    for byte in whole.bytes().chain(fraction.bytes()) {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        digits = digits * 10 + u64::from(digit);
    }
    let power = POWERS.get(fraction.len() + usize::try_from(shift).ok()?)?;
    Some(from_whole(digits) / power)
}

/// Splits a number into its whole part (perhaps with thousands separators) and its decimals.
///
/// A comma separates thousands when a point follows or exactly three digits do; otherwise it is a decimal comma.
fn split(text: &str) -> Option<(&str, &str)> {
    let (whole, fraction, separator) = match (text.rfind(','), text.rfind('.')) {
        (None, None) => (text, "", ','),
        (Some(comma), Some(point)) if comma > point => (text.get(..comma)?, text.get(comma + 1..)?, '.'),
        (_, Some(point)) => (text.get(..point)?, text.get(point + 1..)?, ','),
        (Some(comma), None) => {
            if is_grouped(text, ',') {
                (text, "", ',')
            } else {
                (text.get(..comma)?, text.get(comma + 1..)?, '.')
            }
        }
    };
    let whole_is_digits = is_digits(whole) || is_grouped(whole, separator);
    (whole_is_digits && is_digits(fraction)).then_some((whole, fraction))
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether the text is one to three digits, then groups of exactly three: `1,204`, but not `0,500` or `85,5`.
fn is_grouped(text: &str, separator: char) -> bool {
    let mut groups = text.split(separator);
    let first = groups.next().unwrap_or_default();
    let well_begun = (1..=3).contains(&first.len()) && is_digits(first) && !first.starts_with('0');
    well_begun && groups.all(|group| group.len() == 3 && is_digits(group))
}

#[expect(clippy::cast_precision_loss, reason = "the caller has seen that there are at most fifteen digits")]
fn from_whole(value: u64) -> f64 {
    value as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the caller has seen that the value is whole, not negative and below 2^53"
)]
fn to_whole(value: f64) -> u64 {
    value as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn counts_in_every_spelling() {
        for (text, expected) in [
            ("0", Some(0)),
            ("12", Some(12)),
            ("1,204", Some(1204)),
            ("1,204,000", Some(1_204_000)),
            ("12.00", Some(12)),
            ("12.0", Some(12)),
            ("007", Some(7)),
            ("12.5", None),
            ("85,5", None),
            ("-3", None),
            ("", None),
            (".", None),
            ("x", None),
            ("1,20,4", None),
            ("nan", None),
            ("inf", None),
            ("0x10", None),
            ("1 204", None),
            ("10 %", None),
            ("1000000000000", Some(1_000_000_000_000)),
            ("1000000000001", None),
            ("18446744073709551615", None),
            ("99999999999999999999999", None),
        ] {
            assert_eq!(count(text), expected, "{text:?}");
        }
    }

    #[test]
    fn amounts_in_every_spelling() {
        for (text, expected) in [
            ("0.00", Some(0.0)),
            ("12.50", Some(12.5)),
            ("85,5", Some(85.5)),
            ("0,500", Some(0.5)),
            ("1,204", Some(1204.0)),
            ("1,204.75", Some(1204.75)),
            ("1.204,75", Some(1204.75)),
            ("2.887", Some(2.887)),
            (".5", Some(0.5)),
            ("5.", Some(5.0)),
            ("+5", Some(5.0)),
            ("-0.5", None),
            ("1.2.3", None),
            ("1,2.3", None),
            ("$5", None),
        ] {
            assert_eq!(amount(text), expected, "{text:?}");
        }
    }

    #[test]
    fn percentages_in_every_spelling() {
        for (text, expected) in [
            ("34.64 %", Some(0.3464)),
            ("0 %", Some(0.0)),
            ("100 %", Some(1.0)),
            ("50%", Some(0.5)),
            ("0.00%", Some(0.0)),
            ("15,233.33 %", Some(152.3333)),
            ("490.00 %", Some(4.9)),
            ("85,5", Some(0.855)),
            ("85,5 %", Some(0.855)),
            ("28.81", Some(0.2881)),
            ("%", None),
            ("-1 %", None),
            ("NaN %", None),
        ] {
            assert_eq!(ratio(text), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_count_is_read_back_with_and_without_separators(number in 0_u64..1_000_000_000_000) {
            let plain = number.to_string();
            let mut grouped = String::new();
            for (position, digit) in plain.chars().enumerate() {
                if position > 0 && (plain.len() - position) % 3 == 0 {
                    grouped.push(',');
                }
                grouped.push(digit);
            }
            prop_assert_eq!(count(&plain), Some(number));
            prop_assert_eq!(count(&grouped), Some(number));
        }

        #[test]
        fn two_decimals_of_a_percentage_are_kept_exactly(hundredths in 0_u32..10_000_000) {
            let text = format!("{}.{:02} %", hundredths / 100, hundredths % 100);
            prop_assert_eq!(ratio(&text), Some(f64::from(hundredths) / 10_000.0));
        }

        #[test]
        fn every_decimal_is_the_nearest_number(text in "[0-9]{1,10}([.][0-9]{0,10})?", places in 0_i32..3) {
            let shifted: f64 = format!("{}e-{places}", text.trim_end_matches('.')).parse().unwrap();
            prop_assert_eq!(decimal(&text, places), Some(shifted));
        }

        #[test]
        fn no_text_makes_a_reader_panic_or_give_a_number_that_is_not_one(text in "\\PC{0,24}") {
            prop_assert!(amount(&text).is_none_or(|value| value.is_finite() && value >= 0.0));
            prop_assert!(ratio(&text).is_none_or(|value| value.is_finite() && value >= 0.0));
            let _ = count(&text);
        }
    }
}
