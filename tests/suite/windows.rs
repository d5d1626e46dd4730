//! A report that tells every event is asked for in windows: what is served is the whole day, each call once, whatever
//! windows it came in and whatever went wrong on the way.

use std::time::Duration;

use serde_json::{Value, json};
use wolkvox_exporter::config::Operation;

use crate::asking::value;
use crate::polling::{Asked, HOUR, MINUTE, Scene, acme};

/// wolkvox tells no more rows than these.
const ROW_LIMIT: usize = 60_000;

/// Seven in the morning in Bogotá.
const SEVEN: &str = "2026-03-02T12:00:00Z";

const CALLS: &str = r#"wolkvox_ivr_calls_total{operation="acme",routing_point_id="1",outcome="contained"}"#;
const HANDLED: &str = r#"wolkvox_skill_handle_seconds_sum{operation="acme",skill_id="9"}"#;
const ROWS: &str = r#"wolkvox_report_rows{operation="acme",report="ivr_calls"}"#;
const SUCCESS: &str = r#"wolkvox_report_success{operation="acme",report="ivr_calls"}"#;

/// What is told of one call, from a moment of the test on.
struct Told {
    from: Duration,
    /// When the call ended, as windows spell it.
    ended: String,
    row: Value,
}

fn told(from: Duration, ended: &str, row: Value) -> Told {
    Told { from, ended: format!("20260302{ended}"), row }
}

/// Answers as wolkvox does: what is known by then, of the calls that ended in the window, cut at the limit.
fn line(calls: Vec<Told>) -> impl Fn(&Asked) -> (u16, Value, Duration) {
    move |asked| {
        let (from, to) = asked.window.clone().unwrap();
        let rows = calls.iter().filter(|call| call.from <= asked.at && (&from..=&to).contains(&&call.ended));
        // What was told later of a call comes instead of what was told before.
        let mut known: Vec<&Value> = Vec::new();
        for call in rows.take(ROW_LIMIT) {
            match known.last_mut().filter(|last| last["conn_id"] == call.row["conn_id"]) {
                Some(last) => *last = &call.row,
                None => known.push(&call.row),
            }
        }
        if known.is_empty() {
            return (404, json!({"code": "404", "error": "Not Found", "msg": "Validate dates entered"}), MINUTE / 60);
        }
        (200, json!({"code": "200", "data": known}), MINUTE / 60)
    }
}

/// So many calls between midnight and five, one as long after the other.
fn busy_night(calls: u32) -> Vec<Told> {
    let ended = |call: u32| {
        let second = u64::from(call) * 5 * 3600 / u64::from(calls);
        format!("{:02}{:02}{:02}", second / 3600, second / 60 % 60, second % 60)
    };
    let call = |call| told(Duration::ZERO, &ended(call), json!({"conn_id": call, "rp_id": 1, "time_on_rp": 1}));
    (0..calls).map(call).collect()
}

fn polled() -> Vec<Operation> {
    vec![acme(&[("ivr_calls", 300)])]
}

/// The windows asked for so far, without their date.
fn windows(scene: &Scene) -> Vec<String> {
    let windows = scene.stand_in.log().into_iter().filter_map(|asked| asked.window);
    windows.map(|(from, to)| format!("{} {}", &from[6..], &to[6..])).collect()
}

/// Whether every request was counted, one at a time.
#[track_caller]
fn expect_counted(scene: &Scene) {
    let requests = scene.stand_in.log().len() as f64;
    scene.expect(r#"wolkvox_exporter_budget_used_requests{operation="acme"}"#, Some(requests));
    scene.expect(r#"wolkvox_exporter_api_requests_total{operation="acme",report="ivr_calls"}"#, Some(requests));
    assert_eq!(scene.stand_in.most_in_flight(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_last_hours_are_asked_for_often_the_whole_day_each_hour_and_each_day_to_its_end() {
    // 19:00 in Bogotá.
    let call = |ended| told(Duration::ZERO, ended, json!({"conn_id": ended, "rp_id": 1}));
    let calls = vec![call("080000"), call("185900")];
    let scene = Scene::start("2026-03-03T00:00:00Z", polled(), Box::new(line(calls)));
    scene.pass(5 * HOUR - MINUTE).await;
    scene.expect(CALLS, Some(2.0));
    scene.expect(SUCCESS, Some(1.0));
    let evening = windows(&scene);
    let whole = |window: &String| window.starts_with("02000000");
    assert!((60..=61).contains(&evening.len()), "{}", evening.len());
    let wholes: Vec<usize> = (0..evening.len()).filter(|at| whole(&evening[*at])).collect();
    assert!(wholes.windows(2).all(|pair| (12..=13).contains(&(pair[1] - pair[0]))), "{wholes:?}");
    assert!((5..=6).contains(&wholes.len()), "{wholes:?}");
    for recent in evening.iter().filter(|window| !whole(window)) {
        let hours = |at: usize| recent[at..at + 2].parse::<u32>().unwrap();
        assert_eq!(recent[4..8], recent[13..17], "the same minute and second: {recent}");
        assert_eq!(hours(2) + 2, hours(11), "{recent}");
    }
    expect_counted(&scene);

    scene.pass(HOUR).await;
    let night = windows(&scene).split_off(evening.len());
    let closing = night.iter().filter(|window| *window == "02000000 02235959").count();
    assert!((4..=6).contains(&closing), "{night:?}");
    assert!(night[closing..].iter().all(|window| window.starts_with("03000000 03")), "{night:?}");
}

#[tokio::test(start_paused = true)]
async fn late_rows_are_seen_and_changed_ones_replace_themselves() {
    let answered = |id: &str, seconds: u32, code: &str| {
        json!({"conn_id": id, "rp_id": 1, "skill_id": 9, "skill_result": "ANSWER", "time_with_agent": seconds,
            "cod_act": code})
    };
    let scene = Scene::start(
        SEVEN,
        polled(),
        Box::new(line(vec![
            told(Duration::ZERO, "010000", answered("a", 100, "-")),
            told(20 * MINUTE, "010000", answered("a", 100, "SALE")),
            told(Duration::ZERO, "063000", answered("b", 50, "-")),
            told(20 * MINUTE, "063000", answered("b", 70, "SALE")),
            told(20 * MINUTE, "030000", answered("c", 1, "-")),
            told(20 * MINUTE, "065000", answered("d", 5, "-")),
        ])),
    );
    let calls = r#"wolkvox_ivr_calls_total{operation="acme",routing_point_id="1",outcome="agent"}"#;
    let sales = r#"wolkvox_ivr_coded_calls_total{operation="acme",activity_code="SALE",activity_code_2=""}"#;
    scene.pass(19 * MINUTE).await;
    scene.expect(calls, Some(2.0));
    scene.expect(HANDLED, Some(150.0));
    scene.expect(sales, None);
    // What is recent is seen at once.
    scene.pass(11 * MINUTE).await;
    scene.expect(calls, Some(3.0));
    scene.expect(HANDLED, Some(100.0 + 70.0 + 5.0));
    scene.expect(sales, Some(1.0));
    // What is older, when the whole day is asked for.
    scene.pass(40 * MINUTE).await;
    scene.expect(calls, Some(4.0));
    scene.expect(HANDLED, Some(100.0 + 70.0 + 5.0 + 1.0));
    scene.expect(sales, Some(2.0));
    // And once seen it stays, though no answer speaks of it.
    scene.pass(3 * HOUR + 30 * MINUTE).await;
    scene.expect(calls, Some(4.0));
    scene.expect(sales, Some(2.0));
    scene.expect(r#"wolkvox_exporter_corrections_total{operation="acme",report="ivr_calls"}"#, Some(0.0));
}

#[tokio::test(start_paused = true)]
async fn a_failure_leaves_what_was_known() {
    let mut calls = vec![told(Duration::ZERO, "010000", json!({"conn_id": "a", "rp_id": 1}))];
    calls.push(told(26 * MINUTE, "071000", json!({"conn_id": "b", "rp_id": 1})));
    let ordinary = line(calls);
    let answers = move |asked: &Asked| {
        let (status, body, takes) = ordinary(asked);
        match asked.at {
            at if at < 10 * MINUTE || at > 25 * MINUTE => (status, body, takes),
            at if at < 18 * MINUTE => (500, json!({}), takes),
            // Some rows, and then what is no row.
            _ => (200, json!({"code": "200", "data": "nonsense"}), takes),
        }
    };
    let scene = Scene::start(SEVEN, polled(), Box::new(answers));
    for (passing, success, calls) in [(9, 1.0, 1.0), (8, 0.0, 1.0), (7, 0.0, 1.0), (10, 1.0, 2.0)] {
        scene.pass(passing * MINUTE).await;
        scene.expect(SUCCESS, Some(success));
        scene.expect(CALLS, Some(calls));
    }
    assert_eq!(windows(&scene).iter().filter(|window| window.starts_with("02000000")).count(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_answer_at_the_limit_is_asked_again_in_halves_and_its_total_is_exact() {
    let scene = Scene::start(SEVEN, polled(), Box::new(line(busy_night(100_000))));
    scene.pass(30 * Duration::from_secs(1)).await;
    let parts = ["000000 02070000", "000000 02033000", "000000 02014500", "014501 02033000", "033001 02070000"];
    assert_eq!(windows(&scene), parts.map(|part| format!("02{part}")));
    scene.expect(CALLS, Some(100_000.0));
    scene.expect(ROWS, Some(100_000.0));
    let failures =
        r#"wolkvox_exporter_api_request_failures_total{operation="acme",report="ivr_calls",cause="too_large"}"#;
    scene.expect(failures, Some(0.0));
    expect_counted(&scene);

    // Nobody called since, and that is no reason to forget the night.
    scene.pass(50 * MINUTE).await;
    scene.expect(CALLS, Some(100_000.0));
    scene.expect(ROWS, Some(0.0));
    // What was too large once is not asked for again.
    let before = windows(&scene).len();
    scene.pass(14 * MINUTE).await;
    scene.expect(CALLS, Some(100_000.0));
    let later = windows(&scene).split_off(before);
    let first = later.iter().position(|window| window.starts_with("02000000")).unwrap();
    let parts: Vec<&str> = later[first..first + 5].iter().map(|window| &window[2..6]).collect();
    assert_eq!(parts[..4], ["0000", "0136", "0312", "0448"], "{later:?}");
    assert!(!later.iter().any(|window| window.starts_with("02000000 0203")), "{later:?}");
    expect_counted(&scene);
}

#[tokio::test(start_paused = true)]
async fn where_one_part_is_not_answered_nothing_is_put_up() {
    let ordinary = line(busy_night(100_000));
    let answers = move |asked: &Asked| {
        let is_second = asked.window.as_ref().is_some_and(|(from, _)| !from.ends_with("000000"));
        if is_second && asked.at < 4 * MINUTE {
            (403, json!({"msg": "maintenance"}), MINUTE / 60)
        } else {
            ordinary(asked)
        }
    };
    let scene = Scene::start(SEVEN, polled(), Box::new(answers));
    scene.pass(MINUTE / 2).await;
    scene.expect(CALLS, None);
    scene.expect(ROWS, None);
    scene.expect(SUCCESS, Some(0.0));
    scene.pass(9 * MINUTE).await;
    scene.expect(CALLS, Some(100_000.0));
    expect_counted(&scene);
}

#[tokio::test(start_paused = true)]
async fn parts_are_asked_for_only_with_what_no_plan_needs() {
    let operation = Operation { licenses: Some(1), quota_share: 0.289, ..acme(&[("ivr_calls", 300)]) };
    let scene = Scene::start(SEVEN, vec![operation], Box::new(line(busy_night(100_000))));
    scene.pass(17 * MINUTE).await;
    scene.expect(CALLS, None);
    let skipped = r#"wolkvox_exporter_skipped_polls_total{operation="acme",report="ivr_calls",reason="budget"}"#;
    let asked = scene.stand_in.log().len() as f64;
    assert!(value(&scene.lines(), skipped) >= Some(asked), "{asked}");
    expect_counted(&scene);
}
