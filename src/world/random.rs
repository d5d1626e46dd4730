//! Chance that is the same on every machine.

/// The generator `SplitMix64`: tiny, fast and good enough for calls. Its algorithm is part of what a seed means, so it is
/// written out here rather than left to a crate that may change its mind.
pub(super) struct Random(u64);

const GOLDEN_RATIO: u64 = 0x9E37_79B9_7F4A_7C15;

impl Random {
    /// The stream of a seed for one purpose; streams of one seed have nothing to do with each other.
    pub(super) fn new(seed: u64, purpose: u64) -> Self {
        let mut random = Self(seed);
        let mixed = random.next();
        Self(mixed ^ purpose.wrapping_mul(GOLDEN_RATIO))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN_RATIO);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// 32 even bits.
    fn word(&mut self) -> u32 {
        u32::try_from(self.next() >> 32).unwrap_or_default()
    }

    /// A number below `limit`.
    pub(super) fn below(&mut self, limit: u32) -> u32 {
        // Lemire's multiplication without its rejection: the bias is below limit / 2^32.
        u32::try_from((u64::from(self.word()) * u64::from(limit)) >> 32).unwrap_or_default()
    }

    /// A number from `low` to `high`, both included.
    pub(super) fn between(&mut self, low: u32, high: u32) -> u32 {
        low + self.below(high - low + 1)
    }

    /// Whether something of this likelihood happens.
    pub(super) fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    /// One of these.
    pub(super) fn pick<T: Copy, const N: usize>(&mut self, from: &[T; N]) -> T {
        from[self.below(u32::try_from(N).unwrap_or(u32::MAX)) as usize]
    }

    /// The position of one of these weights, each as likely as it is heavy.
    pub(super) fn weighted(&mut self, weights: impl Iterator<Item = u32> + Clone) -> usize {
        let mut left = self.below(weights.clone().sum());
        weights
            .take_while(|weight| {
                let is_passed = left >= *weight;
                left = left.saturating_sub(*weight);
                is_passed
            })
            .count()
    }

    /// So many of the numbers below `limit`, in the order in which they are drawn.
    pub(super) fn some_of(&mut self, limit: u32, number: u32) -> Vec<u32> {
        let mut left: Vec<u32> = (0..limit).collect();
        let mut drawn =
            |left: &mut Vec<u32>| left.swap_remove(self.below(u32::try_from(left.len()).unwrap_or(1)) as usize);
        (0..number.min(limit)).map(|_| drawn(&mut left)).collect()
    }

    /// A time between events that come at random, `mean` apart.
    pub(super) fn exponential(&mut self, mean: f64) -> f64 {
        let unit = (f64::from(self.word()) + 1.0) / 4_294_967_296.0;
        -unit.ln() * mean
    }

    /// The same in whole seconds, kept between two bounds.
    pub(super) fn seconds(&mut self, mean: f64, least: u32, most: u32) -> u32 {
        whole_seconds(self.exponential(mean)).clamp(least, most)
    }
}

/// A duration without its fraction.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast from a float saturates, and no duration here comes near"
)]
pub(super) fn whole_seconds(duration: f64) -> u32 {
    duration as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_algorithm_is_pinned() {
        // The first outputs of SplitMix64 for seed 1234567, as published with it.
        let mut random = Random(1_234_567);
        assert_eq!([random.next(), random.next()], [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]);
    }

    #[test]
    fn numbers_stay_within_their_bounds_and_reach_them() {
        let mut random = Random::new(7, 0);
        let drawn: Vec<u32> = (0..1000).map(|_| random.between(3, 5)).collect();
        for number in 3..=5 {
            assert!(drawn.contains(&number));
        }
        assert!(drawn.iter().all(|number| (3..=5).contains(number)));
        assert!((0..1000).all(|_| (8..=90).contains(&random.seconds(40.0, 8, 90))));
        let mut some = random.some_of(9, 5);
        some.sort_unstable();
        some.dedup();
        assert!(some.len() == 5 && some.iter().all(|number| *number < 9), "{some:?}");
        let chances = (0..10_000).filter(|_| random.chance(40)).count();
        assert!((3_850..4_150).contains(&chances), "{chances}");
        assert!((0..1000).all(|_| random.weighted([1, 0, 2].into_iter()) != 1));
    }
}
