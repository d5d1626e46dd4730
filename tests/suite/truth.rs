//! What every counter and histogram series about a simulated contact centre has to say, from its own truth and not
//! through anything that the exporter reads or computes with.

use std::collections::BTreeMap;

use jiff::Timestamp;
use wolkvox_exporter::world::{Course, Work, World};

const WAIT_BOUNDS: [u32; 11] = [5, 10, 15, 20, 30, 45, 60, 90, 120, 300, 600];
const IVR_BOUNDS: [u32; 8] = [5, 10, 20, 30, 60, 120, 300, 600];
const JOURNEY_BOUNDS: [u32; 9] = [30, 60, 120, 180, 300, 600, 900, 1800, 3600];
const HANDLE_BOUNDS: [u32; 10] = [30, 60, 120, 180, 240, 300, 420, 600, 900, 1800];

/// Totals by series: the name, and the labels in alphabetical order.
pub(crate) type Totals = BTreeMap<String, f64>;

/// A series as totals name it; bounds are spelt as whole numbers, whatever format they came in.
pub(crate) fn series<'l>(name: &str, labels: impl IntoIterator<Item = (&'l str, &'l str)>) -> String {
    let spelt = |(name, value): (&'l str, &'l str)| match value.strip_suffix(".0") {
        Some(bound) if name == "le" => (name, bound),
        _ => (name, value),
    };
    // To Prometheus a label without a value is no label.
    let labels: BTreeMap<_, _> = labels.into_iter().filter(|(_, value)| !value.is_empty()).map(spelt).collect();
    let labels: Vec<_> = labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    format!("{name}{{{}}}", labels.join(","))
}

/// Totals that are being added up.
struct Adding<'t> {
    operation: &'t str,
    totals: &'t mut Totals,
}

impl Adding<'_> {
    fn add(&mut self, name: &str, labels: &[(&str, &str)], value: impl Into<f64>) {
        let labels = labels.iter().copied().chain([("operation", self.operation)]);
        *self.totals.entry(series(name, labels)).or_default() += value.into();
    }

    fn count(&mut self, name: &str, labels: &[(&str, &str)], count: u64) {
        self.add(name, labels, u32::try_from(count).unwrap());
    }

    /// Adds `calls` calls of the same length, `sum` seconds together.
    fn observe(&mut self, family: &str, labels: &[(&str, &str)], bounds: &[u32], seconds: u32, calls: u64, sum: f64) {
        for bound in bounds {
            let calls = if seconds <= *bound { calls } else { 0 };
            self.count(&format!("{family}_bucket"), &[labels, &[("le", &bound.to_string())]].concat(), calls);
        }
        self.count(&format!("{family}_bucket"), &[labels, &[("le", "+Inf")]].concat(), calls);
        self.count(&format!("{family}_count"), labels, calls);
        self.add(&format!("{family}_sum"), labels, sum);
    }
}

/// Adds what happened in a contact centre from local midnight to this instant.
pub(crate) fn add_day(totals: &mut Totals, world: &World, now: Timestamp) {
    let mut adding = Adding { operation: &world.profile().name, totals };
    skills(&mut adding, world, now);
    agents(&mut adding, world, now);
    durations(&mut adding, world, now);
    calls(&mut adding, world, now);
    for closed in world.closed_interactions(&world.today(now), now) {
        let labels = [("agent_name", &*tidy(&closed.agent.name)), ("activity_code", closed.code.code)];
        adding.count("wolkvox_closed_interactions_total", &labels, closed.interactions);
    }
}

fn tidy(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn skills(adding: &mut Adding<'_>, world: &World, now: Timestamp) {
    for told in world.skills(now) {
        let id = told.skill.id.to_string();
        for (what, count) in [("inbound", told.inbound), ("answered", told.answered), ("abandoned", told.abandoned)] {
            adding.count(&format!("wolkvox_skill_{what}_calls_total"), &[("skill_id", &id)], count);
        }
        for threshold in [10, 20, 30] {
            let labels = [("skill_id", &*id), ("threshold_seconds", &threshold.to_string())];
            adding.count("wolkvox_skill_answered_within_calls_total", &labels, told.answered_within(threshold));
        }
    }
}

fn agents(adding: &mut Adding<'_>, world: &World, now: Timestamp) {
    for hour in world.agent_hours(&world.today(now), now) {
        let (id, work) = (hour.agent.id.to_string(), hour.work);
        if work == Work::default() {
            continue;
        }
        for (state, seconds) in [
            ("ready", work.ready),
            ("inbound", work.inbound),
            ("outbound", work.outbound),
            ("acw", work.acw),
            ("ring", work.ring),
            ("aux", work.aux),
        ] {
            adding.add("wolkvox_agent_state_seconds_total", &[("agent_id", &id), ("state", state)], seconds);
        }
        adding.add("wolkvox_agent_login_seconds_total", &[("agent_id", &id)], work.login());
        for (direction, calls) in
            [("inbound", work.inbound_calls), ("outbound", work.outbound_calls), ("internal", work.internal_calls)]
        {
            adding.add("wolkvox_agent_calls_total", &[("agent_id", &id), ("direction", direction)], calls);
        }
    }
}

fn durations(adding: &mut Adding<'_>, world: &World, now: Timestamp) {
    let told = world.call_durations(&world.today(now), now);
    for ((label, longest), interval) in
        [("0-5", 5), ("6-20", 20), ("21-60", 60), ("61-120", 120), ("121+", 121)].iter().zip(told)
    {
        let billed = f64::from(u32::try_from(interval.minutes).unwrap()) * 60.0;
        let cost = f64::from(u32::try_from(interval.cost_hundredths).unwrap()) / 100.0;
        adding.observe("wolkvox_call_duration_seconds", &[], &[5, 20, 60, 120], *longest, interval.calls, billed);
        adding.add("wolkvox_call_billed_seconds_total", &[("interval", label)], billed);
        adding.add("wolkvox_call_cost_total", &[("interval", label)], cost);
    }
}

fn calls(adding: &mut Adding<'_>, world: &World, now: Timestamp) {
    for call in world.ivr_calls(&world.today(now), now) {
        let point = call.routing_point.id.to_string();
        let point = ("routing_point_id", &*point);
        let mut lasted = |family: &str, labels: &[(&str, &str)], bounds: &[u32], seconds: u32| {
            adding.observe(family, labels, bounds, seconds, 1, seconds.into());
        };
        lasted("wolkvox_ivr_duration_seconds", &[point], &IVR_BOUNDS, call.ivr_seconds);
        lasted("wolkvox_ivr_journey_seconds", &[point], &JOURNEY_BOUNDS, call.total_seconds);
        let outcome = match &call.course {
            Course::Contained => "contained",
            Course::Abandoned { skill, waited } => {
                let labels = [("skill_id", &*skill.id.to_string()), ("outcome", "abandoned")];
                lasted("wolkvox_skill_wait_seconds", &labels, &WAIT_BOUNDS, *waited);
                "abandoned"
            }
            Course::Answered { skill, waited, talked, codes, .. } => {
                let id = skill.id.to_string();
                let labels = [("skill_id", &*id), ("outcome", "answered")];
                lasted("wolkvox_skill_wait_seconds", &labels, &WAIT_BOUNDS, *waited);
                lasted("wolkvox_skill_handle_seconds", &labels[..1], &HANDLE_BOUNDS, *talked);
                adding.count("wolkvox_ivr_interactions_total", &[("interaction_type", "inbound")], 1);
                if let Some([first, second]) = codes.as_ref().filter(|[first, _]| !first.code.is_empty()) {
                    let labels = [("activity_code", first.code), ("activity_code_2", second.code)];
                    adding.count("wolkvox_ivr_coded_calls_total", &labels, 1);
                }
                "agent"
            }
        };
        adding.count("wolkvox_ivr_calls_total", &[point, ("outcome", outcome)], 1);
    }
}
