//! Which day is asked for: a day is closed, with all its late rows, before the next one is opened.

use std::time::Duration;

use jiff::civil::{Date, DateTime};
use jiff::tz::AmbiguousOffset;
use jiff::{SignedDuration, Timestamp, Zoned};
use tokio::time::Instant;

use crate::report::Window;

/// How many days back are closed after an outage; wolkvox tells no more than a month.
const MOST_DAYS_BACK: i64 = 30;

/// A clock that is set back over midnight by no more than this was a little fast. Beyond, the day it showed was wrong.
const MOST_SET_BACK: Duration = Duration::from_hours(1);

/// Which day a report is asked for.
#[derive(Clone, Debug)]
pub struct Closing {
    /// How long after midnight rows of the day before may still come.
    settling: Duration,
    /// How long each day's end, and each day's beginning, must be there to be seen.
    shown: Duration,
    /// The newest day that was answered.
    day: Option<Date>,
    /// From when the next day may be opened: the day's last rows were told, and shown.
    closed: Option<Instant>,
}

impl Closing {
    /// Nothing was asked yet.
    #[must_use]
    pub fn new(settling: Duration, shown: Duration) -> Self {
        Self { settling, shown, day: None, closed: None }
    }

    /// Takes up the newest day that another process was told of. It is asked for once more, even if it was closed: nobody
    /// knows whether its end was seen.
    pub fn resume(&mut self, day: Option<Date>) {
        self.day = day;
    }

    /// The newest day that was answered.
    #[must_use]
    pub fn day(&self) -> Option<Date> {
        self.day
    }

    /// What to ask for at this moment.
    #[must_use]
    pub fn window(&self, local: &Zoned, now: Instant) -> Window {
        let today = local.date();
        let day = match self.day {
            Some(day) if day < today => {
                let is_closed = self.closed.is_some_and(|closed| closed <= now);
                let next = day.tomorrow().unwrap_or(today);
                let earliest = today.saturating_sub(jiff::Span::new().days(MOST_DAYS_BACK));
                if is_closed { next.max(earliest) } else { day.max(earliest) }
            }
            // The day before would come again, and all of it would be counted twice.
            Some(day) if begins_soon(day, local) => day,
            _ => today,
        };
        Window { from: day.at(0, 0, 0, 0), to: if day == today { latest(local) } else { day.at(23, 59, 59, 0) } }
    }

    /// A question for this window, asked at `local`, was answered; what came of it is served unchanged from `served` on.
    pub fn answered(&mut self, window: Window, local: &Zoned, served: Instant) {
        let day = window.to.date();
        if self.day != Some(day) {
            self.day = Some(day);
            self.closed = None;
        }
        let end = day.tomorrow().and_then(|next| next.to_zoned(local.time_zone().clone()));
        let settled = end.map(|end| end.timestamp() + self.settling);
        if self.closed.is_none() && settled.is_ok_and(|settled| local.timestamp() >= settled) {
            self.closed = Some(served + self.shown);
        }
    }
}

/// All of this day so far.
#[must_use]
pub fn today(local: &Zoned) -> Window {
    Window { from: local.date().at(0, 0, 0, 0), to: latest(local) }
}

/// Up to which whole second an answer speaks that was asked for at `local`: up to then, or to the end of an earlier day.
#[must_use]
pub fn told_until(window: Window, local: &Zoned) -> Timestamp {
    let day = Some(window.to).filter(|to| to.date() < local.date());
    let day_end = day.and_then(|to| to.to_zoned(local.time_zone().clone()).ok());
    let end = day_end.map_or(local.timestamp(), |end| end.timestamp());
    Timestamp::from_second(end.as_second()).unwrap_or(end)
}

/// The latest local time that the clock has shown today: mostly now. Of an hour that it shows twice it has shown the end
/// once while it shows the beginning again.
fn latest(local: &Zoned) -> DateTime {
    let (zone, now) = (local.time_zone(), whole_second(local.datetime()));
    let AmbiguousOffset::Fold { before, after } = zone.to_ambiguous_timestamp(now).offset() else { return now };
    let second = SignedDuration::from_secs(1);
    let set_back = zone.preceding(local.timestamp() + second).next().filter(|_| local.offset() == after);
    set_back.map_or(now, |set_back| before.to_datetime(set_back.timestamp() - second))
}

/// Whether a day that has not begun is about to.
fn begins_soon(day: Date, local: &Zoned) -> bool {
    let begins = day.to_zoned(local.time_zone().clone());
    let ahead = begins.map(|begins| Duration::try_from(begins.timestamp().duration_since(local.timestamp())));
    ahead.is_ok_and(|ahead| ahead.is_ok_and(|ahead| ahead <= MOST_SET_BACK))
}

pub(super) fn whole_second(moment: DateTime) -> DateTime {
    moment.with().subsec_nanosecond(0).build().unwrap_or(moment)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Zoned {
        text.parse().unwrap()
    }

    fn asked(closing: &Closing, local: &Zoned, now: Instant) -> String {
        let window = closing.window(local, now);
        format!("{} {}", window.from.strftime("%d %H:%M"), window.to.strftime("%d %H:%M:%S"))
    }

    #[test]
    fn a_day_is_asked_for_until_it_has_settled_and_was_seen() {
        let start = Instant::now();
        let minute = Duration::from_mins(1);
        let mut closing = Closing::new(20 * minute, minute);
        let answer = |closing: &mut Closing, time: &str, passed: Duration| {
            let local = at(&format!("2026-03-{time}[America/Bogota]"));
            let text = asked(closing, &local, start + passed);
            let window = closing.window(&local, start + passed);
            closing.answered(window, &local, start + passed);
            text
        };
        assert_eq!(answer(&mut closing, "02T23:58:30", Duration::ZERO), "02 00:00 02 23:58:30");
        assert_eq!(answer(&mut closing, "03T00:03:30", 5 * minute), "02 00:00 02 23:59:59");
        assert_eq!(answer(&mut closing, "03T00:19:59", 21 * minute), "02 00:00 02 23:59:59");
        assert_eq!(answer(&mut closing, "03T00:20:30", 22 * minute), "02 00:00 02 23:59:59");
        assert_eq!(answer(&mut closing, "03T00:21:00", 22 * minute + minute / 2), "02 00:00 02 23:59:59");
        assert_eq!(answer(&mut closing, "03T00:21:30", 23 * minute), "03 00:00 03 00:21:30");
    }

    #[test]
    fn a_clock_set_back_over_midnight_a_little_does_not_open_the_day_before_again() {
        let start = Instant::now();
        let mut closing = Closing::new(Duration::ZERO, Duration::ZERO);
        let night = at("2026-03-03T00:10:00[America/Bogota]");
        let window = closing.window(&night, start);
        closing.answered(window, &night, start);
        for (time, expected) in [
            ("2026-03-02T23:50:00", "03 00:00 03 23:59:59"),
            ("2026-03-02T23:00:00", "03 00:00 03 23:59:59"),
            ("2026-03-02T22:59:59", "02 00:00 02 22:59:59"),
            ("2025-12-01T12:00:00", "01 00:00 01 12:00:00"),
            ("2026-03-03T00:11:00", "03 00:00 03 00:11:00"),
        ] {
            assert_eq!(asked(&closing, &at(&format!("{time}[America/Bogota]")), start), expected, "{time}");
        }
    }

    #[test]
    fn an_hour_that_the_clock_shows_again_is_asked_for_to_its_end() {
        let start = Instant::now();
        let closing = Closing::new(Duration::ZERO, Duration::ZERO);
        for (time, expected) in [
            ("2026-11-01T01:10:00-04:00[America/New_York]", "01 00:00 01 01:10:00"),
            ("2026-11-01T01:59:59-04:00[America/New_York]", "01 00:00 01 01:59:59"),
            ("2026-11-01T01:00:00-05:00[America/New_York]", "01 00:00 01 01:59:59"),
            ("2026-11-01T01:10:00-05:00[America/New_York]", "01 00:00 01 01:59:59"),
            ("2026-11-01T01:59:59.5-05:00[America/New_York]", "01 00:00 01 01:59:59"),
            ("2026-11-01T02:00:00-05:00[America/New_York]", "01 00:00 01 02:00:00"),
            // The hour before midnight, and half an hour.
            ("2026-04-04T23:10:00-03:00[America/Santiago]", "04 00:00 04 23:10:00"),
            ("2026-04-04T23:10:00-04:00[America/Santiago]", "04 00:00 04 23:59:59"),
            ("2026-04-05T01:40:00+10:30[Australia/Lord_Howe]", "05 00:00 05 01:59:59"),
        ] {
            assert_eq!(asked(&closing, &at(time), start), expected, "{time}");
        }
    }

    #[test]
    fn an_answer_speaks_up_to_the_moment_of_its_question_or_the_end_of_its_day() {
        let closing = |day: &str| {
            let mut closing = Closing::new(Duration::ZERO, Duration::ZERO);
            closing.resume(Some(day.parse().unwrap()));
            closing
        };
        for (day, asked, until) in [
            ("2026-11-01", "2026-11-01T01:10:00.7-05:00[America/New_York]", "2026-11-01T06:10:00Z"),
            ("2026-10-31", "2026-11-01T01:10:00-05:00[America/New_York]", "2026-11-01T03:59:59Z"),
            // A clock that was set back over midnight.
            ("2026-11-02", "2026-11-01T23:50:00-05:00[America/New_York]", "2026-11-02T04:50:00Z"),
        ] {
            let window = closing(day).window(&at(asked), Instant::now());
            assert_eq!(told_until(window, &at(asked)).to_string(), until, "{asked}");
        }
    }

    #[test]
    fn days_missed_in_an_outage_are_closed_one_after_another() {
        let start = Instant::now();
        let minute = Duration::from_mins(1);
        let mut closing = Closing::new(20 * minute, minute);
        let before = at("2026-03-02T15:00:00[America/Bogota]");
        let window = closing.window(&before, start);
        closing.answered(window, &before, start);
        let after = at("2026-03-05T09:00:00[America/Bogota]");
        let mut now = start + Duration::from_hours(66);
        let mut days = Vec::new();
        for _ in 0..8 {
            let window = closing.window(&after, now);
            days.push(window.to.date().day());
            closing.answered(window, &after, now);
            now += minute / 2;
        }
        assert_eq!(days, [2, 2, 3, 3, 4, 4, 5, 5]);
    }
}
