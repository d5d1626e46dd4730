//! What an answer of wolkvox tells, read for the campaign alone and by nothing that the exporter reads with, so that no
//! slip can agree with itself.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::samples::whole;

/// Totals by the series that Prometheus sees.
pub(super) type Totals = BTreeMap<String, f64>;

/// The rows of an answer: those of its data, or a bare list. Nothing where it is no answer.
pub(super) fn data(answer: &mut Value) -> Option<&mut Value> {
    if answer.is_array() {
        return Some(answer);
    }
    answer.get_mut("data").filter(|data| data.is_array() || data.is_object())
}

/// The totals of one report's answer about a whole day.
pub(super) fn totals(report: &str, operation: &str, data: &Value) -> Totals {
    let rows = || data.as_array().into_iter().flatten().filter(|row| row.is_object());
    let mut totals = Adding { operation, totals: Totals::new() };
    match report {
        "agents" => agents(&mut totals, rows()),
        "call_durations" => call_durations(&mut totals, data),
        "ivr_calls" => ivr_calls(&mut totals, rows()),
        "closed_interactions" => closed_interactions(&mut totals, rows()),
        _ => {}
    }
    totals.totals
}

/// The totals of rows of calls.
pub(super) fn totals_of_calls<'r>(operation: &str, rows: impl Iterator<Item = &'r Value> + Clone) -> Totals {
    let mut totals = Adding { operation, totals: Totals::new() };
    ivr_calls(&mut totals, rows);
    totals.totals
}

/// Bounds of buckets, and the seconds to be sorted into them.
type Observed = (&'static [f64], Vec<f64>);

/// Adds numbers up by series.
struct Adding<'o> {
    operation: &'o str,
    totals: Totals,
}

impl Adding<'_> {
    fn add(&mut self, name: &str, labels: &str, value: f64) {
        let comma = if labels.is_empty() { "" } else { "," };
        *self.totals.entry(format!("{name}{{operation=\"{}\"{comma}{labels}}}", self.operation)).or_default() += value;
    }

    /// Adds observations: how many are not above each bound, all of them at the end, and their sum.
    fn observe(&mut self, name: &str, labels: &str, bounds: &[f64], up_to: &[f64], sum: f64) {
        let comma = if labels.is_empty() { "" } else { "," };
        for (position, count) in up_to.iter().enumerate() {
            let bound = bounds.get(position).map_or("+Inf".to_owned(), ToString::to_string);
            self.add(&format!("{name}_bucket"), &format!("{labels}{comma}le=\"{bound}\""), *count);
        }
        self.add(&format!("{name}_sum"), labels, sum);
        self.add(&format!("{name}_count"), labels, up_to.last().copied().unwrap_or_default());
    }
}

fn agents<'r>(totals: &mut Adding<'_>, rows: impl Iterator<Item = &'r Value>) {
    const STATES: [&str; 6] = ["ready", "inbound", "outbound", "acw", "ring", "aux"];
    const DIRECTIONS: [&str; 3] = ["inbound", "outbound", "internal"];
    let times: Vec<String> = STATES.iter().chain(["login"].iter()).map(|state| format!("{state}_time")).collect();
    let calls = DIRECTIONS.map(|direction| format!("calls_{direction}"));
    let mut days: BTreeMap<&str, [f64; 10]> = BTreeMap::new();
    for row in rows {
        let seconds = times.iter().map(|name| clock(field(row, name)));
        let counts = calls.iter().map(|name| number(field(row, name)));
        let told: Vec<f64> = seconds.chain(counts).collect();
        // An agent who was not there has no series.
        if told.iter().any(|number| *number > 0.0) {
            let day = days.entry(field(row, "agent_id")).or_default();
            day.iter_mut().zip(told).for_each(|(total, more)| *total += more);
        }
    }
    for (id, day) in days {
        let id = format!("agent_id=\"{id}\"");
        for (state, seconds) in STATES.iter().zip(day) {
            totals.add("wolkvox_agent_state_seconds_total", &format!("{id},state=\"{state}\""), seconds);
        }
        totals.add("wolkvox_agent_login_seconds_total", &id, day[STATES.len()]);
        for (direction, calls) in DIRECTIONS.iter().zip(&day[STATES.len() + 1..]) {
            totals.add("wolkvox_agent_calls_total", &format!("{id},direction=\"{direction}\""), *calls);
        }
    }
}

fn call_durations(totals: &mut Adding<'_>, data: &Value) {
    let keys = ["0_5_seg", "6_20_seg", "21_60_seg", "61_120_seg", "greater_than_121"];
    if keys.iter().any(|key| !data[*key].is_object()) {
        return;
    }
    let (mut up_to, mut all, mut sum) = (Vec::new(), 0.0, 0.0);
    for (key, label) in keys.into_iter().zip(["0-5", "6-20", "21-60", "61-120", "121+"]) {
        let seconds = number(field(&data[key], "minutes")) * 60.0;
        all += number(field(&data[key], "calls"));
        sum += seconds;
        up_to.push(all);
        let label = format!("interval=\"{label}\"");
        totals.add("wolkvox_call_billed_seconds_total", &label, seconds);
        totals.add("wolkvox_call_cost_total", &label, number(field(&data[key], "cost")));
    }
    totals.observe("wolkvox_call_duration_seconds", "", &[5.0, 20.0, 60.0, 120.0], &up_to, sum);
}

fn ivr_calls<'r>(totals: &mut Adding<'_>, rows: impl Iterator<Item = &'r Value> + Clone) {
    const IVR: [f64; 8] = [5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0];
    const JOURNEY: [f64; 9] = [30.0, 60.0, 120.0, 180.0, 300.0, 600.0, 900.0, 1800.0, 3600.0];
    const HANDLE: [f64; 10] = [30.0, 60.0, 120.0, 180.0, 240.0, 300.0, 420.0, 600.0, 900.0, 1800.0];
    const WAIT: [f64; 11] = [5.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 300.0, 600.0];
    let mut seen: BTreeMap<(&str, String), Observed> = BTreeMap::new();
    let mut one = |name: &'static str, labels: &str, bounds: &'static [f64], seconds: &str| {
        let (_, seen) = seen.entry((name, labels.to_owned())).or_insert((bounds, Vec::new()));
        seen.push(clock(seconds));
    };
    for row in rows.clone() {
        let point = format!("routing_point_id=\"{}\"", field(row, "rp_id"));
        one("wolkvox_ivr_duration_seconds", &point, &IVR, field(row, "time_on_rp"));
        one("wolkvox_ivr_journey_seconds", &point, &JOURNEY, field(row, "Total_time "));
        let skill = format!("skill_id=\"{}\"", field(row, "skill_id"));
        let outcome = match field(row, "skill_result") {
            "ANSWER" => "answered",
            "ABANDON" => "abandoned",
            _ => continue,
        };
        one(
            "wolkvox_skill_wait_seconds",
            &format!("{skill},outcome=\"{outcome}\""),
            &WAIT,
            field(row, "time_on_skill"),
        );
        if outcome == "answered" {
            one("wolkvox_skill_handle_seconds", &skill, &HANDLE, field(row, "time_with_agent"));
        }
    }
    for ((name, labels), (bounds, seconds)) in seen {
        let up_to = |bound: f64| whole(seconds.iter().filter(|seconds| **seconds <= bound).count() as u64);
        let counts: Vec<_> = bounds.iter().copied().chain([f64::INFINITY]).map(up_to).collect();
        totals.observe(name, &labels, bounds, &counts, seconds.iter().sum());
    }
    for row in rows {
        let outcome = match field(row, "skill_result") {
            "ANSWER" => "agent",
            "ABANDON" => "abandoned",
            _ => "contained",
        };
        let labels = format!("routing_point_id=\"{}\",outcome=\"{outcome}\"", field(row, "rp_id"));
        totals.add("wolkvox_ivr_calls_total", &labels, 1.0);
        if outcome == "agent" {
            totals.add("wolkvox_ivr_interactions_total", "interaction_type=\"inbound\"", 1.0);
        }
        let (first, second) = (code(row, "cod_act"), code(row, "cod_act_2"));
        if !first.is_empty() {
            let labels = format!("activity_code=\"{first}\",activity_code_2=\"{second}\"");
            totals.add("wolkvox_ivr_coded_calls_total", &labels, 1.0);
        }
    }
}

fn closed_interactions<'r>(totals: &mut Adding<'_>, rows: impl Iterator<Item = &'r Value>) {
    for row in rows {
        let (agent, code) = (tidy(field(row, "agent_name")), code(row, "cod_act"));
        let labels = format!("agent_name=\"{agent}\",activity_code=\"{code}\"");
        totals.add("wolkvox_closed_interactions_total", &labels, number(field(row, "Interactions")));
    }
}

pub(super) fn field<'r>(row: &'r Value, name: &str) -> &'r str {
    row[name].as_str().unwrap_or_default()
}

/// A code; blanks and dashes are none.
fn code<'r>(row: &'r Value, name: &str) -> &'r str {
    Some(field(row, name)).filter(|code| *code != "-").unwrap_or_default()
}

/// A name as it is shown.
pub(super) fn tidy(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").replace('"', "\\\"")
}

/// A number, with commas between its thousands.
fn number(text: &str) -> f64 {
    text.replace(',', "").parse().unwrap()
}

/// The seconds of `02:02:47`.
fn clock(text: &str) -> f64 {
    text.split(':').map(|part| part.parse::<f64>().unwrap()).fold(0.0, |seconds, part| seconds * 60.0 + part)
}
