//! Each scenario tells its story through the whole exporter: its numbers, the alerts that fire, and what dashboards show.

use std::time::Duration;

use jiff::civil::DateTime;
use wolkvox_exporter::world::World;

use crate::dashboards;
use crate::history::{History, MINUTE, at};
use crate::replayed::{self, Day};
use crate::ruler::Alert;

/// The strict service level of the last half hour: in time, of answered and abandoned.
const SERVICE_LEVEL: &str = "sum(increase(wolkvox_skill_answered_within_calls_total{threshold_seconds=\"20\"}[30m])) \
     / (sum(increase(wolkvox_skill_answered_calls_total[30m])) + sum(increase(wolkvox_skill_abandoned_calls_total[30m])))";

const OPEN: &str = "wolkvox_operation_open{operation=\"andes\"}";

fn is_for_operators(alert: &Alert) -> bool {
    alert.audience == "sre"
}

/// Whether somebody on the floor would be told, or anybody woken.
fn is_loud(alert: &Alert) -> bool {
    alert.audience == "floor" || alert.severity == "critical"
}

#[track_caller]
fn told(history: History, fires: &[&str]) -> Day {
    let (_, day) = replayed::day(history);
    day.fires(fires);
    day
}

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

    let (history, day) = replayed::day(history);
    let recorded = "operation:wolkvox_service_level_strict:ratio30m";
    assert_eq!(history.known(recorded, at(13, 30)), history.known(SERVICE_LEVEL, at(13, 30)), "what was there stays");
    day.fires(&[
        "WolkvoxServiceLevelBreach",
        "WolkvoxServiceLevelBurnFast",
        "WolkvoxAbandonmentHigh",
        "WolkvoxUnderstaffed",
    ]);
    day.is_silent("all data are there", is_for_operators);
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
    let (history, day) = replayed::day(history);
    day.is_silent("an ordinary day", |_| true);
    dashboards::shows(&history, at(16, 0), true);
    dashboards::shows(&history, at(3, 0), false);
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
    let day = told(history, &["WolkvoxNoCalls"]);
    day.is_silent("all data are there", is_for_operators);
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
    let day = told(history, &["WolkvoxOccupancyLow"]);
    day.is_silent("few calls prove nothing, but that agents sit idle", |alert| alert.name != "WolkvoxOccupancyLow");
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
    dashboards::shows(&history, at(8, 30), true);
    dashboards::shows(&history, at(10, 30), false);
    dashboards::is_blind(&history, at(10, 30));
    let day = told(history, &["WolkvoxNotAnswering", "WolkvoxDataStale", "WolkvoxReportFailing"]);
    day.is_silent("no data, no KPI", |alert| is_loud(alert) && !is_for_operators(alert));
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
    let day = told(history, &["WolkvoxExporterDown"]);
    day.is_silent("no data, no KPI", |alert| is_loud(alert) && !is_for_operators(alert));
}

#[test]
fn a_refused_token_is_told_as_what_it_is() {
    let history = History::of("refused-token");
    assert_eq!(history.value("wolkvox_up", at(10, 30)), Some(0.0));
    let refused = rise("wolkvox_exporter_api_request_failures_total{cause=\"auth\"}", "1h");
    assert_eq!(history.known(&refused, at(9, 0)), 0.0);
    assert!(history.known(&refused, at(10, 30)) > 0.0);
    assert_eq!(history.value("wolkvox_up", at(12, 0)), Some(1.0));
    let day = told(history, &["WolkvoxTokenRefused", "WolkvoxNotAnswering", "WolkvoxDataStale"]);
    day.is_silent("no data, no KPI", |alert| is_loud(alert) && !is_for_operators(alert));
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
    let day = told(history, &["WolkvoxQuotaRunningOut", "WolkvoxQuotaSpent", "WolkvoxNotAnswering"]);
    day.is_silent("no data, no KPI", |alert| is_loud(alert) && !is_for_operators(alert));
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
    let fires = ["WolkvoxAnswerNotUnderstood", "WolkvoxAnswerNearRowLimit", "WolkvoxCorrectionsMany"];
    told(history, &fires).is_silent("nothing is wrong on the floor", is_loud);
}

#[test]
fn calls_grow_long() {
    let handled = "sum(increase(wolkvox_agent_state_seconds_total{state=~\"inbound|outbound|acw\"}[1h])) \
                   / sum(increase(wolkvox_agent_calls_total{direction=~\"inbound|outbound\"}[1h]))";
    let history = History::of("long-calls");
    assert!(history.known(handled, at(15, 30)) > 1.35 * history.known(handled, at(12, 0)));
    told(history, &["WolkvoxAhtDrift"]).is_silent("all data are there", is_for_operators);
}

#[test]
fn calls_grow_short() {
    let share = "sum(increase(wolkvox_call_duration_seconds_bucket{le=~\"5(\\\\.0)?\"}[1h])) \
                 / sum(increase(wolkvox_call_duration_seconds_count[1h]))";
    let history = History::of("short-calls");
    assert!(history.known(share, at(10, 0)) < 0.15);
    assert!(history.known(share, at(11, 30)) > 0.25);
    told(history, &["WolkvoxShortCalls"]).is_silent("all data are there", is_for_operators);
}

#[test]
fn calls_grow_many() {
    let history = History::of("surge");
    let inbound = rise("wolkvox_skill_inbound_calls_total", "1h");
    assert!(history.known(&inbound, at(16, 30)) > 1.7 * history.known(&inbound, at(14, 30)));
    assert!(history.known(SERVICE_LEVEL, at(16, 30)) < 0.7);
    let day = told(history, &["WolkvoxServiceLevelBreach", "WolkvoxAbandonmentHigh", "WolkvoxUnderstaffed"]);
    day.is_silent("all data are there", is_for_operators);
}

/// How many agents were in a state, in half an hour's mean.
fn heads(state: &str) -> String {
    format!("sum(rate(wolkvox_agent_state_seconds_total{{state=\"{state}\"}}[30m]))")
}

#[test]
fn agents_sit_in_aux() {
    let history = History::of("aux");
    assert!(history.known(&heads("aux"), at(11, 30)) > 2.0 + history.known(&heads("aux"), at(9, 30)));
    told(history, &["WolkvoxAuxHigh"]).is_silent("all data are there", is_for_operators);
}

#[test]
fn nobody_is_there_and_calls_wait() {
    let history = History::of("nobody-ready");
    assert!(history.known("max_over_time(sum(wolkvox_skill_calls_in_queue)[20m:1m])", at(15, 25)) > 3.0);
    let ready = "sum(rate(wolkvox_agent_state_seconds_total{state=\"ready\"}[10m]))";
    assert_eq!(history.known(ready, at(15, 30)), 0.0);
    let day = told(history, &["WolkvoxQueueStuck", "WolkvoxQueueUnattended", "WolkvoxAbandonmentHigh"]);
    day.is_silent("all data are there", is_for_operators);
}

#[test]
fn calls_wait_behind_closed_doors() {
    let history = History::of("after-closing");
    assert_eq!(history.value(OPEN, at(21, 0)), Some(0.0));
    let waiting = "max_over_time(sum(wolkvox_skill_calls_in_queue)[30m:1m])";
    assert_eq!(history.known("sum(wolkvox_skill_calls_in_queue)", at(20, 19)), 0.0, "all were served");
    assert!(history.known(waiting, at(21, 10)) > 2.0);
    assert_eq!(history.known(waiting, at(22, 30)), 0.0);
    told(history, &["WolkvoxQueueAfterClosing"]).is_silent("all data are there", is_for_operators);
}

#[test]
fn over_a_week_each_day_of_both_operations_is_its_own() {
    let history = History::of("ordinary-week");
    check_days(&history);
    // Thursday noon in Bogota is one o'clock at night in Manila.
    dashboards::shows(&history, at(12, 0), true);
    dashboards::shows(&history, at(20, 40), false);
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
