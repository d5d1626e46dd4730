//! The agents that the demonstration's contact centre needs, in virtual time, against what really happened in it.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::sleep;
use wolkvox_exporter::simulator::{Fault, FaultRule};
use wolkvox_exporter::staffing::required_agents;
use wolkvox_exporter::world::{Work, World};

use crate::polling::MINUTE;
use crate::promise;
use crate::stage::{Exporter, MORNING, Stage};

/// What the last half hour's calls take, by what really happened in it.
fn truth(stage: &Stage) -> u32 {
    let world = World::new(stage.profile.clone());
    let now = stage.clock.now();
    let before = now - Duration::from_mins(30);
    let inbound = |at: Timestamp| world.skills(at).iter().map(|skill| skill.inbound).sum::<u64>() as f64;
    let work = |at: Timestamp| {
        let mut work = Work::default();
        world.agent_hours(&world.today(at), at).iter().for_each(|hour| work += hour.work);
        (f64::from(work.handling()), f64::from(work.handled_calls()))
    };
    let (handling, calls) = (work(now).0 - work(before).0, work(now).1 - work(before).1);
    let load = (inbound(now) - inbound(before)) / 1800.0 * handling / calls;
    assert!(load > 3.0, "{load} Erlang: too little to tell anything");
    required_agents(load, handling / calls, 0.8, 20.0).unwrap()
}

fn required(exporter: &Exporter) -> Option<f64> {
    promise::kept(&exporter.text()).sum("wolkvox_operation_required_agents", &[])
}

#[tokio::test(start_paused = true)]
async fn the_agents_that_the_last_half_hour_takes_are_told_while_their_reports_are_fresh() {
    let morning = Stage::at(MORNING);
    let exporter = morning.exporter(None);
    sleep(Duration::from_secs(295)).await;
    assert_eq!(required(&exporter), None, "too little was seen");
    sleep(Duration::from_secs(20)).await;
    assert!(required(&exporter).is_some(), "five minutes tell something");

    for _ in 0..2 {
        sleep(31 * MINUTE).await;
        let (told, truth) = (required(&exporter).unwrap(), f64::from(truth(&morning)));
        // The answers are up to half a minute old.
        assert!((told - truth).abs() <= 1.0, "{told} for {truth}");
    }

    for report in ["skills", "agents"] {
        morning.simulator.set_fault(FaultRule::new(Fault::Http500).of_report(report));
        // The agents of the demonstration are asked for every half minute, and served for three times as long.
        sleep(2 * MINUTE).await;
        assert_eq!(required(&exporter), None, "{report} is not known");
        morning.simulator.clear_faults();
        sleep(5 * MINUTE).await;
        assert!(required(&exporter).is_some(), "{report} is known again");
    }
    exporter.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_stretch_goes_on_over_a_restart() {
    let (morning, folder) = (Stage::at(MORNING), tempfile::tempdir().unwrap());
    let exporter = morning.exporter(Some(folder.path()));
    sleep(MINUTE).await;
    exporter.stop().await;
    sleep(2 * MINUTE).await;
    let exporter = morning.exporter(Some(folder.path()));
    sleep(MINUTE).await;
    assert_eq!(required(&exporter), None, "three minutes after the last answer before");
    sleep(3 * MINUTE).await;
    assert!(required(&exporter).is_some(), "four minutes after the start");
    exporter.stop().await;
}
