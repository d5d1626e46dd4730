//! The civil day's budget of requests. Pure: it is told the day and what is still planned.
//!
//! wolkvox counts a quota per civil day of the operation, so this is a pool that is filled at local midnight, and no rate
//! limiter. A process that starts in the middle of a day does not know what was spent before it: it takes the share of
//! the day that is left, so that any number of restarts cannot pass the quota together.

use jiff::civil::Date;

/// How many requests may still be made today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Requests a whole day allows; none where nobody knows.
    limit: Option<u64>,
    /// Requests that this process may make in `day`.
    pool: Option<u64>,
    used: u64,
    day: Date,
}

impl Budget {
    /// A budget of `limit` requests a day, for a process that starts with `left` (0 to 1) of this day to come and must
    /// at least be able to ask for each report once.
    #[must_use]
    pub fn new(limit: Option<u64>, day: Date, left: f64, reports: u64) -> Self {
        let pool = limit.map(|limit| (share(limit, left) + reports).min(limit));
        Self { limit, pool, used: 0, day }
    }

    /// The same budget for a process that knows what was spent before it in `day`.
    #[must_use]
    pub fn resumed(self, day: Date, used: u64) -> Self {
        if day == self.day { Self { pool: self.limit, used, ..self } } else { Self { pool: self.limit, ..self } }
    }

    /// Learns the limit of a day from wolkvox, where the configuration does not know it.
    pub fn learn(&mut self, limit: u64) {
        self.limit = Some(limit);
        self.pool = Some(limit);
    }

    /// Goes on to another day, with all of its budget.
    pub fn roll(&mut self, day: Date) {
        if day != self.day {
            *self = Self { limit: self.limit, pool: self.limit, used: 0, day };
        }
    }

    /// Takes one request out, if `reserved` requests of the day's plan still fit behind it.
    pub fn take(&mut self, reserved: u64) -> bool {
        let fits = self.has_room(reserved);
        self.used += u64::from(fits);
        fits
    }

    /// Whether one more request would still leave room for `reserved` ones.
    #[must_use]
    pub fn has_room(&self, reserved: u64) -> bool {
        self.pool.is_none_or(|pool| self.used + 1 + reserved <= pool)
    }

    /// Requests that a whole day allows.
    #[must_use]
    pub fn limit(&self) -> Option<u64> {
        self.limit
    }

    /// Requests made in this day.
    #[must_use]
    pub fn used(&self) -> u64 {
        self.used
    }

    /// The civil day that the budget is for.
    #[must_use]
    pub fn day(&self) -> Date {
        self.day
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a day's requests are far below 2^53, and the share lies between 0 and 1"
)]
fn share(limit: u64, left: f64) -> u64 {
    (limit as f64 * left.clamp(0.0, 1.0)).floor() as u64
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    const DAY: Date = date(2026, 3, 2);

    #[test]
    fn a_day_allows_its_limit_and_the_next_day_begins_anew() {
        let mut budget = Budget::new(Some(3), DAY, 1.0, 6);
        assert_eq!([(); 5].map(|()| budget.take(0)), [true, true, true, false, false]);
        budget.roll(DAY);
        assert!(!budget.take(0));
        budget.roll(date(2026, 3, 3));
        assert!(budget.take(0));
        assert_eq!(budget.used(), 1);
    }

    #[test]
    fn what_is_reserved_for_others_is_not_given_away() {
        let mut budget = Budget::new(Some(10), DAY, 1.0, 0);
        assert!(!budget.take(10));
        assert!(budget.take(9));
        assert!(!budget.has_room(9));
        assert!(budget.has_room(8));
    }

    #[test]
    fn without_a_limit_everything_is_allowed_until_one_is_learnt() {
        let mut budget = Budget::new(None, DAY, 0.5, 6);
        assert!((0..100).all(|_| budget.take(1_000_000)));
        budget.learn(100);
        assert!(!budget.take(0));
    }

    proptest! {
        #[test]
        fn restarts_at_any_moments_pass_the_limit_by_their_first_rounds_at_most(
            limit in 10_u64..5_000,
            mut starts in proptest::collection::vec(0.0_f64..1.0, 1..6),
        ) {
            starts.sort_by(f64::total_cmp);
            let mut spent = 0;
            for (position, start) in starts.iter().enumerate() {
                let mut budget = Budget::new(Some(limit), DAY, 1.0 - start, 6);
                // Between two starts a process spends at most at the pace that its pool allows.
                let end = starts.get(position + 1).copied().unwrap_or(1.0);
                let planned = share(limit, end - start);
                spent += (0..planned).filter(|_| budget.take(0)).count() as u64;
                prop_assert!(budget.used() <= limit);
            }
            prop_assert!(spent <= limit + 6 * starts.len() as u64);
        }

        #[test]
        fn no_sequence_of_days_and_requests_passes_the_limit(
            limit in 0_u64..500,
            left in 0.0_f64..=1.0,
            steps in proptest::collection::vec((0_i8..3, 0_u64..40), 0..2_000),
        ) {
            let mut budget = Budget::new(Some(limit), DAY, left, 6);
            let mut today = 0_u64;
            for (step, reserved) in steps {
                if step == 0 {
                    let next = budget.day().tomorrow().unwrap();
                    budget.roll(next);
                    today = 0;
                }
                today += u64::from(budget.take(reserved));
                prop_assert!(today <= limit);
                prop_assert_eq!(today, budget.used());
            }
        }
    }
}
