//! A whole exposition as shared bytes, plain and compressed.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use flate2::{Compression, Crc, FlushCompress, Status};

use super::page::Page;
use crate::family::Families;
use crate::format::{Format, Head};

/// Everything that the pages say, in the order of the families.
///
/// It holds the pages and puts a format's text together when that is first asked for: a Prometheus asks for one format,
/// packed, and then neither the other format nor a plain text is held beside the pages. OpenMetrics is made from the
/// pages' lines of 0.0.4, because a page with both formats would be twice as long, and samples are not kept.
#[derive(Debug, Default)]
pub struct Exposition {
    version: u64,
    subjects: Vec<(Families, Vec<Arc<Page>>)>,
    text: Form,
    openmetrics: Form,
}

/// One format of an exposition, as far as somebody asked for it.
#[derive(Debug, Default)]
struct Form {
    plain: OnceLock<Bytes>,
    packed: OnceLock<Segment>,
}

impl Exposition {
    pub(super) fn of(version: u64, subjects: Vec<(Families, Vec<Arc<Page>>)>) -> Self {
        Self { version, subjects, ..Self::default() }
    }

    pub(super) fn version(&self) -> u64 {
        self.version
    }

    /// The text in format 0.0.4; the first call puts it together.
    #[must_use]
    pub fn text(&self) -> Bytes {
        self.written(Format::Text)
    }

    /// The text in this format, without its end; the first call puts it together, which takes as long as copying it:
    /// call it where that may block.
    #[must_use]
    pub fn written(&self, format: Format) -> Bytes {
        self.form(format).plain.get_or_init(|| self.write(format).into()).clone()
    }

    /// The text in this format compressed; the first call does it, which takes a while: call it where that may block.
    pub fn packed(&self, format: Format) -> &Segment {
        let form = self.form(format);
        form.packed.get_or_init(|| match form.plain.get() {
            Some(text) => Segment::of(text),
            None => Segment::of(&self.write(format)),
        })
    }

    const fn form(&self, format: Format) -> &Form {
        match format {
            Format::Text => &self.text,
            Format::OpenMetrics => &self.openmetrics,
        }
    }

    fn write(&self, format: Format) -> Vec<u8> {
        let mut text = Vec::with_capacity(self.room_for(format));
        for (families, pages) in &self.subjects {
            for (position, family) in families.iter().enumerate() {
                let head = text.len();
                format.write_head(&mut text, Head::of(*family));
                let first = text.len();
                for page in pages {
                    format.write_lines(&mut text, family.name(), family.kind(), page.lines(position), page.since());
                }
                if text.len() == first {
                    text.truncate(head);
                }
            }
        }
        text.shrink_to_fit();
        text
    }

    /// How long the text may become.
    fn room_for(&self, format: Format) -> usize {
        let mut room = 0;
        for (families, pages) in &self.subjects {
            for (position, family) in families.iter().enumerate() {
                let lines: usize = pages.iter().map(|page| page.lines(position).len()).sum();
                room += Head::of(*family).room() + format.room_for(family.kind(), lines);
            }
        }
        room
    }
}

/// A compressed stretch of text that can be joined with others into one gzip member.
///
/// Members one behind the other would be valid gzip too, but curl and others silently stop after the first.
#[derive(Clone, Debug)]
pub struct Segment {
    deflated: Bytes,
    crc: u32,
    len: u32,
}

impl Segment {
    /// Compresses a text. The stream is flushed, not finished, so that another segment can follow.
    #[must_use]
    pub fn of(text: &[u8]) -> Self {
        let mut crc = Crc::new();
        crc.update(text);
        let mut deflated = Vec::with_capacity(text.len() / 8 + 64);
        let mut deflate = flate2::Compress::new(Compression::new(4), false);
        let mut rest = text;
        loop {
            deflated.reserve(deflated.capacity().max(64));
            let before = deflate.total_in();
            let status = deflate.compress_vec(rest, &mut deflated, FlushCompress::Full);
            let consumed = usize::try_from(deflate.total_in() - before).unwrap_or(usize::MAX);
            rest = rest.get(consumed..).unwrap_or_default();
            let has_room = deflated.len() < deflated.capacity();
            // The flush is whole once all is taken in and the output was not cut by its buffer's end.
            if (rest.is_empty() && has_room) || !matches!(status, Ok(Status::Ok | Status::BufError)) {
                break;
            }
        }
        Self { deflated: deflated.into(), crc: crc.sum(), len: crc.amount() }
    }

    /// Joins segments into one gzip member.
    #[must_use]
    pub fn join(segments: &[&Self]) -> Bytes {
        /// Deflate, no name, no time, unknown system.
        const HEADER: [u8; 10] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF];
        /// An empty last block.
        const END: [u8; 2] = [3, 0];
        let mut checksum = crc32fast::Hasher::new();
        let mut len = 0_u32;
        let mut member = Vec::with_capacity(segments.iter().map(|segment| segment.deflated.len()).sum::<usize>() + 20);
        member.extend_from_slice(&HEADER);
        for segment in segments {
            member.extend_from_slice(&segment.deflated);
            checksum.combine(&crc32fast::Hasher::new_with_initial_len(segment.crc, u64::from(segment.len)));
            len = len.wrapping_add(segment.len);
        }
        member.extend_from_slice(&END);
        member.extend_from_slice(&checksum.finalize().to_le_bytes());
        member.extend_from_slice(&len.to_le_bytes());
        member.into()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use proptest::prelude::*;

    use super::*;
    use crate::family::{Counter, Gauge, Histogram};
    use crate::samples::{Distribution, Samples};

    static INFO: Gauge<1> = Gauge::new("skill_info", "Skills.", ["name"]);
    static EMPTY: Counter<0> = Counter::new("empty_total", "Nothing.", []);
    static CALLS: Counter<1> = Counter::new("calls_total", "Calls.", ["skill"]);
    static WAITS: Histogram<0> = Histogram::new("wait_seconds", "Waits.", []);
    static FAMILIES: Families = &[&INFO, &EMPTY, &CALLS, &WAITS];

    fn page(operation: &str, calls: f64, since: i64) -> Arc<Page> {
        let mut samples = Samples::of(FAMILIES, 100);
        samples.gauge(&INFO, ["Ventas"], 1.0);
        samples.counter(&CALLS, ["1"], calls);
        let mut waits = Distribution::default();
        waits.observe(&[5.0, 60.0], 7.5);
        samples.histogram(&WAITS, [], &[5.0, 60.0], &waits);
        let page = Page::of(&samples, &["operation"], &[operation]);
        Arc::new(page.counting_since(jiff::Timestamp::from_second(since).unwrap()))
    }

    #[test]
    fn each_format_says_the_same() {
        let pages = vec![page("acme", 3.0, 1_780_635_600), page("umbrella", 4.0, 1_780_588_800)];
        let exposition = Exposition::of(1, vec![(FAMILIES, pages)]);
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
            let member = Segment::join(&[exposition.packed(format)]);
            let mut unpacked = String::new();
            flate2::read::GzDecoder::new(&member[..]).read_to_string(&mut unpacked).unwrap();
            assert_eq!(unpacked, expected);
            assert_eq!(std::str::from_utf8(&exposition.written(format)), Ok(expected));
        }
    }

    proptest! {
        #[test]
        fn joined_segments_unpack_to_the_joined_texts(texts in proptest::collection::vec(".{0,300}", 0..5), times in 1_usize..60) {
            let texts: Vec<String> = texts.into_iter().map(|text| text.repeat(times)).collect();
            let segments: Vec<Segment> = texts.iter().map(|text| Segment::of(text.as_bytes())).collect();
            let member = Segment::join(&segments.iter().collect::<Vec<_>>());
            let mut unpacked = String::new();
            flate2::read::GzDecoder::new(&member[..]).read_to_string(&mut unpacked).unwrap();
            prop_assert_eq!(unpacked, texts.concat());
        }
    }

    #[test]
    fn a_large_text_that_hardly_packs_is_whole() {
        let mut state = 1_u64;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            state.to_le_bytes()[7]
        })
        .take(3_000_000)
        .collect();
        let member = Segment::join(&[&Segment::of(&noise), &Segment::of(b"tail")]);
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(&member[..]).read_to_end(&mut unpacked).unwrap();
        assert_eq!(unpacked, [&noise[..], b"tail"].concat());
    }
}
