//! Each agent's work, hour by hour.

use std::ops::AddAssign;

use jiff::Timestamp;
use jiff::civil::Date;

use super::day::{Direction, Fate, State};
use super::staff::Agent;
use super::{Period, World};

/// Seconds in each state and calls begun in each direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Seconds waiting for a call.
    pub ready: u32,
    /// Seconds talking with callers.
    pub inbound: u32,
    /// Seconds talking with customers called.
    pub outbound: u32,
    /// Seconds of after-call work.
    pub acw: u32,
    /// Seconds of ringing.
    pub ring: u32,
    /// Seconds of pauses and talks with colleagues.
    pub aux: u32,
    /// Calls answered.
    pub inbound_calls: u32,
    /// Customers called.
    pub outbound_calls: u32,
    /// Colleagues called.
    pub internal_calls: u32,
}

impl Work {
    /// Seconds logged in.
    #[must_use]
    pub fn login(&self) -> u32 {
        self.ready + self.inbound + self.outbound + self.acw + self.ring + self.aux
    }

    /// Seconds of handling: talk and after-call work.
    #[must_use]
    pub fn handling(&self) -> u32 {
        self.inbound + self.outbound + self.acw
    }

    /// Calls that the handling time is an average over.
    #[must_use]
    pub fn handled_calls(&self) -> u32 {
        self.inbound_calls + self.outbound_calls
    }

    fn seconds_in(&mut self, state: State) -> &mut u32 {
        match state {
            State::Ready => &mut self.ready,
            State::Inbound => &mut self.inbound,
            State::Outbound => &mut self.outbound,
            State::Acw => &mut self.acw,
            State::Ring => &mut self.ring,
            State::Aux => &mut self.aux,
        }
    }
}

impl AddAssign for Work {
    fn add_assign(&mut self, more: Self) {
        self.ready += more.ready;
        self.inbound += more.inbound;
        self.outbound += more.outbound;
        self.acw += more.acw;
        self.ring += more.ring;
        self.aux += more.aux;
        self.inbound_calls += more.inbound_calls;
        self.outbound_calls += more.outbound_calls;
        self.internal_calls += more.internal_calls;
    }
}

/// What an agent did in one hour of the clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentHour<'w> {
    /// The agent.
    pub agent: &'w Agent,
    /// The day.
    pub date: Date,
    /// The hour, 0 to 23.
    pub hour: i8,
    /// What was done in it, as far as it is over and in the period.
    pub work: Work,
}

impl World {
    /// Every agent on the books x 24 hours of every day of the period that has begun, those without work included. An
    /// hour that the clock shows twice is one; an hour that it leaves out has no work.
    #[must_use]
    pub fn agent_hours(&self, period: &Period, now: Timestamp) -> Vec<AgentHour<'_>> {
        let mut rows = Vec::new();
        for (date, day) in self.days(period, now) {
            let asked = day.calendar.seconds_in(period);
            let elapsed = day.calendar.elapsed(now);
            let seconds = asked.start..asked.end.min(elapsed);
            let first = rows.len();
            for agent in &self.staff.agents {
                rows.extend((0..24).map(|hour| AgentHour { agent, date, hour, work: Work::default() }));
            }
            let row = |agent: usize, hour: i8| first + agent * 24 + usize::try_from(hour).unwrap_or_default();
            for (agent, spells) in day.spells.iter().enumerate() {
                for spell in spells {
                    let stretch = spell.from.max(seconds.start)..spell.to.min(seconds.end);
                    for (hour, length) in day.calendar.by_hour(stretch) {
                        *rows[row(agent, hour)].work.seconds_in(spell.state) += length;
                    }
                }
            }
            let began =
                |second: u32| (asked.contains(&second) && second <= elapsed).then(|| day.calendar.civil(second));
            for call in &day.calls {
                if let Fate::Answered { agent, at, .. } = call.fate
                    && let Some(clock) = began(at)
                {
                    rows[row(agent, clock.hour())].work.inbound_calls += 1;
                }
            }
            for contact in &day.contacts {
                if let Some(clock) = began(contact.began) {
                    let work = &mut rows[row(contact.agent, clock.hour())].work;
                    match contact.direction {
                        Direction::Outbound => work.outbound_calls += 1,
                        Direction::Internal => work.internal_calls += 1,
                    }
                }
            }
        }
        rows
    }
}
