//! The exporter as it runs on the stage: everything but its sockets.

use std::sync::Arc;

use axum::Router;
use jiff::Timestamp;
use tokio::time::Instant;
use wolkvox_exporter::board::Board;
use wolkvox_exporter::clock::Clock;
use wolkvox_exporter::config::Config;
use wolkvox_exporter::format::Format;
use wolkvox_exporter::lane::Gates;
use wolkvox_exporter::poll::{Poller, Surroundings};
use wolkvox_exporter::storage::Storage;
use wolkvox_exporter::tasks::Tasks;
use wolkvox_exporter::upstream::{Transport, Upstream};

use crate::process::Process;
use crate::stage::RecordError;

/// An exporter that runs, until this is dropped: then it is gone as by `kill -9`.
pub(crate) struct Exporter {
    board: Arc<Board>,
    process: Process,
    clock: Clock,
    _pollers: Tasks,
}

impl Exporter {
    /// Starts one that asks the wolkvox behind this router.
    pub(crate) fn start(
        config: Config,
        clock: &Clock,
        wolkvox: &Router,
        storage: Option<Storage>,
    ) -> Result<Self, RecordError> {
        let board = Arc::new(Board::default());
        let around = Surroundings {
            clock: clock.clone(),
            gates: Arc::new(Gates::default()),
            board: Arc::clone(&board),
            series_per_report: config.series_per_report,
            storage,
        };
        let mut pollers = Tasks::new();
        for (position, operation) in config.operations.into_iter().enumerate() {
            let token = operation.token.read().map_err(|error| RecordError::Token(error.to_string()))?;
            let upstream = Upstream::new(Transport::Router(wolkvox.clone()), &operation.base_url);
            let name = format!("poll {}", operation.name);
            let (poller, _) = Poller::new(Arc::new(operation), position, token, upstream, around.clone());
            pollers.spawn(name, poller.run(pollers.shutdown()));
        }
        let process = Process::started(clock.now())?;
        Ok(Self { board, process, clock: clock.clone(), _pollers: pollers })
    }

    /// What a scrape at this moment shows, without the end of the format.
    pub(crate) fn scrape(&self) -> Vec<u8> {
        let mut text = self.board.exposition(Instant::now()).plain(Format::OpenMetrics).concat();
        text.extend_from_slice(self.process.text(self.now()).as_bytes());
        text
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
