//! When callers call: the curve of the day, its peaks, its lunch dip and its quiet night.

use jiff::civil::Weekday;

use super::calendar::Calendar;
use super::incident::Incidents;
use super::profile::Profile;
use super::random::{Random, whole_seconds};
use super::roster::{CLOSES, OPENS};
use super::staff::Staff;

/// Calls an hour for each agent on the books in the busiest hour, at a load of 100: what agents can just handle.
const BUSIEST: f64 = 8.8;

/// How busy each hour of the clock begins, against the busiest; in between it goes straight.
const CURVE: [f64; 25] = [
    0.008, 0.006, 0.005, 0.004, 0.004, 0.008, 0.02, 0.16, 0.42, 0.86, 1.0, 0.92, 0.66, 0.58, 0.84, 1.0, 0.96, 0.80,
    0.58, 0.40, 0.04, 0.03, 0.02, 0.015, 0.008,
];

/// Nobody calls in the day's last minutes, so that no call belongs to two days.
const QUIET_END: u32 = 600;

/// A call that has reached a routing point.
#[derive(Clone, Debug)]
pub(super) struct Arrival {
    /// The second of the day.
    pub(super) at: u32,
    /// Position of the routing point.
    pub(super) routing_point: usize,
    /// Seconds spent in the IVR.
    pub(super) ivr: u32,
    /// Position of the skill that the IVR hands the call to, if it does.
    pub(super) skill: Option<usize>,
    /// The caller's telephone number: personal data.
    pub(super) phone: u64,
    /// The caller's customer id: personal data.
    pub(super) customer: u32,
}

/// Every call of the day, in the order in which they come.
pub(super) fn arrivals(
    random: &mut Random,
    profile: &Profile,
    staff: &Staff,
    calendar: &Calendar,
    weekday: Weekday,
) -> Vec<Arrival> {
    let day = match weekday {
        Weekday::Sunday => 0.16,
        Weekday::Saturday => 0.45,
        Weekday::Monday => 1.08,
        _ => 1.0,
    } * f64::from(random.between(92, 110))
        / 100.0;
    let busiest = BUSIEST * f64::from(profile.agents) * f64::from(profile.load) / 100.0 * day / 3600.0;
    let end = f64::from(calendar.length() - QUIET_END);
    let open = calendar.second_of(OPENS)..calendar.second_of(CLOSES);
    let mut arrivals = Vec::new();
    let mut now = 0.0;
    loop {
        // A rate can change much within a long gap, so a gap that passes a quarter of an hour is drawn anew from there.
        let gap = random.exponential(1.0 / (busiest * curve(calendar, whole_seconds(now))).max(1e-9));
        now += gap.min(900.0);
        if now >= end {
            return arrivals;
        }
        if gap < 900.0 {
            let at = whole_seconds(now);
            arrivals.push(arrival(random, staff, at, open.contains(&at)));
        }
    }
}

/// The usual calls of a day with so many seconds, as incidents make more, fewer or other ones of them. `more` gives
/// another day's worth of calls, for each round another one.
pub(super) fn with(
    incidents: &Incidents,
    random: &mut Random,
    staff: &Staff,
    usual: Vec<Arrival>,
    more: impl Fn(u64) -> Vec<Arrival>,
    length: u32,
) -> Vec<Arrival> {
    let mut arrivals = usual;
    let most = (0..length).step_by(60).map(|second| incidents.more_calls(second)).max().unwrap_or_default();
    for round in 0..most.div_ceil(100) {
        let mut extra = more(u64::from(round));
        // Of the last hundred only a part.
        extra.retain(|arrival| random.chance(incidents.more_calls(arrival.at).saturating_sub(round * 100)));
        arrivals.append(&mut extra);
    }
    arrivals.retain(|arrival| {
        let left = incidents.calls_left(arrival.at);
        !incidents.is_dead(arrival.at) && (left >= 100 || random.chance(left))
    });
    arrivals.sort_by_key(|arrival| arrival.at);
    for arrival in &mut arrivals {
        if arrival.skill.is_none() && incidents.queues_though_closed(arrival.at, length) {
            arrival.skill = Some(random.weighted(staff.skills.iter().map(|skill| skill.weight)));
        }
    }
    arrivals
}

fn arrival(random: &mut Random, staff: &Staff, at: u32, is_open: bool) -> Arrival {
    let wants_agent = is_open && random.chance(78);
    let skill = random.weighted(staff.skills.iter().map(|skill| skill.weight));
    Arrival {
        at,
        routing_point: random.weighted(staff.routing_points.iter().map(|point| point.weight)),
        ivr: match (is_open, wants_agent) {
            // The menu, to its end.
            (true, true) => random.between(18, 55),
            // Served by the IVR, or gone after a few seconds of it.
            (true, false) => random.seconds(50.0, 2, 400),
            // The message that nobody is there.
            (false, _) => random.between(6, 31),
        },
        skill: wants_agent.then_some(skill),
        phone: 3_000_000_000 + u64::from(random.below(250_000_000)),
        customer: random.between(5_000_000, 1_199_999_999),
    }
}

/// How busy a second of the day is, 0 to 1.
fn curve(calendar: &Calendar, second: u32) -> f64 {
    let clock = calendar.civil(second);
    let hour = usize::try_from(clock.hour()).unwrap_or_default();
    let into = (f64::from(clock.minute()) * 60.0 + f64::from(clock.second())) / 3600.0;
    // The doors open and close at once; only between do the hours run into each other.
    let (this, next) =
        if (7..19).contains(&hour) { (CURVE[hour], CURVE[hour + 1]) } else { (CURVE[hour], CURVE[hour]) };
    this + (next - this) * into
}
