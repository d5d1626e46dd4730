//! How wolkvox writes a number, a percentage, a duration, money and a date: what the simulated answers are spelt with.
//!
//! The counterpart of [`crate::value`], which reads them, and on purpose apart from it: neither uses the other, so a
//! slip in one cannot agree with itself.

use jiff::civil::DateTime;
use serde_json::Value;

/// A count: `"12"`. wolkvox quotes every value.
pub(crate) fn count(count: impl Into<u64>) -> Value {
    Value::String(count.into().to_string())
}

/// A count with commas between its thousands: `"1,204"`.
pub(crate) fn grouped(count: u64) -> String {
    if count < 1000 { count.to_string() } else { format!("{},{:03}", grouped(count / 1000), count % 1000) }
}

/// A share as a percentage with two decimals, `"34.64 %"`; nothing and all of it are `"0 %"` and `"100 %"`, and nothing
/// of nothing is nothing.
pub(crate) fn percentage(part: u64, whole: u64) -> Value {
    let spelt = match (part, whole) {
        (0, _) | (_, 0) => "0 %".to_owned(),
        (part, whole) if part == whole => "100 %".to_owned(),
        (part, whole) => {
            let hundredths = (part * 20_000 + whole) / (whole * 2);
            format!("{}.{:02} %", grouped(hundredths / 100), hundredths % 100)
        }
    };
    Value::String(spelt)
}

/// A duration: `"02:02:47"`.
pub(crate) fn clock(seconds: u32) -> Value {
    Value::String(format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60))
}

/// An amount of money, from its hundredths: `"1,210.75"`.
pub(crate) fn money(hundredths: u64) -> Value {
    Value::String(format!("{}.{:02}", grouped(hundredths / 100), hundredths % 100))
}

/// A date and time: `"2026-06-05 09:28:42"`.
pub(crate) fn moment(moment: DateTime) -> Value {
    Value::String(format!("{} {}", moment.date(), moment.time()))
}

/// The rows of an answer; no rows are no data.
pub(crate) fn rows(rows: impl IntoIterator<Item = Value>) -> Value {
    let rows: Vec<Value> = rows.into_iter().collect();
    if rows.is_empty() { Value::Null } else { Value::Array(rows) }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn everything_is_spelt_as_wolkvox_does() {
        for (spelt, expected) in [
            (count(0_u32), "0"),
            (percentage(3464, 10_000), "34.64 %"),
            (percentage(2, 3), "66.67 %"),
            (percentage(1, 2), "50.00 %"),
            (percentage(0, 7), "0 %"),
            (percentage(7, 7), "100 %"),
            (percentage(0, 0), "0 %"),
            (percentage(1_523_333, 10_000), "15,233.33 %"),
            (clock(0), "00:00:00"),
            (clock(7367), "02:02:47"),
            (clock(108_905), "30:15:05"),
            (money(0), "0.00"),
            (money(121_075), "1,210.75"),
            (money(100_000_005), "1,000,000.05"),
            (moment(date(2026, 6, 5).at(9, 28, 42, 0)), "2026-06-05 09:28:42"),
        ] {
            assert_eq!(spelt, expected);
        }
        assert_eq!(grouped(1_204_000), "1,204,000");
        assert_eq!(rows([]), Value::Null);
    }
}
