//! The process's own numbers at the end of each scrape: the part of an exposition that is never the same twice.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use crate::board::Segment;
use crate::format::Format;
use crate::process::Process;

/// Scrapes that come closer together than this see the same numbers. Gathering them reads a dozen files of the kernel,
/// which takes longer than all the rest of a scrape, and its clock of processor time ticks a hundred times a second.
const GATHERED_EVERY: Duration = Duration::from_millis(50);

/// The process's own numbers, as every scrape ends with them.
#[derive(Debug)]
pub struct Living {
    process: Process,
    text: Mutex<Option<Gathered>>,
    openmetrics: Mutex<Option<Gathered>>,
}

#[derive(Clone, Debug)]
struct Gathered {
    at: Instant,
    ending: Arc<Ending>,
}

/// What stands behind the board's text.
#[derive(Debug)]
pub(super) struct Ending {
    pub(super) plain: Bytes,
    pub(super) packed: Segment,
}

impl Living {
    /// Those of this process.
    #[must_use]
    pub fn new(process: Process) -> Self {
        Self { process, text: Mutex::default(), openmetrics: Mutex::default() }
    }

    /// What stands behind the board's text now.
    pub(super) fn ending(&self, format: Format, now: Instant) -> Arc<Ending> {
        let gathered = match format {
            Format::Text => &self.text,
            Format::OpenMetrics => &self.openmetrics,
        };
        // It is replaced as a whole, so a panic elsewhere has left it whole.
        let mut gathered = gathered.lock().unwrap_or_else(PoisonError::into_inner);
        match &*gathered {
            Some(Gathered { at, ending }) if now.saturating_duration_since(*at) < GATHERED_EVERY => Arc::clone(ending),
            _ => {
                let text = self.process.written(format) + format.end();
                let ending = Arc::new(Ending { packed: Segment::of(text.as_bytes()), plain: text.into() });
                *gathered = Some(Gathered { at: now, ending: Arc::clone(&ending) });
                ending
            }
        }
    }
}
