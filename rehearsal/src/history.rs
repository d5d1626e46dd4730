//! Scrapes as lines of OpenMetrics with timestamps, one after the other.

use std::collections::HashSet;
use std::io::{self, Write};

use jiff::Timestamp;

/// The label `job` of every sample.
pub const JOB: &str = "wolkvox";
/// The label `instance` of every sample.
pub const INSTANCE: &str = "wolkvox-exporter:19655";

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// How many scrapes, those of an exporter that was down included.
    pub scrapes: u64,
    /// How many samples.
    pub samples: u64,
    /// How many bytes.
    pub bytes: u64,
}

/// A history that is being written.
pub(crate) struct History<W> {
    to: W,
    /// Lines of metadata that stand there already.
    told: HashSet<Vec<u8>>,
    /// What was written so far.
    recorded: Recorded,
    /// The lines of the scrape that is being written.
    lines: Vec<u8>,
}

impl<W: Write> History<W> {
    pub(crate) fn new(to: W) -> Self {
        Self { to, told: HashSet::new(), recorded: Recorded::default(), lines: Vec::new() }
    }

    /// Writes what a scrape at this moment brought: an exposition in OpenMetrics without its end, or that there was
    /// nobody to scrape.
    pub(crate) fn scrape(&mut self, exposition: Option<&[u8]>, at: Timestamp) -> io::Result<()> {
        let at = at.as_second().to_string();
        let samples = self.recorded.samples;
        for line in exposition.unwrap_or_default().split_inclusive(|byte| *byte == b'\n') {
            self.line(line, &at);
        }
        let scraped = self.recorded.samples - samples;
        let is_up = exposition.is_some();
        // A scrape of some hundred kilobytes over the loopback, and a connection that is refused.
        let took = if is_up { 0.004 } else { 0.001 };
        for (name, value) in [
            ("up", f64::from(u8::from(is_up)).to_string()),
            ("scrape_duration_seconds", took.to_string()),
            ("scrape_samples_scraped", scraped.to_string()),
            ("scrape_samples_post_metric_relabeling", scraped.to_string()),
        ] {
            self.line(format!("# TYPE {name} gauge\n").as_bytes(), &at);
            self.line(format!("{name} {value}\n").as_bytes(), &at);
        }
        self.recorded.scrapes += 1;
        self.flush()
    }

    /// Takes in one line of an exposition.
    fn line(&mut self, line: &[u8], at: &str) {
        if line.starts_with(b"#") {
            if !self.told.contains(line) {
                self.told.insert(line.to_vec());
                self.lines.extend_from_slice(line);
            }
            return;
        }
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let Some(end) = line.iter().position(|byte| matches!(byte, b'{' | b' ')) else { return };
        let (name, rest) = line.split_at(end);
        // When a counter began is a third of what a scrape holds, and no panel and no rule asks for it.
        if name.ends_with(b"_created") {
            return;
        }
        self.lines.extend_from_slice(name);
        for part in ["{job=\"", JOB, "\",instance=\"", INSTANCE, "\""] {
            self.lines.extend_from_slice(part.as_bytes());
        }
        let (between, rest) = rest.strip_prefix(b"{").map_or((b'}', rest), |labels| (b',', labels));
        self.lines.push(between);
        self.lines.extend_from_slice(rest);
        self.lines.push(b' ');
        self.lines.extend_from_slice(at.as_bytes());
        self.lines.push(b'\n');
        self.recorded.samples += 1;
    }

    /// Writes the end.
    pub(crate) fn end(mut self) -> io::Result<Recorded> {
        self.lines.extend_from_slice(b"# EOF\n");
        self.flush()?;
        self.to.flush()?;
        Ok(self.recorded)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.write_all(&self.lines)?;
        self.recorded.bytes += self.lines.len() as u64;
        self.lines.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_history_is_scrapes_with_their_moments() {
        let mut written = Vec::new();
        let mut history = History::new(&mut written);
        let at = |second| Timestamp::from_second(second).unwrap();
        let text = b"# TYPE calls counter\n# HELP calls C.\ncalls_total{a=\"b c\"} 3\ncalls_created{a=\"b c\"} 1.5\nplain 4.5\n";
        history.scrape(Some(text), at(60)).unwrap();
        history.scrape(Some(text), at(120)).unwrap();
        history.scrape(None, at(180)).unwrap();
        let recorded = history.end().unwrap();
        let own = "{job=\"wolkvox\",instance=\"wolkvox-exporter:19655\"";
        let head = "# TYPE calls counter\n# HELP calls C.\n";
        let gauges =
            ["up", "scrape_duration_seconds", "scrape_samples_scraped", "scrape_samples_post_metric_relabeling"];
        let scrape = |at: i64, is_up: bool| {
            let mut lines = Vec::new();
            if is_up {
                lines.push(format!("calls_total{own},a=\"b c\"}} 3 {at}\nplain{own}}} 4.5 {at}\n"));
            }
            let values = if is_up { ["1", "0.004", "2", "2"] } else { ["0", "0.001", "0", "0"] };
            for (name, value) in gauges.into_iter().zip(values) {
                let head = if at == 60 { format!("# TYPE {name} gauge\n") } else { String::new() };
                lines.push(format!("{head}{name}{own}}} {value} {at}\n"));
            }
            lines.concat()
        };
        let expected = [head, &scrape(60, true), &scrape(120, true), &scrape(180, false), "# EOF\n"].concat();
        assert_eq!(recorded, Recorded { scrapes: 3, samples: 16, bytes: expected.len() as u64 });
        assert_eq!(String::from_utf8(written).unwrap(), expected);
    }
}
