//! Skills whose counts wolkvox sets back at an hour of its own.

use jiff::civil::{Date, Time};
use jiff::{Timestamp, ToSpan as _};
use serde_json::{Value, json};

use super::reading::{Totals, tidy};
use crate::samples::whole;
use crate::spelling;
use crate::world::{ServiceLevelBase, World};

const THRESHOLDS: [u32; 3] = [10, 20, 30];

/// What wolkvox counted for one skill since it last set its counts back.
struct Queue {
    id: u32,
    name: String,
    waiting: u64,
    inbound: u64,
    answered: u64,
    abandoned: u64,
    within: [u64; 3],
}

/// All skills since their counts were set back.
pub(super) struct Queues {
    /// The day on which that was.
    pub(super) since: Date,
    skills: Vec<Queue>,
}

impl Queues {
    /// The skills at an instant, where counts are set back at `reset`, when nobody calls.
    pub(super) fn at(world: &World, now: Timestamp, reset: Time) -> Self {
        let local = world.local(now);
        let at = |date: Date, time: Time| {
            queues(world, date.to_datetime(time).to_zoned(world.profile().timezone.clone()).unwrap().timestamp())
        };
        let mut skills = queues(world, now);
        let (today, yesterday) = (local.date(), local.date().saturating_sub(1.day()));
        if local.time() >= reset {
            subtract(&mut skills, &at(today, reset));
            return Self { since: today, skills };
        }
        add(&mut skills, &at(yesterday, Time::MAX));
        subtract(&mut skills, &at(yesterday, reset));
        Self { since: yesterday, skills }
    }

    /// The last instant before counts are set back again.
    pub(super) fn end(world: &World, since: Date, reset: Time) -> Self {
        let next = since.saturating_add(1.day()).to_datetime(reset).saturating_sub(1.second());
        Self::at(world, next.to_zoned(world.profile().timezone.clone()).unwrap().timestamp(), reset)
    }

    /// Corrects some skills by a call that was counted by mistake, and leaves some out; answers how many of each.
    pub(super) fn worsen(&mut self, mut luck: impl FnMut(&str) -> u8) -> [usize; 2] {
        let before = self.skills.len();
        self.skills.retain(|skill| luck(&skill.id.to_string()) != 0);
        let mut corrected = 0;
        for skill in &mut self.skills {
            // Less than half would be a beginning.
            if luck(&skill.id.to_string()) <= 3 && skill.within[0] > 3 {
                skill.inbound -= 1;
                skill.answered -= 1;
                skill.within = skill.within.map(|within| within - 1);
                corrected += 1;
            }
        }
        [corrected, before - self.skills.len()]
    }

    /// The rows as wolkvox spells them, with levels that are shares of one or the other.
    pub(super) fn rows(&self, base: ServiceLevelBase) -> Value {
        let row = |skill: &Queue| {
            let whole = match base {
                ServiceLevelBase::Inbound => skill.inbound,
                ServiceLevelBase::Answered => skill.answered,
            };
            let level = |position: usize| spelling::percentage(skill.within[position], whole);
            json!({
                "skill_id": skill.id.to_string(),
                "skill_name": skill.name,
                "calls_in_queue_now": spelling::count(skill.waiting),
                "stat_inbound": spelling::count(skill.inbound),
                "stat_answer": spelling::count(skill.answered),
                "stat_abandon": spelling::count(skill.abandoned),
                "service_level_10seg": level(0),
                "service_level_20seg": level(1),
                "service_level_30seg": level(2),
                "service_level_0seg": "0 %",
                "by_abandon": spelling::percentage(skill.abandoned, skill.inbound),
            })
        };
        self.skills.iter().map(row).collect()
    }

    /// The totals by the series that Prometheus sees.
    pub(super) fn totals(&self, operation: &str) -> Totals {
        let mut totals = Totals::new();
        for skill in &self.skills {
            let labels = format!("operation=\"{operation}\",skill_id=\"{}\"", skill.id);
            let counts = [("inbound", skill.inbound), ("answered", skill.answered), ("abandoned", skill.abandoned)];
            for (name, count) in counts {
                totals.insert(format!("wolkvox_skill_{name}_calls_total{{{labels}}}"), whole(count));
            }
            for (threshold, within) in THRESHOLDS.iter().zip(skill.within) {
                let labels = format!("{labels},threshold_seconds=\"{threshold}\"");
                totals.insert(format!("wolkvox_skill_answered_within_calls_total{{{labels}}}"), whole(within));
            }
        }
        totals
    }
}

fn queues(world: &World, now: Timestamp) -> Vec<Queue> {
    let told = world.skills(now).into_iter().map(|told| Queue {
        id: told.skill.id,
        name: tidy(&told.skill.name),
        waiting: told.in_queue,
        inbound: told.inbound,
        answered: told.answered,
        abandoned: told.abandoned,
        within: THRESHOLDS.map(|threshold| told.answered_within(threshold)),
    });
    told.collect()
}

fn add(skills: &mut [Queue], more: &[Queue]) {
    for (skill, more) in skills.iter_mut().zip(more) {
        skill.inbound += more.inbound;
        skill.answered += more.answered;
        skill.abandoned += more.abandoned;
        skill.within = std::array::from_fn(|position| skill.within[position] + more.within[position]);
    }
}

fn subtract(skills: &mut [Queue], less: &[Queue]) {
    for (skill, less) in skills.iter_mut().zip(less) {
        skill.inbound -= less.inbound;
        skill.answered -= less.answered;
        skill.abandoned -= less.abandoned;
        skill.within = std::array::from_fn(|position| skill.within[position] - less.within[position]);
    }
}
