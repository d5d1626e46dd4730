//! Days and nights of polling in virtual time: the clock is paused, and wolkvox is a router in the same process.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::Instant;
use wolkvox_exporter::board::Board;
use wolkvox_exporter::clock::Clock;
use wolkvox_exporter::config::Operation;
use wolkvox_exporter::lane::Gates;
use wolkvox_exporter::poll::{Poller, Surroundings};
use wolkvox_exporter::status::Watch;
use wolkvox_exporter::tasks::Tasks;
use wolkvox_exporter::token::{Token, TokenSource};
use wolkvox_exporter::upstream::{Transport, Upstream};

use crate::asking::{TOKEN, lines, operation, value};

pub(crate) const MINUTE: Duration = Duration::from_mins(1);
pub(crate) const HOUR: Duration = Duration::from_hours(1);

/// Answers of a stand-in for wolkvox: the status and body for a request for this `api`, and how long it takes.
pub(crate) type Answers = dyn Fn(&Asked) -> (u16, Value, Duration) + Send + Sync;

/// One request that arrived.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    api: String,
    pub(crate) at: Duration,
    token: String,
    pub(crate) window: Option<(String, String)>,
}

/// A stand-in for wolkvox.
pub(crate) struct StandIn {
    begun: Instant,
    answers: Box<Answers>,
    log: Mutex<Vec<Asked>>,
    in_flight: AtomicUsize,
    most_in_flight: AtomicUsize,
}

impl StandIn {
    pub(crate) fn log(&self) -> Vec<Asked> {
        self.log.lock().unwrap().clone()
    }

    pub(crate) fn most_in_flight(&self) -> usize {
        self.most_in_flight.load(Ordering::SeqCst)
    }

    fn requests(&self) -> BTreeMap<String, usize> {
        let mut requests = BTreeMap::new();
        for asked in self.log() {
            *requests.entry(asked.api).or_default() += 1;
        }
        requests
    }

    fn between(&self, from: Duration, to: Duration) -> usize {
        self.log().iter().filter(|asked| asked.at >= from && asked.at < to).count()
    }
}

async fn answer(
    State(stand_in): State<Arc<StandIn>>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let now = stand_in.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
    stand_in.most_in_flight.fetch_max(now, Ordering::SeqCst);
    let asked = Asked {
        api: query["api"].clone(),
        at: stand_in.begun.elapsed(),
        token: headers["wolkvox-token"].to_str().unwrap().to_owned(),
        window: query.get("date_ini").cloned().zip(query.get("date_end").cloned()),
    };
    let (status, body, takes) = (stand_in.answers)(&asked);
    stand_in.log.lock().unwrap().push(asked);
    tokio::time::sleep(takes).await;
    stand_in.in_flight.fetch_sub(1, Ordering::SeqCst);
    (StatusCode::from_u16(status).unwrap(), body.to_string()).into_response()
}

/// Operations that are being polled.
pub(crate) struct Scene {
    pub(crate) stand_in: Arc<StandIn>,
    board: Arc<Board>,
    watches: Vec<Watch>,
    tasks: Tasks,
}

impl Scene {
    pub(crate) fn start(start: &str, operations: Vec<Operation>, answers: Box<Answers>) -> Self {
        let stand_in = Arc::new(StandIn {
            begun: Instant::now(),
            answers,
            log: Mutex::default(),
            in_flight: AtomicUsize::new(0),
            most_in_flight: AtomicUsize::new(0),
        });
        let router = axum::Router::new().fallback(answer).with_state(Arc::clone(&stand_in));
        Self::over(start, operations, &router, stand_in)
    }

    /// Polls these operations over any router; `stand_in` hears nothing unless it is behind it.
    fn over(start: &str, operations: Vec<Operation>, router: &axum::Router, stand_in: Arc<StandIn>) -> Self {
        let board = Arc::new(Board::default());
        let around = Surroundings {
            clock: Clock::starting_at(start.parse::<Timestamp>().unwrap()),
            gates: Arc::new(Gates::default()),
            board: Arc::clone(&board),
            series_per_report: 1_000,
            storage: None,
        };
        let mut tasks = Tasks::new();
        let mut watches = Vec::new();
        for (position, operation) in operations.into_iter().enumerate() {
            let token = operation.token.read().unwrap();
            let upstream = Upstream::new(Transport::Router(router.clone()), &operation.base_url);
            let (poller, watch) = Poller::new(Arc::new(operation), position, token, upstream, around.clone());
            tasks.spawn("poll", poller.run(tasks.shutdown()));
            watches.push(watch);
        }
        Self { stand_in, board, watches, tasks }
    }

    /// Lets time pass, to a moment that no turn falls on.
    pub(crate) async fn pass(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    pub(crate) fn lines(&self) -> BTreeSet<String> {
        lines(&self.board)
    }

    #[track_caller]
    pub(crate) fn expect(&self, series: &str, expected: Option<f64>) {
        assert_eq!(value(&self.lines(), series), expected, "{series}");
    }
}

const ALL: [(&str, u64); 6] = [
    ("skills", 60),
    ("agents", 300),
    ("call_durations", 300),
    ("ivr_calls", 300),
    ("closed_interactions", 300),
    ("quota", 900),
];

/// One row of skills, and nothing of anything else.
fn ordinary(asked: &Asked) -> (u16, Value, Duration) {
    let body = match asked.api.as_str() {
        "skills" => json!({"code": "200", "data": [{"skill_id": "1", "stat_inbound": "7"}]}),
        "token_info" => json!({"code": 200, "data": [{"token_limit": "20000", "all_token_today": "12"}]}),
        _ => json!({"code": "404", "error": "Not Found", "msg": "Validate dates entered"}),
    };
    let status = if body["code"] == "404" { 404 } else { 200 };
    (status, body, Duration::from_millis(800))
}

fn refused(msg: &str) -> (u16, Value, Duration) {
    (403, json!({"code": "403", "error": "FORBIDDEN", "msg": msg}), Duration::from_millis(200))
}

pub(crate) fn acme(polls: &[(&str, u64)]) -> Operation {
    operation("acme", "America/Bogota", "http://wolkvox.test", polls)
}

#[tokio::test(start_paused = true)]
async fn a_day_and_a_night_are_as_planned() {
    let scene = Scene::start("2026-03-02T05:00:00Z", vec![acme(&ALL)], Box::new(ordinary));
    scene.pass(24 * HOUR).await;
    let requests = scene.stand_in.requests();
    for (api, planned) in [
        ("skills", 1440),
        ("agents_statustime", 288),
        ("cdr_4", 288),
        ("diagram_11", 288),
        ("chat_7", 288),
        ("token_info", 96),
    ] {
        // One more for the phase that follows the first round.
        assert!((planned..=planned + 1).contains(&requests[api]), "{api}: {}", requests[api]);
    }
    assert_eq!(scene.stand_in.most_in_flight(), 1);
    scene.expect(r#"wolkvox_up{operation="acme"}"#, Some(1.0));
    for report in ALL {
        let series =
            format!(r#"wolkvox_exporter_skipped_polls_total{{operation="acme",report="{}",reason="late"}}"#, report.0);
        scene.expect(&series, Some(0.0));
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_round_asks_each_report_once_the_live_one_first_and_turns_never_bunch() {
    let scene = Scene::start("2026-03-02T12:00:00Z", vec![acme(&ALL)], Box::new(ordinary));
    scene.pass(5 * Duration::from_secs(1)).await;
    let first: Vec<_> = scene.stand_in.log().into_iter().map(|asked| asked.api).collect();
    assert_eq!(first, ["skills", "agents_statustime", "cdr_4", "diagram_11", "chat_7", "token_info"]);
    assert!(scene.watches[0].is_ready());
    scene.pass(HOUR).await;
    let times: Vec<_> = scene.stand_in.log().into_iter().skip(6).map(|asked| asked.at.as_secs()).collect();
    let busiest = times.iter().map(|start| times.iter().filter(|at| (*start..start + 30).contains(at)).count()).max();
    assert!(busiest <= Some(3), "{busiest:?} requests within 30 s");
}

#[tokio::test(start_paused = true)]
async fn a_day_is_asked_for_from_local_midnight_in_local_time() {
    // 23:30 in Bogotá.
    let scene = Scene::start("2026-03-03T04:30:00Z", vec![acme(&[("agents", 600)])], Box::new(ordinary));
    scene.pass(70 * MINUTE).await;
    let windows: Vec<_> = scene.stand_in.log().into_iter().filter_map(|asked| asked.window).collect();
    assert_eq!(windows[0], ("20260302000000".to_owned(), "20260302233000".to_owned()));
    for (from, to) in &windows {
        assert_eq!(from[..8], to[..8], "a window within one day");
        assert_eq!(from[8..], *"000000");
    }
    // The day before is asked for as a whole until it has settled.
    assert!(windows.contains(&("20260302000000".to_owned(), "20260302235959".to_owned())));
    assert!(windows.last().is_some_and(|(from, _)| from.starts_with("20260303")));
}

#[tokio::test(start_paused = true)]
async fn data_are_served_for_three_intervals_without_an_answer_and_their_age_for_ever() {
    let answers = |asked: &Asked| {
        let (status, body, takes) = ordinary(asked);
        if asked.at < 10 * MINUTE { (status, body, takes) } else { (500, json!({}), takes) }
    };
    let scene = Scene::start("2026-03-02T12:00:00Z", vec![acme(&[("skills", 60)])], Box::new(answers));
    let calls = r#"wolkvox_skill_inbound_calls_total{operation="acme",skill_id="1"}"#;
    let succeeded = r#"wolkvox_report_last_success_timestamp_seconds{operation="acme",report="skills"}"#;
    scene.pass(10 * MINUTE + Duration::from_secs(2)).await;
    scene.expect(calls, Some(7.0));
    let last_success = value(&scene.lines(), succeeded).unwrap();
    let start = "2026-03-02T12:00:00Z".parse::<Timestamp>().unwrap().as_second();
    let answered_at = last_success - start as f64;
    let served_until = Duration::from_secs_f64(answered_at) + 3 * MINUTE;
    scene.pass(served_until - 10 * MINUTE - Duration::from_secs(4)).await;
    scene.expect(calls, Some(7.0));
    scene.expect(r#"wolkvox_report_success{operation="acme",report="skills"}"#, Some(0.0));
    scene.pass(Duration::from_secs(4)).await;
    scene.expect(calls, None);
    scene.pass(30 * HOUR).await;
    scene.expect(succeeded, Some(last_success));
    scene.expect(r#"wolkvox_up{operation="acme"}"#, Some(0.0));
    scene.expect(r#"wolkvox_exporter_series{operation="acme",report="skills"}"#, Some(0.0));
}

#[tokio::test(start_paused = true)]
async fn nothing_happened_is_an_answer() {
    let scene = Scene::start(
        "2026-03-02T12:00:00Z",
        vec![acme(&[("call_durations", 60), ("ivr_calls", 60)])],
        Box::new(ordinary),
    );
    scene.pass(MINUTE).await;
    scene.expect(r#"wolkvox_report_success{operation="acme",report="ivr_calls"}"#, Some(1.0));
    scene.expect(r#"wolkvox_up{operation="acme"}"#, Some(1.0));
    scene.expect(r#"wolkvox_call_duration_seconds_count{operation="acme"}"#, Some(0.0));
    assert!(!scene.lines().iter().any(|line| line.starts_with("wolkvox_ivr_calls_total")));
}

#[tokio::test(start_paused = true)]
async fn one_round_asks_for_each_report_once_and_keeps_the_answers_however_long_it_takes() {
    let slow = |asked: &Asked| {
        let (status, body, _) = ordinary(asked);
        (status, body, Duration::from_secs(20))
    };
    let stand_in = Arc::new(StandIn {
        begun: Instant::now(),
        answers: Box::new(slow),
        log: Mutex::default(),
        in_flight: AtomicUsize::new(0),
        most_in_flight: AtomicUsize::new(0),
    });
    let router = axum::Router::new().fallback(answer).with_state(Arc::clone(&stand_in));
    let operation = acme(&[("skills", 1), ("agents", 1), ("quota", 1)]);
    let token = operation.token.read().unwrap();
    let upstream = Upstream::new(Transport::Router(router), &operation.base_url);
    let mut scene = Scene::start("2026-03-02T12:00:00Z", Vec::new(), Box::new(ordinary));
    let around = Surroundings {
        clock: Clock::starting_at("2026-03-02T12:00:00Z".parse().unwrap()),
        gates: Arc::new(Gates::default()),
        board: Arc::clone(&scene.board),
        series_per_report: 1_000,
        storage: None,
    };
    let (poller, watch) = Poller::new(Arc::new(operation), 0, token, upstream, around);
    scene.tasks.spawn("poll", poller.run_once(scene.tasks.shutdown()));
    assert_eq!(scene.tasks.first_end().await, "poll");
    scene.pass(HOUR).await;
    assert_eq!(stand_in.log().len(), 3);
    assert!(watch.is_ready());
    scene.expect(r#"wolkvox_skill_inbound_calls_total{operation="acme",skill_id="1"}"#, Some(7.0));
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_asked_about_ever_more_rarely_and_at_once_when_it_changes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    std::fs::write(&path, TOKEN).unwrap();
    let operation = Operation { token: TokenSource::File(path.clone()), ..acme(&ALL) };
    let answers = |asked: &Asked| if asked.token == TOKEN { refused("PLEASE VALIDATE TOKEN") } else { ordinary(asked) };
    let scene = Scene::start("2026-03-02T05:00:00Z", vec![operation], Box::new(answers));
    scene.pass(MINUTE / 2).await;
    assert_eq!(scene.stand_in.log().len(), 1);
    assert!(scene.watches[0].is_ready());
    for report in ALL {
        scene.expect(&format!(r#"wolkvox_report_success{{operation="acme",report="{}"}}"#, report.0), Some(0.0));
    }
    scene.expect(r#"wolkvox_up{operation="acme"}"#, Some(0.0));
    scene.pass(12 * HOUR).await;
    let asked = scene.stand_in.log().len();
    assert!((12..40).contains(&asked), "{asked} requests with a refused token in half a day");
    scene.expect(
        r#"wolkvox_exporter_api_request_failures_total{operation="acme",report="skills",cause="auth"}"#,
        Some(scene.stand_in.requests()["skills"] as f64),
    );

    std::fs::write(&path, "another-token\n").unwrap();
    scene.pass(Duration::from_secs(8)).await;
    let log = scene.stand_in.log();
    assert_eq!(log.len(), asked + ALL.len());
    assert!(log.iter().skip(asked).all(|asked| asked.token == "another-token"));
    scene.expect(r#"wolkvox_up{operation="acme"}"#, Some(1.0));
}

#[tokio::test(start_paused = true)]
async fn a_spent_quota_rests_until_local_midnight() {
    // 18:00 in Bogotá; the quota is spent an hour later.
    let answers = |asked: &Asked| {
        if (HOUR..6 * HOUR).contains(&asked.at) { refused("TOKEN LIMIT EXCEEDED") } else { ordinary(asked) }
    };
    let scene = Scene::start("2026-03-02T23:00:00Z", vec![acme(&ALL)], Box::new(answers));
    scene.pass(5 * HOUR + 59 * MINUTE).await;
    assert_eq!(scene.stand_in.between(HOUR, 6 * HOUR), 1);
    scene.expect(r#"wolkvox_up{operation="acme"}"#, Some(0.0));
    let skipped = value(
        &scene.lines(),
        r#"wolkvox_exporter_skipped_polls_total{operation="acme",report="skills",reason="quota"}"#,
    );
    assert!(skipped >= Some(297.0), "{skipped:?}");
    let midnight: Timestamp = "2026-03-03T05:00:00Z".parse().unwrap();
    let told = scene.watches[0].status();
    assert!(told.reports.iter().all(|report| report.next_attempt >= Some(midnight)), "asked before midnight: {told:?}");
    scene.pass(3 * MINUTE).await;
    assert!(scene.stand_in.between(6 * HOUR, 7 * HOUR) > 0);
    scene.expect(r#"wolkvox_up{operation="acme"}"#, Some(1.0));
}

#[tokio::test(start_paused = true)]
async fn a_quota_refused_for_the_day_that_has_just_ended_does_not_cost_the_next_day() {
    // Ten seconds before midnight in Bogotá; the refusal comes after it.
    let answers = |asked: &Asked| {
        let (status, body, _) = refused("TOKEN LIMIT EXCEEDED");
        if asked.at < Duration::from_secs(5) { (status, body, Duration::from_secs(20)) } else { ordinary(asked) }
    };
    let scene = Scene::start("2026-03-03T04:59:50Z", vec![acme(&ALL)], Box::new(answers));
    scene.pass(10 * MINUTE).await;
    scene.expect(r#"wolkvox_up{operation="acme"}"#, Some(1.0));
    assert_eq!(scene.stand_in.requests().len(), ALL.len());
}

#[tokio::test(start_paused = true)]
async fn a_quota_that_is_yesterdays_a_moment_longer_costs_a_quarter_of_an_hour() {
    // A minute before midnight in Bogotá; where wolkvox counts, the day turns two minutes later than here.
    let answers = |asked: &Asked| {
        if asked.at < 3 * MINUTE { refused("TOKEN LIMIT EXCEEDED") } else { ordinary(asked) }
    };
    let scene = Scene::start("2026-03-03T04:59:00Z", vec![acme(&[("skills", 10)])], Box::new(answers));
    scene.pass(16 * MINUTE).await;
    scene.expect(r#"wolkvox_up{operation="acme"}"#, Some(0.0));
    assert_eq!(scene.stand_in.log().len(), 2);
    scene.pass(2 * MINUTE).await;
    scene.expect(r#"wolkvox_up{operation="acme"}"#, Some(1.0));
}

#[tokio::test(start_paused = true)]
async fn maintenance_is_asked_about_at_each_turn_and_no_more_often() {
    let scene = Scene::start(
        "2026-03-02T05:00:00Z",
        vec![acme(&[("agents", 300)])],
        Box::new(|_| refused("Servidor en mantenimiento")),
    );
    scene.pass(2 * HOUR).await;
    assert!((24..=26).contains(&scene.stand_in.log().len()));
}

#[tokio::test(start_paused = true)]
async fn trouble_is_tried_again_twice_within_the_plan() {
    let failing = |_: &Asked| (503, json!({}), Duration::from_millis(100));
    let scene = Scene::start("2026-03-02T05:00:00Z", vec![acme(&[("agents", 300)])], Box::new(failing));
    scene.pass(2 * HOUR).await;
    let asked = scene.stand_in.log().len();
    assert!((24 * 3..=26 * 3).contains(&asked), "{asked}");

    // Licences for 1000 requests, nearly all of them planned: the few that are left are not spent twice.
    let polls = [("skills", 100), ("agents", 864)];
    for quota_share in [1.0, 0.97] {
        let operation = Operation { licenses: Some(1), quota_share, ..acme(&polls) };
        let scene = Scene::start("2026-03-02T05:00:00Z", vec![operation], Box::new(failing));
        scene.pass(3 * 24 * HOUR - MINUTE).await;
        for day in 0..3 {
            let spent = scene.stand_in.between(day * 24 * HOUR, (day + 1) * 24 * HOUR);
            assert!(spent as f64 <= 1_000.0 * quota_share, "{spent} requests on day {day}");
            assert!(spent >= 950, "{spent} requests on day {day}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_wolkvox_asks_for_is_kept() {
    let busy = axum::Router::new().fallback(async || (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "120")]));
    let (busy, counter) = counting(busy);
    let scene = poll_over(&busy, acme(&[("skills", 30)]));
    scene.pass(Duration::from_secs(119)).await;
    assert_eq!(counter.load(Ordering::SeqCst), 1);
    scene.pass(Duration::from_secs(2)).await;
    assert_eq!(counter.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn without_licences_the_limit_that_wolkvox_tells_is_kept() {
    let answers = |asked: &Asked| match asked.api.as_str() {
        "token_info" => {
            (200, json!({"code": 200, "data": [{"token_limit": "1000", "all_token_today": "1"}]}), Duration::ZERO)
        }
        _ => ordinary(asked),
    };
    let scene = Scene::start("2026-03-02T05:00:00Z", vec![acme(&ALL)], Box::new(answers));
    scene.pass(24 * HOUR - MINUTE).await;
    assert_eq!(scene.stand_in.log().len(), 800);
    scene.expect(r#"wolkvox_exporter_budget_limit_requests{operation="acme"}"#, Some(800.0));
    scene.pass(10 * MINUTE).await;
    assert!(scene.stand_in.log().len() > 800, "a new day has a new budget");
}

#[tokio::test(start_paused = true)]
async fn slow_answers_make_turns_late_and_they_are_counted_not_made_up() {
    let slow = |asked: &Asked| {
        let (status, body, _) = ordinary(asked);
        (status, body, Duration::from_secs(25))
    };
    let scene = Scene::start("2026-03-02T12:00:00Z", vec![acme(&[("skills", 10), ("agents", 60)])], Box::new(slow));
    scene.pass(HOUR).await;
    let asked = scene.stand_in.log().len();
    assert!((140..=145).contains(&asked), "{asked} requests of 25 s in an hour");
    assert_eq!(scene.stand_in.most_in_flight(), 1);
    let late = |report: &str| {
        let series =
            format!(r#"wolkvox_exporter_skipped_polls_total{{operation="acme",report="{report}",reason="late"}}"#);
        value(&scene.lines(), &series).unwrap()
    };
    let taken = scene.stand_in.requests();
    let turns = late("skills") + taken["skills"] as f64;
    assert!((350.0..=362.0).contains(&turns), "{turns} turns of 10 s in an hour");
    assert!(taken["agents_statustime"] >= 40, "{taken:?}");
}

#[tokio::test(start_paused = true)]
async fn one_operations_trouble_shows_nowhere_else_and_a_shared_token_is_asked_one_at_a_time() {
    let token = |text: &str| TokenSource::Held(Token::new(text).unwrap());
    let named = |name: &str, secret: &str| Operation {
        token: token(secret),
        ..operation(name, "America/Bogota", "http://wolkvox.test", &ALL)
    };
    let answers = |asked: &Asked| match asked.token.as_str() {
        "wrong" => refused("PLEASE VALIDATE TOKEN"),
        "hangs" => (200, json!({}), 2 * HOUR),
        _ => ordinary(asked),
    };
    let operations =
        vec![named("bad", "wrong"), named("stuck", "hangs"), named("good", "right"), named("twin", "right")];
    let scene = Scene::start("2026-03-02T12:00:00Z", operations, Box::new(answers));
    scene.pass(HOUR).await;
    for (name, up) in [("bad", 0.0), ("stuck", 0.0), ("good", 1.0), ("twin", 1.0)] {
        scene.expect(&format!(r#"wolkvox_up{{operation="{name}"}}"#), Some(up));
        let calls = format!(r#"wolkvox_skill_inbound_calls_total{{operation="{name}",skill_id="1"}}"#);
        scene.expect(&calls, (up == 1.0).then_some(7.0));
    }
    let right: Vec<_> =
        scene.stand_in.log().into_iter().filter(|asked| asked.token == "right").map(|asked| asked.at).collect();
    for pair in right.windows(2) {
        assert!(pair[1] - pair[0] >= Duration::from_millis(800), "two requests at once with one token");
    }
    assert!(scene.watches.iter().all(Watch::is_alive));
}

#[tokio::test(start_paused = true)]
async fn the_series_limit_holds_and_what_is_left_out_is_counted() {
    let many = |_: &Asked| {
        let rows: Vec<_> = (0..1_500).map(|id| json!({"skill_id": id, "stat_inbound": 1})).collect();
        (200, json!({"code": 200, "data": rows}), Duration::ZERO)
    };
    let scene = Scene::start("2026-03-02T12:00:00Z", vec![acme(&[("skills", 60)])], Box::new(many));
    scene.pass(Duration::from_secs(1)).await;
    scene.expect(r#"wolkvox_exporter_series{operation="acme",report="skills"}"#, Some(1_000.0));
    // One series beside the skills' own tells what their service levels are shares of.
    scene.expect(r#"wolkvox_exporter_dropped_series_total{operation="acme",report="skills"}"#, Some(501.0));
}

#[tokio::test(start_paused = true)]
async fn open_hours_and_the_day_follow_the_operations_clock_though_nothing_is_answered() {
    let hours = |open: &str| {
        let text = format!(
            "operations: [{{ name: a, server: 1, token_env: T, timezone: America/Bogota, open_hours: {open} }}]"
        );
        let environment = |_: &str| Some("x".to_owned());
        let config = wolkvox_exporter::config::Config::parse(
            &text,
            std::path::Path::new("f"),
            &wolkvox_exporter::config::Switches::default(),
            &environment,
        );
        config.unwrap().operations.remove(0).open_hours
    };
    let operation = Operation { open_hours: hours("{ mon-fri: \"07:00-20:00\" }"), ..acme(&[("skills", 60)]) };
    // Monday, 19:58:30 in Bogotá.
    let hang = |_: &Asked| (200, json!({}), 48 * HOUR);
    let scene = Scene::start("2026-03-03T00:58:30Z", vec![operation], Box::new(hang));
    scene.pass(MINUTE).await;
    scene.expect(r#"wolkvox_operation_open{operation="acme"}"#, Some(1.0));
    scene.pass(MINUTE).await;
    scene.expect(r#"wolkvox_operation_open{operation="acme"}"#, Some(0.0));
    let midnight = |text: &str| Some(text.parse::<Timestamp>().unwrap().as_second() as f64);
    let day_start = r#"wolkvox_operation_day_start_timestamp_seconds{operation="acme"}"#;
    scene.expect(day_start, midnight("2026-03-02T05:00:00Z"));
    scene.pass(4 * HOUR).await;
    scene.expect(day_start, midnight("2026-03-03T05:00:00Z"));
}

/// Counts the requests that reach a router.
fn counting(router: axum::Router) -> (axum::Router, Arc<AtomicUsize>) {
    let counter = Arc::new(AtomicUsize::new(0));
    let tally = Arc::clone(&counter);
    let layer = axum::middleware::from_fn(move |request: axum::extract::Request, next: axum::middleware::Next| {
        tally.fetch_add(1, Ordering::SeqCst);
        next.run(request)
    });
    (router.layer(layer), counter)
}

/// Polls one operation over any router.
fn poll_over(router: &axum::Router, operation: Operation) -> Scene {
    const START: &str = "2026-03-02T12:00:00Z";
    let idle = Scene::start(START, Vec::new(), Box::new(ordinary)).stand_in;
    Scene::over(START, vec![operation], router, idle)
}
