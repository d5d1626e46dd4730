//! Log lines in logfmt or JSON on standard error, of this program alone: a library that logs headers could tell a token.

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt};

/// How lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `level=info … key=value`.
    Logfmt,
    /// One JSON object a line.
    Json,
}

/// Starts logging, for the rest of the process.
pub fn start(level: LevelFilter, format: Format) {
    let ours = Targets::new().with_target(env!("CARGO_CRATE_NAME"), level);
    let layer = match format {
        Format::Logfmt => tracing_logfmt::builder().with_span_name(false).layer().with_writer(std::io::stderr).boxed(),
        Format::Json => fmt::layer().json().flatten_event(true).with_writer(std::io::stderr).boxed(),
    };
    tracing_subscriber::registry().with(layer.with_filter(ours)).init();
}
