//! `ivr_calls`: every call through a routing point, row by row, `reports_manager.php?api=diagram_11`.
//!
//! - One row per call, known by its `conn_id`; a row that comes again replaces what was told of the call before.
//! - Eight fields are `-` when the call never reached a skill or an agent.
//! - `ani`, `customer_id` and `agent_name` are personal data and are never read; `conn_id` is only compared.

mod calls;
mod counted;
mod packed;
mod routes;
mod writings;

use std::time::Duration;

use serde_json::{Value, json};

use self::calls::Calls;
use self::counted::{Bounds, Counted};
use self::packed::{Time, Times};
use self::routes::WORDS_OF_A_ROUTE;
use crate::family::{Counter, Families, Histogram};
use crate::report::{Ask, Asked, Endpoint, Report, Span, Urgency};
use crate::row::{Rejection, Row};
use crate::samples::{Samples, whole};
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
    type Facts = Calls;

    const NAME: &'static str = "ivr_calls";
    const ENDPOINT: Endpoint = Endpoint { file: "reports_manager.php", api: "diagram_11" };
    const SPAN: Span = Span::Rows;
    const URGENCY: Urgency = Urgency::Day;
    const INTERVAL: Duration = Duration::from_mins(5);
    const FAMILIES: Families = &[&CALLS, &IVR_DURATION, &JOURNEY, &SKILL_WAIT, &SKILL_HANDLE, &CODED, &INTERACTIONS];
    const FIELDS: &'static [&'static str] = &[
        "conn_id",
        // The words of a route.
        "rp_id",
        "skill_id",
        "skill_result",
        "go_to_agent",
        "cod_act",
        "cod_act_2",
        "type_interaction",
        // Times.
        "time_on_rp",
        "time_on_skill",
        "time_with_agent",
        "total_time",
        // What nobody reads.
        "end_date_rp",
        "ani",
        "customer_id",
        "agent_id",
        "agent_name",
    ];

    fn absorb(calls: &mut Calls, row: &mut Row<'_>, _ask: &Ask) -> Result<(), Rejection> {
        // In the order of the list, in which they are found at once; there are millions of rows.
        let conn_id = row.id("conn_id")?;
        let stops = calls.stops(row.words_from("rp_id", WORDS_OF_A_ROUTE));
        if !stops.have_a_routing_point() {
            return Err(Rejection::NoId);
        }
        let mut times = [Time::default(); 4];
        for (time, word) in times.iter_mut().zip(row.words_from("time_on_rp", 4)) {
            if let Some(word) = word {
                *time = match word.clock() {
                    Some(seconds) => Time::of_clock(seconds),
                    None => Time::of(word.seconds()?),
                };
            }
        }
        let [in_ivr, waited, with_agent, journey] = times;
        let times = Times { in_ivr, journey, waited, with_agent };
        calls.put(&conn_id, stops, times);
        Ok(())
    }

    fn merge(calls: &mut Calls, newer: Calls) {
        calls.merge(newer);
    }

    fn beside(known: &Calls) -> Calls {
        Calls::beside(known)
    }

    fn is_full(calls: &Calls) -> bool {
        calls.is_full()
    }

    fn answer_is_over(calls: &mut Calls) {
        calls.answer_is_over();
    }

    fn measure(calls: &Calls, terms: &Terms, samples: &mut Samples) {
        let bounds = Bounds {
            in_ivr: &IVR_BOUNDS,
            journey: &JOURNEY_BOUNDS,
            waited: terms.wait_bounds(),
            handled: &HANDLE_BOUNDS,
        };
        let counted = Counted::of(calls, terms, bounds);
        for (id, point) in counted.routing_points() {
            let outcomes = [("agent", point.agent), ("abandoned", point.abandoned), ("contained", point.contained)];
            samples.counters(&CALLS, [id], outcomes.map(|(outcome, calls)| (outcome, whole(calls))));
            samples.histogram(&IVR_DURATION, [id], bounds.in_ivr, &point.in_ivr.distribution(bounds.in_ivr));
            samples.histogram(&JOURNEY, [id], bounds.journey, &point.journeys.distribution(bounds.journey));
        }
        for (id, skill) in counted.skills() {
            let [answered, abandoned] =
                [&skill.answered, &skill.abandoned].map(|times| times.distribution(bounds.waited));
            samples.histogram(&SKILL_WAIT, [id, "answered"], bounds.waited, &answered);
            samples.histogram(&SKILL_WAIT, [id, "abandoned"], bounds.waited, &abandoned);
            samples.histogram(&SKILL_HANDLE, [id], bounds.handled, &skill.handled.distribution(bounds.handled));
        }
        for ((code, second), calls) in counted.codes() {
            samples.counter(&CODED, [code, second], whole(calls));
        }
        for (kind, calls) in counted.interactions() {
            samples.counter(&INTERACTIONS, [&kind], whole(calls));
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
    fn a_route_is_the_same_however_it_is_written_and_another_where_its_words_are() {
        let coded = |id: &str, first: &str, second: &str| {
            let mut row = answered(id);
            row["cod_act"] = first.into();
            row["cod_act_2"] = second.into();
            row
        };
        let rows = json!([
            coded("a", "VENTA", "-"),
            coded("b", " VENTA ", ""),
            coded("c", "VENTA", "-"),
            coded("d", "1\",\"2", "3"),
            coded("e", "1", "2\",\"3"),
        ]);
        expect(
            &measured::<IvrCalls>(&rows),
            "wolkvox_ivr_coded_calls_total",
            &[
                r#"{activity_code="1",activity_code_2="2\",\"3"} 1"#,
                r#"{activity_code="1\",\"2",activity_code_2="3"} 1"#,
                r#"{activity_code="VENTA",activity_code_2=""} 3"#,
            ],
        );
    }

    /// Each row differs from the first in one word, and comes behind it: the word is read though all others are known.
    #[test]
    fn each_word_of_a_route_makes_another() {
        let first = json!({"conn_id":"a","rp_id":"1","skill_id":"2","skill_result":"-","go_to_agent":"no","cod_act":"A",
            "cod_act_2":"B","type_interaction":"c"});
        for (field, value, expected) in [
            ("rp_id", "9", r#"wolkvox_ivr_calls_total{routing_point_id="9",outcome="abandoned"} 1"#),
            ("skill_id", "9", r#"wolkvox_skill_wait_seconds_count{skill_id="9",outcome="abandoned"} 0"#),
            ("skill_result", "ANSWER", r#"wolkvox_ivr_calls_total{routing_point_id="1",outcome="agent"} 1"#),
            ("go_to_agent", "yes", r#"wolkvox_ivr_calls_total{routing_point_id="1",outcome="agent"} 1"#),
            ("cod_act", "9", r#"wolkvox_ivr_coded_calls_total{activity_code="9",activity_code_2="B"} 1"#),
            ("cod_act_2", "9", r#"wolkvox_ivr_coded_calls_total{activity_code="A",activity_code_2="9"} 1"#),
            ("type_interaction", "9", r#"wolkvox_ivr_interactions_total{interaction_type="9"} 1"#),
        ] {
            let mut other = first.clone();
            other["conn_id"] = "b".into();
            other[field] = value.into();
            let lines = measured::<IvrCalls>(&json!([first, other]));
            assert!(lines.iter().any(|line| line == expected), "{field}: {lines:?}");
        }
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
