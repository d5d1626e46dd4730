//! Days and hours of the operation's own clock, which wolkvox gives without an offset.

use jiff::civil::{Date, DateTime};

/// An hour of the day: `8`, `08`, `08:00`, `08:00:00`, or the time part of a date and time.
#[must_use]
pub fn hour(text: &str) -> Option<i8> {
    let clock = text.rsplit_once(' ').map_or(text, |(_, clock)| clock);
    let mut parts = clock.split(':');
    let hour = parts.next().filter(|part| part.len() <= 2 && is_digits(part))?;
    let rest_is_clock = parts.all(|part| part.len() == 2 && is_digits(part));
    let hour: i8 = hour.parse().ok()?;
    (rest_is_clock && (0..24).contains(&hour)).then_some(hour)
}

/// A day: `2026-06-05`, `20260605`, or a date and time of that day.
#[must_use]
pub fn day(text: &str) -> Option<Date> {
    if let Ok(moment) = text.parse::<DateTime>() {
        return Some(moment.date());
    }
    text.parse::<Date>().ok()
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn hours_in_every_spelling() {
        for (text, expected) in [
            ("8", Some(8)),
            ("08", Some(8)),
            ("08:00", Some(8)),
            ("08:00:00", Some(8)),
            ("23:30", Some(23)),
            ("0", Some(0)),
            ("2026-06-05 13:00:00", Some(13)),
            ("24", None),
            ("-1", None),
            ("+8", None),
            ("008", None),
            ("8h", None),
            ("08:0", None),
            ("", None),
        ] {
            assert_eq!(hour(text), expected, "{text:?}");
        }
    }

    #[test]
    fn days_in_every_spelling() {
        for (text, expected) in [
            ("2026-06-05", Some(date(2026, 6, 5))),
            ("2026-06-05 09:28:42", Some(date(2026, 6, 5))),
            ("20260605", Some(date(2026, 6, 5))),
            ("2026-02-30", None),
            ("05/06/2026", None),
            ("", None),
        ] {
            assert_eq!(day(text), expected, "{text:?}");
        }
    }
}
