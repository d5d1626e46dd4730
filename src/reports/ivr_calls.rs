//! `ivr_calls`: every call through a routing point, row by row, `reports_manager.php?api=diagram_11`.
//!
//! - One row per call, known by its `conn_id`; a row that comes twice counts once.
//! - Eight fields are `-` when the call never reached a skill or an agent.
//! - `ani`, `customer_id` and `agent_name` are personal data and are never read; `conn_id` is only compared.

use std::collections::{BTreeMap, HashSet};
use std::hash::BuildHasher as _;
use std::time::Duration;

use serde_json::{Value, json};

use crate::family::{Counter, Families, Histogram};
use crate::report::{Ask, Asked, Endpoint, Report, Span, Urgency};
use crate::row::{Rejection, Row};
use crate::samples::{Distribution, Samples, whole};
use crate::spelling;
use crate::terms::Terms;
use crate::world::{Course, World};

static CALLS: Counter<2> = Counter::new(
    "wolkvox_ivr_calls_total",
    "Calls through a routing point today by how they ended: with an agent, abandoned while waiting for one, or \
     contained in the IVR (report ivr_calls, fields skill_result, go_to_agent, skill_id; polled).",
    ["routing_point_id", "outcome"],
);
static IVR_DURATION: Histogram<1> = Histogram::new(
    "wolkvox_ivr_duration_seconds",
    "Seconds that today's calls spent in the IVR (report ivr_calls, field time_on_rp; polled).",
    ["routing_point_id"],
);
static JOURNEY: Histogram<1> = Histogram::new(
    "wolkvox_ivr_journey_seconds",
    "Seconds that today's calls took as a whole, IVR, waiting and agent (report ivr_calls, field total_time; polled).",
    ["routing_point_id"],
);
static SKILL_WAIT: Histogram<2> = Histogram::new(
    "wolkvox_skill_wait_seconds",
    "Seconds that today's calls from the IVR waited in the skill until answered or abandoned (report ivr_calls, field \
     time_on_skill; polled).",
    ["skill_id", "outcome"],
);
static SKILL_HANDLE: Histogram<1> = Histogram::new(
    "wolkvox_skill_handle_seconds",
    "Seconds that today's answered calls from the IVR spent with an agent (report ivr_calls, field time_with_agent; \
     polled).",
    ["skill_id"],
);
static CODED: Counter<2> = Counter::new(
    "wolkvox_ivr_coded_calls_total",
    "Calls from the IVR that an agent classified today, by activity code (report ivr_calls, fields cod_act, cod_act_2; \
     polled).",
    ["activity_code", "activity_code_2"],
);
static INTERACTIONS: Counter<1> = Counter::new(
    "wolkvox_ivr_interactions_total",
    "Calls through a routing point today by type of interaction, where wolkvox gives one (report ivr_calls, field \
     type_interaction; polled).",
    ["interaction_type"],
);

/// Upper bounds in seconds. Ten is there because shorter visits are hang-ups, not self-service.
const IVR_BOUNDS: [f64; 8] = [5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0];
/// Upper bounds in seconds.
const JOURNEY_BOUNDS: [f64; 9] = [30.0, 60.0, 120.0, 180.0, 300.0, 600.0, 900.0, 1800.0, 3600.0];
/// Upper bounds in seconds.
const HANDLE_BOUNDS: [f64; 10] = [30.0, 60.0, 120.0, 180.0, 240.0, 300.0, 420.0, 600.0, 900.0, 1800.0];

/// The report `ivr_calls`.
pub(super) struct IvrCalls;

impl Report for IvrCalls {
    type Facts = Facts;

    const NAME: &'static str = "ivr_calls";
    const ENDPOINT: Endpoint = Endpoint { file: "reports_manager.php", api: "diagram_11" };
    const SPAN: Span = Span::Rows;
    const URGENCY: Urgency = Urgency::Day;
    const INTERVAL: Duration = Duration::from_mins(5);
    const FAMILIES: Families = &[&CALLS, &IVR_DURATION, &JOURNEY, &SKILL_WAIT, &SKILL_HANDLE, &CODED, &INTERACTIONS];
    const FIELDS: &'static [&'static str] = &[
        "conn_id",
        "time_on_rp",
        "end_date_rp",
        "rp_id",
        "ani",
        "customer_id",
        "time_on_skill",
        "skill_id",
        "skill_result",
        "go_to_agent",
        "agent_id",
        "agent_name",
        "time_with_agent",
        "cod_act",
        "cod_act_2",
        "type_interaction",
        "total_time",
    ];

    fn absorb(facts: &mut Facts, row: &mut Row<'_>, ask: &Ask<'_>) -> Result<(), Rejection> {
        let call = facts.calls.hasher().hash_one(&*row.id("conn_id")?);
        let routing_point = row.id("rp_id")?;
        let in_ivr = row.seconds("time_on_rp")?;
        let journey = row.seconds("total_time")?;
        let waited = row.seconds("time_on_skill")?;
        let with_agent = row.seconds("time_with_agent")?;
        if !facts.calls.insert(call) {
            return Ok(());
        }

        let outcome = Outcome::of(row);
        update(&mut facts.routing_points, &routing_point, |point| {
            match outcome {
                Outcome::Agent => point.agent += 1,
                Outcome::Abandoned => point.abandoned += 1,
                Outcome::Contained => point.contained += 1,
            }
            observe(&mut point.in_ivr, &IVR_BOUNDS, in_ivr);
            observe(&mut point.journeys, &JOURNEY_BOUNDS, journey);
        });
        if let Some(skill) = row.text("skill_id").filter(|skill| ask.terms.wants_skill(skill)) {
            let bounds = ask.terms.wait_bounds();
            update(&mut facts.skills, &skill, |skill| match outcome {
                Outcome::Agent => {
                    observe(&mut skill.answered, bounds, waited);
                    observe(&mut skill.handled, &HANDLE_BOUNDS, with_agent);
                }
                Outcome::Abandoned => observe(&mut skill.abandoned, bounds, waited),
                Outcome::Contained => {}
            });
        }
        if let Some(code) = row.text("cod_act") {
            let second = row.text("cod_act_2").unwrap_or_default();
            update(&mut facts.codes, &code, |seconds| update(seconds, &second, |calls| *calls += 1));
        }
        if let Some(kind) = row.text("type_interaction") {
            update(&mut facts.interactions, &kind.to_lowercase(), |calls| *calls += 1);
        }
        Ok(())
    }

    fn measure(facts: &Facts, terms: &Terms, samples: &mut Samples) {
        for (id, point) in &facts.routing_points {
            let outcomes = [("agent", point.agent), ("abandoned", point.abandoned), ("contained", point.contained)];
            for (outcome, calls) in outcomes {
                samples.counter(&CALLS, [id, outcome], whole(calls));
            }
            samples.histogram(&IVR_DURATION, [id], &IVR_BOUNDS, &point.in_ivr);
            samples.histogram(&JOURNEY, [id], &JOURNEY_BOUNDS, &point.journeys);
        }
        for (id, skill) in &facts.skills {
            samples.histogram(&SKILL_WAIT, [id, "answered"], terms.wait_bounds(), &skill.answered);
            samples.histogram(&SKILL_WAIT, [id, "abandoned"], terms.wait_bounds(), &skill.abandoned);
            samples.histogram(&SKILL_HANDLE, [id], &HANDLE_BOUNDS, &skill.handled);
        }
        for (code, seconds) in &facts.codes {
            for (second, calls) in seconds {
                samples.counter(&CODED, [code, second], whole(*calls));
            }
        }
        for (kind, calls) in &facts.interactions {
            samples.counter(&INTERACTIONS, [kind], whole(*calls));
        }
    }

    fn simulate(world: &World, asked: &Asked<'_>) -> Value {
        let calls = world.ivr_calls(&asked.period(world), asked.now);
        spelling::rows(calls.into_iter().map(|call| {
            let mut row = json!({
                "conn_id": call.id,
                "time_on_rp": spelling::clock(call.ivr_seconds),
                "end_date_rp": spelling::moment(call.left_ivr),
                "rp_id": call.routing_point.id.to_string(),
                "ani": call.phone,
                "customer_id": call.customer_id,
                "time_on_skill": "",
                "skill_id": "-",
                "skill_result": "-",
                "go_to_agent": "no",
                "agent_id": "-",
                "agent_name": "-",
                "time_with_agent": "-",
                "cod_act": "-",
                "cod_act_2": "-",
                "type_interaction": "-",
                "Total_time ": spelling::clock(call.total_seconds),
            });
            match call.course {
                Course::Contained => {}
                Course::Abandoned { skill, waited } => {
                    row["time_on_skill"] = spelling::clock(waited);
                    row["skill_id"] = skill.id.to_string().into();
                    row["skill_result"] = "ABANDON".into();
                }
                Course::Answered { skill, waited, agent, talked, codes } => {
                    row["time_on_skill"] = spelling::clock(waited);
                    row["skill_id"] = skill.id.to_string().into();
                    row["skill_result"] = "ANSWER".into();
                    row["go_to_agent"] = "yes".into();
                    row["agent_id"] = agent.id.to_string().into();
                    row["agent_name"] = agent.name.as_str().into();
                    row["time_with_agent"] = spelling::clock(talked);
                    row["type_interaction"] = "inbound".into();
                    if let Some([first, second]) = codes {
                        row["cod_act"] = first.code.into();
                        row["cod_act_2"] = if second.code.is_empty() { "-" } else { second.code }.into();
                    }
                }
            }
            row
        }))
    }
}

/// What the rows say, counted.
#[derive(Default)]
pub(super) struct Facts {
    /// A hash of each call's `conn_id`, so that a row that comes again is not counted again.
    calls: HashSet<u64>,
    routing_points: BTreeMap<String, RoutingPoint>,
    skills: BTreeMap<String, SkillTimes>,
    /// Calls by activity code and second code.
    codes: BTreeMap<String, BTreeMap<String, u64>>,
    interactions: BTreeMap<String, u64>,
}

#[derive(Default)]
struct RoutingPoint {
    agent: u64,
    abandoned: u64,
    contained: u64,
    in_ivr: Distribution,
    journeys: Distribution,
}

#[derive(Default)]
struct SkillTimes {
    answered: Distribution,
    abandoned: Distribution,
    handled: Distribution,
}

/// How a call through a routing point ended.
#[derive(Clone, Copy)]
enum Outcome {
    Agent,
    Abandoned,
    Contained,
}

impl Outcome {
    /// The skill's result decides; without one, whether the call went to an agent, or at least to a skill.
    fn of(row: &Row<'_>) -> Self {
        let result = row.text("skill_result").map(|result| result.to_lowercase()).unwrap_or_default();
        let went = row.text("go_to_agent").map(|answer| answer.to_lowercase()).unwrap_or_default();
        if result.starts_with("answer") {
            Self::Agent
        } else if result.starts_with("abandon") {
            Self::Abandoned
        } else if matches!(went.as_str(), "yes" | "si" | "sí" | "true" | "1") {
            Self::Agent
        } else if row.text("skill_id").is_some() {
            Self::Abandoned
        } else {
            Self::Contained
        }
    }
}

fn observe(distribution: &mut Distribution, bounds: &[f64], seconds: Option<f64>) {
    if let Some(seconds) = seconds {
        distribution.observe(bounds, seconds);
    }
}

/// Changes the entry under this key, made if it is new; the key is copied only then.
fn update<T: Default>(map: &mut BTreeMap<String, T>, key: &str, change: impl FnOnce(&mut T)) {
    if let Some(entry) = map.get_mut(key) {
        change(entry);
    } else {
        change(map.entry(key.to_owned()).or_default());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::reports::bodies::{expect, fold, measured, terms};
    use crate::terms::AgentNames;

    fn answered(id: &str) -> Value {
        json!({"conn_id":id,"time_on_rp":"00:00:48","end_date_rp":"2026-06-05 10:01:12","rp_id":"3001","ani":"573001112233",
            "customer_id":"1020","time_on_skill":"00:00:09","skill_id":"4101","skill_result":"ANSWER","go_to_agent":"yes",
            "agent_id":"12001","agent_name":"AGENTE UNO","time_with_agent":"00:03:31","cod_act":"VENTA","cod_act_2":"-",
            "type_interaction":"Inbound","total_time":"00:04:28"})
    }

    fn contained(id: &str) -> Value {
        json!({"conn_id":id,"time_on_rp":"31","rp_id":"3001","ani":"-","customer_id":"","time_on_skill":"","skill_id":"-",
            "skill_result":"-","go_to_agent":"no","agent_id":"-","agent_name":"-","time_with_agent":"-","cod_act":"-",
            "cod_act_2":"-","type_interaction":"-","total_time":"00:31"})
    }

    fn abandoned(id: &str) -> Value {
        json!({"conn_id":id,"time_on_rp":"00:00:20","rp_id":"3002","time_on_skill":"00:01:30","skill_id":"4101",
            "skill_result":"Abandon","go_to_agent":"no","type_interaction":"inbound","total_time":"00:01:50"})
    }

    #[test]
    fn calls_end_with_an_agent_abandoned_or_contained() {
        let lines = measured::<IvrCalls>(&json!([answered("a"), contained("b"), abandoned("c"), answered("d")]));
        expect(
            &lines,
            "wolkvox_ivr_calls_total{routing_point_id=",
            &[
                r#""3001",outcome="agent"} 2"#,
                r#""3001",outcome="abandoned"} 0"#,
                r#""3001",outcome="contained"} 1"#,
                r#""3002",outcome="agent"} 0"#,
                r#""3002",outcome="abandoned"} 1"#,
                r#""3002",outcome="contained"} 0"#,
            ],
        );
        expect(&lines, r#"wolkvox_ivr_duration_seconds_sum{routing_point_id="3001"} "#, &["127"]);
        expect(&lines, r#"wolkvox_ivr_duration_seconds_bucket{routing_point_id="3001",le="30"} "#, &["0"]);
        expect(&lines, r#"wolkvox_ivr_duration_seconds_bucket{routing_point_id="3001",le="60"} "#, &["3"]);
        expect(&lines, r#"wolkvox_ivr_journey_seconds_sum{routing_point_id="3001"} "#, &["567"]);
        expect(&lines, r#"wolkvox_skill_wait_seconds_count{skill_id="4101",outcome="answered"} "#, &["2"]);
        expect(&lines, r#"wolkvox_skill_wait_seconds_sum{skill_id="4101",outcome="abandoned"} "#, &["90"]);
        expect(&lines, r#"wolkvox_skill_handle_seconds_sum{skill_id="4101"} "#, &["422"]);
        expect(&lines, "wolkvox_ivr_coded_calls_total", &[r#"{activity_code="VENTA",activity_code_2=""} 2"#]);
        expect(&lines, "wolkvox_ivr_interactions_total", &[r#"{interaction_type="inbound"} 3"#]);
        assert!(!lines.iter().any(|line| line.contains("5730") || line.contains("AGENTE") || line.contains("1020")));
    }

    #[test]
    fn a_call_counts_once_however_often_it_comes() {
        let lines = measured::<IvrCalls>(&json!([answered("a"), answered("a"), answered("b"), answered("a")]));
        expect(&lines, r#"wolkvox_ivr_calls_total{routing_point_id="3001",outcome="agent"} "#, &["2"]);
    }

    #[test]
    fn the_outcome_follows_from_what_is_told() {
        for (result, to_agent, skill, expected) in [
            ("ANSWER", "yes", "1", "agent"),
            ("answered", "no", "1", "agent"),
            ("-", "YES", "-", "agent"),
            ("ABANDON", "yes", "1", "abandoned"),
            ("-", "no", "1", "abandoned"),
            ("-", "no", "-", "contained"),
            ("", "", "", "contained"),
        ] {
            let row =
                json!([{"conn_id":"a","rp_id":"3","skill_result":result,"go_to_agent":to_agent,"skill_id":skill}]);
            let lines = measured::<IvrCalls>(&row);
            expect(
                &lines,
                &format!(r#"wolkvox_ivr_calls_total{{routing_point_id="3",outcome="{expected}"}} "#),
                &["1"],
            );
        }
    }

    #[test]
    fn the_configured_threshold_is_a_bucket_of_waits() {
        let terms = Terms::new(None, AgentNames::Show, 25);
        let (lines, _, _) = fold::<IvrCalls>(&terms, &json!([answered("a")]));
        expect(&lines, r#"wolkvox_skill_wait_seconds_bucket{skill_id="4101",outcome="answered",le="25"} "#, &["1"]);
    }

    #[test]
    fn bad_rows_are_rejected_whole() {
        let bad = |field: &str, value: &str| {
            let mut row = answered("a");
            row[field] = value.into();
            row
        };
        for (row, reason) in [
            (bad("conn_id", ""), Rejection::NoId),
            (bad("rp_id", "-"), Rejection::NoId),
            (bad("total_time", "long"), Rejection::BadDuration),
        ] {
            let (lines, rejections, _) = fold::<IvrCalls>(&terms(), &json!([row]));
            assert!(lines.is_empty(), "{lines:?}");
            assert_eq!(rejections, [reason]);
        }
    }
}
