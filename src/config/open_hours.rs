//! When an operation is open: windows of the week, in its own time.

use jiff::SignedDuration;
use jiff::civil::{DateTime, Weekday};

use super::mistakes::Mistakes;
use super::node::Kind;
use super::section::Field;
use super::suggestion;

const DAY: u32 = 24 * 60 * 60;
const WEEK: u32 = 7 * DAY;
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const EXAMPLE: &str = "a mapping of days to windows, such as { mon-fri: \"07:00-20:00\" }";

/// The opening hours of a week, in the operation's own time. They speak of civil time alone: on a day on which clocks
/// change, a window begins and ends by the clock on the wall.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenHours {
    /// From and until, in seconds since Monday's midnight: ascending, apart from one another, within the week. A window
    /// over Sunday's midnight is two of them.
    spans: Vec<(u32, u32)>,
}

impl OpenHours {
    /// Windows that may touch, overlap, and reach beyond the week.
    fn of(windows: impl IntoIterator<Item = (u32, u32)>) -> Self {
        let mut pieces = Vec::new();
        for (from, until) in windows {
            pieces.push((from, until.min(WEEK)));
            if until > WEEK {
                pieces.push((0, until - WEEK));
            }
        }
        pieces.sort_unstable();
        let mut spans: Vec<(u32, u32)> = Vec::new();
        for (from, until) in pieces {
            match spans.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(until),
                _ => spans.push((from, until)),
            }
        }
        Self { spans }
    }

    /// Whether the operation is open at this time. A window's first second is open, its last one is not.
    #[must_use]
    pub fn is_open(&self, time: DateTime) -> bool {
        let second = second_of_week(time);
        self.spans.iter().any(|(from, until)| (*from..*until).contains(&second))
    }

    /// When the operation opens or closes next, strictly after this time; never if it is open all week.
    #[must_use]
    pub fn next_change(&self, time: DateTime) -> Option<DateTime> {
        let second = second_of_week(time);
        let over_midnight = matches!((self.spans.first(), self.spans.last()), (Some((0, _)), Some((_, WEEK))));
        let changes = self.spans.iter().flat_map(|(from, until)| [*from, *until]);
        // Sunday's midnight is no change where the window goes on behind it.
        let changes = changes.filter(|change| !(over_midnight && change % WEEK == 0)).map(|change| change % WEEK);
        let wait =
            changes.map(|change| if change > second { change - second } else { change + WEEK - second }).min()?;
        let whole = time.with().subsec_nanosecond(0).build().ok()?;
        whole.checked_add(SignedDuration::from_secs(i64::from(wait))).ok()
    }

    /// For how many seconds of this weekday, midnight to midnight, the operation is open.
    #[must_use]
    pub fn seconds_open(&self, weekday: Weekday) -> u32 {
        let midnight = u32::from(weekday.to_monday_zero_offset().unsigned_abs()) * DAY;
        let within = |(from, until): &(u32, u32)| (*until).min(midnight + DAY).saturating_sub((*from).max(midnight));
        self.spans.iter().map(within).sum()
    }

    /// The opening hours that this value of the configuration means.
    pub(super) fn read(field: &Field<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        let Kind::Mapping(entries) = &field.node.kind else {
            field.wrong(format!("is {}; write {EXAMPLE}", field.node.noun()), mistakes);
            return None;
        };
        if entries.is_empty() {
            field.wrong(format!("has no days; write {EXAMPLE}, or take the key out if it is always open"), mistakes);
            return None;
        }
        let mut whole = true;
        let mut windows = Vec::new();
        let mut written: [Option<&str>; 7] = [None; 7];
        for entry in entries {
            let day =
                Field { place: entry.value.place, path: format!("{}.{}", field.path, entry.key), node: &entry.value };
            let days = match days(&entry.key) {
                Ok(days) => days,
                Err(message) => {
                    mistakes.add(entry.place, &day.path, message);
                    whole = false;
                    continue;
                }
            };
            if let Some((day_name, key)) = days.iter().find_map(|day| Some((DAYS.get(*day)?, (*written.get(*day)?)?))) {
                let message = format!("names {day_name}, which {key} has named already; name each day once");
                mistakes.add(entry.place, &day.path, message);
                whole = false;
            }
            for day in &days {
                if let Some(slot) = written.get_mut(*day) {
                    *slot = Some(&entry.key);
                }
            }
            let Some(items) = day.items(mistakes) else {
                whole = false;
                continue;
            };
            for item in items {
                let Some((from, until)) = item.meaning(window, mistakes) else {
                    whole = false;
                    continue;
                };
                let midnights = days.iter().filter_map(|day| u32::try_from(*day).ok()).map(|day| day * DAY);
                windows.extend(midnights.map(|midnight| (midnight + from, midnight + until)));
            }
        }
        whole.then(|| Self::of(windows))
    }
}

fn second_of_week(time: DateTime) -> u32 {
    let day = u32::from(time.weekday().to_monday_zero_offset().unsigned_abs());
    let [hour, minute, second] = [time.hour(), time.minute(), time.second()].map(|part| u32::from(part.unsigned_abs()));
    day * DAY + hour * 3600 + minute * 60 + second
}

/// The days, Monday being 0, that `mon`, `mon-fri` or `sat-mon` names.
fn days(text: &str) -> Result<Vec<usize>, String> {
    let day = |word: &str| {
        let word = word.trim();
        DAYS.iter().position(|day| *day == word).ok_or_else(|| {
            let instead = suggestion::instead(word.get(..3).unwrap_or(word), &DAYS);
            format!("\"{word}\" is not a day; {instead}")
        })
    };
    let Some((first, last)) = text.split_once('-') else { return Ok(vec![day(text)?]) };
    let (first, last) = (day(first)?, day(last)?);
    let length = (last + 7 - first) % 7;
    Ok((first..=first + length).map(|day| day % 7).collect())
}

/// From and until in seconds after midnight; a window over midnight ends beyond 24 hours.
fn window(text: &str) -> Result<(u32, u32), String> {
    let wrong = || format!("\"{text}\" is not a window; write it such as \"07:00-20:00\"");
    let (from, until) = text.split_once('-').ok_or_else(wrong)?;
    let (from, until) = (minute_of_day(from).ok_or_else(wrong)?, minute_of_day(until).ok_or_else(wrong)?);
    if from == DAY {
        return Err(format!("\"{text}\" begins at 24:00; write 00:00 under the next day"));
    }
    if from == until {
        return Err(format!("\"{text}\" is over when it begins; write \"00:00-24:00\" for a whole day"));
    }
    // "22:00-00:00" ends at the midnight that follows, which is 24:00.
    Ok((from, if until < from { until + DAY } else { until }))
}

/// The seconds after midnight that `07:00` or `7:00` means; `24:00` is the end of the day.
fn minute_of_day(text: &str) -> Option<u32> {
    let (hour, minute) = text.trim().split_once(':')?;
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !(1..=2).contains(&hour.len()) || minute.len() != 2 || !digits(hour) || !digits(minute) {
        return None;
    }
    let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
    let second = hour * 3600 + minute * 60;
    (minute < 60 && second <= DAY).then_some(second)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    /// Monday, 2 June 2025, and the days after it.
    fn at(day: i8, hour: i8, minute: i8) -> DateTime {
        date(2025, 6, 2 + day).at(hour, minute, 0, 0)
    }

    fn hours(windows: &[(&str, &str)]) -> OpenHours {
        let windows = windows.iter().flat_map(|(day, text)| {
            let (from, until) = window(text).unwrap();
            days(day).unwrap().into_iter().map(move |day| {
                let midnight = u32::try_from(day).unwrap() * DAY;
                (midnight + from, midnight + until)
            })
        });
        OpenHours::of(windows)
    }

    #[test]
    fn an_office_week() {
        let office = hours(&[("mon-fri", "07:00-20:00"), ("sat", "08:00-13:00")]);
        for (time, open, next) in [
            (at(0, 6, 59), false, at(0, 7, 0)),
            (at(0, 7, 0), true, at(0, 20, 0)),
            (at(0, 20, 0), false, at(1, 7, 0)),
            (at(4, 23, 0), false, at(5, 8, 0)),
            (at(5, 13, 0), false, at(7, 7, 0)),
        ] {
            assert_eq!(office.is_open(time), open, "{time}");
            assert_eq!(office.next_change(time), Some(next), "{time}");
        }
        assert_eq!(office.seconds_open(Weekday::Monday), 13 * 3600);
        assert_eq!(office.seconds_open(Weekday::Saturday), 5 * 3600);
        assert_eq!(office.seconds_open(Weekday::Sunday), 0);
    }

    #[test]
    fn windows_go_over_midnight_and_over_the_week() {
        let night = hours(&[("sun", "22:00-06:00"), ("wed", "20:00-24:00"), ("thu", "00:00-02:00")]);
        assert!(night.is_open(at(0, 5, 59)) && !night.is_open(at(0, 6, 0)) && night.is_open(at(6, 23, 59)));
        assert_eq!(night.next_change(at(6, 22, 0)), Some(at(7, 6, 0)));
        assert_eq!(night.next_change(at(2, 20, 0)), Some(at(3, 2, 0)));
        assert_eq!(night.seconds_open(Weekday::Monday), 6 * 3600);
        assert_eq!(night.seconds_open(Weekday::Sunday), 2 * 3600);
    }

    #[test]
    fn always_open_never_changes() {
        let always = hours(&[("mon-sun", "00:00-24:00")]);
        assert!(always.is_open(at(6, 23, 59)));
        assert_eq!(always.next_change(at(3, 12, 0)), None);
    }

    #[test]
    fn days_and_windows_are_told_apart_from_noise() {
        assert_eq!(days("sat-mon"), Ok(vec![5, 6, 0]));
        assert_eq!(days("mon-mon"), Ok(vec![0]));
        assert_eq!(days("Monday").unwrap_err(), "\"Monday\" is not a day; did you mean mon?");
        assert_eq!(window("22:00-06:00"), Ok((22 * 3600, 30 * 3600)));
        assert_eq!(window("7:00 - 20:30"), Ok((7 * 3600, 20 * 3600 + 1800)));
        for text in
            ["", "-", "07:00", "07-20", "25:00-26:00", "07:60-08:00", "07:00-24:01", "24:00-02:00", "08:00-08:00"]
        {
            assert!(window(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_changes_before_the_next_change(
            windows in prop::collection::vec((0..7u32, 0..48u32, 1..48u32), 1..6),
            day in 0..7i8, minute in 0..1440u32,
        ) {
            let windows = windows.into_iter()
                .map(|(day, from, length)| (day * DAY + from * 1800, day * DAY + (from + length) * 1800));
            let hours = OpenHours::of(windows);
            let time = at(day, 0, 0) + SignedDuration::from_mins(i64::from(minute));
            let total: u32 = (0..7).map(|day| hours.seconds_open(at(day, 0, 0).weekday())).sum();
            match hours.next_change(time) {
                None => prop_assert_eq!(total, WEEK),
                Some(change) => {
                    prop_assert!(change > time);
                    prop_assert_ne!(hours.is_open(change), hours.is_open(time));
                    let mut between = time;
                    while between < change {
                        prop_assert_eq!(hours.is_open(between), hours.is_open(time));
                        between += SignedDuration::from_mins(15);
                    }
                }
            }
        }
    }
}
