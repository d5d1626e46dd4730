//! Whom the saved state knows.

use super::*;
use crate::simulator::Simulator;
use crate::world::{Profile, World};

/// Everything that the folder's files say, unpacked.
fn saved(scene: &Scene) -> String {
    scene.storage.unpacked()
}

#[tokio::test(start_paused = true)]
async fn names_that_are_no_longer_to_be_shown_are_neither_shown_nor_kept() {
    let closed = json!([{ "interactions": "4", "agent_name": "ANA PÉREZ", "cod_act": "SOLVED" }]);
    let hour = json!([{ "date": "2026-03-02", "hour": "08:00", "agent_id": "1", "agent_name": "ANA PÉREZ",
        "calls_inbound": 5 }]);
    for (report, data) in [("closed_interactions", closed), ("agents", hour)] {
        let mut scene = Scene::at("2026-03-02T14:00:00Z", report, MINUTE);
        scene.tells(data);
        scene.live().await;
        assert!(scene.text().contains("PÉREZ") && saved(&scene).contains("PÉREZ"), "{report}");
        scene.operation.terms = Terms::new(None, AgentNames::Pseudonym { salt: "acme".to_owned() }, 20).into();
        scene.live_again().await;
        assert!(!scene.text().contains("PÉREZ"), "{report} is served under a name");
        assert!(!saved(&scene).contains("PÉREZ"), "{report} is kept under a name");
        scene.pass(MINUTE).await;
        assert!(scene.text().contains("agent-"), "{report}");
        if report == "agents" {
            let calls = scene.value("wolkvox_agent_calls_total", "agent_id=\"1\",direction=\"inbound\"");
            assert_eq!(calls, Some(5.0), "what has no name goes on");
        } else {
            // The same interactions under another word: to begin it at zero would count them once more.
            let word = scene.operation.terms.agent_name("ANA PÉREZ").into_owned();
            let labels = format!("agent_name=\"{word}\",activity_code=\"SOLVED\"");
            assert_eq!(scene.value("wolkvox_closed_interactions_total", &labels), Some(4.0));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_state_holds_no_token_and_nobody_by_name_number_or_call() {
    let mut scene = Scene::at("2026-03-02T20:00:00Z", "agents", MINUTE);
    let profile = Profile::new("acme", 4, scene.operation.timezone.clone());
    let world = Arc::new(World::new(profile));
    let clock = scene.clock.clone();
    let simulator = Simulator::new(
        Arc::new(move || clock.now()),
        [crate::simulator::Operation::new(Arc::clone(&world), "a-token-of-acme")],
    );
    scene.operation.token = TokenSource::Held(Token::new("a-token-of-acme").unwrap());
    scene.operation.terms = Terms::new(None, AgentNames::Pseudonym { salt: "acme".to_owned() }, 20).into();
    scene.operation.polls = reports::ALL.iter().map(|report| Poll { report, interval: 5 * MINUTE }).collect();
    scene.over(simulator.router());
    scene.pass(30 * MINUTE).await;

    let now = scene.clock.now();
    let saved = saved(&scene);
    for report in reports::ALL {
        assert!(scene.storage_path().join(format!("acme.{}.state", report.name)).is_file(), "{}", report.name);
    }
    assert!(saved.contains("agent-") && saved.contains("wolkvox_ivr_calls_total"), "{saved}");
    let calls = world.ivr_calls(&world.today(now), now);
    let personal = calls.iter().flat_map(|call| [call.id.clone(), call.phone.clone(), call.customer_id.clone()]);
    let staff = world.agents().iter().flat_map(|agent| [agent.name.clone(), agent.national_id.clone()]);
    let mut looked_for = 0;
    for word in personal.chain(staff).chain(["a-token-of-acme".to_owned()]).filter(|word| word.len() > 3) {
        looked_for += 1;
        assert!(!saved.contains(&word), "{word}");
    }
    assert!(looked_for > 1_000, "{looked_for}");
}
