//! The process's own metrics, gathered at each scrape with the `prometheus` crate: build, configuration, memory, CPU.

use jiff::Timestamp;
use prometheus::process_collector::ProcessCollector;
use prometheus::{Gauge, IntGauge, Opts, Registry, TextEncoder};

use crate::{version, vitals};

/// The registry of the process's own metrics.
#[derive(Clone, Debug)]
pub struct Process(Registry);

impl Process {
    /// Metrics of a process whose configuration was read at this moment.
    ///
    /// # Errors
    ///
    /// Fails where two metrics bear one name, which a test would have seen.
    pub fn new(configured: Timestamp) -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let build =
            Opts::new("wolkvox_exporter_build_info", "The exporter's version and what it was built from, always 1.")
                .const_label("version", version::VERSION)
                .const_label("revision", version::REVISION)
                .const_label("rustversion", version::rust_version());
        let build = IntGauge::with_opts(build)?;
        build.set(1);
        let successful = IntGauge::new(
            "wolkvox_exporter_config_last_reload_successful",
            "Whether the newest reading of the configuration succeeded, 1 or 0.",
        )?;
        successful.set(1);
        let read = Gauge::new(
            "wolkvox_exporter_config_last_reload_success_timestamp_seconds",
            "When the configuration was last read with success, in seconds since 1970.",
        )?;
        read.set(vitals::seconds(configured));
        registry.register(Box::new(build))?;
        registry.register(Box::new(successful))?;
        registry.register(Box::new(read))?;
        registry.register(Box::new(ProcessCollector::for_self()))?;
        Ok(Self(registry))
    }

    /// The metrics as text 0.0.4.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        // The encoder stops in the middle of a family that it cannot write; what it wrote so far would be a lie.
        match TextEncoder::new().encode_utf8(&self.0.gather(), &mut text) {
            Ok(()) => text,
            Err(error) => {
                tracing::error!(%error, "the process's own metrics cannot be written");
                String::new()
            }
        }
    }
}
