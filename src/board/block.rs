//! A stretch of an exposition: encoded when first asked for, and shared by all expositions until one of its pages
//! changes.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use super::page::Page;
use super::pieces::Pieces;
use super::segment::Segment;
use crate::family::Families;
use crate::format::{Format, Head};

/// Some neighbouring families of some operations, or one family of some of the operations that have it.
///
/// OpenMetrics is made from the pages' lines of 0.0.4, because a page with both formats would be twice as long, and
/// samples are not kept. Text 0.0.4 is on the pages already.
#[derive(Debug)]
pub(super) struct Block {
    families: Families,
    /// Which of the families.
    range: Range<usize>,
    /// Which of the blocks of these families.
    number: usize,
    /// Whether the families begin here: what stands before their lines belongs to this block.
    is_first: bool,
    pages: Box<[Arc<Page>]>,
    openmetrics: OnceLock<Bytes>,
    text_packed: OnceLock<Segment>,
    openmetrics_packed: OnceLock<Segment>,
}

impl Block {
    pub(super) fn new(
        families: Families,
        range: Range<usize>,
        number: usize,
        is_first: bool,
        pages: Box<[Arc<Page>]>,
    ) -> Self {
        Self {
            families,
            range,
            number,
            is_first,
            pages,
            openmetrics: OnceLock::new(),
            text_packed: OnceLock::new(),
            openmetrics_packed: OnceLock::new(),
        }
    }

    /// Where it stands among the blocks of its subject.
    pub(super) fn place(&self) -> (usize, usize) {
        (self.range.start, self.number)
    }

    /// Whether another block is of the same families and pages.
    pub(super) fn says_the_same_as(&self, other: &Self) -> bool {
        self.range == other.range
            && self.is_first == other.is_first
            && self.pages.len() == other.pages.len()
            && self.pages.iter().zip(&other.pages).all(|(own, other)| Arc::ptr_eq(own, other))
    }

    /// Whether it is made of this page, among others.
    pub(super) fn is_of(&self, page: &Arc<Page>) -> bool {
        self.pages.iter().any(|own| Arc::ptr_eq(own, page))
    }

    /// Adds its text.
    pub(super) fn put_into(&self, pieces: &mut Pieces, format: Format) {
        match format {
            Format::Text => self.put_text(pieces),
            Format::OpenMetrics => pieces.share(self.openmetrics.get_or_init(|| self.openmetrics().into()).clone()),
        }
    }

    /// Its text compressed; the first call does it, which takes a while: call it where that may block.
    pub(super) fn packed(&self, format: Format) -> &Segment {
        match format {
            Format::Text => self.text_packed.get_or_init(|| {
                let mut pieces = Pieces::default();
                self.put_text(&mut pieces);
                packed(&pieces.concat())
            }),
            Format::OpenMetrics => self.openmetrics_packed.get_or_init(|| match self.openmetrics.get() {
                Some(text) => packed(text),
                None => packed(&self.openmetrics()),
            }),
        }
    }

    fn put_text(&self, pieces: &mut Pieces) {
        for position in self.range.clone() {
            self.write_head(position, |head| pieces.copy(head), Format::Text);
            for page in &self.pages {
                pieces.share(page.shared_lines(position));
            }
        }
    }

    fn openmetrics(&self) -> Vec<u8> {
        let format = Format::OpenMetrics;
        let mut text = Vec::with_capacity(self.room_for(format));
        for position in self.range.clone() {
            self.write_head(position, |head| text.extend_from_slice(head), format);
            let Some(family) = self.families.get(position) else { continue };
            for page in &self.pages {
                format.write_lines(&mut text, family.name(), family.kind(), page.lines(position), page.since());
            }
        }
        text.shrink_to_fit();
        text
    }

    /// Writes what stands before the lines of a family, if it begins here and has lines at all.
    fn write_head(&self, position: usize, write: impl FnOnce(&[u8]), format: Format) {
        let has_lines = || self.pages.iter().any(|page| !page.lines(position).is_empty());
        if let Some(family) = self.families.get(position).filter(|_| self.is_first && has_lines()) {
            let mut head = Vec::new();
            format.write_head(&mut head, Head::of(*family));
            write(&head);
        }
    }

    /// How long the text may become.
    fn room_for(&self, format: Format) -> usize {
        let families = self.families.iter().enumerate().take(self.range.end).skip(self.range.start);
        families
            .map(|(position, family)| {
                let lines: usize = self.pages.iter().map(|page| page.lines(position).len()).sum();
                Head::of(*family).room() + format.room_for(family.kind(), lines)
            })
            .sum()
    }
}

/// Packs a text, and lets others have the processor before the next one: a scrape that waits for it should wait for one
/// block at most, and not for as long as the system lets a thread run on.
fn packed(text: &[u8]) -> Segment {
    let packed = Segment::of(text);
    std::thread::yield_now();
    packed
}
