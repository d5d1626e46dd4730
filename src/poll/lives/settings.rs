//! What somebody configures anew between two lives.

use super::*;

const CALLS: &str = "wolkvox_agent_calls_total";
const ANA: &str = "agent_id=\"1\",direction=\"inbound\"";
const EVA: &str = "agent_id=\"2\",direction=\"inbound\"";

#[tokio::test(start_paused = true)]
async fn another_threshold_gets_its_own_bucket_and_leaves_the_others_as_they_were() {
    let waited = |id: &str, seconds: u32| {
        json!({ "conn_id": id, "rp_id": "1", "skill_id": "9", "skill_result": "ANSWER",
            "time_on_skill": format!("00:00:{seconds:02}") })
    };
    let bucket = |scene: &Scene, le: &str| {
        let labels = format!("skill_id=\"9\",outcome=\"answered\",le=\"{le}\"");
        scene.value("wolkvox_skill_wait_seconds_bucket", &labels)
    };
    let mut scene = Scene::at("2026-03-02T14:00:00Z", "ivr_calls", MINUTE);
    let calls = json!([waited("a", 3), waited("b", 18), waited("c", 22), waited("d", 27), waited("e", 50)]);
    scene.tells(calls.clone());
    scene.live().await;
    assert_eq!(["20", "25", "30"].map(|le| bucket(&scene, le)), [Some(2.0), None, Some(4.0)]);
    scene.operation.terms = Terms::new(None, AgentNames::Show, 25).into();
    for told in [calls.clone(), calls] {
        scene.live_again().await;
        scene.tells(told);
        scene.pass(MINUTE).await;
        let told = ["5", "20", "25", "30", "45", "60", "+Inf"].map(|le| bucket(&scene, le));
        assert_eq!(told, [1.0, 2.0, 3.0, 4.0, 4.0, 5.0, 5.0].map(Some));
        assert_eq!(scene.value("wolkvox_skill_wait_seconds_sum", "skill_id=\"9\",outcome=\"answered\""), Some(120.0));
    }
    let corrections = scene.value("wolkvox_exporter_corrections_total", "report=\"ivr_calls\"");
    assert_eq!(corrections, Some(0.0));
}

#[tokio::test(start_paused = true)]
async fn a_shorter_interval_begins_at_once() {
    let mut scene = Scene::at("2026-03-02T14:00:00Z", "skills", 24 * HOUR);
    scene.tells(skill(1));
    scene.live().await;
    scene.tells(skill(2));
    scene.operation.polls[0].interval = MINUTE;
    scene.live_again().await;
    scene.pass(MINUTE).await;
    assert_eq!(scene.value("wolkvox_skill_inbound_calls_total", "skill_id=\"7\""), Some(2.0));
}

#[tokio::test(start_paused = true)]
async fn a_report_that_was_switched_off_over_midnight_first_closes_its_day() {
    // 23:00 in Bogotá.
    let mut scene = Scene::at("2026-03-03T04:00:00Z", "agents", 5 * MINUTE);
    scene.tells(json!([agent("2026-03-02", "1", 3)]));
    scene.live().await;
    let polls = scene.operation.polls.clone();
    scene.operation.polls = vec![Poll { report: reports::named("skills").unwrap(), interval: HOUR }];
    scene.live_again().await;
    scene.pass(10 * HOUR).await;
    scene.days();
    scene.operation.polls = polls;
    scene.tells(json!([agent("2026-03-02", "1", 5), agent("2026-03-03", "1", 2), agent("2026-03-03", "2", 1)]));
    scene.live_again().await;
    assert_eq!((scene.value(CALLS, ANA), scene.value(CALLS, EVA)), (Some(5.0), None));
    scene.pass(10 * MINUTE).await;
    assert_eq!((scene.value(CALLS, ANA), scene.value(CALLS, EVA)), (Some(2.0), Some(1.0)));
    let mut days = scene.days();
    days.dedup();
    assert_eq!(days, ["20260302", "20260303"]);
}

#[tokio::test(start_paused = true)]
async fn another_zone_or_another_server_begins_as_without_a_state() {
    let changes: [fn(&mut Operation); 2] = [
        |operation| {
            operation.timezone_name = "America/Lima".to_owned();
            operation.timezone = TimeZone::get("America/Lima").unwrap();
        },
        |operation| operation.base_url = "http://other.test".to_owned(),
    ];
    for change in changes {
        let mut scene = Scene::at("2026-03-02T14:00:00Z", "agents", MINUTE);
        scene.tells(json!([agent("2026-03-02", "1", 3)]));
        scene.live().await;
        change(&mut scene.operation);
        scene.tells(json!([agent("2026-03-02", "1", 2), agent("2026-03-02", "2", 4)]));
        scene.live_again().await;
        assert_eq!((scene.value(CALLS, ANA), scene.value(CALLS, EVA)), (Some(2.0), Some(4.0)), "asked for at once");
        assert!(scene.state().with_added_extension("damaged").exists(), "the state of before is set aside");
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_waits_where_neither_births_nor_settling_is_wanted() {
    // 23:58 in Bogotá.
    let mut scene = Scene::at("2026-03-03T04:58:00Z", "agents", MINUTE);
    (scene.operation.births, scene.operation.settling) = (Duration::ZERO, Duration::ZERO);
    scene.tells(json!([agent("2026-03-02", "1", 3)]));
    scene.live().await;
    scene.tells(json!([agent("2026-03-02", "1", 4), agent("2026-03-02", "2", 2), agent("2026-03-03", "1", 1)]));
    scene.pass(MINUTE).await;
    assert_eq!((scene.value(CALLS, ANA), scene.value(CALLS, EVA)), (Some(4.0), Some(2.0)), "23:59");
    scene.pass(3 * MINUTE).await;
    assert_eq!((scene.value(CALLS, ANA), scene.value(CALLS, EVA)), (Some(1.0), None), "00:02");
    let mut days = scene.days();
    days.dedup();
    assert_eq!(days, ["20260302", "20260303"]);
    scene.live_again().await;
    assert_eq!(scene.value(CALLS, ANA), Some(1.0));
}
