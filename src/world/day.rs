//! One day as it was, from midnight to midnight.

use jiff::civil::Date;

use super::calendar::Calendar;
use super::demand::{self, Arrival};
use super::floor::{self, Played};
use super::incident::Incidents;
use super::profile::Profile;
use super::random::Random;
use super::roster::{self, CLOSES};
use super::staff::{ActivityCode, LETTER_CODES, Staff};

/// The states that wolkvox keeps an agent's time in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Ready,
    Inbound,
    Outbound,
    Acw,
    Ring,
    Aux,
}

/// A stretch of an agent's day in one state; `to` is the first second after it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spell {
    pub(super) state: State,
    pub(super) from: u32,
    pub(super) to: u32,
}

/// Whom an agent calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Direction {
    /// A customer.
    Outbound,
    /// A colleague.
    Internal,
}

/// A call that an agent made and that was answered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Contact {
    pub(super) agent: usize,
    pub(super) direction: Direction,
    pub(super) began: u32,
    pub(super) ended: u32,
}

/// A call through a routing point.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) arrival: Arrival,
    pub(super) fate: Fate,
    /// The second at which the line was cut.
    pub(super) ended: u32,
}

/// What became of a caller. Agents and skills by position.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fate {
    /// The IVR was enough.
    Contained,
    /// Still in the queue; nobody is, once the day is over.
    Waiting { skill: usize },
    /// Hung up before an agent answered.
    Abandoned { skill: usize },
    /// Spoke with an agent from second `at` on; the codes are known from `coded_at` on.
    Answered { skill: usize, agent: usize, at: u32, codes: [ActivityCode; 2], coded_at: u32 },
}

impl Call {
    pub(super) fn of(arrival: Arrival) -> Self {
        let ended = arrival.at + arrival.ivr;
        Self { arrival, fate: Fate::Contained, ended }
    }

    /// The second at which the IVR was done with the caller.
    pub(super) fn left_ivr(&self) -> u32 {
        self.arrival.at + self.arrival.ivr
    }
}

/// An e-mail or a post that an agent closed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Letter {
    pub(super) agent: usize,
    pub(super) code: ActivityCode,
    pub(super) closed: u32,
}

/// One day of the contact centre.
pub(super) struct Day {
    pub(super) calendar: Calendar,
    /// Calls through routing points, in the order in which they came.
    pub(super) calls: Vec<Call>,
    pub(super) contacts: Vec<Contact>,
    /// Each agent's states, one after the other.
    pub(super) spells: Vec<Vec<Spell>>,
    pub(super) letters: Vec<Letter>,
}

impl Day {
    /// Plays a day through; nothing for dates at the very ends of the calendar.
    pub(super) fn play(profile: &Profile, staff: &Staff, date: Date) -> Option<Self> {
        let calendar = Calendar::of(date, &profile.timezone)?;
        let number = u64::try_from(calendar.start().as_second() / 3600).ok()?;
        // Every subject has chance of its own, so that more calls do not mean other shifts.
        let chance = |subject: u64| Random::new(profile.seed, number * 8 + subject);
        let incidents = Incidents::of(&profile.incidents, date, &calendar);
        let mut shifts = roster::shifts(&mut chance(1), &calendar, date.weekday(), profile.agents);
        for (shift, absences) in shifts.iter_mut().zip(incidents.absences(&mut chance(5), profile.agents)) {
            if let Some(shift) = shift {
                shift.absences = absences;
            }
        }
        let usual = demand::arrivals(&mut chance(2), profile, staff, &calendar, date.weekday());
        let more = |round: u64| demand::arrivals(&mut chance(16 + round), profile, staff, &calendar, date.weekday());
        let arrivals = demand::with(&incidents, &mut chance(6), staff, usual, more, calendar.length());
        let closes = calendar.second_of(CLOSES);
        let Played { calls, contacts, spells } =
            floor::play(&mut chance(3), staff, arrivals, shifts, closes, incidents);
        let letters = letters(&mut chance(4), staff, &spells);
        Some(Self { calendar, calls, contacts, spells, letters })
    }
}

/// What agents close beside their calls, a few an hour.
fn letters(random: &mut Random, staff: &Staff, spells: &[Vec<Spell>]) -> Vec<Letter> {
    let mut letters = Vec::new();
    for (agent, spells) in spells.iter().enumerate().filter(|(agent, _)| staff.agents[*agent].writes) {
        let (Some(first), Some(last)) = (spells.first(), spells.last()) else { continue };
        let mut closed = first.from;
        loop {
            closed += random.seconds(1300.0, 60, 14_400);
            if closed >= last.to {
                break;
            }
            letters.push(Letter { agent, code: random.pick(&LETTER_CODES), closed });
        }
    }
    letters
}
