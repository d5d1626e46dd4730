//! `agents`: each agent's time by state and calls, hour by hour, `customer.php?api=agents_statustime`.
//!
//! - One row per agent, day and hour; wolkvox lists every agent for every hour, zeros included. Rows of zeros say
//!   nothing and are passed over, so an agent who was not there today has no series.
//! - A state is written when it ends: the state an agent is in at the moment shows late.
//! - Occupancy is (inbound + outbound + after-call work) / (login - auxiliary), which is wolkvox's own formula; handling
//!   time (AHT) is weighted by calls. `agent_dni` is a national identity number and is never read.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::room::Room;
use crate::family::{Counter, Families, Gauge};
use crate::report::{self, Ask, Asked, Endpoint, Report, Span, Urgency, WorkTotals};
use crate::row::{Rejection, Row};
use crate::samples::{Samples, whole};
use crate::spelling;
use crate::terms::Terms;
use crate::world::{self, World};

static INFO: Gauge<2> = Gauge::new(
    "wolkvox_agent_info",
    "An agent and the name, under the privacy setting, always 1 (report agents, field agent_name; polled).",
    ["agent_id", "agent_name"],
);
static STATE_SECONDS: Counter<2> = Counter::new(
    "wolkvox_agent_state_seconds_total",
    "Seconds that the agent spent in each state today (report agents, fields ready_time, inbound_time, outbound_time, \
     acw_time, ring_time, aux_time, summed over the hours; polled).",
    ["agent_id", "state"],
);
static LOGIN_SECONDS: Counter<1> = Counter::new(
    "wolkvox_agent_login_seconds_total",
    "Seconds that the agent was logged in today (report agents, field login_time; polled).",
    ["agent_id"],
);
static CALLS: Counter<2> = Counter::new(
    "wolkvox_agent_calls_total",
    "Calls that the agent handled today, by direction (report agents, fields calls_inbound, calls_outbound, \
     calls_internal; polled).",
    ["agent_id", "direction"],
);
static OCCUPANCY: Gauge<1> = Gauge::new(
    "wolkvox_agent_occupancy_ratio",
    "Share of the day's logged-in, not auxiliary time spent on calls and after-call work, 0 to 1; absent while there is \
     no such time (report agents, its *_time fields; polled).",
    ["agent_id"],
);
static AHT: Gauge<1> = Gauge::new(
    "wolkvox_agent_aht_seconds",
    "Average handling time of today's inbound and outbound calls, after-call work included, in seconds; absent without \
     calls (report agents, its *_time and calls_* fields; polled).",
    ["agent_id"],
);
static HOUR_OCCUPANCY: Gauge<1> = Gauge::new(
    "wolkvox_agent_current_hour_occupancy_ratio",
    "Occupancy in the newest hour in which the agent was logged in, as wolkvox computes it, 0 to 1 (report agents, \
     field occupancy; polled).",
    ["agent_id"],
);
static HOUR_AHT: Gauge<1> = Gauge::new(
    "wolkvox_agent_current_hour_aht_seconds",
    "Average handling time in the newest hour in which the agent was logged in, as wolkvox computes it, in seconds \
     (report agents, field aht; polled).",
    ["agent_id"],
);

/// The states that wolkvox keeps a time for: the label's value, and the field.
const STATES: [(&str, &str); 6] = [
    ("ready", "ready_time"),
    ("inbound", "inbound_time"),
    ("outbound", "outbound_time"),
    ("acw", "acw_time"),
    ("ring", "ring_time"),
    ("aux", "aux_time"),
];
const INBOUND: usize = 1;
const OUTBOUND: usize = 2;
const ACW: usize = 3;
const AUX: usize = 5;

/// The directions of calls: the label's value, and the field.
const DIRECTIONS: [(&str, &str); 3] =
    [("inbound", "calls_inbound"), ("outbound", "calls_outbound"), ("internal", "calls_internal")];

/// Bytes that an agent takes beside the texts, and each hour of an agent.
const AGENT: usize = 160;
const HOUR: usize = size_of::<Hour>() + 8;

/// The report `agents`.
pub(super) struct Agents;

impl Report for Agents {
    type Facts = Facts;

    const NAME: &'static str = "agents";
    const ENDPOINT: Endpoint = Endpoint { file: "customer.php", api: "agents_statustime" };
    const SPAN: Span = Span::Day;
    const URGENCY: Urgency = Urgency::Day;
    const INTERVAL: Duration = Duration::from_mins(5);
    const FAMILIES: Families =
        &[&INFO, &STATE_SECONDS, &LOGIN_SECONDS, &CALLS, &OCCUPANCY, &AHT, &HOUR_OCCUPANCY, &HOUR_AHT];
    const FIELDS: &'static [&'static str] = &[
        "operation",
        "date",
        "hour",
        "agent_id",
        "agent_dni",
        "agent_name",
        "calls",
        "calls_inbound",
        "calls_outbound",
        "calls_internal",
        "ready_time",
        "inbound_time",
        "outbound_time",
        "acw_time",
        "ring_time",
        "login_time",
        "aht",
        "occupancy",
        "aux_time",
    ];
    const HOUR: Option<&'static str> = Some("hour");
    const WORK: &'static [WorkTotals] = &[
        WorkTotals { work: report::Work::Handled, family: &CALLS, label: "direction=\"inbound\"" },
        WorkTotals { work: report::Work::Handled, family: &CALLS, label: "direction=\"outbound\"" },
        WorkTotals { work: report::Work::Handling, family: &STATE_SECONDS, label: "state=\"inbound\"" },
        WorkTotals { work: report::Work::Handling, family: &STATE_SECONDS, label: "state=\"outbound\"" },
        WorkTotals { work: report::Work::Handling, family: &STATE_SECONDS, label: "state=\"acw\"" },
    ];

    fn absorb(facts: &mut Facts, row: &mut Row<'_>, ask: &Ask) -> Result<(), Rejection> {
        let id = row.id("agent_id")?;
        if id.eq_ignore_ascii_case("total") || id.eq_ignore_ascii_case("all") {
            return Ok(());
        }
        let date = row.day("date")?.unwrap_or(ask.day());
        if date != ask.day() {
            return Err(Rejection::OtherDay);
        }
        let hour = row.hour("hour")?.ok_or(Rejection::BadTime)?;
        let mut work = Work { login: kept(row.seconds("login_time")?), ..Work::BLANK };
        for (seconds, (_, field)) in work.states.iter_mut().zip(STATES) {
            *seconds = kept(row.seconds(field)?);
        }
        for (calls, (_, field)) in work.calls.iter_mut().zip(DIRECTIONS) {
            *calls = kept(row.count(field)?.map(whole));
        }
        let (occupancy, aht) = (kept(row.ratio("occupancy")?), kept(row.seconds("aht")?));
        if work.is_idle() {
            return Ok(());
        }
        let name = row.text("agent_name").map(|name| ask.terms.agent_name(&name).into_owned());
        if !facts.agents.contains_key(&*id) {
            facts.room.take(AGENT + id.len());
            facts.agents.insert(id.clone().into_owned(), Agent::default());
        }
        if let Some(agent) = facts.agents.get_mut(&*id) {
            // An agent renamed today goes by the name of the newest hour.
            if agent.hours.last().is_none_or(|newest| newest.clock <= hour) && name.is_some() && agent.name != name {
                facts.room.take(name.as_ref().map_or(0, String::len));
                agent.name = name;
            }
            if agent.put(Hour { clock: hour, work, occupancy, aht }) {
                facts.room.take(HOUR);
            }
        }
        Ok(())
    }

    fn is_full(facts: &Facts) -> bool {
        facts.room.is_full()
    }

    fn measure(facts: &Facts, _terms: &Terms, samples: &mut Samples) {
        samples.expect(facts.agents.len());
        for (id, agent) in &facts.agents {
            agent.measure(id, samples);
        }
    }

    fn simulate(world: &World, asked: &Asked<'_>) -> Value {
        let hours = world.agent_hours(&asked.period(world), asked.now);
        if hours.iter().all(|hour| hour.work == world::Work::default()) {
            return Value::Null;
        }
        spelling::rows(hours.into_iter().map(|told| {
            let work = told.work;
            let aht = work.handling().checked_div(work.handled_calls()).unwrap_or_default();
            json!({
                "operation": world.profile().name,
                "date": told.date.to_string(),
                "hour": format!("{:02}:00", told.hour),
                "agent_id": told.agent.id.to_string(),
                "agent_dni": told.agent.national_id,
                "agent_name": told.agent.name,
                "calls": spelling::count(work.handled_calls() + work.internal_calls),
                "calls_inbound": spelling::count(work.inbound_calls),
                "calls_outbound": spelling::count(work.outbound_calls),
                "calls_internal": spelling::count(work.internal_calls),
                "ready_time": spelling::clock(work.ready),
                "inbound_time": spelling::clock(work.inbound),
                "outbound_time": spelling::clock(work.outbound),
                "acw_time": spelling::clock(work.acw),
                "ring_time": spelling::clock(work.ring),
                "login_time": spelling::clock(work.login()),
                "aht": spelling::clock(aht),
                "Occupancy ": spelling::percentage(work.handling().into(), (work.login() - work.aux).into()),
                "aux_time": spelling::clock(work.aux),
            })
        }))
    }
}

/// What the answer says of each agent who did something today.
#[derive(Default)]
pub(super) struct Facts {
    agents: BTreeMap<String, Agent>,
    room: Room,
}

#[derive(Default)]
struct Agent {
    name: Option<String>,
    /// By hour, so that one told twice counts once.
    hours: Vec<Hour>,
}

/// Seconds and calls, each as it is [`kept`].
#[derive(Clone, Copy)]
struct Work {
    states: [f64; STATES.len()],
    login: f64,
    calls: [f64; DIRECTIONS.len()],
}

/// What is told of an hour, each number as it is [`kept`].
#[derive(Clone, Copy)]
struct Hour {
    clock: i8,
    work: Work,
    /// wolkvox's own occupancy of this hour, 0 to 1.
    occupancy: f64,
    /// wolkvox's own handling time of this hour, in seconds.
    aht: f64,
}

/// What wolkvox left blank: the zero that adds nothing to any number and is the sum of nothing but itself. There are many
/// numbers, which an option would make twice as long.
const BLANK: f64 = -0.0;

/// A number as it is kept, for there are many.
fn kept(told: Option<f64>) -> f64 {
    told.map_or(BLANK, |told| told + 0.0)
}

/// The number, unless it was left blank.
fn told(kept: f64) -> Option<f64> {
    (kept.to_bits() != BLANK.to_bits()).then_some(kept)
}

impl Work {
    const BLANK: Self = Self { states: [BLANK; STATES.len()], login: BLANK, calls: [BLANK; DIRECTIONS.len()] };

    fn is_idle(&self) -> bool {
        let mut numbers = self.states.iter().chain([&self.login]).chain(&self.calls);
        numbers.all(|number| *number == 0.0)
    }

    fn add(&mut self, hour: &Self) {
        for (total, seconds) in self.states.iter_mut().zip(hour.states) {
            *total += seconds;
        }
        self.login += hour.login;
        for (total, calls) in self.calls.iter_mut().zip(hour.calls) {
            *total += calls;
        }
    }

    /// Seconds of calls and after-call work: what handling takes.
    fn handling(&self) -> f64 {
        [INBOUND, OUTBOUND, ACW].iter().filter_map(|state| self.states.get(*state)).sum()
    }

    fn occupancy(&self) -> Option<f64> {
        let available = told(self.login)? - self.states.get(AUX).copied().unwrap_or_default();
        (available > 0.0).then(|| self.handling() / available)
    }

    fn aht(&self) -> Option<f64> {
        let [inbound, outbound, _internal] = self.calls;
        let calls = inbound + outbound;
        (calls > 0.0).then(|| self.handling() / calls)
    }
}

impl Agent {
    /// Puts an hour in place of what was told of it before; answers whether it is new.
    fn put(&mut self, told: Hour) -> bool {
        let place = self.hours.binary_search_by_key(&told.clock, |known| known.clock);
        match place {
            Ok(place) => {
                if let Some(known) = self.hours.get_mut(place) {
                    *known = told;
                }
            }
            Err(place) => {
                self.hours.reserve_exact(1);
                self.hours.insert(place, told);
            }
        }
        place.is_err()
    }

    fn measure(&self, id: &str, samples: &mut Samples) {
        let mut today = Work::BLANK;
        for hour in &self.hours {
            today.add(&hour.work);
        }
        if let Some(name) = &self.name {
            samples.gauge(&INFO, [id, name], 1.0);
        }
        let seconds = STATES.iter().zip(today.states).filter_map(|((state, _), kept)| Some((*state, told(kept)?)));
        samples.counters(&STATE_SECONDS, [id], seconds);
        if let Some(login) = told(today.login) {
            samples.counter(&LOGIN_SECONDS, [id], login);
        }
        let calls = DIRECTIONS.iter().zip(today.calls);
        let calls = calls.filter_map(|((direction, _), kept)| Some((*direction, told(kept)?)));
        samples.counters(&CALLS, [id], calls);
        if let Some(occupancy) = today.occupancy() {
            samples.gauge(&OCCUPANCY, [id], occupancy);
        }
        if let Some(aht) = today.aht() {
            samples.gauge(&AHT, [id], aht);
        }
        let Some(newest) = self.hours.iter().rev().find(|hour| hour.work.login > 0.0) else { return };
        // A 0 where there is nothing to divide by is no measurement.
        let occupancy = told(newest.occupancy).filter(|told| *told > 0.0 || newest.work.occupancy().is_some());
        if let Some(occupancy) = occupancy {
            samples.gauge(&HOUR_OCCUPANCY, [id], occupancy);
        }
        let aht = told(newest.aht).filter(|told| *told > 0.0 || newest.work.aht().is_some());
        if let Some(aht) = aht {
            samples.gauge(&HOUR_AHT, [id], aht);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::reports::bodies::{expect, fold, measured, terms};
    use crate::terms::AgentNames;

    #[test]
    fn what_is_blank_in_all_hours_is_absent_and_what_is_zero_in_one_is_zero() {
        assert_eq!(told(kept(Some(-0.0))), Some(0.0));
        let lines = measured::<Agents>(&json!([
            {"date":"2026-06-05","hour":"8","agent_id":"12001","login_time":"60","ready_time":"","aux_time":"-","calls_internal":"0"},
            {"date":"2026-06-05","hour":"9","agent_id":"12001","login_time":"60","ready_time":"","aux_time":"0","calls_internal":""},
        ]));
        expect(&lines, "wolkvox_agent_state_seconds_total", &[r#"{agent_id="12001",state="aux"} 0"#]);
        expect(&lines, "wolkvox_agent_calls_total", &[r#"{agent_id="12001",direction="internal"} 0"#]);
        expect(&lines, "wolkvox_agent_login_seconds_total", &[r#"{agent_id="12001"} 120"#]);
    }

    #[test]
    fn hours_add_up_to_the_day() {
        let lines = measured::<Agents>(&json!([
            {"operation":"x","date":"2026-06-05","hour":"08:00","agent_id":"12001","agent_dni":"99","agent_name":"AGENTE UNO","calls":"9",
             "calls_inbound":"6","calls_outbound":"3","calls_internal":"0","ready_time":"00:21:10","inbound_time":"00:17:42",
             "outbound_time":"00:06:05","acw_time":"00:04:11","ring_time":"00:01:02","login_time":"00:58:30","aht":"00:03:06",
             "occupancy":"57.23 %","aux_time":"00:08:20"},
            {"date":"2026-06-05","hour":"9","agent_id":"12001","agent_name":"AGENTE  UNO","calls_inbound":"1","calls_outbound":"0",
             "calls_internal":"2","ready_time":"600","inbound_time":"05:00","outbound_time":"0","acw_time":"","ring_time":"-",
             "login_time":"00:15:00","aht":"300","occupancy":"33.33","aux_time":"00:00:00"},
            {"date":"2026-06-05","hour":"10:00","agent_id":"12001","agent_name":"AGENTE UNO","login_time":"00:00:00","calls_inbound":"0"},
            {"date":"2026-06-05","hour":"08:00","agent_id":"12002","agent_name":"AGENTE DOS","login_time":"00:00:00","calls_inbound":"0"},
            {"date":"","hour":"","agent_id":"TOTAL","agent_name":"","login_time":"99:00:00"},
        ]));
        assert!(!lines.iter().any(|line| line.contains("12002") || line.contains("TOTAL")), "{lines:?}");
        expect(&lines, "wolkvox_agent_info", &[r#"{agent_id="12001",agent_name="AGENTE UNO"} 1"#]);
        expect(
            &lines,
            r#"wolkvox_agent_state_seconds_total{agent_id="12001",state="#,
            &[
                r#""ready"} 1870"#,
                r#""inbound"} 1362"#,
                r#""outbound"} 365"#,
                r#""acw"} 251"#,
                r#""ring"} 62"#,
                r#""aux"} 500"#,
            ],
        );
        expect(&lines, "wolkvox_agent_login_seconds_total", &[r#"{agent_id="12001"} 4410"#]);
        expect(
            &lines,
            r#"wolkvox_agent_calls_total{agent_id="12001",direction="#,
            &[r#""inbound"} 7"#, r#""outbound"} 3"#, r#""internal"} 2"#],
        );
        let handling = 1362.0 + 365.0 + 251.0;
        expect(
            &lines,
            r#"wolkvox_agent_occupancy_ratio{agent_id="12001"} "#,
            &[&(handling / (4410.0 - 500.0)).to_string()],
        );
        expect(&lines, r#"wolkvox_agent_aht_seconds{agent_id="12001"} "#, &[&(handling / 10.0).to_string()]);
        expect(&lines, "wolkvox_agent_current_hour_occupancy_ratio", &[r#"{agent_id="12001"} 0.3333"#]);
        expect(&lines, "wolkvox_agent_current_hour_aht_seconds", &[r#"{agent_id="12001"} 300"#]);
    }

    #[test]
    fn an_hour_told_twice_counts_once_and_other_days_do_not() {
        let hour = |date: &str, login: &str| json!({"date":date,"hour":"08","agent_id":"1","login_time":login});
        let rows = json!([hour("2026-06-05", "60"), hour("2026-06-05", "90"), hour("2026-06-04", "500")]);
        let (lines, rejections, _) = fold::<Agents>(&terms(), &rows);
        expect(&lines, "wolkvox_agent_login_seconds_total", &[r#"{agent_id="1"} 90"#]);
        assert_eq!(rejections, [Rejection::OtherDay]);
    }

    #[test]
    fn what_cannot_be_computed_is_absent() {
        let lines = measured::<Agents>(&json!([
            {"hour":"8","agent_id":"1","login_time":"00:10:00","aux_time":"00:10:00","calls_internal":"1"},
        ]));
        expect(&lines, "wolkvox_agent_occupancy_ratio", &[]);
        expect(&lines, "wolkvox_agent_aht_seconds", &[]);
        expect(&lines, "wolkvox_agent_state_seconds_total", &[r#"{agent_id="1",state="aux"} 600"#]);
    }

    #[test]
    fn names_are_shown_as_the_terms_say() {
        let terms = Terms::new(None, AgentNames::Pseudonym { salt: "acme".into() }, 20);
        let rows = json!([{"hour":"8","agent_id":"1","agent_name":"ANA PÉREZ","login_time":"5"}]);
        let (lines, _, _) = fold::<Agents>(&terms, &rows);
        assert!(lines.iter().any(|line| line.contains(r#"agent_name="agent-"#)));
        assert!(!lines.iter().any(|line| line.contains("ANA")), "{lines:?}");
    }

    #[test]
    fn bad_rows_are_rejected_with_their_reason() {
        for (row, reason) in [
            (json!({"agent_id":"-","hour":"8"}), Rejection::NoId),
            (json!({"agent_id":"1","hour":"8am"}), Rejection::BadTime),
            (json!({"agent_id":"1","hour":""}), Rejection::BadTime),
            (json!({"agent_id":"1","hour":"8","date":"yesterday"}), Rejection::BadTime),
            (json!({"agent_id":"1","hour":"8","login_time":"soon"}), Rejection::BadDuration),
            (json!({"agent_id":"1","hour":"8","calls_inbound":"-1"}), Rejection::BadNumber),
            (json!({"agent_id":"1","hour":"8","login_time":"5","occupancy":"high"}), Rejection::BadRatio),
        ] {
            assert_eq!(fold::<Agents>(&terms(), &row).1, [reason], "{row}");
        }
    }
}
