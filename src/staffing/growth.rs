//! The growth of totals of the day over the last half hour, through midnights and new beginnings.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use jiff::civil::Date;

use super::Rise;

/// The stretch that is looked back at: the interval in which contact centres plan.
const HALF_HOUR: Duration = Duration::from_mins(30);
/// The shortest stretch that tells something, until half an hour was seen.
const SHORTEST: Duration = Duration::from_mins(5);
/// The longest, where reports come seldom or an outage lay between; beyond it is another time of day.
const LONGEST: Duration = Duration::from_hours(1);

/// Totals of one kind, all added up, and how they grew.
#[derive(Debug, Default)]
pub(super) struct Growth {
    day: Option<Date>,
    /// How much they have grown in the day that is told.
    today: f64,
    /// The growth since the first answer, at each answer that is still needed, the newest at the end.
    points: VecDeque<(Instant, f64)>,
    is_withdrawn: bool,
}

impl Growth {
    /// Takes in by how much the totals of an answer about this day have grown.
    pub(super) fn answered(&mut self, at: Instant, day: Option<Date>, growth: f64) {
        if self.day != day {
            (self.day, self.today) = (day, 0.0);
        }
        self.today += growth;
        // Nobody knows since when the totals of the first answer have grown.
        let all = self.points.back().map_or(0.0, |(_, before)| before + growth);
        self.points.push_back((at, all));
        self.forget_before(at);
        self.is_withdrawn = false;
    }

    /// Takes up how far the totals of this day had come, and when, where that is known.
    pub(super) fn resumed(&mut self, at: Option<Instant>, day: Option<Date>, total: f64) {
        (self.day, self.today) = (day, total);
        self.points.extend(at.map(|at| (at, 0.0)));
    }

    /// The answers are too old for anything to be told of them.
    pub(super) fn withdrawn(&mut self) {
        self.is_withdrawn = true;
    }

    /// The growth in the half hour before the newest answer: from the newest answer that is so old, else from the first.
    pub(super) fn recent(&self) -> Option<Rise> {
        let ((begin, before), (end, now)) = (self.points.front()?, self.points.back()?);
        let during = end.duration_since(*begin);
        (!self.is_withdrawn && during >= SHORTEST).then(|| Rise { rise: now - before, during })
    }

    /// How much the totals have grown in the day; nothing before the first answer.
    pub(super) fn today(&self) -> Option<f64> {
        (!self.is_withdrawn && !self.points.is_empty()).then_some(self.today)
    }

    /// Keeps of the answers before `now` the newest that is half an hour old, and all that are younger.
    fn forget_before(&mut self, now: Instant) {
        let age = |point: &(Instant, f64)| now.saturating_duration_since(point.0);
        while self.points.get(1).is_some_and(|second| age(second) >= HALF_HOUR) {
            self.points.pop_front();
        }
        if self.points.front().is_some_and(|first| age(first) > LONGEST) {
            self.points.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    fn start() -> Instant {
        tokio::time::Instant::now().into_std()
    }

    /// The growth after answers of one total, in minutes.
    fn of_one(answers: &[(u32, f64)]) -> Option<(f64, u64)> {
        let (mut growth, start, mut before) = (Growth::default(), start(), 0.0);
        for (minute, total) in answers {
            growth.answered(start + *minute * MINUTE, None, total - before);
            before = *total;
        }
        growth.recent().map(|recent| (recent.rise, recent.during.as_secs() / 60))
    }

    #[test]
    fn the_stretch_is_the_shortest_that_covers_half_an_hour() {
        assert_eq!(of_one(&[(0, 7.0)]), None);
        assert_eq!(of_one(&[(0, 7.0), (4, 9.0)]), None);
        assert_eq!(of_one(&[(0, 7.0), (5, 9.0)]), Some((2.0, 5)));
        assert_eq!(of_one(&[(0, 7.0), (29, 9.0)]), Some((2.0, 29)));
        assert_eq!(of_one(&[(0, 7.0), (5, 9.0), (30, 10.0)]), Some((3.0, 30)));
        assert_eq!(of_one(&[(0, 7.0), (5, 9.0), (34, 10.0)]), Some((3.0, 34)));
        assert_eq!(of_one(&[(0, 7.0), (5, 9.0), (35, 10.0)]), Some((1.0, 30)));
        // An outage: the counts went on, and tell of it, but not of a whole afternoon.
        assert_eq!(of_one(&[(0, 7.0), (60, 10.0)]), Some((3.0, 60)));
        assert_eq!(of_one(&[(0, 7.0), (61, 10.0)]), None);
        assert_eq!(of_one(&[(0, 7.0), (61, 10.0), (66, 11.0)]), Some((1.0, 5)));
    }

    #[test]
    fn a_day_is_what_grew_in_it() {
        let (mut growth, start) = (Growth::default(), start());
        let days = [date(2026, 6, 5), date(2026, 6, 6)];
        growth.answered(start, Some(days[0]), 7.0);
        growth.answered(start + 10 * MINUTE, Some(days[0]), 2.0);
        assert_eq!(growth.today(), Some(9.0));
        growth.answered(start + 20 * MINUTE, Some(days[1]), 9.0);
        assert_eq!(growth.recent(), Some(Rise { rise: 2.0 + 9.0, during: 20 * MINUTE }));
        assert_eq!(growth.today(), Some(9.0));
    }

    #[test]
    fn what_another_process_was_told_is_where_growth_begins() {
        let (start, day) = (start(), Some(date(2026, 6, 5)));
        let after = |resumed: Option<Instant>, growths: &[f64]| {
            let mut growth = Growth::default();
            growth.resumed(resumed, day, 100.0);
            for (minute, rise) in (1..).zip(growths) {
                growth.answered(start + minute * 10 * MINUTE, day, *rise);
            }
            (growth.recent().map(|recent| recent.rise), growth.today())
        };
        assert_eq!(after(Some(start), &[]), (None, Some(100.0)));
        assert_eq!(after(Some(start), &[3.0]), (Some(3.0), Some(103.0)));
        // Nobody knows how long the first answer's growth has taken.
        assert_eq!(after(None, &[]), (None, None));
        assert_eq!(after(None, &[3.0, 4.0]), (Some(4.0), Some(107.0)));
    }

    proptest! {
        /// However often is asked, the growth is that of the stretch, and no more answers are held than it takes.
        #[test]
        fn growth_is_the_difference_of_its_ends(steps in proptest::collection::vec((1_u32..20, 0_u32..50), 1..200)) {
            let (mut growth, start) = (Growth::default(), start());
            let (mut minute, mut total, mut told) = (0, 0, Vec::new());
            for (minutes, calls) in steps {
                (minute, total) = (minute + minutes, total + calls);
                told.push((minute, total));
                growth.answered(start + minute * MINUTE, None, f64::from(calls));
                let from = told.iter().rfind(|(at, _)| at + 30 <= minute).or(told.first()).unwrap();
                let expected = (minute - from.0 >= 5)
                    .then(|| Rise { rise: f64::from(total - from.1), during: (minute - from.0) * MINUTE });
                prop_assert_eq!(growth.recent(), expected);
                prop_assert!(growth.points.len() <= 32);
            }
        }
    }
}
