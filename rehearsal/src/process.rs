//! The process's own metrics as a process would have had them that really ran for those days.
//!
//! The real ones would tell of the rehearsal: a process that started after the last sample and used a core without pause.

use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};
use wolkvox_exporter::format::Format;
use wolkvox_exporter::process;

use crate::stage::RecordError;

/// Seconds of a core that a second of running takes, as measured on two operations.
const CPU: f64 = 0.002;

/// Resident bytes after the start, and what comes to it within the first day.
const RESIDENT: (f64, f64) = (18e6, 9e6);

/// What does not change while it runs.
const STEADY: [(&str, f64); 4] = [
    ("process_max_fds", 1024.0),
    ("process_open_fds", 14.0),
    ("process_threads", 4.0),
    ("process_virtual_memory_bytes", 320e6),
];

/// A process since it has started.
pub(crate) struct Process {
    started: Timestamp,
    /// What a real process tells, for its families and for what is true here as well.
    told: String,
}

impl Process {
    pub(crate) fn started(started: Timestamp) -> Result<Self, RecordError> {
        let process = process::Process::new(started).map_err(|error| RecordError::Process(error.to_string()))?;
        Ok(Self { started, told: process.written(Format::OpenMetrics) })
    }

    /// The metrics at this moment, in OpenMetrics without its end.
    pub(crate) fn text(&self, now: Timestamp) -> String {
        let mut text = String::with_capacity(self.told.len() + 64);
        for line in self.told.lines() {
            let made_up = line.split_once(' ').and_then(|(name, _)| Some((name, self.value(name, now)?)));
            // Writing to memory does not fail.
            let _ = match made_up {
                Some((name, value)) => writeln!(text, "{name} {value}"),
                None => writeln!(text, "{line}"),
            };
        }
        text
    }

    /// The value of what cannot be that of the rehearsing process.
    fn value(&self, name: &str, now: Timestamp) -> Option<f64> {
        let uptime = now.duration_since(self.started).as_secs_f64();
        let day = SignedDuration::from_hours(24).as_secs_f64();
        match name {
            "process_start_time_seconds" | "process_cpu_seconds_created" => {
                Some(self.started.as_duration().as_secs_f64())
            }
            "process_cpu_seconds_total" => Some((uptime * CPU * 100.0).floor() / 100.0),
            "process_resident_memory_bytes" => {
                let grown = (uptime / day).min(1.0) * RESIDENT.1;
                Some((RESIDENT.0 + grown).floor())
            }
            _ => STEADY.iter().find(|(steady, _)| *steady == name).map(|(_, value)| *value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_tells_of_the_process_that_rehearses() {
        let start: Timestamp = "2026-06-03T05:00:00Z".parse().unwrap();
        let process = Process::started(start).unwrap();
        let text = process.text(start + SignedDuration::from_hours(1));
        let value = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            line.unwrap_or_else(|| panic!("{name} in {text}")).parse::<f64>().unwrap()
        };
        assert_eq!(value("process_start_time_seconds"), 1_780_462_800.0);
        assert_eq!(value("process_cpu_seconds_total"), 7.2);
        for line in text.lines().filter(|line| line.starts_with("process_")) {
            let (name, _) = line.split_once(' ').unwrap();
            assert!(process.value(name, start).is_some(), "{name} is the rehearsal's own");
        }
    }
}
