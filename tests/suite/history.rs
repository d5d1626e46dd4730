//! Days of rehearsals in a real Prometheus: each scenario tells its story through the whole exporter.

use std::collections::BTreeMap;
use std::io::BufWriter;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::{DateTime, date};
use rehearsal::Scenario;
use serde_json::Value;
use wolkvox_exporter::world::World;

use crate::prometheus::{Prometheus, escaped, tool};
use crate::replay::{Evaluations, Labels, Replayed};
use crate::running::Folder;

pub(crate) const MINUTE: Duration = Duration::from_mins(1);

/// Prometheus answers no more points of a series at once.
const MOST_POINTS: u32 = 11_000;

/// The day of the stories, and the times of its clock.
pub(crate) fn at(hour: i8, minute: i8) -> DateTime {
    date(2026, 6, 4).at(hour, minute, 0, 0)
}

/// What a scenario has left in a Prometheus.
pub(crate) struct History {
    pub(crate) scenario: &'static Scenario,
    folder: Folder,
    /// None only while it is being replaced.
    prometheus: Option<Prometheus>,
}

impl History {
    /// Plays a scenario at its own step, and loads it.
    #[track_caller]
    pub(crate) fn of(name: &str) -> Self {
        let scenario = rehearsal::scenario(name).unwrap();
        let folder = Folder::new();
        let written = folder.path().join("history.om");
        let file = std::fs::File::create(&written).unwrap();
        scenario.record(BufWriter::new(file), scenario.step).unwrap();
        let history = Self { scenario, folder, prometheus: None };
        // One block: promtool reads the whole file for each.
        let arguments = ["tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=486h"];
        history.promtool(&arguments, &[&written, &history.data()]);
        std::fs::remove_file(written).unwrap();
        history.opened()
    }

    fn data(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }

    #[track_caller]
    fn promtool(&self, arguments: &[&str], paths: &[&Path]) {
        let made = tool("promtool", arguments).args(paths).current_dir(self.folder.path()).output().unwrap();
        assert!(made.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&made.stderr));
    }

    fn opened(self) -> Self {
        Self { prometheus: Some(Prometheus::over(&self.data())), ..self }
    }

    fn prometheus(&self) -> &Prometheus {
        self.prometheus.as_ref().unwrap()
    }

    /// Records what this file of rules would have recorded. Rules that are made of other rules' results see those only
    /// once they are loaded, so it takes one pass for each level of them.
    #[track_caller]
    pub(crate) fn with_recorded(mut self, rules: &Path, levels: u32) -> Self {
        for _ in 0..levels {
            let (url, data) = (self.prometheus().url(), self.data());
            let (from, to) = (self.scenario.start().to_string(), self.scenario.end().to_string());
            let [from, to] = [format!("--start={from}"), format!("--end={to}")];
            let [url, data] = [format!("--url={url}"), format!("--output-dir={}", data.display())];
            let interval = format!("--eval-interval={}s", self.scenario.step.as_secs());
            self.promtool(&["tsdb", "create-blocks-from", "rules", &from, &to, &url, &data, &interval], &[rules]);
            // New blocks are seen at the start, or at some time within minutes.
            self.prometheus = None;
            self = self.opened();
        }
        self
    }

    /// What a query says at a time of the scenario's clock.
    #[track_caller]
    pub(crate) fn all(&self, query: &str, clock: DateTime) -> BTreeMap<Labels, f64> {
        let time = self.scenario.instant(clock).as_second();
        let told = self.prometheus().api(&format!("query?query={}&time={time}", escaped(query)));
        let results = told["result"].as_array().unwrap();
        results.iter().map(|result| (labels(result), number(&result["value"][1]))).collect()
    }

    /// The only value that a query has at a time of the scenario's clock, if it has one.
    #[track_caller]
    pub(crate) fn value(&self, query: &str, clock: DateTime) -> Option<f64> {
        let all = self.all(query, clock);
        assert!(all.len() <= 1, "{query}: {all:?}");
        all.into_values().next()
    }

    /// The only value that a query has at a time of the scenario's clock.
    #[track_caller]
    pub(crate) fn known(&self, query: &str, clock: DateTime) -> f64 {
        self.value(query, clock).unwrap_or_else(|| panic!("nothing at {clock}: {query}"))
    }

    /// What a query says at every step from one moment to another.
    #[track_caller]
    pub(crate) fn range(
        &self,
        query: &str,
        from: Timestamp,
        to: Timestamp,
        step: Duration,
    ) -> BTreeMap<Labels, Vec<(Timestamp, f64)>> {
        let mut series: BTreeMap<Labels, Vec<(Timestamp, f64)>> = BTreeMap::new();
        let mut begin = from;
        while begin <= to {
            let end = to.min(begin + step * (MOST_POINTS - 1));
            let (start, last) = (begin.as_second(), end.as_second());
            let query = escaped(query);
            let request = format!("query_range?query={query}&start={start}&end={last}&step={}", step.as_secs());
            for result in self.prometheus().api(&request)["result"].as_array().unwrap() {
                let points = result["values"].as_array().unwrap().iter();
                let points = points.map(|point| (moment(&point[0]), number(&point[1])));
                series.entry(labels(result)).or_default().extend(points);
            }
            begin = end + step;
        }
        series
    }

    /// When an alert with this expression and this `for` would have fired, from one moment to another.
    #[track_caller]
    pub(crate) fn replay(
        &self,
        expression: &str,
        hold: Duration,
        between: std::ops::Range<Timestamp>,
        step: Duration,
    ) -> Replayed {
        let told = self.range(expression, between.start, between.end, step);
        let moments = |points: Vec<(Timestamp, f64)>| points.into_iter().map(|(moment, _)| moment).collect();
        let evaluations: Evaluations = told.into_iter().map(|(labels, points)| (labels, moments(points))).collect();
        Replayed::of(&evaluations, hold, step)
    }
}

fn labels(result: &Value) -> Labels {
    let labels = result["metric"].as_object().unwrap().iter();
    let labels = labels.filter(|(name, _)| *name != "__name__");
    labels.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect()
}

fn number(value: &Value) -> f64 {
    value.as_str().unwrap().parse().unwrap()
}

fn moment(value: &Value) -> Timestamp {
    #[expect(clippy::cast_possible_truncation, reason = "moments are whole seconds of this century")]
    Timestamp::from_second(value.as_f64().unwrap() as i64).unwrap()
}

/// The strict service level of the last half hour: in time, of answered and abandoned.
const SERVICE_LEVEL: &str = "sum(increase(wolkvox_skill_answered_within_calls_total{threshold_seconds=\"20\"}[30m])) \
     / (sum(increase(wolkvox_skill_answered_calls_total[30m])) + sum(increase(wolkvox_skill_abandoned_calls_total[30m])))";

const OPEN: &str = "wolkvox_operation_open{operation=\"andes\"}";

/// The rise of a counter over all its series.
fn rise(family: &str, range: &str) -> String {
    format!("sum(increase({family}[{range}]))")
}

#[test]
fn at_the_lunch_peak_the_service_level_breaks_and_recovers() {
    let history = History::of("lunch-peak");
    assert!(history.known(SERVICE_LEVEL, at(10, 0)) > 0.8);
    assert!(history.known(SERVICE_LEVEL, at(13, 30)) < 0.5);
    assert!(history.known(SERVICE_LEVEL, at(16, 30)) > 0.8);
    let abandoned = rise("wolkvox_skill_abandoned_calls_total", "30m");
    assert!(history.known(&abandoned, at(13, 30)) > 3.0 * history.known(&abandoned, at(10, 0)).max(1.0));
    assert!(history.known("max_over_time(sum(wolkvox_skill_calls_in_queue)[1h:1m])", at(13, 30)) >= 5.0);

    // An alert on it fires while it is broken, once its `for` has passed, and not in the same hours of the day before.
    let day = |hour: i8| history.scenario.instant(at(hour, 0));
    let offered = rise("wolkvox_skill_inbound_calls_total", "30m");
    let expression = format!("({SERVICE_LEVEL} < 0.6) and on () ({offered} > 15) and on () ({OPEN} == 1)");
    let replayed = history.replay(&expression, MINUTE * 10, history.scenario.start()..history.scenario.end(), MINUTE);
    assert!(replayed.fired_at_all(day(12)..day(15)) > MINUTE * 60, "{replayed:?}");
    assert_eq!(replayed.fired_at_all(history.scenario.start()..day(12)), Duration::ZERO, "{replayed:?}");
    let first = replayed.firing.values().flatten().next().unwrap();
    assert!(first.from >= day(12) + MINUTE * 10);

    // Rules that are recorded after the fact, one made of the other.
    let folder = Folder::new();
    let rules = folder.write(
        "recording.yaml",
        "groups:\n  - name: levels\n    rules:\n      - record: operation:abandoned:increase30m\n        expr: \
         sum by (operation) (increase(wolkvox_skill_abandoned_calls_total[30m]))\n      - record: \
         operation:abandoned:highest\n        expr: max_over_time(operation:abandoned:increase30m[2h])\n",
    );
    let at_lunch = history.known(&abandoned, at(13, 30));
    let history = history.with_recorded(&rules, 2);
    // promtool evaluates a group at a moment of its own within each minute.
    let recorded = history.known("operation:abandoned:increase30m", at(13, 30));
    assert!((recorded / at_lunch - 1.0).abs() < 0.15, "{recorded} for {at_lunch}");
    assert!(history.known("operation:abandoned:highest", at(14, 30)) > at_lunch * 0.85);
    assert!(history.known(SERVICE_LEVEL, at(13, 30)) < 0.5, "what was there stays");
}

#[test]
fn on_an_ordinary_day_all_is_as_it_should_be() {
    let history = History::of("quiet-night");
    assert_eq!(history.value(OPEN, at(6, 50)), Some(0.0));
    assert_eq!(history.value(OPEN, at(7, 5)), Some(1.0));
    assert_eq!(history.value(OPEN, at(19, 55)), Some(1.0));
    assert_eq!(history.value(OPEN, at(20, 5)), Some(0.0));
    for hour in [9, 12, 15, 18] {
        assert!(history.known(SERVICE_LEVEL, at(hour, 0)) > 0.8, "{hour} o'clock");
    }
    assert_eq!(history.known(&rise("wolkvox_skill_inbound_calls_total", "4h"), at(4, 0)), 0.0, "a night");
    assert_eq!(history.known("min_over_time(up[47h])", at(23, 30)), 1.0);
    assert_eq!(history.known("min_over_time(wolkvox_up[47h])", at(23, 30)), 1.0);
    assert_eq!(history.known("resets(process_start_time_seconds[47h])", at(23, 30)), 0.0);
    let failures = rise("wolkvox_exporter_api_request_failures_total", "47h");
    assert_eq!(history.known(&failures, at(23, 30)), 0.0);
    let rejected = rise("wolkvox_exporter_rejected_rows_total", "47h");
    assert_eq!(history.known(&rejected, at(23, 30)), 0.0);
    let scraped = history.known("scrape_samples_scraped", at(12, 0));
    assert_eq!(history.known("count({job=\"wolkvox\",__name__!~\"up|scrape_.*\"})", at(12, 0)), scraped);
}

#[test]
fn a_dead_trunk_is_no_call_while_all_else_is_well() {
    let history = History::of("dead-trunk");
    let inbound = rise("wolkvox_skill_inbound_calls_total", "1h");
    assert!(history.known(&inbound, at(10, 0)) > 20.0);
    assert_eq!(history.known(&inbound, at(11, 20)), 0.0);
    assert_eq!(history.value(OPEN, at(11, 20)), Some(1.0));
    assert_eq!(history.value("wolkvox_up", at(11, 20)), Some(1.0));
    let ready = "sum(rate(wolkvox_agent_state_seconds_total{state=\"ready\"}[30m]))";
    assert!(history.known(ready, at(11, 20)) > history.known(ready, at(9, 50)));
    assert!(history.known(&inbound, at(13, 0)) > 20.0);
}

#[test]
fn bad_luck_is_few_calls_of_which_most_wait_too_long() {
    let history = History::of("bad-luck");
    for hour in 9..19 {
        let offered = history.known(&rise("wolkvox_skill_inbound_calls_total", "1h"), at(hour, 0));
        assert!(offered < 20.0, "{offered} calls in the hour before {hour}");
    }
    let within = rise("wolkvox_skill_answered_within_calls_total{threshold_seconds=\"20\"}", "12h");
    let level =
        history.known(&within, at(20, 0)) / history.known(&rise("wolkvox_skill_inbound_calls_total", "12h"), at(20, 0));
    assert!((0.1..0.6).contains(&level), "{level}");
}

#[test]
fn in_an_outage_data_go_and_their_age_stays() {
    let history = History::of("outage");
    assert_eq!(history.value("wolkvox_up", at(9, 25)), Some(1.0));
    assert_eq!(history.value("wolkvox_up", at(10, 30)), Some(0.0));
    assert_eq!(history.value("sum(wolkvox_skill_inbound_calls_total)", at(10, 30)), None);
    assert_eq!(history.value("sum(wolkvox_agent_state_seconds_total)", at(10, 30)), None);
    let age = "time() - wolkvox_report_last_success_timestamp_seconds{report=\"skills\"}";
    assert!((3540.0..3720.0).contains(&history.known(age, at(10, 30))), "{}", history.known(age, at(10, 30)));
    assert_eq!(history.value("up", at(10, 30)), Some(1.0));
    assert_eq!(history.value("wolkvox_up", at(11, 45)), Some(1.0));
    // What was not seen was not lost.
    let calls = rise("wolkvox_ivr_calls_total", "24h");
    let midnight = at(23, 59);
    let truth = truth_of(&history, midnight);
    assert!((history.known(&calls, midnight) - truth).abs() < truth / 100.0);
}

/// How many calls really came on the day of a moment, until then.
fn truth_of(history: &History, clock: DateTime) -> f64 {
    let world = World::new(history.scenario.centres[0].profile.clone());
    let now = history.scenario.instant(clock);
    world.ivr_calls(&world.today(now), now).len() as f64
}

#[test]
fn an_exporter_that_is_down_is_not_up_and_starts_anew() {
    let history = History::of("exporter-down");
    assert_eq!(history.value("up", at(9, 55)), Some(1.0));
    assert_eq!(history.value("up", at(10, 20)), Some(0.0));
    assert_eq!(history.value("wolkvox_up", at(10, 20)), None);
    assert_eq!(history.value("up", at(10, 45)), Some(1.0));
    assert_eq!(history.value("time() - process_start_time_seconds", at(10, 45)), Some(300.0));
    let calls = rise("wolkvox_skill_inbound_calls_total", "1h");
    assert!(history.known(&calls, at(10, 50)) > 20.0, "what came meanwhile is counted");
}

#[test]
fn a_refused_token_is_told_as_what_it_is() {
    let history = History::of("refused-token");
    assert_eq!(history.value("wolkvox_up", at(10, 30)), Some(0.0));
    let refused = rise("wolkvox_exporter_api_request_failures_total{cause=\"auth\"}", "1h");
    assert_eq!(history.known(&refused, at(9, 0)), 0.0);
    assert!(history.known(&refused, at(10, 30)) > 0.0);
    assert_eq!(history.value("wolkvox_up", at(12, 0)), Some(1.0));
}

#[test]
fn a_quota_runs_out_until_midnight() {
    let history = History::of("quota-runs-out");
    let used = "wolkvox_quota_used_requests / wolkvox_quota_limit_requests";
    assert!(history.known(used, at(8, 50)) < 0.3);
    assert!(history.known(used, at(12, 0)) > 0.6);
    let refused = rise("wolkvox_exporter_api_request_failures_total{cause=\"quota\"}", "4h");
    assert!(history.known(&refused, at(14, 0)) > 0.0);
    assert_eq!(history.value("wolkvox_up", at(18, 0)), Some(0.0));
}

#[test]
fn strange_answers_are_counted_by_what_is_strange() {
    let history = History::of("strange-answers");
    let rejected = "sum(increase(wolkvox_exporter_rejected_rows_total[1h]))";
    assert_eq!(history.known(rejected, at(8, 55)), 0.0);
    assert!(history.known(rejected, at(9, 55)) > 10.0);
    let unknown = rise("wolkvox_exporter_unknown_fields_total", "1h");
    assert_eq!(history.known(&unknown, at(9, 0)), 0.0);
    assert!(history.known(&unknown, at(10, 55)) > 100.0);
    let corrections = rise("wolkvox_exporter_corrections_total", "1h");
    assert_eq!(history.known(&corrections, at(10, 0)), 0.0);
    assert!(history.known(&corrections, at(11, 55)) > 5.0);
    let rows = "max_over_time(wolkvox_report_rows{report=\"ivr_calls\"}[30m])";
    assert!(history.known(rows, at(13, 50)) < 5_000.0);
    assert!((57_000.0..60_000.0).contains(&history.known(rows, at(14, 45))));
    let midnight = at(23, 59);
    let calls = history.known(&rise("wolkvox_ivr_calls_total", "24h"), midnight);
    assert!((calls - truth_of(&history, midnight)).abs() < 25.0, "copies count once");
}

#[test]
fn calls_grow_long_and_short_and_many() {
    let handled = "sum(increase(wolkvox_agent_state_seconds_total{state=~\"inbound|outbound|acw\"}[1h])) \
                   / sum(increase(wolkvox_agent_calls_total{direction=~\"inbound|outbound\"}[1h]))";
    let long = History::of("long-calls");
    assert!(long.known(handled, at(15, 30)) > 1.35 * long.known(handled, at(12, 0)));

    let short = History::of("short-calls");
    let share = "sum(increase(wolkvox_call_duration_seconds_bucket{le=~\"5(\\\\.0)?\"}[1h])) \
                 / sum(increase(wolkvox_call_duration_seconds_count[1h]))";
    assert!(short.known(share, at(10, 0)) < 0.15);
    assert!(short.known(share, at(11, 30)) > 0.25);

    let surge = History::of("surge");
    let inbound = rise("wolkvox_skill_inbound_calls_total", "1h");
    assert!(surge.known(&inbound, at(16, 30)) > 1.7 * surge.known(&inbound, at(14, 30)));
    assert!(surge.known(SERVICE_LEVEL, at(16, 30)) < 0.7);
}

#[test]
fn agents_sit_in_aux_or_leave_or_have_gone_home() {
    let heads = |state: &str| format!("sum(rate(wolkvox_agent_state_seconds_total{{state=\"{state}\"}}[30m]))");
    let aux = History::of("aux");
    assert!(aux.known(&heads("aux"), at(11, 30)) > 2.0 + aux.known(&heads("aux"), at(9, 30)));

    let nobody = History::of("nobody-ready");
    assert!(nobody.known("max_over_time(sum(wolkvox_skill_calls_in_queue)[20m:1m])", at(15, 25)) > 3.0);
    let ready = "sum(rate(wolkvox_agent_state_seconds_total{state=\"ready\"}[10m]))";
    assert_eq!(nobody.known(ready, at(15, 30)), 0.0);

    let closed = History::of("after-closing");
    assert_eq!(closed.value(OPEN, at(21, 0)), Some(0.0));
    let waiting = "max_over_time(sum(wolkvox_skill_calls_in_queue)[30m:1m])";
    assert_eq!(closed.known("sum(wolkvox_skill_calls_in_queue)", at(20, 19)), 0.0, "all were served");
    assert!(closed.known(waiting, at(21, 10)) > 2.0);
    assert_eq!(closed.known(waiting, at(22, 30)), 0.0);
}

#[test]
fn over_a_week_each_day_of_both_operations_is_its_own() {
    let history = History::of("ordinary-week");
    check_days(&history);
}

#[test]
fn over_three_weeks_each_day_adds_up() {
    let history = History::of("three-weeks");
    check_days(&history);
    // What a forecast looks back at: the same weekday, two weeks before.
    let then = "sum(increase(wolkvox_skill_inbound_calls_total[1h] offset 14d))";
    assert!(history.known(then, history.scenario.last().at(12, 0, 0, 0)) > 0.0);
}

/// Each operation's days, in its own time, against what really happened.
#[track_caller]
fn check_days(history: &History) {
    for centre in &history.scenario.centres {
        let world = World::new(centre.profile.clone());
        let zone = &centre.profile.timezone;
        let mut day = history.scenario.start().to_zoned(zone.clone()).date().tomorrow().unwrap();
        let mut days = 0;
        loop {
            let next = day.tomorrow().unwrap();
            // A day is closed once its late rows have settled, and the next one is quiet until then.
            let end = next.at(1, 0, 0, 0).to_zoned(zone.clone()).unwrap().timestamp();
            if end > history.scenario.end() {
                break;
            }
            let local = end.to_zoned(history.scenario.timezone()).datetime();
            let operation = &centre.profile.name;
            let query =
                format!("sum(increase(wolkvox_ivr_calls_total{{operation=\"{operation}\",outcome=\"agent\"}}[1d]))");
            let last = day.at(23, 59, 59, 0);
            let calls = world.ivr_calls(&(day.at(0, 0, 0, 0)..=last), end);
            let truth =
                calls.iter().filter(|call| matches!(call.course, wolkvox_exporter::world::Course::Answered { .. }));
            let (truth, told) = (truth.count() as f64, history.known(&query, local));
            assert!((told - truth).abs() <= truth / 200.0, "{operation}, {day}: {told} for {truth}");
            day = next;
            days += 1;
        }
        assert!(days + 2 >= history.scenario.days, "{days} days of {}", centre.profile.name);
    }
}
