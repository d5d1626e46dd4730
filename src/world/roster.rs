//! Who is at work on a day, from when to when, with which pauses.

use jiff::civil::{Time, Weekday, time};

use super::calendar::Calendar;
use super::incident::Absence;
use super::random::Random;

/// When the contact centre opens.
pub(super) const OPENS: Time = time(7, 0, 0, 0);
/// When the contact centre closes: callers who are in by then are still served.
pub(super) const CLOSES: Time = time(20, 0, 0, 0);

/// First and last moment of each shift; most agents are there for both peaks.
const SHIFTS: [(Time, Time); 5] = [
    (time(7, 0, 0, 0), time(15, 30, 0, 0)),
    (time(8, 0, 0, 0), time(17, 0, 0, 0)),
    (time(9, 0, 0, 0), time(18, 0, 0, 0)),
    (time(11, 0, 0, 0), CLOSES),
    (time(11, 30, 0, 0), time(20, 15, 0, 0)),
];

/// An agent's plan for the day, in seconds of the day.
#[derive(Debug)]
pub(super) struct Shift {
    pub(super) starts: u32,
    pub(super) ends: u32,
    /// When each pause is due and how long it takes, the latest first.
    pub(super) pauses: Vec<(u32, u32)>,
    /// When the agent is not there, or not ready, against the plan.
    pub(super) absences: Vec<Absence>,
}

/// Every agent's plan; nothing for those who have the day off.
pub(super) fn shifts(random: &mut Random, calendar: &Calendar, weekday: Weekday, agents: u32) -> Vec<Option<Shift>> {
    let week = calendar.start().as_second() / (7 * 86_400);
    let mut shifts = Vec::new();
    for agent in 0..agents {
        // At weekends groups take turns, with one agent of every shift in each, so that somebody is always there.
        let turn = i64::from(agent) / 5 + week;
        let is_at_work = match weekday {
            Weekday::Sunday => turn % 3 == 0,
            Weekday::Saturday => turn % 2 == 0,
            _ => random.chance(93),
        };
        shifts.push(is_at_work.then(|| shift(random, calendar, agent)));
    }
    shifts
}

fn shift(random: &mut Random, calendar: &Calendar, agent: u32) -> Shift {
    let (start, end) = SHIFTS[agent as usize % SHIFTS.len()];
    let starts = calendar.second_of(start) + random.below(420);
    let ends = calendar.second_of(end) + random.below(120);
    let minutes = |from: u32, to: u32, random: &mut Random| random.between(from * 60, to * 60);
    let mut pauses = vec![
        (starts + minutes(100, 140, random), minutes(12, 18, random)),
        // Lunch, four hours in: between 11 and 13:30 for the early shifts.
        (starts + minutes(220, 270, random), minutes(45, 60, random)),
        (starts + minutes(370, 430, random), minutes(12, 18, random)),
    ];
    for _ in 0..random.below(3) {
        pauses.push((random.between(starts, ends), minutes(2, 6, random)));
    }
    pauses.sort_unstable_by(|one, other| other.cmp(one));
    Shift { starts, ends, pauses, absences: Vec::new() }
}
