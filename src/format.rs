//! The two text formats of an exposition: 0.0.4, which everybody reads, and OpenMetrics 1.0.0.
//!
//! Samples are written as lines of 0.0.4 when they are published, and made into lines of OpenMetrics from those when
//! somebody asks. The formats differ in little: what stands before the lines, a line for when each total began, and how
//! a bucket's bound is spelt.

use crate::family::{AnyFamily, Kind};

/// A text format of an exposition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Text 0.0.4: what one gets without asking.
    #[default]
    Text,
    /// OpenMetrics 1.0.0.
    OpenMetrics,
}

/// What stands before a family's lines.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// The family's name, as it stands in text 0.0.4 (a counter's with its `_total`).
    pub name: &'a str,
    /// What the number is.
    pub help: &'a str,
    /// What the family is to Prometheus.
    pub kind: Kind,
}

/// The units of OpenMetrics that names of ours end in. Others (requests, calls) are no units but what is counted.
const UNITS: [&str; 3] = ["seconds", "bytes", "ratio"];

impl Format {
    /// The value of `Content-Type`.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }

    /// What stands after all families.
    #[must_use]
    pub const fn end(self) -> &'static str {
        match self {
            Self::Text => "",
            Self::OpenMetrics => "# EOF\n",
        }
    }

    /// Writes what stands before a family's lines.
    pub fn write_head(self, text: &mut Vec<u8>, head: Head<'_>) {
        let help = head.help.replace('\\', "\\\\").replace('\n', "\\n");
        let written = match self {
            Self::Text => format!("# HELP {0} {help}\n# TYPE {0} {1}\n", head.name, head.kind.word()),
            Self::OpenMetrics => {
                let (name, kind) = head.in_openmetrics();
                let unit = unit(name).map(|unit| format!("# UNIT {name} {unit}\n")).unwrap_or_default();
                format!("# TYPE {name} {kind}\n{unit}# HELP {name} {}\n", help.replace('"', "\\\""))
            }
        };
        text.extend_from_slice(written.as_bytes());
    }

    /// Writes a family's lines, given as lines of text 0.0.4; its totals began at `since`, in seconds since 1970.
    pub fn write_lines(self, text: &mut Vec<u8>, name: &str, kind: Kind, lines: &[u8], since: Option<&str>) {
        match (self, kind) {
            (Self::Text, _) | (Self::OpenMetrics, Kind::Gauge) => text.extend_from_slice(lines),
            (Self::OpenMetrics, Kind::Counter) => {
                let stem = without_suffix(name, "_total");
                for line in lines.split_inclusive(|byte| *byte == b'\n') {
                    text.extend_from_slice(line);
                    write_created(text, stem, line.get(name.len()..).unwrap_or_default(), since);
                }
            }
            (Self::OpenMetrics, Kind::Histogram) => {
                for line in lines.split_inclusive(|byte| *byte == b'\n') {
                    let rest = line.get(name.len()..).unwrap_or_default();
                    if rest.starts_with(b"_bucket") {
                        write_bucket(text, line);
                        continue;
                    }
                    text.extend_from_slice(line);
                    // The count is the last line of a histogram; all lines of one must stand together.
                    if let Some(rest) = rest.strip_prefix(b"_count") {
                        write_created(text, name, rest, since);
                    }
                }
            }
        }
    }

    /// How long so many bytes of a family's lines, given as lines of text 0.0.4, may become.
    #[must_use]
    pub const fn room_for(self, kind: Kind, len: usize) -> usize {
        match (self, kind) {
            (Self::Text, _) | (Self::OpenMetrics, Kind::Gauge) => len,
            (Self::OpenMetrics, Kind::Counter) => len * 2 + len / 8,
            (Self::OpenMetrics, Kind::Histogram) => len + len / 3,
        }
    }
}

impl<'a> Head<'a> {
    /// The head of this family.
    #[must_use]
    pub fn of(family: &'a dyn AnyFamily) -> Self {
        Self { name: family.name(), help: family.help(), kind: family.kind() }
    }

    /// How long it may become in either format, about.
    #[must_use]
    pub const fn room(&self) -> usize {
        3 * self.name.len() + self.help.len() + 64
    }

    /// The name and the type in OpenMetrics: there, `_total` and `_info` belong to the samples and not to the family.
    fn in_openmetrics(&self) -> (&'a str, &'static str) {
        match self.kind {
            Kind::Counter => (without_suffix(self.name, "_total"), "counter"),
            Kind::Gauge => self.name.strip_suffix("_info").map_or((self.name, "gauge"), |name| (name, "info")),
            Kind::Histogram => (self.name, "histogram"),
        }
    }
}

fn unit(name: &str) -> Option<&'static str> {
    UNITS.into_iter().find(|unit| name.strip_suffix(unit).is_some_and(|rest| rest.ends_with('_')))
}

fn without_suffix<'n>(name: &'n str, suffix: &str) -> &'n str {
    name.strip_suffix(suffix).unwrap_or(name)
}

/// Writes when a total began; `rest` is what stands behind the name in its line: labels, a blank, the value.
fn write_created(text: &mut Vec<u8>, stem: &str, rest: &[u8], since: Option<&str>) {
    let Some(since) = since else { return };
    // The value has no blank; a label may.
    let labels = memchr::memrchr(b' ', rest).and_then(|end| rest.get(..end)).unwrap_or_default();
    for part in [stem.as_bytes(), b"_created", labels, b" ", since.as_bytes(), b"\n"] {
        text.extend_from_slice(part);
    }
}

/// Writes a line of a bucket; its bound is the last label.
fn write_bucket(text: &mut Vec<u8>, line: &[u8]) {
    const LABEL: &[u8] = b"le=\"";
    let start = memchr::memmem::rfind(line, LABEL).map(|at| at + LABEL.len());
    let end = memchr::memrchr(b'"', line);
    let parts = start.zip(end).and_then(|(start, end)| {
        Some((line.get(..start)?, std::str::from_utf8(line.get(start..end)?).ok()?, line.get(end..)?))
    });
    match parts {
        Some((before, bound, behind)) => {
            text.extend_from_slice(before);
            write_bound(text, bound);
            text.extend_from_slice(behind);
        }
        None => text.extend_from_slice(line),
    }
}

/// Writes a bound as OpenMetrics wants it, so that one bound has one spelling: as Go's `%g`, but always recognisable as
/// a float. `5`, `0.1`, `1000000` and `+Inf` are `5.0`, `0.1`, `1e+06` and `+Inf`.
fn write_bound(text: &mut Vec<u8>, bound: &str) {
    /// Whole numbers of more digits are written with an exponent.
    const MOST_DIGITS: usize = 6;
    let is_whole = bound.bytes().all(|byte| byte.is_ascii_digit());
    let written = match bound.split_at_checked(1) {
        _ if !is_whole => bound.to_owned(),
        Some((first, rest)) if bound.len() > MOST_DIGITS => {
            let digits = rest.trim_end_matches('0');
            let point = if digits.is_empty() { "" } else { "." };
            format!("{first}{point}{digits}e+{:02}", rest.len())
        }
        _ => format!("{bound}.0"),
    };
    text.extend_from_slice(written.as_bytes());
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{reports, vitals};

    #[track_caller]
    fn check(name: &str, kind: Kind, help: &str, lines: &str, since: Option<&str>, expected: &str) {
        let mut text = Vec::new();
        Format::OpenMetrics.write_head(&mut text, Head { name, help, kind });
        Format::OpenMetrics.write_lines(&mut text, name, kind, lines.as_bytes(), since);
        assert_eq!(String::from_utf8(text).unwrap(), expected);
    }

    #[test]
    fn a_counter_tells_when_it_began() {
        check(
            "talk_seconds_total",
            Kind::Counter,
            "Time \"on\\off\"\nthe phone.",
            "talk_seconds_total{name=\"a b} \\\" c\"} 3\ntalk_seconds_total 0.5\n",
            Some("1780635600"),
            "# TYPE talk_seconds counter\n# UNIT talk_seconds seconds\n\
             # HELP talk_seconds Time \\\"on\\\\off\\\"\\nthe phone.\n\
             talk_seconds_total{name=\"a b} \\\" c\"} 3\ntalk_seconds_created{name=\"a b} \\\" c\"} 1780635600\n\
             talk_seconds_total 0.5\ntalk_seconds_created 1780635600\n",
        );
        let lines = "calls_total 1\n";
        check(
            "calls_total",
            Kind::Counter,
            "C.",
            lines,
            None,
            "# TYPE calls counter\n# HELP calls C.\ncalls_total 1\n",
        );
    }

    #[test]
    fn a_histogram_tells_when_it_began_and_spells_its_bounds_as_floats() {
        check(
            "wait_seconds",
            Kind::Histogram,
            "W.",
            "wait_seconds_bucket{role=\"le=\\\"1\\\"\",le=\"0.25\"} 1\nwait_seconds_bucket{role=\"\",le=\"20\"} 2\n\
             wait_seconds_bucket{le=\"1000000\"} 2\nwait_seconds_bucket{le=\"1250000\"} 2\n\
             wait_seconds_bucket{le=\"+Inf\"} 3\nwait_seconds_sum{role=\"\"} 81.5\nwait_seconds_count{role=\"\"} 3\n",
            Some("12.345"),
            "# TYPE wait_seconds histogram\n# UNIT wait_seconds seconds\n# HELP wait_seconds W.\n\
             wait_seconds_bucket{role=\"le=\\\"1\\\"\",le=\"0.25\"} 1\nwait_seconds_bucket{role=\"\",le=\"20.0\"} 2\n\
             wait_seconds_bucket{le=\"1e+06\"} 2\nwait_seconds_bucket{le=\"1.25e+06\"} 2\n\
             wait_seconds_bucket{le=\"+Inf\"} 3\nwait_seconds_sum{role=\"\"} 81.5\nwait_seconds_count{role=\"\"} 3\n\
             wait_seconds_created{role=\"\"} 12.345\n",
        );
    }

    #[test]
    fn gauges_stay_as_they_are_and_infos_have_a_type() {
        let lines = "busy_ratio{a=\"\"} 0.5\n";
        let head = "# TYPE busy_ratio gauge\n# UNIT busy_ratio ratio\n# HELP busy_ratio B.\n";
        check("busy_ratio", Kind::Gauge, "B.", lines, Some("1"), &format!("{head}{lines}"));
        let lines = "skill_info{name=\"Ventas\"} 1\n";
        let head = "# TYPE skill info\n# HELP skill S.\n";
        check("skill_info", Kind::Gauge, "S.", lines, Some("1"), &format!("{head}{lines}"));
        check("limit_requests", Kind::Gauge, "L.", "", None, "# TYPE limit_requests gauge\n# HELP limit_requests L.\n");
    }

    #[test]
    fn text_is_text() {
        let mut text = Vec::new();
        Format::Text.write_head(&mut text, Head { name: "a_total", help: "\"a\"\\\n", kind: Kind::Counter });
        Format::Text.write_lines(&mut text, "a_total", Kind::Counter, b"a_total 1\n", Some("1"));
        assert_eq!(text, b"# HELP a_total \"a\"\\\\\\n\n# TYPE a_total counter\na_total 1\n");
    }

    /// No name of OpenMetrics, neither of a family nor of one of its lines, may be another family's.
    #[test]
    fn names_of_openmetrics_do_not_clash() {
        let families = reports::ALL.iter().flat_map(|report| report.families);
        let mut names = BTreeSet::new();
        for family in families.chain(vitals::OPERATION_FAMILIES).chain(vitals::REPORT_FAMILIES) {
            let (name, _) = Head::of(*family).in_openmetrics();
            let suffixes: &[&str] = match family.kind() {
                Kind::Gauge if name != family.name() => &["", "_info"],
                Kind::Gauge => &[""],
                Kind::Counter => &["", "_total", "_created"],
                Kind::Histogram => &["", "_bucket", "_sum", "_count", "_created"],
            };
            assert_eq!(family.name().ends_with("_total"), family.kind() == Kind::Counter, "{name}");
            for suffix in suffixes {
                assert!(names.insert(format!("{name}{suffix}")), "{name}{suffix} is taken");
            }
        }
    }
}
