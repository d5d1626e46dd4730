//! One operation of the demonstration in virtual time, and exporters that come and go before it.

use std::path::Path;
use std::sync::Arc;

use tokio::time::Instant;
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

/// A Friday at 09:50 in Bogotá.
pub(crate) const MORNING: &str = "2026-06-05T14:50:00Z";

/// A simulated contact centre.
pub(crate) struct Stage {
    pub(crate) clock: Clock,
    pub(crate) profile: Profile,
    pub(crate) simulator: Simulator,
}

/// An exporter that polls it.
pub(crate) struct Exporter {
    board: Arc<Board>,
    tasks: Tasks,
}

impl Stage {
    pub(crate) fn at(now: &str) -> Self {
        let clock = Clock::starting_at(now.parse().unwrap());
        let profile = demo::profiles().remove(0);
        let simulator = demo::simulator(std::slice::from_ref(&profile), &clock);
        Self { clock, profile, simulator }
    }

    /// An exporter that knows what this folder holds, if there is one. It has not asked for anything yet.
    pub(crate) fn exporter(&self, storage: Option<&Path>) -> Exporter {
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
}

impl Exporter {
    /// What it serves now.
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.board.exposition(Instant::now()).text()).unwrap()
    }

    pub(crate) async fn stop(self) {
        drop(self.board);
        self.tasks.end().await;
    }
}
