//! The agents that the demonstration's contact centre needs, in virtual time, against what really happened in it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, sleep};
use wolkvox_exporter::app::demo;
use wolkvox_exporter::board::Board;
use wolkvox_exporter::clock::Clock;
use wolkvox_exporter::config::Switches;
use wolkvox_exporter::lane::Gates;
use wolkvox_exporter::poll::{Poller, Surroundings};
use wolkvox_exporter::simulator::{Fault, FaultRule, Simulator};
use wolkvox_exporter::staffing::required_agents;
use wolkvox_exporter::storage::Storage;
use wolkvox_exporter::tasks::Tasks;
use wolkvox_exporter::upstream::{Transport, Upstream};
use wolkvox_exporter::world::{Profile, Work, World};

use crate::polling::MINUTE;
use crate::promise;

/// A Friday at 09:50 in Bogotá.
const MORNING: &str = "2026-06-05T14:50:00Z";

/// A simulated contact centre, and exporters that come and go before it.
struct Morning {
    clock: Clock,
    profile: Profile,
    simulator: Simulator,
}

impl Morning {
    fn new() -> Self {
        let clock = Clock::starting_at(MORNING.parse().unwrap());
        let profile = demo::profiles().remove(0);
        let simulator = demo::simulator(std::slice::from_ref(&profile), &clock);
        Self { clock, profile, simulator }
    }

    /// An exporter that knows what this folder holds, if there is one.
    fn exporter(&self, storage: Option<&Path>) -> Exporter {
        let config = demo::config(std::slice::from_ref(&self.profile), "http://wolkvox.test", &Switches::default());
        let config = config.unwrap();
        let board = Arc::new(Board::default());
        let around = Surroundings {
            clock: self.clock.clone(),
            gates: Arc::new(Gates::default()),
            board: Arc::clone(&board),
            series_per_report: config.series_per_report,
            storage: storage.map(|folder| Storage::open(folder).unwrap()),
        };
        let operation = config.operations.into_iter().next().unwrap();
        let token = operation.token.read().unwrap();
        let upstream = Upstream::new(Transport::Router(self.simulator.router()), &operation.base_url);
        let (poller, _) = Poller::new(Arc::new(operation), 0, token, upstream, around);
        let mut tasks = Tasks::new();
        tasks.spawn("poll", poller.run(tasks.shutdown()));
        Exporter { board, tasks }
    }

    /// What the last half hour's calls take, by what really happened in it.
    fn truth(&self) -> u32 {
        let world = World::new(self.profile.clone());
        let now = self.clock.now();
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
}

struct Exporter {
    board: Arc<Board>,
    tasks: Tasks,
}

impl Exporter {
    fn required(&self) -> Option<f64> {
        let text = self.board.exposition(Instant::now()).text();
        promise::kept(std::str::from_utf8(&text).unwrap()).sum("wolkvox_operation_required_agents", &[])
    }

    async fn stop(self) {
        drop(self.board);
        self.tasks.end().await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_agents_that_the_last_half_hour_takes_are_told_while_their_reports_are_fresh() {
    let morning = Morning::new();
    let exporter = morning.exporter(None);
    sleep(Duration::from_secs(295)).await;
    assert_eq!(exporter.required(), None, "too little was seen");
    sleep(Duration::from_secs(20)).await;
    assert!(exporter.required().is_some(), "five minutes tell something");

    for _ in 0..2 {
        sleep(31 * MINUTE).await;
        let (told, truth) = (exporter.required().unwrap(), f64::from(morning.truth()));
        // The answers are up to half a minute old.
        assert!((told - truth).abs() <= 1.0, "{told} for {truth}");
    }

    for report in ["skills", "agents"] {
        morning.simulator.set_fault(FaultRule::new(Fault::Http500).of_report(report));
        // The agents of the demonstration are asked for every half minute, and served for three times as long.
        sleep(2 * MINUTE).await;
        assert_eq!(exporter.required(), None, "{report} is not known");
        morning.simulator.clear_faults();
        sleep(5 * MINUTE).await;
        assert!(exporter.required().is_some(), "{report} is known again");
    }
    exporter.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_stretch_goes_on_over_a_restart() {
    let (morning, folder) = (Morning::new(), tempfile::tempdir().unwrap());
    let exporter = morning.exporter(Some(folder.path()));
    sleep(MINUTE).await;
    exporter.stop().await;
    sleep(2 * MINUTE).await;
    let exporter = morning.exporter(Some(folder.path()));
    sleep(MINUTE).await;
    assert_eq!(exporter.required(), None, "three minutes after the last answer before");
    sleep(3 * MINUTE).await;
    assert!(exporter.required().is_some(), "four minutes after the start");
    exporter.stop().await;
}
