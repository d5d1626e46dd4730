//! `skills`: queues and today's counts per skill, `real_time.php?api=skills&skill_id=all`.
//!
//! - One row per skill. Should wolkvox put a row `ALL` beside them, it would count every call twice: it is left out,
//!   unless it stands alone.
//! - Levels come as `service_level_Nseg` for N = 10, 20, 30 and the threshold asked for with `services_time`. A level
//!   for 0 seconds is a slip of the service and no level.
//! - The counts are wolkvox's own "so far today"; when it sets them back is not documented.
//! - A level does not say what it is a share of; `level_base` finds it out, over all skills and from answer to answer.
//! - A skill without calls says "0 %". No call is not a missed call: its ratios are left out.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::level_base::{Evidence, Level};
use super::room::Room;
use crate::family::{Counter, Families, Gauge};
use crate::report::{Ask, Asked, Endpoint, Report, Span, Urgency, Work, WorkTotals};
use crate::row::{Rejection, Row};
use crate::samples::{Samples, whole};
use crate::spelling;
use crate::terms::{LevelBase, Terms};
use crate::world::{ServiceLevelBase, World};

static INFO: Gauge<2> = Gauge::new(
    "wolkvox_skill_info",
    "A skill and its name, always 1 (report skills, field skill_name; polled).",
    ["skill_id", "skill_name"],
);
static CALLS_IN_QUEUE: Gauge<1> = Gauge::new(
    "wolkvox_skill_calls_in_queue",
    "Calls waiting for an agent at the moment of the poll (report skills, field calls_in_queue_now; polled).",
    ["skill_id"],
);
static INBOUND: Counter<1> = Counter::new(
    "wolkvox_skill_inbound_calls_total",
    "Calls offered to the skill today (report skills, field stat_inbound; polled).",
    ["skill_id"],
);
static ANSWERED: Counter<1> = Counter::new(
    "wolkvox_skill_answered_calls_total",
    "Calls answered by an agent today (report skills, field stat_answer; polled).",
    ["skill_id"],
);
static ABANDONED: Counter<1> = Counter::new(
    "wolkvox_skill_abandoned_calls_total",
    "Calls given up by the caller before an agent answered, today (report skills, field stat_abandon; polled).",
    ["skill_id"],
);
static SERVICE_LEVEL: Gauge<2> = Gauge::new(
    "wolkvox_skill_service_level_ratio",
    "Share of calls answered within the threshold today, as wolkvox computes it, 0 to 1; absent before the first call \
     (report skills, fields service_level_Nseg; polled).",
    ["skill_id", "threshold_seconds"],
);
static ANSWERED_WITHIN: Counter<2> = Counter::new(
    "wolkvox_skill_answered_within_calls_total",
    "Calls answered by an agent within the threshold today: the service level times the calls that it is a share of, \
     rounded; exact below 5000 calls, absent while that base is not known and matters (report skills, fields \
     service_level_Nseg; polled).",
    ["skill_id", "threshold_seconds"],
);
static LEVEL_BASE: Gauge<1> = Gauge::new(
    "wolkvox_skill_service_level_base_info",
    "Which calls wolkvox divides by for a service level, always 1: inbound or answered, found out from the numbers or \
     configured, or unknown (report skills; polled).",
    ["base"],
);
static ABANDONMENT: Gauge<1> = Gauge::new(
    "wolkvox_skill_abandonment_ratio",
    "Share of calls given up before an agent answered today, as wolkvox computes it, 0 to 1; absent before the first \
     call (report skills, field by_abandon; polled).",
    ["skill_id"],
);

/// The thresholds in seconds whose levels wolkvox gives unasked.
const USUAL_THRESHOLDS: [u32; 3] = [10, 20, 30];

/// More levels than these has no skill.
const MOST_LEVELS: usize = 64;

/// Bytes that a skill takes beside the texts, and each of its levels.
const SKILL: usize = 420;
const LEVEL_IN_TIME: usize = 28;

/// The report `skills`.
pub(super) struct Skills;

impl Report for Skills {
    type Facts = Facts;

    const NAME: &'static str = "skills";
    const ENDPOINT: Endpoint = Endpoint { file: "real_time.php", api: "skills" };
    const SPAN: Span = Span::Now;
    const URGENCY: Urgency = Urgency::Live;
    const INTERVAL: Duration = Duration::from_mins(1);
    const FAMILIES: Families = &[
        &INFO,
        &CALLS_IN_QUEUE,
        &INBOUND,
        &ANSWERED,
        &ABANDONED,
        &SERVICE_LEVEL,
        &ANSWERED_WITHIN,
        &LEVEL_BASE,
        &ABANDONMENT,
    ];
    const FIELDS: &'static [&'static str] =
        &["skill_id", "skill_name", "calls_in_queue_now", "stat_inbound", "stat_answer", "stat_abandon", "by_abandon"];
    const WORK: &'static [WorkTotals] = &[WorkTotals { work: Work::Arrivals, family: &INBOUND, label: "" }];

    fn parameters(terms: &Terms) -> Vec<(&'static str, String)> {
        let mut parameters = vec![("skill_id", "all".to_owned())];
        if !USUAL_THRESHOLDS.contains(&terms.threshold()) {
            parameters.push(("services_time", format!("{:02}", terms.threshold())));
        }
        parameters
    }

    fn absorb(facts: &mut Facts, row: &mut Row<'_>, ask: &Ask) -> Result<(), Rejection> {
        let mut levels = BTreeMap::new();
        let mut misspelt = false;
        row.claim(|key, word| {
            let Some(threshold) = threshold(key) else { return false };
            if threshold == 0 {
                return true;
            }
            match word.ratio() {
                Ok(Some(level)) if levels.len() < MOST_LEVELS => drop(levels.insert(threshold, level)),
                Ok(_) => {}
                Err(_) => misspelt = true,
            }
            true
        });
        if misspelt {
            return Err(Rejection::BadRatio);
        }
        let id = row.id("skill_id")?.into_owned();
        let skill = Skill {
            name: row.text("skill_name").map(String::from),
            in_queue: row.count("calls_in_queue_now")?,
            inbound: row.count("stat_inbound")?,
            answered: row.count("stat_answer")?,
            abandoned: row.count("stat_abandon")?,
            levels,
            abandonment: row.ratio("by_abandon")?,
        };
        let merges_all = |word: &str| word.eq_ignore_ascii_case("all") || word.eq_ignore_ascii_case("total");
        if merges_all(&id) || skill.name.as_deref().is_some_and(merges_all) {
            facts.all = Some((id, skill));
        } else if ask.terms.wants_skill(&id) {
            // What is told again may be longer than before.
            facts.room.take(
                SKILL + LEVEL_IN_TIME * skill.levels.len() + id.len() + skill.name.as_ref().map_or(0, String::len),
            );
            facts.skills.insert(id, skill);
        } else {
            facts.has_unwanted = true;
            skill.testify(&mut facts.unwanted);
        }
        Ok(())
    }

    fn is_full(facts: &Facts) -> bool {
        facts.room.is_full()
    }

    fn measure(facts: &Facts, terms: &Terms, samples: &mut Samples) {
        let base = Base { given: terms.level_base(), found: facts.base() };
        samples.expect(facts.skills.len());
        samples.gauge(&LEVEL_BASE, [base.label()], 1.0);
        for (id, skill) in facts.told() {
            skill.measure(id, base, samples);
        }
    }

    fn remember(facts: &Facts) -> Facts {
        Facts { base_before: facts.base(), ..Facts::default() }
    }

    fn memory(facts: &Facts) -> Option<&'static str> {
        facts.base().map(LevelBase::label)
    }

    fn recall(memory: &str) -> Facts {
        let known = [LevelBase::Inbound, LevelBase::Answered];
        Facts { base_before: known.into_iter().find(|base| base.label() == memory), ..Facts::default() }
    }

    fn simulate(world: &World, asked: &Asked<'_>) -> Value {
        let base = world.profile().service_level_base;
        let wanted = asked.skill_id.filter(|id| !id.eq_ignore_ascii_case("all"));
        let skills = world.skills(asked.now).into_iter().filter(|told| {
            // A number that no skill has is no data.
            wanted.is_none_or(|id| id == told.skill.id.to_string())
        });
        spelling::rows(skills.map(|told| {
            let whole = match base {
                ServiceLevelBase::Inbound => told.inbound,
                ServiceLevelBase::Answered => told.answered,
            };
            let level = |seconds| spelling::percentage(told.answered_within(seconds), whole);
            let mut row = json!({
                "skill_id": told.skill.id.to_string(),
                "skill_name": told.skill.name,
                "calls_in_queue_now": spelling::count(told.in_queue),
                "stat_inbound": spelling::count(told.inbound),
                "stat_answer": spelling::count(told.answered),
                "stat_abandon": spelling::count(told.abandoned),
                "service_level_10seg": level(10),
                "service_level_20seg": level(20),
                "service_level_30seg": level(30),
            });
            match asked.services_time {
                Some(seconds) if ![0, 10, 20, 30].contains(&seconds) => {
                    row[format!("service_level_{seconds:02}seg")] = level(seconds);
                }
                // The slip of the service: a level for no time at all.
                _ => row["service_level_0seg"] = json!("0 %"),
            }
            row["by_abandon"] = spelling::percentage(told.abandoned, told.inbound);
            row
        }))
    }
}

/// What the answer says of each skill.
#[derive(Default)]
pub(super) struct Facts {
    skills: BTreeMap<String, Skill>,
    /// The row that merges all skills, where wolkvox gave one.
    all: Option<(String, Skill)>,
    /// Whether there was a skill that the configuration leaves out.
    has_unwanted: bool,
    /// What the levels of those skills tell about their base.
    unwanted: Evidence,
    /// The base that the answers before this one told.
    base_before: Option<LevelBase>,
    room: Room,
}

impl Facts {
    /// The skills that are shown: the row that merges all only where it stands alone.
    fn told(&self) -> impl Iterator<Item = (&str, &Skill)> {
        let stands_alone = self.skills.is_empty() && !self.has_unwanted;
        let all = self.all.as_ref().filter(|_| stands_alone).map(|(id, skill)| (id.as_str(), skill));
        self.skills.iter().map(|(id, skill)| (id.as_str(), skill)).chain(all)
    }

    /// The base of the service levels, as far as this answer and those before it tell.
    fn base(&self) -> Option<LevelBase> {
        let mut evidence = self.unwanted;
        for (_, skill) in self.told() {
            skill.testify(&mut evidence);
        }
        evidence.conclude(self.base_before)
    }
}

/// What is known about the base of service levels.
#[derive(Clone, Copy)]
struct Base {
    /// By configuration.
    given: Option<LevelBase>,
    /// From the numbers.
    found: Option<LevelBase>,
}

impl Base {
    fn label(self) -> &'static str {
        self.given.or(self.found).map_or("unknown", LevelBase::label)
    }

    fn calls(self, level: Level) -> Option<f64> {
        self.given.map_or_else(|| level.calls(self.found), |given| Some(level.calls_of_given(given)))
    }
}

struct Skill {
    name: Option<String>,
    in_queue: Option<u64>,
    inbound: Option<u64>,
    answered: Option<u64>,
    abandoned: Option<u64>,
    /// Share answered in time, by threshold in seconds.
    levels: BTreeMap<u32, f64>,
    abandonment: Option<f64>,
}

impl Skill {
    /// The levels beside the counts, by threshold in seconds.
    fn levels(&self) -> impl Iterator<Item = (u32, Level)> {
        let counts = self.inbound.zip(self.answered);
        self.levels.iter().filter_map(move |(threshold, share)| {
            counts.map(|(inbound, answered)| (*threshold, Level { share: *share, inbound, answered }))
        })
    }

    /// Says what this skill's levels tell about their base.
    fn testify(&self, evidence: &mut Evidence) {
        self.levels().for_each(|(_, level)| evidence.weigh(level));
    }

    fn measure(&self, id: &str, base: Base, samples: &mut Samples) {
        if let Some(name) = &self.name {
            samples.gauge(&INFO, [id, name], 1.0);
        }
        if let Some(waiting) = self.in_queue {
            samples.gauge(&CALLS_IN_QUEUE, [id], whole(waiting));
        }
        for (family, total) in [(&INBOUND, self.inbound), (&ANSWERED, self.answered), (&ABANDONED, self.abandoned)] {
            if let Some(total) = total {
                samples.counter(family, [id], whole(total));
            }
        }
        for (threshold, level) in self.levels() {
            if let Some(calls) = base.calls(level) {
                samples.counter(&ANSWERED_WITHIN, [id, &threshold.to_string()], calls);
            }
        }
        if self.inbound == Some(0) {
            return;
        }
        for (threshold, level) in &self.levels {
            samples.gauge(&SERVICE_LEVEL, [id, &threshold.to_string()], *level);
        }
        if let Some(share) = self.abandonment {
            samples.gauge(&ABANDONMENT, [id], share);
        }
    }
}

/// The threshold in a key like `service_level_20seg`.
fn threshold(key: &str) -> Option<u32> {
    let key = key.trim().to_ascii_lowercase();
    key.strip_prefix("service_level_")?.strip_suffix("seg")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::reports::bodies::{expect, fold, measured, terms};
    use crate::terms::AgentNames;

    #[test]
    fn each_skill_has_its_counts_and_levels() {
        let lines = measured::<Skills>(&json!([
            {"skill_id":"4101","skill_name":"Ventas","calls_in_queue_now":"3","stat_inbound":"1,128","stat_answer":"117",
             "stat_abandon":"11","service_level_10seg":"71.09 %","service_level_20seg":"84.38%","service_level_30seg":"90.63 %",
             "service_level_0seg":"0 %","by_abandon":"8.59 %"},
            {"SKILL_ID ":4102,"skill_name":"Soporte  Técnico","calls_in_queue_now":0,"stat_inbound":"0","stat_answer":"0",
             "stat_abandon":"0","service_level_10seg":"0 %","service_level_20seg":"0 %","service_level_30seg":"0 %","by_abandon":"0 %"},
        ]));
        expect(
            &lines,
            "wolkvox_skill_info",
            &[r#"{skill_id="4101",skill_name="Ventas"} 1"#, r#"{skill_id="4102",skill_name="Soporte Técnico"} 1"#],
        );
        expect(&lines, "wolkvox_skill_calls_in_queue", &[r#"{skill_id="4101"} 3"#, r#"{skill_id="4102"} 0"#]);
        expect(&lines, "wolkvox_skill_inbound_calls_total", &[r#"{skill_id="4101"} 1128"#, r#"{skill_id="4102"} 0"#]);
        expect(&lines, "wolkvox_skill_answered_calls_total", &[r#"{skill_id="4101"} 117"#, r#"{skill_id="4102"} 0"#]);
        expect(&lines, "wolkvox_skill_abandoned_calls_total", &[r#"{skill_id="4101"} 11"#, r#"{skill_id="4102"} 0"#]);
        expect(
            &lines,
            r#"wolkvox_skill_service_level_ratio{skill_id="4101",threshold_seconds="#,
            &[r#""10"} 0.7109"#, r#""20"} 0.8438"#, r#""30"} 0.9063"#],
        );
        expect(&lines, "wolkvox_skill_abandonment_ratio", &[r#"{skill_id="4101"} 0.0859"#]);
    }

    #[test]
    fn blanks_are_no_zeros() {
        let lines = measured::<Skills>(
            &json!([{"skill_id":"1","skill_name":"-","stat_inbound":"","stat_answer":null,"stat_abandon":"--"}]),
        );
        assert_eq!(lines, [r#"wolkvox_skill_service_level_base_info{base="unknown"} 1"#.to_owned()].into());
    }

    #[test]
    fn a_row_of_all_skills_is_not_counted_beside_them() {
        for merged in [
            json!({"skill_id":"ALL","stat_inbound":"9"}),
            json!({"skill_id":"0","skill_name":"All","stat_inbound":"9"}),
        ] {
            let both = json!([merged, {"skill_id":"1","stat_inbound":"9"}]);
            expect(&measured::<Skills>(&both), "wolkvox_skill_inbound_calls_total", &[r#"{skill_id="1"} 9"#]);
        }
        let alone = json!({"skill_id":"ALL","stat_inbound":"9"});
        expect(&measured::<Skills>(&alone), "wolkvox_skill_inbound_calls_total", &[r#"{skill_id="ALL"} 9"#]);
    }

    #[test]
    fn one_bad_row_is_rejected_and_the_others_count() {
        let rows = json!([
            {"skill_id":"1","stat_inbound":"many"}, {"skill_id":"2","service_level_20seg":"most"},
            {"skill_id":" ","stat_inbound":"1"}, {"stat_inbound":"1"}, 17, {"skill_id":"3","stat_inbound":"5","new":"?"},
        ]);
        let (lines, rejections, unknown) = fold::<Skills>(&terms(), &rows);
        expect(&lines, "wolkvox_skill_inbound_calls_total", &[r#"{skill_id="3"} 5"#]);
        assert_eq!(
            rejections,
            [Rejection::BadNumber, Rejection::BadRatio, Rejection::NoId, Rejection::NoId, Rejection::NotAnObject]
        );
        assert_eq!(unknown, 1);
    }

    #[test]
    fn only_wanted_skills_are_shown_and_an_unusual_threshold_is_asked_for() {
        let wanted = Some(["2".to_owned()].into());
        let terms = Terms::new(wanted, AgentNames::Show, 45);
        let rows = json!([{"skill_id":"1","stat_inbound":"1"}, {"skill_id":"2","stat_inbound":"2","service_level_45seg":"50 %"}, {"skill_id":"all","stat_inbound":"3"}]);
        let (lines, _, _) = fold::<Skills>(&terms, &rows);
        expect(&lines, "wolkvox_skill_inbound_calls_total", &[r#"{skill_id="2"} 2"#]);
        expect(&lines, "wolkvox_skill_service_level_ratio", &[r#"{skill_id="2",threshold_seconds="45"} 0.5"#]);
        assert_eq!(Skills::parameters(&terms), [("skill_id", "all".to_owned()), ("services_time", "45".to_owned())]);
    }

    #[test]
    fn levels_are_told_as_calls_once_their_base_is_known() {
        const WITHIN: &str = r#"wolkvox_skill_answered_within_calls_total{skill_id="1",threshold_seconds="20"} "#;
        const BASE: &str = "wolkvox_skill_service_level_base_info";
        let row = |inbound: u32, answered: u32, level: &str| json!({"skill_id":"1","stat_inbound":inbound,"stat_answer":answered,"service_level_20seg":level});
        let listing = crate::report::Listing::of::<Skills>();
        let told = |terms: &Terms, rows: &[Value]| {
            let day = jiff::civil::date(2026, 6, 5).at(0, 0, 0, 0);
            let window = crate::report::Window { from: day, to: day };
            let ask = Ask { window, terms: std::sync::Arc::new(terms.clone()) };
            let mut facts = (listing.begin)();
            for row in rows {
                facts = facts.successor();
                facts.absorb(&row.to_string(), &ask).unwrap();
            }
            let mut samples = Samples::of(listing.families, usize::MAX);
            facts.measure(terms, &mut samples);
            crate::board::Page::of(&samples, &[], &[]).text().lines().map(str::to_owned).collect()
        };
        for (rows, base, calls) in [
            (vec![row(9, 7, "71.43 %")], "answered", Some("5")),
            (vec![row(9, 7, "55.56 %")], "inbound", Some("5")),
            (vec![row(9, 7, "60.00 %")], "unknown", None),
            (vec![row(7, 7, "71.43 %")], "unknown", Some("5")),
            // 1 of 2 answered or 2 of 4 that came: only what was learned before can tell.
            (vec![row(4, 2, "50.00 %")], "unknown", None),
            (vec![row(9, 7, "71.43 %"), row(4, 2, "50.00 %")], "answered", Some("1")),
            (vec![row(9, 7, "71.43 %"), row(9, 7, "55.56 %"), row(4, 2, "50.00 %")], "inbound", Some("2")),
            (vec![row(0, 0, "0 %")], "unknown", Some("0")),
        ] {
            let lines = told(&terms(), &rows);
            expect(&lines, BASE, &[&format!(r#"{{base="{base}"}} 1"#)]);
            expect(&lines, WITHIN, &calls.into_iter().collect::<Vec<_>>());
        }
        let given = terms().with_level_base(Some(LevelBase::Inbound));
        let lines = told(&given, &[row(9, 7, "71.43 %")]);
        expect(&lines, BASE, &[r#"{base="inbound"} 1"#]);
        expect(&lines, WITHIN, &["6"]);
    }

    #[test]
    fn skills_that_are_not_shown_tell_about_the_base_too() {
        let terms = Terms::new(Some(["2".to_owned()].into()), AgentNames::Show, 20);
        let rows = json!([
            {"skill_id":"1","stat_inbound":"9","stat_answer":"7","service_level_20seg":"71.43 %"},
            {"skill_id":"2","stat_inbound":"4","stat_answer":"2","service_level_20seg":"50.00 %"},
        ]);
        let (lines, _, _) = fold::<Skills>(&terms, &rows);
        let expected = r#"{skill_id="2",threshold_seconds="20"} 1"#;
        expect(&lines, "wolkvox_skill_answered_within_calls_total", &[expected]);
    }
}
