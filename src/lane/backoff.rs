//! Pauses that grow, with jitter.

use std::time::Duration;

/// A pause that doubles from a first length up to a longest one.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
}

impl Backoff {
    /// Between the tries of one turn: network errors, time-outs, 5xx, 429.
    pub const RETRY: Self = Self { first: Duration::from_secs(2), longest: Duration::from_mins(1) };
    /// After wolkvox refused the token: it will not change its mind soon, and each question costs.
    pub const REFUSED_TOKEN: Self = Self { first: Duration::from_mins(1), longest: Duration::from_hours(1) };

    /// The pause after the `failures`-th failure in a row (from 1): half of it fixed, half scaled by `jitter` (0 to 1),
    /// so that many exporters that failed together do not come back together.
    #[must_use]
    pub fn pause(self, failures: u32, jitter: f64) -> Duration {
        let doubled = self.first.saturating_mul(1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX));
        let half = doubled.min(self.longest) / 2;
        half + half.mul_f64(jitter.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_jitter_takes_half_at_most() {
        let seconds = |failures, jitter| Backoff::REFUSED_TOKEN.pause(failures, jitter).as_secs();
        assert_eq!(
            [1, 2, 3, 4, 5, 6, 7, 8].map(|failures| seconds(failures, 1.0)),
            [60, 120, 240, 480, 960, 1920, 3600, 3600]
        );
        assert_eq!([1, 2, 40].map(|failures| seconds(failures, 0.0)), [30, 60, 1800]);
    }
}
