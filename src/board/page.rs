//! Samples written as text: one page per report (or per subject of the engine's own) and operation.

use std::fmt::Write as _;

use bytes::Bytes;

use crate::family::{AnyFamily, Families};
use crate::samples::{Reading, Samples, write_labels};

/// What one subject measured, encoded once: the lines of each of its families.
#[derive(Debug)]
pub struct Page {
    text: Bytes,
    /// Where each family's lines end in `text`, in the order of the families.
    ends: Box<[usize]>,
}

impl Page {
    /// Writes samples as text 0.0.4, each with these labels in front of its own.
    #[must_use]
    pub fn of(samples: &Samples, names: &[&str], values: &[&str]) -> Self {
        let mut context = String::new();
        write_labels(&mut context, names, values);
        let mut text = String::with_capacity(samples.series() * 112);
        let mut ends = Vec::with_capacity(samples.sheets().len());
        for sheet in samples.sheets() {
            for (labels, reading) in sheet.samples() {
                write_reading(&mut text, sheet.family().name(), &context, labels, reading);
            }
            ends.push(text.len());
        }
        Self { text: Bytes::from(text), ends: ends.into() }
    }

    /// The lines of the family at this position; empty where it measured nothing.
    pub(super) fn lines(&self, family: usize) -> &[u8] {
        let start = family.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied());
        let end = self.ends.get(family).copied();
        start.zip(end).and_then(|(start, end)| self.text.get(start..end)).unwrap_or_default()
    }

    pub(super) fn len(&self) -> usize {
        self.text.len()
    }
}

/// Writes what stands before a family's lines.
pub(super) fn write_head(text: &mut Vec<u8>, family: &dyn AnyFamily) {
    let help = family.help().replace('\\', "\\\\").replace('\n', "\\n");
    let head = format!("# HELP {0} {help}\n# TYPE {0} {1}\n", family.name(), family.kind().word());
    text.extend_from_slice(head.as_bytes());
}

/// How long the heads of these families are together.
pub(super) fn heads_len(families: Families) -> usize {
    families.iter().map(|family| 2 * family.name().len() + family.help().len() + 40).sum()
}

fn write_reading(text: &mut String, name: &str, context: &str, labels: &str, reading: &Reading) {
    match reading {
        Reading::Number(value) => write_line(text, name, "", context, labels, None, *value),
        Reading::Histogram { bounds, cumulative, sum } => {
            for (position, count) in cumulative.iter().enumerate() {
                let bound = bounds.get(position).map_or_else(|| "+Inf".to_owned(), ToString::to_string);
                write_line(text, name, "_bucket", context, labels, Some(&bound), crate::samples::whole(*count));
            }
            let count = cumulative.last().copied().unwrap_or(0);
            write_line(text, name, "_sum", context, labels, None, *sum);
            write_line(text, name, "_count", context, labels, None, crate::samples::whole(count));
        }
    }
}

fn write_line(text: &mut String, name: &str, suffix: &str, context: &str, labels: &str, le: Option<&str>, value: f64) {
    text.push_str(name);
    text.push_str(suffix);
    text.push('{');
    text.push_str(context);
    for part in [labels, &le.map(|bound| format!("le=\"{bound}\"")).unwrap_or_default()] {
        if !part.is_empty() {
            text.push(',');
            text.push_str(part);
        }
    }
    // Rust writes a float as Prometheus reads it: the shortest digits that give it back, without an exponent.
    let _ = writeln!(text, "}} {value}");
}
