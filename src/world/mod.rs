//! A contact centre that never was: agents, skills, calls and e-mails as a pure function of a profile and an instant.
//!
//! A whole civil day is played through at once, from the profile's seed and the date alone, and kept; every view then
//! cuts that day at the instant it is asked for. So all views agree with each other at any instant, nothing depends on
//! when or how often they are asked, and the same seed gives the same day on every machine.
//!
//! The views are the plain truth, typed and with ids as numbers. How wolkvox would spell it is the business of each
//! report's `simulate`. There is no clock, no HTTP and nothing asynchronous here.
//!
//! ```
//! use wolkvox_exporter::world::World;
//!
//! let world = World::new(wolkvox_exporter::world::demo().remove(0));
//! let now = "2026-06-05T15:30:00Z".parse()?;
//! let waiting: u64 = world.skills(now).iter().map(|skill| skill.in_queue).sum();
//! let inbound: u64 = world.skills(now).iter().map(|skill| skill.inbound).sum();
//! assert!(waiting <= inbound);
//! # Ok::<(), jiff::Error>(())
//! ```

mod calendar;
mod closed_interactions;
mod day;
mod demand;
mod durations;
mod floor;
mod hours;
mod incident;
mod journeys;
mod profile;
mod queues;
mod random;
mod roster;
mod staff;

#[cfg(test)]
mod agreement;

use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};

pub use closed_interactions::ClosedInteractions;
pub use durations::{DurationInterval, INTERVALS};
pub use hours::{AgentHour, Work};
pub use incident::{Incident, What};
pub use journeys::{Course, IvrCall};
pub use profile::{Profile, ServiceLevelBase, demo};
pub use queues::SkillToday;
pub use staff::{ActivityCode, Agent, RoutingPoint, Skill, TIMED_OUT};

use day::Day;
use staff::Staff;

/// A stretch of the operation's own clock, both ends included to the second.
pub type Period = RangeInclusive<DateTime>;

/// How many days are kept once played: today, yesterday while it settles, and a few that somebody looks back at.
const DAYS_KEPT: usize = 4;

/// A contact centre.
pub struct World {
    profile: Profile,
    staff: Staff,
    /// The days used last, the newest use at the end.
    days: Mutex<Vec<(Date, Arc<Day>)>>,
}

impl World {
    /// The contact centre of this profile.
    #[must_use]
    pub fn new(profile: Profile) -> Self {
        let staff = Staff::of(&profile);
        Self { profile, staff, days: Mutex::new(Vec::new()) }
    }

    /// What it was made from.
    #[must_use]
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Everybody on the books, whether at work today or not.
    #[must_use]
    pub fn agents(&self) -> &[Agent] {
        &self.staff.agents
    }

    /// The local date and time, to the second.
    #[must_use]
    pub fn local(&self, now: Timestamp) -> DateTime {
        let local = self.profile.timezone.to_datetime(now);
        local.date().at(local.hour(), local.minute(), local.second(), 0)
    }

    /// From local midnight to this instant.
    #[must_use]
    pub fn today(&self, now: Timestamp) -> Period {
        let local = self.local(now);
        local.date().at(0, 0, 0, 0)..=local
    }

    /// The day of this date, played now or kept; nothing for dates at the very ends of the calendar.
    fn day(&self, date: Date) -> Option<Arc<Day>> {
        // A day is only ever put in whole, so a panic elsewhere cannot have left half of one.
        let mut days = self.days.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = days.iter().position(|(kept, _)| *kept == date).map(|position| days.remove(position).1);
        let day = match kept {
            Some(day) => day,
            None => Arc::new(Day::play(&self.profile, &self.staff, date)?),
        };
        if days.len() == DAYS_KEPT {
            days.remove(0);
        }
        days.push((date, Arc::clone(&day)));
        Some(day)
    }

    /// The days that a period touches and that have begun by now.
    fn days(&self, period: &Period, now: Timestamp) -> Vec<(Date, Arc<Day>)> {
        let last = period.end().date().min(self.local(now).date());
        std::iter::successors(Some(period.start().date()), |date| date.tomorrow().ok())
            .take_while(|date| *date <= last)
            .filter_map(|date| Some((date, self.day(date)?)))
            .collect()
    }
}
