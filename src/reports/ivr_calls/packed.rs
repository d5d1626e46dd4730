//! One call in sixteen bytes.

/// How long a call took, where it is told.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Times {
    pub(super) in_ivr: Time,
    pub(super) journey: Time,
    pub(super) waited: Time,
    pub(super) with_agent: Time,
}

/// A duration in whole milliseconds, or none. Whole numbers add up to the same in whatever order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Time(u32);

impl Time {
    const NONE: Self = Self(u32::MAX);

    /// From seconds. What passes 49 days, which no call of a day does, is taken for that.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
    pub(super) fn of(seconds: Option<f64>) -> Self {
        // No duration is negative, so that this is rounding, for which the C library would be called.
        seconds.map_or(Self::NONE, |seconds| Self(((seconds * 1000.0 + 0.5) as u32).min(u32::MAX - 1)))
    }

    /// From what a clock shows, which has two digits of hours.
    pub(super) fn of_clock(seconds: u32) -> Self {
        Self(seconds * 1000)
    }

    pub(super) fn milliseconds(self) -> Option<u32> {
        (self != Self::NONE).then_some(self.0)
    }

    /// In fourteen bits, which hold whole seconds up to four and a half hours.
    fn packed(self) -> Option<u128> {
        match self {
            Self::NONE => Some(NO_TIME),
            Self(milliseconds) if milliseconds % 1000 == 0 => {
                Some(u128::from(milliseconds / 1000)).filter(|seconds| *seconds < LONG)
            }
            Self(_) => None,
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "fourteen bits are taken")]
    fn unpacked(bits: u128) -> Self {
        match bits & NO_TIME {
            NO_TIME => Self::NONE,
            seconds => Self(seconds as u32 * 1000),
        }
    }
}

impl Default for Time {
    fn default() -> Self {
        Self::NONE
    }
}

const TIME_BITS: u32 = 14;
/// What stands for a time that is not told.
const NO_TIME: u128 = (1 << TIME_BITS) - 1;
/// What stands for the first time where the times are kept elsewhere.
const LONG: u128 = NO_TIME - 1;
const ROUTE_AT: u32 = 4 * TIME_BITS;
const ROUTE_BITS: u32 = 20;
/// What stands for a route that has no number any more.
pub(super) const NO_ROUTE: u32 = (1 << ROUTE_BITS) - 1;
const ID_AT: u32 = ROUTE_AT + ROUTE_BITS;
const ID_BITS: u32 = u128::BITS - ID_AT;

/// One call: 52 bits of a hash of its id, then its route, then its times.
///
/// Of 60,000 calls, which is wolkvox's limit, two share an id once in two million days; of 600,000 once in 25,000.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Packed(u128);

impl Packed {
    /// What is kept of a hash.
    pub(super) fn id_of(hash: u64) -> u64 {
        hash >> (u64::BITS - ID_BITS)
    }

    /// A call, if its times fit.
    pub(super) fn new(id: u64, route: u32, times: Times) -> Option<Self> {
        let mut packed = u128::from(id) << ID_AT | u128::from(route) << ROUTE_AT;
        for (position, time) in (0..).zip([times.in_ivr, times.journey, times.waited, times.with_agent]) {
            packed |= time.packed()? << (position * TIME_BITS);
        }
        Some(Self(packed))
    }

    /// A call whose times are kept elsewhere.
    pub(super) fn long(id: u64, route: u32) -> Self {
        Self(u128::from(id) << ID_AT | u128::from(route) << ROUTE_AT | LONG)
    }

    pub(super) fn id(self) -> u64 {
        (self.0 >> ID_AT) as u64
    }

    #[expect(clippy::cast_possible_truncation, reason = "the lowest twenty bits are wanted")]
    pub(super) fn route(self) -> u32 {
        (self.0 >> ROUTE_AT) as u32 & NO_ROUTE
    }

    /// The call's times, unless they are kept elsewhere.
    pub(super) fn times(self) -> Option<Times> {
        let time = |position: u32| Time::unpacked(self.0 >> (position * TIME_BITS));
        let times = Times { in_ivr: time(0), journey: time(1), waited: time(2), with_agent: time(3) };
        (self.0 & NO_TIME != LONG).then_some(times)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_are_told_to_the_millisecond_or_not_at_all() {
        let told = |seconds| Time::of(seconds).milliseconds();
        assert_eq!(told(None), None);
        assert_eq!(told(Some(0.0)), Some(0));
        assert_eq!(told(Some(12.5)), Some(12_500));
        assert_eq!(told(Some(1e12)), Some(u32::MAX - 1));
        assert_eq!(told(Some(-1.0)), Some(0));
    }

    fn time() -> impl Strategy<Value = Time> {
        prop_oneof![
            Just(Time::NONE),
            (0_u32..20_000).prop_map(|seconds| Time(seconds * 1000)),
            (16_380_u32..16_386).prop_map(|seconds| Time(seconds * 1000)),
            any::<u32>().prop_map(Time),
        ]
    }

    proptest! {
        #[test]
        fn a_call_is_unpacked_as_it_was_packed(hash: u64, route in 0..=NO_ROUTE, times in [time(), time(), time(), time()]) {
            let [in_ivr, journey, waited, with_agent] = times;
            let told = Times { in_ivr, journey, waited, with_agent };
            let id = Packed::id_of(hash);
            prop_assert_eq!(id, hash >> 12);
            let is_short = |time: &Time| time.milliseconds().is_none_or(|told| told % 1000 == 0 && told < 16_382_000);
            let packed = Packed::new(id, route, told);
            prop_assert_eq!(packed.is_some(), times.iter().all(is_short));
            let call = packed.unwrap_or_else(|| Packed::long(id, route));
            prop_assert_eq!((call.id(), call.route(), call.times()), (id, route, packed.map(|_| told)));
        }
    }
}
