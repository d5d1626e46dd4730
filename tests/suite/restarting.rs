//! Restarts with saved state, in virtual time: what the first scrape after one shows, and what is asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use wolkvox_exporter::app::demo;
use wolkvox_exporter::board::Board;
use wolkvox_exporter::clock::Clock;
use wolkvox_exporter::config::Switches;
use wolkvox_exporter::lane::Gates;
use wolkvox_exporter::poll::{Poller, Surroundings};
use wolkvox_exporter::simulator::Simulator;
use wolkvox_exporter::storage::Storage;
use wolkvox_exporter::tasks::Tasks;
use wolkvox_exporter::upstream::{Transport, Upstream};
use wolkvox_exporter::world::Profile;

use crate::polling::MINUTE;

const SECOND: Duration = Duration::from_secs(1);

/// A simulated contact centre, and exporters that come and go before it.
struct Stage {
    clock: Clock,
    profile: Profile,
    simulator: Simulator,
}

impl Stage {
    fn at(now: &str) -> Self {
        let clock = Clock::starting_at(now.parse().unwrap());
        let profile = demo::profiles().remove(0);
        let simulator = demo::simulator(std::slice::from_ref(&profile), &clock);
        Self { clock, profile, simulator }
    }

    /// Lets an exporter with this folder live for so long; answers the series of its first scrape and of its last one.
    async fn life(&self, folder: &Path, length: Duration) -> [BTreeSet<String>; 2] {
        let config = demo::config(std::slice::from_ref(&self.profile), "http://wolkvox.test", &Switches::default());
        let config = config.unwrap();
        let board = Arc::new(Board::default());
        let around = Surroundings {
            clock: self.clock.clone(),
            gates: Arc::new(Gates::default()),
            board: Arc::clone(&board),
            series_per_report: config.series_per_report,
            storage: Some(Storage::open(folder).unwrap()),
        };
        let operation = config.operations.into_iter().next().unwrap();
        let token = operation.token.read().unwrap();
        let upstream = Upstream::new(Transport::Router(self.simulator.router()), &operation.base_url);
        let (poller, _) = Poller::new(Arc::new(operation), 0, token, upstream, around);
        let first = series(&board);
        let mut tasks = Tasks::new();
        tasks.spawn("poll", poller.run(tasks.shutdown()));
        sleep(length).await;
        let last = series(&board);
        tasks.end().await;
        [first, last]
    }

    /// How often each report was asked for so far.
    fn requests(&self) -> BTreeMap<&'static str, u64> {
        self.simulator.requests().remove(0).requests
    }
}

/// What is served, but for what a process counts about itself.
fn series(board: &Board) -> BTreeSet<String> {
    let text = board.exposition(Instant::now()).text();
    let text = std::str::from_utf8(&text).unwrap();
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    let names = samples.map(|line| line.rsplit_once(' ').unwrap().0.to_owned());
    names.filter(|name| !name.starts_with("wolkvox_exporter_api_")).collect()
}

const MORNING: &str = "2026-06-05T14:50:00Z";

#[tokio::test(start_paused = true)]
async fn the_first_scrape_misses_no_series() {
    let (stage, folder) = (Stage::at(MORNING), tempfile::tempdir().unwrap());
    let [first, before] = stage.life(folder.path(), 2 * MINUTE).await;
    assert!(first.len() < before.len());
    let [after, _] = stage.life(folder.path(), SECOND).await;
    let missing: Vec<_> = before.difference(&after).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[tokio::test(start_paused = true)]
async fn a_report_whose_state_is_damaged_is_asked_for_at_once() {
    let (stage, folder) = (Stage::at(MORNING), tempfile::tempdir().unwrap());
    stage.life(folder.path(), MINUTE).await;
    let damaged = folder.path().join(format!("{}.agents.state", stage.profile.name));
    std::fs::write(&damaged, "wolkvox-exporter state 1\nnonsense").unwrap();
    let before = stage.requests();
    stage.life(folder.path(), SECOND).await;
    let after = stage.requests();
    let asked: Vec<_> =
        after.iter().filter(|(report, count)| before[*report] < **count).map(|(report, _)| *report).collect();
    assert!(asked.contains(&"agents"), "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_was_years_ahead_keeps_nobody_from_asking() {
    let folder = tempfile::tempdir().unwrap();
    Stage::at("2036-06-05T14:50:00Z").life(folder.path(), 2 * MINUTE).await;
    let stage = Stage::at(MORNING);
    stage.life(folder.path(), 5 * MINUTE).await;
    let requests = stage.requests();
    for report in ["skills", "agents", "ivr_calls"] {
        assert!(requests.get(report).is_some_and(|count| *count > 1), "{requests:?}");
    }
}
