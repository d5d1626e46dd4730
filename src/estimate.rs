//! How many series an operation may come to have, before anything is known of it.
//!
//! An upper estimate from what a contact centre of this size usually has, so that nobody is surprised by the first
//! scrape. It multiplies the values that each label may take; real centres do not fill every combination, so there will
//! rather be fewer.

use std::fmt;

use crate::config::Operation;
use crate::family::{AnyFamily, Kind};
use crate::report::Listing;

/// A licence is a seat, and two shifts sit in it.
const AGENTS_PER_LICENSE: u64 = 2;
/// Agents where the licences are not known.
const AGENTS: u64 = 50;
/// Skills where they are not listed.
const SKILLS: u64 = 20;
const ROUTING_POINTS: u64 = 10;
/// First and second codes together; most have no second.
const ACTIVITY_CODES: u64 = 40;
const INTERACTION_TYPES: u64 = 5;
/// Bounds, `+Inf`, sum and count of a distribution of waits, the longest there is.
const LINES_PER_HISTOGRAM: u64 = 15;

/// The series of one operation, report by report.
#[derive(Clone, Debug)]
pub struct Estimate {
    agents: u64,
    skills: u64,
    reports: Vec<(&'static Listing, u64)>,
}

impl Estimate {
    /// The estimate for the reports of this operation that are polled.
    #[must_use]
    pub fn of(operation: &Operation) -> Self {
        let agents = operation.licenses.map_or(AGENTS, |licenses| u64::from(licenses) * AGENTS_PER_LICENSE);
        let mut estimate = Self { agents, skills: SKILLS, reports: Vec::new() };
        if let Some(listed) = operation.terms.listed_skills() {
            estimate.skills = u64::try_from(listed).unwrap_or(SKILLS);
        }
        for poll in &operation.polls {
            let series = poll.report.families.iter().map(|family| estimate.series(*family)).sum();
            estimate.reports.push((poll.report, series));
        }
        estimate
    }

    /// The series of all reports together.
    #[must_use]
    pub fn series_in_all(&self) -> u64 {
        self.reports.iter().map(|(_, series)| series).sum()
    }

    /// The series of each report that is polled.
    pub fn reports(&self) -> impl Iterator<Item = (&'static Listing, u64)> {
        self.reports.iter().copied()
    }

    fn series(&self, family: &dyn AnyFamily) -> u64 {
        let labels = family.labels();
        let combinations: u64 = labels.iter().map(|label| self.values(label, labels)).product();
        match family.kind() {
            Kind::Gauge | Kind::Counter => combinations,
            Kind::Histogram => combinations * LINES_PER_HISTOGRAM,
        }
    }

    /// How many values this label takes beside the others.
    fn values(&self, label: &str, beside: &[&str]) -> u64 {
        match label {
            // A name beside its id says nothing new.
            "agent_name" if beside.contains(&"agent_id") => 1,
            "skill_name" if beside.contains(&"skill_id") => 1,
            "agent_id" | "agent_name" => self.agents,
            "skill_id" | "skill_name" => self.skills,
            "routing_point_id" => ROUTING_POINTS,
            "activity_code" => ACTIVITY_CODES,
            "activity_code_2" | "base" => 1,
            // Those that wolkvox gives unasked, and the configured one.
            "threshold_seconds" => 4,
            "interaction_type" => INTERACTION_TYPES,
            "outcome" | "direction" => 3,
            "interval" => 5,
            // States, and labels that are not known here: what has few values.
            _ => 6,
        }
    }
}

/// The estimate as a table for people, with what it takes for granted.
impl fmt::Display for Estimate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "series, rather fewer than these:")?;
        for (report, series) in &self.reports {
            writeln!(formatter, "  {:<35} {series:>9}", report.name)?;
        }
        writeln!(formatter, "  {:<35} {:>9}", "in all", self.series_in_all())?;
        write!(
            formatter,
            "  taken for granted: {} agents, {} skills, {ROUTING_POINTS} routing points, {ACTIVITY_CODES} activity codes",
            self.agents, self.skills
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reports;

    #[test]
    fn names_beside_ids_add_nothing_and_every_label_is_known() {
        let estimate = Estimate { agents: 40, skills: 7, reports: Vec::new() };
        let known = [
            "agent_id",
            "agent_name",
            "skill_id",
            "skill_name",
            "routing_point_id",
            "activity_code",
            "activity_code_2",
            "threshold_seconds",
            "base",
            "interaction_type",
            "outcome",
            "direction",
            "interval",
            "state",
        ];
        for family in reports::ALL.iter().flat_map(|report| report.families) {
            assert!(
                family.labels().iter().all(|label| known.contains(label)),
                "say how many values: {}",
                family.name()
            );
            let expected = match family.name() {
                "wolkvox_agent_info" => 40,
                "wolkvox_agent_state_seconds_total" => 240,
                "wolkvox_skill_info" => 7,
                "wolkvox_skill_service_level_ratio" => 28,
                "wolkvox_skill_wait_seconds" => 7 * 3 * 15,
                "wolkvox_closed_interactions_total" => 1600,
                _ => continue,
            };
            assert_eq!(estimate.series(*family), expected, "{}", family.name());
        }
    }
}
