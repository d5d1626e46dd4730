//! Every report end to end, without the engine: what is measured from a simulated answer is what really happened in the
//! contact centre, series by series, with nothing missing and nothing besides.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::date;
use serde_json::Value;

use crate::report::{Ask, Asked, Folding, Listing, Usage, Window};
use crate::reports;
use crate::samples::{Buckets, Reading, Samples};
use crate::terms::{AgentNames, Terms};
use crate::world::{Course, INTERVALS, Period, Work, World, demo};

/// Series by name and labels.
pub(crate) type Series = BTreeMap<String, Reading>;

const USAGE: Usage = Usage { limit: 8000, by_token: 12, by_all: 1234 };

const IVR_BOUNDS: [f64; 8] = [5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0];
const JOURNEY_BOUNDS: [f64; 9] = [30.0, 60.0, 120.0, 180.0, 300.0, 600.0, 900.0, 1800.0, 3600.0];
const HANDLE_BOUNDS: [f64; 10] = [30.0, 60.0, 120.0, 180.0, 240.0, 300.0, 420.0, 600.0, 900.0, 1800.0];

fn terms(threshold: u32) -> Terms {
    Terms::new(None, AgentNames::Show, threshold)
}

/// Midnight, night, opening, peaks, lunch, closing, and the last second: of a Wednesday and of a Sunday.
fn instants(world: &World) -> Vec<Timestamp> {
    let days = [date(2026, 6, 3), date(2026, 6, 7)];
    let times = [(0, 0, 0), (4, 30, 0), (7, 0, 40), (10, 15, 23), (12, 59, 59), (13, 0, 0), (16, 1, 7), (23, 59, 59)];
    let timezone = &world.profile().timezone;
    let mut instants = Vec::new();
    for day in days {
        for (hour, minute, second) in times {
            instants.push(day.at(hour, minute, second, 0).to_zoned(timezone.clone()).unwrap().timestamp());
        }
    }
    instants
}

/// What a report measures from wolkvox's answer.
fn measured(report: &Listing, world: &World, now: Timestamp, terms: &Terms) -> Series {
    measured_in(report, world, &world.today(now), now, terms)
}

/// What a report measures from wolkvox's answer about a period.
pub(crate) fn measured_in(report: &Listing, world: &World, period: &Period, now: Timestamp, terms: &Terms) -> Series {
    let mut folding = (report.begin)();
    fold(folding.as_mut(), report, world, period, now, terms);
    series(folding.as_ref(), report, terms)
}

fn fold(folding: &mut dyn Folding, report: &Listing, world: &World, period: &Period, now: Timestamp, terms: &Terms) {
    let parameters = (report.parameters)(terms);
    let parameter = |name| parameters.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str());
    let asked = Asked {
        now,
        period: Some(period.clone()),
        skill_id: parameter("skill_id"),
        services_time: parameter("services_time").map(|seconds| seconds.parse().unwrap()),
        usage: USAGE,
    };
    let ask = Ask { window: Window { from: *period.start(), to: *period.end() }, terms: Arc::new(terms.clone()) };
    let rows = match (report.simulate)(world, &asked) {
        Value::Null => Vec::new(),
        Value::Array(rows) => rows,
        object => vec![object],
    };
    for row in rows {
        let absorbed = folding.absorb(&row.to_string(), &ask).unwrap();
        assert_eq!((absorbed.unknown_fields, absorbed.rejection), (0, None), "{}: {row}", report.name);
    }
}

fn series(folding: &dyn Folding, report: &Listing, terms: &Terms) -> Series {
    let mut samples = Samples::of(report.families, usize::MAX);
    folding.measure(terms, &mut samples);
    let mut series = Series::new();
    for sheet in samples.sheets() {
        for (labels, reading) in sheet.samples() {
            let before = series.insert(format!("{} {labels}", sheet.family().name()), reading.clone());
            assert_eq!(before, None, "{labels} twice");
        }
    }
    series
}

/// Ratios are told with two decimals of a percentage; everything else is told whole.
fn check(report: &str, threshold: u32, expected: impl Fn(&World, Timestamp, &Terms) -> Series) {
    let (terms, report) = (terms(threshold), reports::named(report).unwrap());
    for profile in demo() {
        let world = World::new(profile);
        let instants = instants(&world);
        // An afternoon's answer teaches what is remembered from answer to answer.
        let mut before = (report.begin)();
        fold(before.as_mut(), report, &world, &world.today(instants[6]), instants[6], &terms);
        for now in instants {
            let mut folding = before.successor();
            fold(folding.as_mut(), report, &world, &world.today(now), now, &terms);
            let measured = series(folding.as_ref(), report, &terms);
            let expected = expected(&world, now, &terms);
            assert_eq!(measured.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "at {now}");
            for (series, reading) in &measured {
                match (reading, &expected[series]) {
                    (Reading::Number(told), Reading::Number(truth)) if series.contains("_ratio") => {
                        assert!((told - truth).abs() < 0.000_051, "{series}: {told} for {truth} at {now}");
                    }
                    (told, truth) => assert_eq!(told, truth, "{series} at {now}"),
                }
            }
        }
    }
}

fn number(value: impl Into<f64>) -> Reading {
    Reading::Number(value.into())
}

/// Counts of one contact centre's day; far from what a float cannot hold.
fn whole(count: u64) -> Reading {
    number(u32::try_from(count).unwrap())
}

fn histogram(bounds: &[f64], observations: &[u32]) -> Reading {
    let up_to = |bound: f64| observations.iter().filter(|seconds| f64::from(**seconds) <= bound).count() as u64;
    let cumulative = bounds.iter().copied().chain([f64::INFINITY]).map(up_to).collect();
    Buckets { bounds: bounds.into(), cumulative, sum: f64::from(observations.iter().sum::<u32>()) }.into()
}

fn tidy(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").replace('"', "\\\"")
}

fn skills(world: &World, now: Timestamp, terms: &Terms) -> Series {
    let mut series = Series::new();
    let base = match world.profile().service_level_base {
        crate::world::ServiceLevelBase::Inbound => "inbound",
        crate::world::ServiceLevelBase::Answered => "answered",
    };
    series.insert(format!("wolkvox_skill_service_level_base_info base=\"{base}\""), number(1));
    for told in world.skills(now) {
        let id = format!("skill_id=\"{}\"", told.skill.id);
        let info = format!("wolkvox_skill_info {id},skill_name=\"{}\"", tidy(&told.skill.name));
        series.insert(info, number(1));
        for (family, count) in [
            ("calls_in_queue", told.in_queue),
            ("inbound_calls_total", told.inbound),
            ("answered_calls_total", told.answered),
            ("abandoned_calls_total", told.abandoned),
        ] {
            series.insert(format!("wolkvox_skill_{family} {id}"), whole(count));
        }
        for threshold in [10, 20, 30, terms.threshold()] {
            let labels = format!("{id},threshold_seconds=\"{threshold}\"");
            let calls = whole(told.answered_within(threshold));
            series.insert(format!("wolkvox_skill_answered_within_calls_total {labels}"), calls);
        }
        if told.inbound == 0 {
            continue;
        }
        let share = |part: u64, whole: u64| {
            let of = |count| f64::from(u32::try_from(count).unwrap());
            number(if whole == 0 { 0.0 } else { of(part) / of(whole) })
        };
        let base = match world.profile().service_level_base {
            crate::world::ServiceLevelBase::Inbound => told.inbound,
            crate::world::ServiceLevelBase::Answered => told.answered,
        };
        let thresholds = [10, 20, 30, terms.threshold()];
        for threshold in thresholds {
            let name = format!("wolkvox_skill_service_level_ratio {id},threshold_seconds=\"{threshold}\"");
            series.insert(name, share(told.answered_within(threshold), base));
        }
        let name = format!("wolkvox_skill_abandonment_ratio {id}");
        series.insert(name, share(told.abandoned, told.inbound));
    }
    series
}

fn agents(world: &World, now: Timestamp, _terms: &Terms) -> Series {
    let mut hours: BTreeMap<u32, Vec<Work>> = BTreeMap::new();
    for row in world.agent_hours(&world.today(now), now) {
        hours.entry(row.agent.id).or_default().push(row.work);
    }
    let mut series = Series::new();
    for agent in world.agents() {
        let worked: Vec<Work> = hours.remove(&agent.id).unwrap_or_default();
        let mut today = Work::default();
        for hour in &worked {
            today += *hour;
        }
        if today == Work::default() {
            continue;
        }
        let id = format!("agent_id=\"{}\"", agent.id);
        series.insert(format!("wolkvox_agent_info {id},agent_name=\"{}\"", tidy(&agent.name)), number(1));
        for (state, seconds) in [
            ("ready", today.ready),
            ("inbound", today.inbound),
            ("outbound", today.outbound),
            ("acw", today.acw),
            ("ring", today.ring),
            ("aux", today.aux),
        ] {
            series.insert(format!("wolkvox_agent_state_seconds_total {id},state=\"{state}\""), number(seconds));
        }
        series.insert(format!("wolkvox_agent_login_seconds_total {id}"), number(today.login()));
        for (direction, calls) in
            [("inbound", today.inbound_calls), ("outbound", today.outbound_calls), ("internal", today.internal_calls)]
        {
            series.insert(format!("wolkvox_agent_calls_total {id},direction=\"{direction}\""), number(calls));
        }
        let occupancy = |work: &Work| f64::from(work.handling()) / f64::from(work.login() - work.aux);
        if today.login() > today.aux {
            series.insert(format!("wolkvox_agent_occupancy_ratio {id}"), number(occupancy(&today)));
        }
        if today.handled_calls() > 0 {
            let aht = f64::from(today.handling()) / f64::from(today.handled_calls());
            series.insert(format!("wolkvox_agent_aht_seconds {id}"), number(aht));
        }
        // wolkvox's own figures of the hour, seconds without a fraction; nothing where there is nothing to divide by.
        if let Some(newest) = worked.iter().rfind(|hour| hour.login() > 0) {
            if newest.login() > newest.aux {
                series.insert(format!("wolkvox_agent_current_hour_occupancy_ratio {id}"), number(occupancy(newest)));
            }
            if let Some(aht) = newest.handling().checked_div(newest.handled_calls()) {
                series.insert(format!("wolkvox_agent_current_hour_aht_seconds {id}"), number(aht));
            }
        }
    }
    series
}

fn call_durations(world: &World, now: Timestamp, _terms: &Terms) -> Series {
    let told = world.call_durations(&world.today(now), now);
    let mut series = Series::new();
    if told.iter().all(|interval| interval.calls == 0) {
        return series;
    }
    let count = |count: u64| u32::try_from(count).unwrap();
    let cumulative = |position: usize| told.iter().take(position + 1).map(|interval| interval.calls).sum();
    let histogram = Buckets {
        bounds: [5.0, 20.0, 60.0, 120.0].into(),
        cumulative: (0..INTERVALS.len()).map(cumulative).collect(),
        sum: f64::from(told.iter().map(|interval| count(interval.minutes)).sum::<u32>() * 60),
    };
    series.insert("wolkvox_call_duration_seconds ".to_owned(), histogram.into());
    for (label, interval) in ["0-5", "6-20", "21-60", "61-120", "121+"].iter().zip(&told) {
        let billed = format!("wolkvox_call_billed_seconds_total interval=\"{label}\"");
        series.insert(billed, number(count(interval.minutes) * 60));
        let cost = f64::from(count(interval.cost_hundredths)) / 100.0;
        series.insert(format!("wolkvox_call_cost_total interval=\"{label}\""), number(cost));
    }
    series
}

fn ivr_calls(world: &World, now: Timestamp, terms: &Terms) -> Series {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    let mut seconds: BTreeMap<String, (Vec<f64>, Vec<u32>)> = BTreeMap::new();
    for call in world.ivr_calls(&world.today(now), now) {
        let point = format!("routing_point_id=\"{}\"", call.routing_point.id);
        let mut observe = |family: &str, labels: String, bounds: &[f64], observation: Option<u32>| {
            let (_, observations) =
                seconds.entry(format!("{family} {labels}")).or_insert_with(|| (bounds.to_vec(), Vec::new()));
            observations.extend(observation);
        };
        observe("wolkvox_ivr_duration_seconds", point.clone(), &IVR_BOUNDS, Some(call.ivr_seconds));
        observe("wolkvox_ivr_journey_seconds", point.clone(), &JOURNEY_BOUNDS, Some(call.total_seconds));
        let (outcome, queue) = match &call.course {
            Course::Contained => ("contained", None),
            Course::Abandoned { skill, waited } => ("abandoned", Some((skill.id, None, Some(*waited), None))),
            Course::Answered { skill, waited, talked, .. } => {
                ("agent", Some((skill.id, Some(*waited), None, Some(*talked))))
            }
        };
        if let Some((skill, answered, abandoned, talked)) = queue {
            let skill = format!("skill_id=\"{skill}\"");
            for (outcome, waited) in [("answered", answered), ("abandoned", abandoned)] {
                let labels = format!("{skill},outcome=\"{outcome}\"");
                observe("wolkvox_skill_wait_seconds", labels, terms.wait_bounds(), waited);
            }
            observe("wolkvox_skill_handle_seconds", skill, &HANDLE_BOUNDS, talked);
        }
        for each in ["agent", "abandoned", "contained"] {
            let series = format!("wolkvox_ivr_calls_total {point},outcome=\"{each}\"");
            *counts.entry(series).or_default() += u64::from(each == outcome);
        }
        if let Course::Answered { codes, .. } = call.course {
            *counts.entry("wolkvox_ivr_interactions_total interaction_type=\"inbound\"".to_owned()).or_default() += 1;
            if let Some([first, second]) = codes.filter(|[first, _]| !first.code.is_empty()) {
                let labels = format!("activity_code=\"{}\",activity_code_2=\"{}\"", first.code, second.code);
                *counts.entry(format!("wolkvox_ivr_coded_calls_total {labels}")).or_default() += 1;
            }
        }
    }
    let histograms = seconds.into_iter().map(|(series, (bounds, seen))| (series, histogram(&bounds, &seen)));
    counts.into_iter().map(|(series, count)| (series, whole(count))).chain(histograms).collect()
}

fn closed_interactions(world: &World, now: Timestamp, _terms: &Terms) -> Series {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for told in world.closed_interactions(&world.today(now), now) {
        let labels = format!("agent_name=\"{}\",activity_code=\"{}\"", tidy(&told.agent.name), told.code.code);
        *counts.entry(format!("wolkvox_closed_interactions_total {labels}")).or_default() += told.interactions;
    }
    counts.into_iter().map(|(series, count)| (series, whole(count))).collect()
}

fn quota(_world: &World, _now: Timestamp, _terms: &Terms) -> Series {
    Series::from([
        ("wolkvox_quota_limit_requests ".to_owned(), whole(USAGE.limit)),
        ("wolkvox_quota_used_requests ".to_owned(), whole(USAGE.by_all)),
    ])
}

#[test]
fn skills_tell_the_truth() {
    check("skills", 20, skills);
    check("skills", 25, skills);
}

#[test]
fn agents_tell_the_truth() {
    check("agents", 20, agents);
}

#[test]
fn call_durations_tell_the_truth() {
    check("call_durations", 20, call_durations);
}

#[test]
fn ivr_calls_tell_the_truth() {
    check("ivr_calls", 20, ivr_calls);
    check("ivr_calls", 25, ivr_calls);
}

#[test]
fn closed_interactions_tell_the_truth() {
    check("closed_interactions", 20, closed_interactions);
}

#[test]
fn quota_tells_the_truth() {
    check("quota", 20, quota);
}

#[test]
fn nothing_personal_is_measured() {
    let world = World::new(demo().remove(0));
    let now = instants(&world)[6];
    let calls = world.ivr_calls(&world.today(now), now);
    assert!(calls.len() > 500);
    let mut personal: Vec<&str> = world.agents().iter().map(|agent| agent.national_id.as_str()).collect();
    personal.extend(calls.iter().flat_map(|call| [call.phone.as_str(), &call.customer_id, &call.id]));
    for report in reports::ALL {
        for series in measured(report, &world, now, &terms(20)).keys() {
            let leak = series.split('"').find(|value| personal.contains(value));
            assert_eq!(leak, None, "in {series}");
        }
    }
}
