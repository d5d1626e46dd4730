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

/// Which total it is: its group, and its place there. Within a day, and without one for good, that stays the same, so that
/// no name is needed: there may be half a million totals.
pub type Place = (usize, usize);

/// Totals of one kind, all added up, and how they grew.
#[derive(Debug, Default)]
pub(super) struct Growth {
    day: Option<Date>,
    /// What was last told of each total by group and place, in the day that is told; not a number before the first.
    told: Vec<Vec<f64>>,
    /// The growth since the first answer, at each answer that is still needed, the newest at the end.
    points: VecDeque<(Instant, f64)>,
    is_withdrawn: bool,
}

impl Growth {
    /// Takes in the totals of an answer about this day.
    pub(super) fn answered(&mut self, at: Instant, day: Option<Date>, totals: impl IntoIterator<Item = (Place, f64)>) {
        if self.day != day {
            self.told.clear();
            self.day = day;
        }
        let is_first = self.points.is_empty();
        let mut rise = 0.0;
        for (place, total) in totals {
            let Some(told) = self.told_of(place) else { continue };
            // A total that is new, or that has fallen and so began anew, has risen from 0.
            rise += if total >= *told { total - *told } else { total };
            *told = total;
        }
        self.told.iter_mut().for_each(Vec::shrink_to_fit);
        // Nobody knows since when the totals of the first answer have grown.
        let before = self.points.back().map_or(0.0, |(_, sum)| *sum);
        self.points.push_back((at, if is_first { 0.0 } else { before + rise }));
        self.forget_before(at);
        self.is_withdrawn = false;
    }

    fn told_of(&mut self, (group, place): Place) -> Option<&mut f64> {
        if self.told.len() <= group {
            self.told.resize_with(group + 1, Vec::new);
        }
        let told = self.told.get_mut(group)?;
        if told.len() <= place {
            told.resize(place + 1, f64::NAN);
        }
        told.get_mut(place)
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

    /// The totals of the day, added up; nothing before the first answer.
    pub(super) fn today(&self) -> Option<f64> {
        (!self.is_withdrawn && !self.points.is_empty())
            .then(|| self.told.iter().flatten().filter(|told| !told.is_nan()).sum())
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
        let (mut growth, start) = (Growth::default(), start());
        for (minute, total) in answers {
            growth.answered(start + *minute * MINUTE, None, [((0, 0), *total)]);
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
    fn a_fall_is_a_new_beginning() {
        assert_eq!(of_one(&[(0, 90.0), (10, 100.0), (20, 5.0), (30, 6.0)]), Some((16.0, 30)));
    }

    #[test]
    fn a_new_day_counts_from_nothing_even_where_it_is_not_below_the_old_one() {
        let (mut growth, start) = (Growth::default(), start());
        let days = [date(2026, 6, 5), date(2026, 6, 6)];
        growth.answered(start, Some(days[0]), [((0, 0), 3.0), ((0, 1), 4.0)]);
        growth.answered(start + 10 * MINUTE, Some(days[0]), [((0, 0), 5.0), ((0, 1), 4.0)]);
        growth.answered(start + 20 * MINUTE, Some(days[1]), [((0, 0), 9.0)]);
        assert_eq!(growth.recent(), Some(Rise { rise: 2.0 + 9.0, during: 20 * MINUTE }));
        assert_eq!(growth.today(), Some(9.0));
    }

    #[test]
    fn one_that_is_new_or_returns_counts_what_it_gained() {
        let (mut growth, start) = (Growth::default(), start());
        growth.answered(start, None, [((0, 0), 100.0)]);
        growth.answered(start + 10 * MINUTE, None, [((0, 1), 3.0)]);
        growth.answered(start + 20 * MINUTE, None, [((0, 0), 101.0), ((0, 1), 3.0)]);
        assert_eq!(growth.recent(), Some(Rise { rise: 4.0, during: 20 * MINUTE }));
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
                growth.answered(start + minute * MINUTE, None, [((0, 0), f64::from(total))]);
                let from = told.iter().rfind(|(at, _)| at + 30 <= minute).or(told.first()).unwrap();
                let expected = (minute - from.0 >= 5)
                    .then(|| Rise { rise: f64::from(total - from.1), during: (minute - from.0) * MINUTE });
                prop_assert_eq!(growth.recent(), expected);
                prop_assert!(growth.points.len() <= 32);
            }
        }
    }
}
