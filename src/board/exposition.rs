//! A whole exposition as shared bytes, plain and compressed.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use flate2::{Compression, Crc, FlushCompress, Status};

use super::page::{Page, heads_len, write_head};
use crate::family::Families;

/// Everything that the pages say, in the order of the families.
#[derive(Debug, Default)]
pub struct Exposition {
    version: u64,
    text: Bytes,
    packed: OnceLock<Segment>,
}

impl Exposition {
    pub(super) fn of(version: u64, subjects: &[(Families, Vec<Arc<Page>>)]) -> Self {
        let pages_len: usize = subjects.iter().flat_map(|(_, pages)| pages).map(|page| page.len()).sum();
        let heads_len: usize = subjects.iter().map(|(families, _)| heads_len(families)).sum();
        let mut text = Vec::with_capacity(pages_len + heads_len);
        for (families, pages) in subjects {
            for (position, family) in families.iter().enumerate() {
                let head = text.len();
                write_head(&mut text, *family);
                let first = text.len();
                for page in pages {
                    text.extend_from_slice(page.lines(position));
                }
                if text.len() == first {
                    text.truncate(head);
                }
            }
        }
        Self { version, text: text.into(), packed: OnceLock::new() }
    }

    pub(super) fn version(&self) -> u64 {
        self.version
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> Bytes {
        self.text.clone()
    }

    /// The text compressed; the first call does it, which takes a while: call it where that may block.
    pub fn packed(&self) -> &Segment {
        self.packed.get_or_init(|| Segment::of(&self.text))
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
