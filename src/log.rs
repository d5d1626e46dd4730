//! Log lines in logfmt or JSON on standard error, of this program alone: a library that logs headers could tell a token.

use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt};

use crate::cli::LogFormat;

/// Starts logging, for the rest of the process.
pub fn start(level: Level, format: LogFormat) {
    let ours = Targets::new().with_target(env!("CARGO_CRATE_NAME"), level);
    let layer = match format {
        LogFormat::Logfmt => {
            tracing_logfmt::builder().with_span_name(false).layer().with_writer(std::io::stderr).boxed()
        }
        LogFormat::Json => fmt::layer().json().flatten_event(true).with_writer(std::io::stderr).boxed(),
    };
    tracing_subscriber::registry().with(layer.with_filter(ours)).init();
}
