//! A whole exposition, in each form that somebody asks for.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use tokio::time::Instant;

use super::block::Block;
use super::pieces::{COPIED_AS_A_WHOLE, Pieces};
use super::segment::Opening;
use crate::format::Format;

/// Everything that the pages say, in the order of the families.
///
/// It holds blocks, which know their own forms, and puts a form together when that is first asked for: a Prometheus
/// asks for one format, packed, and then nothing else is held beside the pages.
#[derive(Debug, Default)]
pub struct Exposition {
    version: u64,
    expires: Option<Instant>,
    blocks: Vec<Arc<[Arc<Block>]>>,
    text: OnceLock<Vec<Bytes>>,
    text_packed: OnceLock<Opening>,
    openmetrics: OnceLock<Vec<Bytes>>,
    openmetrics_packed: OnceLock<Opening>,
}

/// How an exposition can be asked for: its format, and whether packed.
pub type Form = (Format, bool);

impl Exposition {
    pub(super) fn of(version: u64, expires: Option<Instant>, blocks: Vec<Arc<[Arc<Block>]>>) -> Self {
        Self { version, expires, blocks, ..Self::default() }
    }

    pub(super) fn version(&self) -> u64 {
        self.version
    }

    /// Whether a page of it is too old to be served.
    pub(super) fn has_expired(&self, now: Instant) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }

    /// Makes a form of it, if that was not made yet.
    pub fn make(&self, (format, is_packed): Form) {
        if is_packed {
            self.packed(format);
        } else {
            self.plain(format);
        }
    }

    /// Whether this form was made.
    #[must_use]
    pub fn is_made(&self, form: Form) -> bool {
        match form {
            (Format::Text, false) => self.text.get().is_some(),
            (Format::Text, true) => self.text_packed.get().is_some(),
            (Format::OpenMetrics, false) => self.openmetrics.get().is_some(),
            (Format::OpenMetrics, true) => self.openmetrics_packed.get().is_some(),
        }
    }

    /// The text in format 0.0.4, in one piece.
    #[must_use]
    pub fn text(&self) -> Vec<u8> {
        self.plain(Format::Text).concat()
    }

    /// The text in this format without its end, in pieces; the first call makes it, which may take a while: call it
    /// where that may block.
    pub fn plain(&self, format: Format) -> &[Bytes] {
        let plain = match format {
            Format::Text => &self.text,
            Format::OpenMetrics => &self.openmetrics,
        };
        plain.get_or_init(|| {
            let mut pieces = Pieces::default();
            self.blocks().for_each(|block| block.put_into(&mut pieces, format));
            pieces.into_vec(COPIED_AS_A_WHOLE)
        })
    }

    /// The text in this format compressed, without its end; the first call makes it, which may take a while: call it
    /// where that may block.
    pub fn packed(&self, format: Format) -> &Opening {
        let packed = match format {
            Format::Text => &self.text_packed,
            Format::OpenMetrics => &self.openmetrics_packed,
        };
        packed.get_or_init(|| Opening::of(self.blocks().map(|block| block.packed(format))))
    }

    fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.blocks.iter().flat_map(|blocks| blocks.iter().map(Arc::as_ref))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::super::page::Page;
    use super::super::segment::Segment;
    use super::super::shelf::Shelf;
    use super::*;
    use crate::family::{Counter, Families, Gauge, Histogram};
    use crate::samples::{Distribution, Samples};

    static INFO: Gauge<1> = Gauge::new("skill_info", "Skills.", ["name"]);
    static EMPTY: Counter<0> = Counter::new("empty_total", "Nothing.", []);
    static CALLS: Counter<1> = Counter::new("calls_total", "Calls.", ["skill"]);
    static WAITS: Histogram<0> = Histogram::new("wait_seconds", "Waits.", []);
    static FAMILIES: Families = &[&INFO, &EMPTY, &CALLS, &WAITS];

    fn page(operation: &str, calls: f64, since: i64) -> Page {
        let mut samples = Samples::of(FAMILIES, 100);
        samples.gauge(&INFO, ["Ventas"], 1.0);
        samples.counter(&CALLS, ["1"], calls);
        let mut waits = Distribution::default();
        waits.observe(&[5.0, 60.0], 7.5);
        samples.histogram(&WAITS, [], &[5.0, 60.0], &waits);
        let page = Page::of(&samples, &["operation"], &[operation]);
        page.counting_since(jiff::Timestamp::from_second(since).unwrap())
    }

    #[test]
    fn each_format_says_the_same() {
        let pages = vec![page("acme", 3.0, 1_780_635_600), page("umbrella", 4.0, 1_780_588_800)];
        let mut shelf = Shelf::new(FAMILIES);
        for (operation, page) in pages.into_iter().enumerate() {
            shelf.put((operation, 0), page, None);
        }
        let exposition = Exposition::of(1, None, vec![shelf.blocks()]);
        let text = "\
# HELP skill_info Skills.
# TYPE skill_info gauge
skill_info{operation=\"acme\",name=\"Ventas\"} 1
skill_info{operation=\"umbrella\",name=\"Ventas\"} 1
# HELP calls_total Calls.
# TYPE calls_total counter
calls_total{operation=\"acme\",skill=\"1\"} 3
calls_total{operation=\"umbrella\",skill=\"1\"} 4
# HELP wait_seconds Waits.
# TYPE wait_seconds histogram
wait_seconds_bucket{operation=\"acme\",le=\"5\"} 0
wait_seconds_bucket{operation=\"acme\",le=\"60\"} 1
wait_seconds_bucket{operation=\"acme\",le=\"+Inf\"} 1
wait_seconds_sum{operation=\"acme\"} 7.5
wait_seconds_count{operation=\"acme\"} 1
wait_seconds_bucket{operation=\"umbrella\",le=\"5\"} 0
wait_seconds_bucket{operation=\"umbrella\",le=\"60\"} 1
wait_seconds_bucket{operation=\"umbrella\",le=\"+Inf\"} 1
wait_seconds_sum{operation=\"umbrella\"} 7.5
wait_seconds_count{operation=\"umbrella\"} 1
";
        let openmetrics = "\
# TYPE skill info
# HELP skill Skills.
skill_info{operation=\"acme\",name=\"Ventas\"} 1
skill_info{operation=\"umbrella\",name=\"Ventas\"} 1
# TYPE calls counter
# HELP calls Calls.
calls_total{operation=\"acme\",skill=\"1\"} 3
calls_created{operation=\"acme\",skill=\"1\"} 1780635600
calls_total{operation=\"umbrella\",skill=\"1\"} 4
calls_created{operation=\"umbrella\",skill=\"1\"} 1780588800
# TYPE wait_seconds histogram
# UNIT wait_seconds seconds
# HELP wait_seconds Waits.
wait_seconds_bucket{operation=\"acme\",le=\"5.0\"} 0
wait_seconds_bucket{operation=\"acme\",le=\"60.0\"} 1
wait_seconds_bucket{operation=\"acme\",le=\"+Inf\"} 1
wait_seconds_sum{operation=\"acme\"} 7.5
wait_seconds_count{operation=\"acme\"} 1
wait_seconds_created{operation=\"acme\"} 1780635600
wait_seconds_bucket{operation=\"umbrella\",le=\"5.0\"} 0
wait_seconds_bucket{operation=\"umbrella\",le=\"60.0\"} 1
wait_seconds_bucket{operation=\"umbrella\",le=\"+Inf\"} 1
wait_seconds_sum{operation=\"umbrella\"} 7.5
wait_seconds_count{operation=\"umbrella\"} 1
wait_seconds_created{operation=\"umbrella\"} 1780588800
";
        for (format, expected) in [(Format::Text, text), (Format::OpenMetrics, openmetrics)] {
            // Packed first, so that it is not packed from the plain text.
            let member = exposition.packed(format).closed_with(&Segment::of(b"end")).collect::<Vec<_>>().concat();
            let mut unpacked = String::new();
            flate2::read::GzDecoder::new(&member[..]).read_to_string(&mut unpacked).unwrap();
            assert_eq!(unpacked, format!("{expected}end"));
            assert_eq!(String::from_utf8(exposition.plain(format).concat()).unwrap(), expected);
        }
    }
}
