//! The process's own metrics, gathered at each scrape with the `prometheus` crate: build, configuration, memory, CPU.

use jiff::Timestamp;
use prometheus::process_collector::ProcessCollector;
use prometheus::proto::{MetricFamily, MetricType};
use prometheus::{Gauge, IntGauge, Opts, Registry, TextEncoder};

use crate::family::Kind;
use crate::format::{Format, Head};
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
        self.written(Format::Text)
    }

    /// The metrics in this format, without its end.
    #[must_use]
    pub fn written(&self, format: Format) -> String {
        let families = self.0.gather();
        // The encoder stops in the middle of a family that it cannot write; what it wrote so far would be a lie.
        let written = match format {
            Format::Text => TextEncoder::new().encode_to_string(&families),
            Format::OpenMetrics => openmetrics(&families),
        };
        written.unwrap_or_else(|error| {
            tracing::error!(%error, "the process's own metrics cannot be written");
            String::new()
        })
    }
}

/// Makes OpenMetrics of the lines of text 0.0.4, which is all that the `prometheus` crate writes.
fn openmetrics(families: &[MetricFamily]) -> Result<String, prometheus::Error> {
    // The process's totals begin with the process.
    let start = families.iter().find(|family| family.name() == "process_start_time_seconds");
    let since =
        start.and_then(|family| family.get_metric().first()).map(|metric| metric.get_gauge().get_value().to_string());
    let mut text = Vec::new();
    for family in families {
        let kind = match family.get_field_type() {
            MetricType::COUNTER => Kind::Counter,
            MetricType::HISTOGRAM => Kind::Histogram,
            // Nothing else is registered.
            _ => Kind::Gauge,
        };
        let lines = TextEncoder::new().encode_to_string(std::slice::from_ref(family))?;
        let lines: String = lines.split_inclusive('\n').filter(|line| !line.starts_with('#')).collect();
        Format::OpenMetrics.write_head(&mut text, Head { name: family.name(), help: family.help(), kind });
        Format::OpenMetrics.write_lines(&mut text, family.name(), kind, lines.as_bytes(), since.as_deref());
    }
    String::from_utf8(text).map_err(|error| prometheus::Error::Msg(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_process_speaks_openmetrics_too() {
        let process = Process::new(Timestamp::from_second(12).unwrap()).unwrap();
        let text = process.written(Format::OpenMetrics);
        let since = text.lines().find_map(|line| line.strip_prefix("process_start_time_seconds ")).unwrap();
        for expected in [
            "# TYPE wolkvox_exporter_build info\n",
            "\nwolkvox_exporter_build_info{",
            "\nwolkvox_exporter_config_last_reload_success_timestamp_seconds 12\n",
            "# TYPE process_cpu_seconds counter\n# UNIT process_cpu_seconds seconds\n# HELP process_cpu_seconds ",
            "\nprocess_cpu_seconds_total ",
            &format!("\nprocess_cpu_seconds_created {since}\n"),
            "# UNIT process_resident_memory_bytes bytes\n",
        ] {
            assert!(text.contains(expected), "{expected:?} in:\n{text}");
        }
    }
}
