//! Each skill at an instant: who waits, and today's counts.

use jiff::Timestamp;

use super::World;
use super::day::Fate;
use super::staff::Skill;

/// A skill from local midnight to an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkillToday<'w> {
    /// The skill.
    pub skill: &'w Skill,
    /// Callers who wait at the instant, those whose call is ringing at an agent's included.
    pub in_queue: u64,
    /// Callers who came.
    pub inbound: u64,
    /// Callers whom an agent answered.
    pub answered: u64,
    /// Callers who hung up before that.
    pub abandoned: u64,
    /// How long each answered caller waited, in seconds, in the order in which they came.
    pub answer_waits: Vec<u32>,
}

impl SkillToday<'_> {
    /// Callers whom an agent answered within so many seconds.
    #[must_use]
    pub fn answered_within(&self, seconds: u32) -> u64 {
        self.answer_waits.iter().filter(|wait| **wait <= seconds).count() as u64
    }
}

impl World {
    /// Every skill, from local midnight to now.
    #[must_use]
    pub fn skills(&self, now: Timestamp) -> Vec<SkillToday<'_>> {
        let quiet =
            |skill| SkillToday { skill, in_queue: 0, inbound: 0, answered: 0, abandoned: 0, answer_waits: Vec::new() };
        let mut skills: Vec<SkillToday<'_>> = self.staff.skills.iter().map(quiet).collect();
        let Some(day) = self.day(self.local(now).date()) else { return skills };
        let elapsed = day.calendar.elapsed(now);
        for call in day.calls.iter().filter(|call| call.left_ivr() <= elapsed) {
            let (position, answered_at) = match call.fate {
                Fate::Contained => continue,
                Fate::Waiting { skill } | Fate::Abandoned { skill } => (skill, None),
                Fate::Answered { skill, at, .. } => (skill, Some(at)),
            };
            let skill = &mut skills[position];
            skill.inbound += 1;
            match answered_at {
                Some(at) if at <= elapsed => {
                    skill.answered += 1;
                    skill.answer_waits.push(at - call.left_ivr());
                }
                None if call.ended <= elapsed => skill.abandoned += 1,
                _ => skill.in_queue += 1,
            }
        }
        skills
    }
}
