//! The only reader of wall time.

use jiff::Timestamp;
use tokio::time::Instant;

/// What time it is.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's clock, read anew each time, so that a correction of it is followed.
    System,
    /// A time of day that runs with tokio's clock: paused and turned forward in tests.
    Running {
        /// The wall time at `since`.
        start: Timestamp,
        /// When it was `start`.
        since: Instant,
    },
}

impl Clock {
    /// A clock that shows `start` now and runs with tokio's clock.
    #[must_use]
    pub fn starting_at(start: Timestamp) -> Self {
        Self::Running { start, since: Instant::now() }
    }

    /// The wall time.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => Timestamp::now(),
            Self::Running { start, since } => {
                let passed = jiff::SignedDuration::try_from(since.elapsed()).unwrap_or(jiff::SignedDuration::MAX);
                start.saturating_add(passed).unwrap_or(Timestamp::MAX)
            }
        }
    }
}
