//! Days that end while nobody looks, and clocks that are wrong.

use super::*;

const INBOUND: &str = "wolkvox_skill_inbound_calls_total";
const CALLS: &str = "wolkvox_agent_calls_total";
const ANA: &str = "agent_id=\"1\",direction=\"inbound\"";
const EVA: &str = "agent_id=\"2\",direction=\"inbound\"";

#[tokio::test(start_paused = true)]
async fn a_skill_that_has_fallen_over_midnight_begins_anew_however_long_nobody_answered() {
    // 22:00 in Bogotá.
    let mut scene = Scene::at("2026-03-03T03:00:00Z", "skills", MINUTE);
    scene.tells(skill(100));
    scene.live().await;
    assert_eq!(scene.value(INBOUND, "skill_id=\"7\""), Some(100.0));
    scene.fails();
    scene.pass(11 * HOUR).await;
    // Nine in the morning: more than half of yesterday's calls, and still today's.
    scene.tells(skill(60));
    scene.pass(2 * MINUTE).await;
    assert_eq!(scene.value(INBOUND, "skill_id=\"7\""), Some(60.0));
    scene.tells(skill(59));
    scene.pass(2 * MINUTE).await;
    assert_eq!(scene.value(INBOUND, "skill_id=\"7\""), Some(60.0), "within the day it is a correction");
}

#[tokio::test(start_paused = true)]
async fn a_skill_begins_anew_below_half_at_any_hour_and_over_midnight_after_a_restart() {
    // 23:50 in Bogotá.
    let mut scene = Scene::at("2026-03-03T04:50:00Z", "skills", MINUTE);
    scene.tells(skill(3));
    scene.live().await;
    scene.die();
    scene.pass(20 * MINUTE).await;
    scene.tells(skill(2));
    scene.live().await;
    assert_eq!(scene.value(INBOUND, "skill_id=\"7\""), Some(2.0), "ten past midnight");
    for (told, served) in [(100, 100.0), (50, 100.0), (49, 49.0), (51, 51.0)] {
        scene.tells(skill(told));
        scene.pass(MINUTE).await;
        assert_eq!(scene.value(INBOUND, "skill_id=\"7\""), Some(served), "{told}");
    }
}

#[tokio::test(start_paused = true)]
async fn days_that_were_missed_are_closed_one_after_another_each_for_long_enough_to_be_scraped() {
    // Nine in the morning of Monday, March 2.
    let mut scene = Scene::at("2026-03-02T14:00:00Z", "agents", 5 * MINUTE);
    scene.tells(json!([agent("2026-03-02", "1", 3)]));
    scene.live().await;
    scene.die();
    scene.days();
    scene.pass(72 * HOUR).await;
    scene.tells(json!([
        agent("2026-03-02", "1", 5),
        agent("2026-03-03", "1", 6),
        agent("2026-03-03", "2", 2),
        agent("2026-03-05", "1", 1),
    ]));
    scene.live().await;
    let mut seen: Vec<(Option<f64>, Option<f64>)> = Vec::new();
    for _ in 0..60 {
        let now = (scene.value(CALLS, ANA), scene.value(CALLS, EVA));
        if seen.last() != Some(&now) {
            seen.push(now);
        }
        scene.pass(30 * SECOND).await;
    }
    let zeros = (Some(0.0), Some(0.0));
    let of = |ana, eva: Option<f64>| (Some(ana), eva);
    assert_eq!(seen, [of(5.0, None), zeros, of(6.0, Some(2.0)), (None, None), of(0.0, None), of(1.0, None)]);
    let mut days = scene.days();
    days.dedup();
    assert_eq!(days, ["20260302", "20260303", "20260304", "20260305"]);
}

#[tokio::test(start_paused = true)]
async fn a_report_that_is_asked_for_once_a_day_tells_each_day_whole() {
    let mut scene = Scene::at("2026-03-02T20:00:00Z", "agents", 24 * HOUR);
    scene.tells(json!([agent("2026-03-02", "1", 3), agent("2026-03-03", "1", 4), agent("2026-03-04", "1", 5)]));
    scene.live().await;
    scene.pass(73 * HOUR).await;
    assert_eq!(scene.days(), ["20260302", "20260302", "20260303", "20260304"]);
    assert_eq!(scene.value(CALLS, ANA), Some(5.0));
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_was_ahead_makes_no_later_process_wait_or_serve_for_ever() {
    let mut scene = Scene::at("2026-03-09T14:00:00Z", "skills", MINUTE);
    scene.tells(skill(100));
    scene.live().await;
    scene.die();
    // The machine's clock is put right, and the next process finds moments of a week later.
    scene.clock = Clock::starting_at("2026-03-02T14:00:00Z".parse().unwrap());
    scene.tells(skill(101));
    scene.start();
    scene.pass(61 * SECOND).await;
    assert_eq!(scene.value(INBOUND, "skill_id=\"7\""), Some(101.0));
    scene.die();
    scene.clock = Clock::starting_at("2026-03-01T14:00:00Z".parse().unwrap());
    scene.fails();
    scene.start();
    scene.pass(3 * MINUTE + 2 * SECOND).await;
    assert_eq!(scene.value(INBOUND, "skill_id=\"7\""), None, "what is old is not served");
}

#[tokio::test(start_paused = true)]
async fn a_zero_that_was_withdrawn_too_soon_is_shown_again() {
    let mut scene = Scene::at("2026-03-02T14:00:00Z", "agents", 5 * SECOND);
    scene.tells(json!([agent("2026-03-02", "1", 3)]));
    scene.live().await;
    scene.tells(json!([agent("2026-03-02", "1", 3), agent("2026-03-02", "2", 2)]));
    scene.pass(5 * SECOND).await;
    assert_eq!(scene.value(CALLS, EVA), Some(0.0));
    scene.fails();
    scene.pass(5 * MINUTE).await;
    assert_eq!(scene.value(CALLS, EVA), None, "too old");
    scene.tells(json!([agent("2026-03-02", "1", 3), agent("2026-03-02", "2", 4)]));
    scene.pass(15 * SECOND).await;
    assert_eq!((scene.value(CALLS, ANA), scene.value(CALLS, EVA)), (Some(3.0), Some(0.0)));
    scene.pass(MINUTE).await;
    assert_eq!((scene.value(CALLS, ANA), scene.value(CALLS, EVA)), (Some(3.0), Some(4.0)));
}

#[tokio::test(start_paused = true)]
async fn a_histogram_that_is_new_is_zero_in_every_line_for_a_minute() {
    let call = |id: &str, point: &str| json!({ "conn_id": id, "rp_id": point, "time_on_rp": "00:00:07" });
    let mut scene = Scene::at("2026-03-02T14:00:00Z", "ivr_calls", MINUTE);
    scene.tells(json!([call("a", "1")]));
    scene.live().await;
    scene.tells(json!([call("a", "1"), call("b", "2")]));
    scene.pass(MINUTE).await;
    let told = |scene: &Scene, point: &str| {
        let line = |suffix: &str, le: &str| {
            scene.value(&format!("wolkvox_ivr_duration_seconds{suffix}"), &format!("routing_point_id=\"{point}\"{le}"))
        };
        [line("_bucket", ",le=\"5\""), line("_bucket", ",le=\"10\""), line("_sum", ""), line("_count", "")]
    };
    assert_eq!(told(&scene, "1"), [0.0, 1.0, 7.0, 1.0].map(Some), "after a start without a state it may be an old one");
    assert_eq!(told(&scene, "2"), [0.0; 4].map(Some));
    // Nor is a kill a reason to skip the zero, which nobody may have seen.
    scene.live_again().await;
    assert_eq!(told(&scene, "2"), [0.0; 4].map(Some));
    scene.pass(MINUTE + SECOND).await;
    assert_eq!(told(&scene, "2"), [0.0, 1.0, 7.0, 1.0].map(Some));
}

#[tokio::test(start_paused = true)]
async fn a_last_rise_that_was_saved_but_never_seen_is_shown_though_its_row_has_gone() {
    let told = |ana, eva| json!([agent("2026-03-02", "1", ana), agent("2026-03-02", "2", eva)]);
    let alone = |ana| json!([agent("2026-03-02", "1", ana)]);
    let shown = |scene: &Scene| (scene.value(CALLS, ANA), scene.value(CALLS, EVA));
    let mut scene = Scene::at("2026-03-02T14:00:00Z", "agents", 5 * MINUTE);
    scene.tells(told(3, 2));
    scene.live().await;
    scene.tells(told(3, 4));
    scene.pass(5 * MINUTE).await;
    // Killed before the next scrape; what it has saved is too old to be served by the next one, and gone from the answer.
    scene.die();
    scene.pass(16 * MINUTE).await;
    scene.tells(alone(5));
    for _ in 0..2 {
        // The one that tells of it may be killed at once, too.
        scene.live_again().await;
        assert_eq!(shown(&scene), (Some(5.0), Some(4.0)));
    }
    scene.pass(58 * SECOND).await;
    assert_eq!(shown(&scene), (Some(5.0), Some(4.0)));
    scene.pass(5 * MINUTE).await;
    assert_eq!(shown(&scene), (Some(5.0), None));
    // What was there to be seen is not told again.
    scene.live_again().await;
    assert_eq!(shown(&scene), (Some(5.0), None));
    scene.tells(told(5, 4));
    scene.pass(5 * MINUTE).await;
    assert_eq!(shown(&scene), (Some(5.0), Some(4.0)));
    scene.tells(alone(5));
    scene.pass(5 * MINUTE).await;
    assert_eq!(shown(&scene), (Some(5.0), None), "an answer that was there for minutes was seen");
}

#[tokio::test(start_paused = true)]
async fn what_comes_and_goes_within_a_minute_is_shown_as_zero_and_as_what_it_was() {
    let mut scene = Scene::at("2026-03-02T14:00:00Z", "agents", 10 * SECOND);
    scene.tells(json!([agent("2026-03-02", "1", 3)]));
    scene.live().await;
    scene.pass(2 * MINUTE).await;
    scene.tells(json!([agent("2026-03-02", "1", 3), agent("2026-03-02", "2", 2)]));
    scene.pass(10 * SECOND).await;
    scene.tells(json!([agent("2026-03-02", "1", 3)]));
    let mut seen: Vec<(Option<f64>, u32)> = Vec::new();
    for _ in 0..200 {
        let now = scene.value(CALLS, EVA);
        match seen.last_mut() {
            Some((value, seconds)) if *value == now => *seconds += 1,
            _ => seen.push((now, 1)),
        }
        scene.pass(SECOND).await;
    }
    let [(Some(0.0), zero), (Some(2.0), two), (None, _)] = seen[..] else { panic!("{seen:?}") };
    assert!((57..=61).contains(&zero) && (59..=61).contains(&two), "{seen:?}");
}
