//! One civil day second by second: 23, 24 or 25 hours, and what the wall clock shows in each.

use std::ops::Range;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::Period;

/// Clocks change on the quarter of an hour everywhere, so within one nothing can jump.
const QUARTER: u32 = 900;

/// A civil day. Its seconds are counted from its first instant on.
pub(super) struct Calendar {
    start: Timestamp,
    /// What the clock shows at the beginning of every quarter of an hour.
    quarters: Vec<DateTime>,
}

impl Calendar {
    /// The day of this date; nothing at the very ends of the calendar.
    pub(super) fn of(date: Date, timezone: &TimeZone) -> Option<Self> {
        let start = date.to_zoned(timezone.clone()).ok()?.timestamp();
        let end = date.tomorrow().ok()?.to_zoned(timezone.clone()).ok()?.timestamp();
        let quarters = std::iter::successors(Some(start), |quarter| {
            quarter.checked_add(SignedDuration::from_secs(i64::from(QUARTER))).ok()
        })
        .take_while(|quarter| *quarter < end)
        .map(|quarter| timezone.to_datetime(quarter))
        .collect();
        Some(Self { start, quarters })
    }

    /// The day's first instant.
    pub(super) fn start(&self) -> Timestamp {
        self.start
    }

    /// How many seconds the day has.
    pub(super) fn length(&self) -> u32 {
        u32::try_from(self.quarters.len()).unwrap_or_default() * QUARTER
    }

    /// How many of the day's seconds are over.
    pub(super) fn elapsed(&self, now: Timestamp) -> u32 {
        let seconds = now.duration_since(self.start).as_secs().clamp(0, i64::from(self.length()));
        u32::try_from(seconds).unwrap_or_default()
    }

    /// What the clock shows at a second; the day's last quarter goes on for those beyond it.
    pub(super) fn civil(&self, second: u32) -> DateTime {
        let position = (second / QUARTER).min(u32::try_from(self.quarters.len()).unwrap_or(1).saturating_sub(1));
        let quarter = self.quarters.get(position as usize).copied().unwrap_or_default();
        quarter.saturating_add(SignedDuration::from_secs(i64::from(second - position * QUARTER)))
    }

    /// The first second at which the clock shows this time or a later one.
    pub(super) fn second_of(&self, time: Time) -> u32 {
        let date = self.quarters.last().copied().unwrap_or_default().date();
        self.seconds_in(&(date.to_datetime(time)..=DateTime::MAX)).start
    }

    /// The seconds from the first one at which the clock is in the period to the last one.
    pub(super) fn seconds_in(&self, period: &Period) -> Range<u32> {
        let length = i64::from(QUARTER);
        // How far into each quarter a moment is: before it where negative, after it where beyond its length.
        let into = |moment: DateTime| {
            let into = move |(position, quarter): (usize, &DateTime)| {
                (u32::try_from(position).unwrap_or_default() * QUARTER, moment.duration_since(*quarter).as_secs())
            };
            self.quarters.iter().enumerate().map(into)
        };
        let second = |quarter: u32, into: i64| quarter + u32::try_from(into).unwrap_or_default();
        let start =
            into(*period.start()).find(|(_, into)| *into < length).map(|(quarter, into)| second(quarter, into.max(0)));
        let end = into(*period.end())
            .rfind(|(_, into)| *into >= 0)
            .map(|(quarter, into)| second(quarter, into.min(length - 1)) + 1);
        start.zip(end).map_or(0..0, |(start, end)| start..end.max(start))
    }

    /// Cuts a stretch where the clock's hour changes: each piece's hour, and its length in seconds.
    pub(super) fn by_hour(&self, stretch: Range<u32>) -> impl Iterator<Item = (i8, u32)> {
        let (from, to) = (stretch.start, stretch.end);
        (from / QUARTER..to.div_ceil(QUARTER)).filter_map(move |position| {
            let hour = self.quarters.get(position as usize)?.hour();
            let piece = to.min((position + 1) * QUARTER).saturating_sub(from.max(position * QUARTER));
            Some((hour, piece))
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, time};

    use super::*;

    fn calendar(date: Date, timezone: &str) -> Calendar {
        Calendar::of(date, &TimeZone::get(timezone).unwrap()).unwrap()
    }

    #[test]
    fn days_have_23_24_or_25_hours() {
        for (day, timezone, hours) in [
            (date(2026, 6, 5), "America/Bogota", 24),
            (date(2026, 3, 8), "America/New_York", 23),
            (date(2026, 11, 1), "America/New_York", 25),
            (date(2026, 3, 29), "Europe/Madrid", 23),
            (date(2026, 10, 25), "Europe/Madrid", 25),
            // Here midnight itself does not exist.
            (date(2026, 4, 24), "Africa/Cairo", 23),
        ] {
            let calendar = calendar(day, timezone);
            assert_eq!(calendar.length(), hours * 3600, "{day} in {timezone}");
            let pieces: Vec<(i8, u32)> = calendar.by_hour(0..calendar.length()).collect();
            assert_eq!(pieces.iter().map(|(_, seconds)| seconds).sum::<u32>(), hours * 3600);
        }
    }

    #[test]
    fn the_clock_jumps_with_the_summer_time() {
        let spring = calendar(date(2026, 3, 8), "America/New_York");
        assert_eq!(spring.civil(2 * 3600 - 1).time(), time(1, 59, 59, 0));
        assert_eq!(spring.civil(2 * 3600).time(), time(3, 0, 0, 0));
        assert_eq!(spring.second_of(time(7, 0, 0, 0)), 6 * 3600);
        assert_eq!(spring.second_of(time(2, 30, 0, 0)), 2 * 3600);
        let autumn = calendar(date(2026, 11, 1), "America/New_York");
        assert_eq!(autumn.civil(2 * 3600).time(), time(1, 0, 0, 0));
        assert_eq!(autumn.second_of(time(7, 0, 0, 0)), 8 * 3600);
    }

    #[test]
    fn a_period_includes_its_last_second() {
        let calendar = calendar(date(2026, 6, 5), "America/Bogota");
        let day = date(2026, 6, 5);
        assert_eq!(calendar.seconds_in(&(day.at(8, 0, 0, 0)..=day.at(8, 59, 59, 0))), 8 * 3600..9 * 3600);
        assert_eq!(calendar.seconds_in(&(day.at(0, 0, 0, 0)..=day.at(23, 59, 59, 0))), 0..86400);
        let yesterday = date(2026, 6, 4);
        assert!(calendar.seconds_in(&(yesterday.at(0, 0, 0, 0)..=yesterday.at(23, 59, 59, 0))).is_empty());
        let tomorrow = date(2026, 6, 6);
        assert!(calendar.seconds_in(&(tomorrow.at(0, 0, 0, 0)..=tomorrow.at(23, 59, 59, 0))).is_empty());
    }
}
