//! How the configuration spells quantities: percentages, durations, counts, yes and no.

use std::time::Duration;

/// A share between 0 and 1, written `80%`, `80 %` or `0.8`; 0 itself is none.
pub(super) fn share(text: &str) -> Result<f64, String> {
    let wrong = || format!("\"{text}\" is not a share above 0% and up to 100%; write it such as 80% or 0.8");
    let (digits, divisor) = match text.strip_suffix('%') {
        Some(digits) => (digits.trim_end(), 100.0),
        None => (text, 1.0),
    };
    // Rust would also read "inf", "1e-3" and "+.5".
    let plain = digits.starts_with(|first: char| first.is_ascii_digit())
        && digits.chars().all(|letter| letter.is_ascii_digit() || letter == '.');
    let value = if plain { digits.parse::<f64>().map_err(|_| wrong())? / divisor } else { return Err(wrong()) };
    if value > 1.0 && divisor == 1.0 && value <= 100.0 {
        return Err(format!("{text} is more than the whole; write {text}% if that is meant"));
    }
    if value > 0.0 && value <= 1.0 { Ok(value) } else { Err(wrong()) }
}

/// A duration in humantime's spelling.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|_| {
        if !text.is_empty() && text.chars().all(|letter| letter.is_ascii_digit()) {
            format!("{text} has no unit; write {text}s if seconds are meant")
        } else {
            format!("\"{text}\" is not a duration; write it such as 30s, 5m or 1h 30m")
        }
    })
}

/// A duration of whole seconds, at least one.
pub(super) fn whole_seconds(text: &str) -> Result<u32, String> {
    let duration = duration(text)?;
    match u32::try_from(duration.as_secs()) {
        Ok(seconds) if seconds > 0 && duration.subsec_nanos() == 0 => Ok(seconds),
        _ => Err(format!("\"{text}\" is not a number of whole seconds from 1 on; write it such as 20s")),
    }
}

/// A whole number from 1 on.
pub(super) fn count(text: &str) -> Result<u32, String> {
    let digits = !text.is_empty() && text.chars().all(|letter| letter.is_ascii_digit());
    match text.parse() {
        Ok(number) if digits && number > 0 => Ok(number),
        _ => Err(format!("\"{text}\" is not a whole number from 1 on; write digits alone, such as 20")),
    }
}

/// `true` or `false`.
pub(super) fn yes_or_no(text: &str) -> Result<bool, String> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(format!("\"{text}\" is neither; write true or false")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_percentages_or_fractions() {
        for (text, expected) in [("80%", 0.8), ("80 %", 0.8), ("0.8", 0.8), ("57%", 0.57), ("1", 1.0), ("99.5%", 0.995)]
        {
            assert_eq!(share(text), Ok(expected), "{text}");
        }
        for text in ["", "%", "0", "0%", "101%", "-5%", "80,5%", "1e-1", "inf", "NaN", ".5", "1.2.3", "8 0%", "101"] {
            assert!(share(text).is_err(), "{text}");
        }
        assert_eq!(share("80").unwrap_err(), "80 is more than the whole; write 80% if that is meant");
    }

    #[test]
    fn durations_have_units() {
        assert_eq!(duration("1h 30m"), Ok(Duration::from_mins(90)));
        assert_eq!(duration("1500ms"), Ok(Duration::from_millis(1500)));
        assert_eq!(duration("30").unwrap_err(), "30 has no unit; write 30s if seconds are meant");
        for text in ["", "s", "-5s", "5 parsecs", "0,5s"] {
            assert!(duration(text).is_err(), "{text}");
        }
        assert_eq!(whole_seconds("1m"), Ok(60));
        for text in ["0s", "1500ms", "200years"] {
            assert!(whole_seconds(text).is_err(), "{text}");
        }
    }

    #[test]
    fn counts_are_digits() {
        assert_eq!(count("20"), Ok(20));
        for text in ["", "0", "-1", "+5", "1.5", "20k", "4294967296", "1_000"] {
            assert!(count(text).is_err(), "{text}");
        }
    }
}
