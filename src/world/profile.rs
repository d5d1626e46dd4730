//! What makes one contact centre different from another.

use jiff::tz::TimeZone;

use super::incident::Incident;

/// What wolkvox divides the calls answered in time by. It does not say, so both are played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceLevelBase {
    /// All calls offered to the skill.
    Inbound,
    /// The calls that were answered.
    Answered,
}

/// A contact centre's size and habits.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Chance begins here: the same seed gives the same days.
    pub seed: u64,
    /// The operation's name, as wolkvox and the simulator's own pages tell it.
    pub name: String,
    /// Where its clock hangs.
    pub timezone: TimeZone,
    /// How many agents are on the books; two thirds of them are at work in the busiest hour.
    pub agents: u32,
    /// How many skills there are. The last one never gets a call, unless it is the only one.
    pub skills: u32,
    /// Calls offered in the busiest hour, in percent of what the agents at work can just handle.
    pub load: u32,
    /// Contact-centre licences; each gives the operation 1000 requests a day.
    pub licences: u32,
    /// What its service levels are shares of.
    pub service_level_base: ServiceLevelBase,
    /// What happens out of the ordinary; usually nothing.
    pub incidents: Vec<Incident>,
}

impl Profile {
    /// A contact centre of ordinary size: 25 agents, 6 skills, queues at the peaks.
    #[must_use]
    pub fn new(name: &str, seed: u64, timezone: TimeZone) -> Self {
        Self {
            seed,
            name: name.to_owned(),
            timezone,
            agents: 25,
            skills: 6,
            load: 100,
            licences: 8,
            service_level_base: ServiceLevelBase::Inbound,
            incidents: Vec::new(),
        }
    }
}

/// The two contact centres of the demonstration, thirteen hours apart, so that one of them is open at nearly any time.
#[must_use]
pub fn demo() -> Vec<Profile> {
    // Neither place knows summer time, and both zones come with the program.
    let place = |name: &str| TimeZone::get(name).unwrap_or(TimeZone::UTC);
    vec![
        Profile::new("andes", 2026, place("America/Bogota")),
        Profile {
            agents: 40,
            skills: 5,
            load: 110,
            licences: 5,
            service_level_base: ServiceLevelBase::Answered,
            ..Profile::new("luzon", 7107, place("Asia/Manila"))
        },
    ]
}
