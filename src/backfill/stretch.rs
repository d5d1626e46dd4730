//! A civil day cut into the stretches between two samples, by the operation's own clock.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::report::Window;

/// How far apart two samples are: whole hours that divide a day, because wolkvox's own rows are by the hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Every(i8);

impl Every {
    /// A sample an hour.
    pub const HOUR: Self = Self(1);

    /// So many hours; nothing where they do not divide a day.
    #[must_use]
    pub const fn hours(hours: i8) -> Option<Self> {
        match hours {
            1 | 2 | 3 | 4 | 6 | 8 | 12 | 24 => Some(Self(hours)),
            _ => None,
        }
    }

    /// How many hours.
    #[must_use]
    pub const fn as_hours(self) -> i8 {
        self.0
    }

    /// How many stretches a day has, unless its clock leaves one out.
    #[must_use]
    pub(super) fn stretches(self) -> u64 {
        24 / u64::from(self.0.unsigned_abs())
    }
}

/// What lies between two samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    /// What the clock shows in it.
    pub(super) window: Window,
    /// The first instant after it: the moment of its sample.
    pub(super) over: Timestamp,
}

/// The first instant of a day.
pub(super) fn start(day: Date, zone: &TimeZone) -> Result<Timestamp, jiff::Error> {
    Ok(day.to_zoned(zone.clone())?.timestamp())
}

/// The stretches of a day. An hour that the clock leaves out is in none; one that it shows twice is over when it is over
/// the second time, because wolkvox cannot tell the two apart.
pub(super) fn stretches(day: Date, every: Every, zone: &TimeZone) -> Result<Vec<Stretch>, jiff::Error> {
    let mut begun = start(day, zone)?;
    let mut stretches = Vec::with_capacity(24);
    for hour in (0..24).step_by(usize::from(every.0.unsigned_abs())) {
        let end = if hour + every.0 < 24 { day.at(hour + every.0, 0, 0, 0) } else { day.tomorrow()?.at(0, 0, 0, 0) };
        let over = end.to_zoned(zone.clone())?.timestamp();
        if over > begun {
            let window = Window { from: day.at(hour, 0, 0, 0), to: day.at(hour + every.0 - 1, 59, 59, 0) };
            stretches.push(Stretch { window, over });
            begun = over;
        }
    }
    Ok(stretches)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_day_has_the_hours_that_its_clock_shows() {
        for (zone, day, expected) in [
            ("America/Bogota", date(2026, 3, 8), 24),
            ("America/New_York", date(2026, 3, 8), 23),
            ("America/New_York", date(2026, 11, 1), 24),
            ("America/Santiago", date(2026, 9, 6), 23),
            ("Australia/Lord_Howe", date(2026, 10, 4), 24),
        ] {
            let zone = TimeZone::get(zone).unwrap();
            let stretches = stretches(day, Every::HOUR, &zone).unwrap();
            assert_eq!(stretches.len(), expected, "{zone:?} {day}");
            assert!(stretches.is_sorted_by_key(|stretch| stretch.over));
            let end = start(day.tomorrow().unwrap(), &zone).unwrap();
            assert_eq!(stretches.last().unwrap().over, end);
            for stretch in &stretches {
                let behind = zone.to_datetime(stretch.over);
                assert!(stretch.window.to < behind, "{behind} is behind {:?}", stretch.window);
            }
        }
    }

    #[test]
    fn an_hour_shown_twice_is_over_after_the_second_time() {
        let zone = TimeZone::get("America/New_York").unwrap();
        let stretches = stretches(date(2026, 11, 1), Every::HOUR, &zone).unwrap();
        let over: Vec<String> = stretches[..3].iter().map(|stretch| stretch.over.to_string()).collect();
        assert_eq!(over, ["2026-11-01T05:00:00Z", "2026-11-01T07:00:00Z", "2026-11-01T08:00:00Z"]);
    }
}
