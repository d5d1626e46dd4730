//! Calls with customers by length.

use jiff::Timestamp;

use super::day::{Direction, Fate};
use super::{Period, World};

/// The longest call of each interval, in seconds.
pub const INTERVALS: [u32; 5] = [5, 20, 60, 120, u32::MAX];

/// Hundredths of the currency for each begun minute of a call to a customer.
const OUTBOUND_PRICE: u64 = 1275;
/// Hundredths of the currency for each begun minute of a call from a customer, on a number that is free to call.
const INBOUND_PRICE: u64 = 480;

/// The calls of one interval of length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DurationInterval {
    /// How many.
    pub calls: u64,
    /// Their minutes, each call's rounded up.
    pub minutes: u64,
    /// Their cost, in hundredths of the currency.
    pub cost_hundredths: u64,
}

impl World {
    /// The calls between agents and customers that ended in the period, by length of the talk: one entry for each of
    /// [`INTERVALS`].
    #[must_use]
    pub fn call_durations(&self, period: &Period, now: Timestamp) -> [DurationInterval; 5] {
        let mut intervals = [DurationInterval::default(); 5];
        for (_, day) in self.days(period, now) {
            let elapsed = day.calendar.elapsed(now);
            let inbound = day.calls.iter().filter_map(|call| match call.fate {
                Fate::Answered { at, .. } => Some((at, call.ended, INBOUND_PRICE)),
                Fate::Contained | Fate::Waiting { .. } | Fate::Abandoned { .. } => None,
            });
            let outbound = day
                .contacts
                .iter()
                .filter(|contact| contact.direction == Direction::Outbound)
                .map(|contact| (contact.began, contact.ended, OUTBOUND_PRICE));
            for (began, ended, price) in inbound.chain(outbound) {
                if ended <= elapsed && period.contains(&day.calendar.civil(ended)) {
                    let talk = ended - began;
                    let minutes = u64::from(talk.div_ceil(60));
                    let interval = &mut intervals[INTERVALS.partition_point(|longest| *longest < talk)];
                    interval.calls += 1;
                    interval.minutes += minutes;
                    interval.cost_hundredths += minutes * price;
                }
            }
        }
        intervals
    }
}
