//! The pages of one subject, and the blocks that expositions are made of.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use tokio::time::Instant;

use super::Place;
use super::block::Block;
use super::page::Page;
use crate::family::Families;

/// About how long a block's text is: long enough to compress well, short enough that a change of one page among many
/// leaves nearly all of the others as they are.
const BLOCK: usize = 64 * 1024;

/// The pages of one subject.
#[derive(Debug)]
pub(super) struct Shelf {
    families: Families,
    held: BTreeMap<Place, Held>,
    blocks: Arc<[Arc<Block>]>,
    /// Whether a page has changed since the blocks were made.
    is_stale: bool,
    /// For each family, by which power of two the operations are put together. It is kept while it serves, for with
    /// another one every block is another.
    shifts: Box<[u32]>,
}

#[derive(Debug)]
struct Held {
    page: Arc<Page>,
    /// When the page is too old to be served.
    expires: Option<Instant>,
}

impl Shelf {
    pub(super) fn new(families: Families) -> Self {
        let shifts = vec![0; families.len()].into();
        Self { families, held: BTreeMap::new(), blocks: Arc::new([]), is_stale: false, shifts }
    }

    pub(super) fn put(&mut self, place: Place, page: Page, expires: Option<Instant>) {
        let before = self.held.insert(place, Held { page: Arc::new(page), expires });
        self.is_stale = true;
        self.forget(before.as_slice());
    }

    /// Answers whether there was a page.
    pub(super) fn remove(&mut self, place: Place) -> bool {
        let before = self.held.remove(&place);
        self.is_stale |= before.is_some();
        self.forget(before.as_slice());
        before.is_some()
    }

    /// Gives up the blocks of these pages: until others are made they would hold pages that nobody is served.
    fn forget(&mut self, gone: &[Held]) {
        for Held { page, .. } in gone {
            // Most blocks stay, and nearly always there are expositions that share the list.
            if self.blocks.iter().any(|block| block.is_of(page)) {
                self.blocks = self.blocks.iter().filter(|block| !block.is_of(page)).cloned().collect();
            }
        }
    }

    /// Takes out what is too old. Answers whether anything was.
    pub(super) fn expire(&mut self, now: Instant) -> bool {
        let gone: Vec<Held> = self
            .held
            .extract_if(.., |_, held| held.expires.is_some_and(|expires| expires <= now))
            .map(|(_, held)| held)
            .collect();
        self.is_stale |= !gone.is_empty();
        self.forget(&gone);
        !gone.is_empty()
    }

    /// When the first of its pages will be too old.
    pub(super) fn expires(&self) -> Option<Instant> {
        self.held.values().filter_map(|held| held.expires).min()
    }

    /// All that its pages say, family by family. Blocks whose pages are the same as before are the same.
    pub(super) fn blocks(&mut self) -> Arc<[Arc<Block>]> {
        if self.is_stale {
            self.blocks = self.arranged().into();
            self.is_stale = false;
        }
        Arc::clone(&self.blocks)
    }

    fn arranged(&mut self) -> Vec<Arc<Block>> {
        let all: Vec<(usize, &Arc<Page>)> = self.held.iter().map(|(place, held)| (place.0, &held.page)).collect();
        let mut arrangement =
            Arrangement { families: self.families, before: self.blocks.iter().peekable(), made: Vec::new() };
        // Short families stand together.
        let (mut together, mut room) = (0..0, 0);
        for (position, shift) in self.shifts.iter_mut().enumerate() {
            let len: usize = all.iter().map(|(_, page)| page.lines(position).len()).sum();
            let is_long = len > BLOCK;
            if is_long || room > BLOCK {
                arrangement.add(together.clone(), (0, true), all.iter().map(|(_, page)| *page));
                (together, room) = (position..position, 0);
            }
            together.end = position + 1;
            room += len;
            if is_long {
                *shift = kept_shift(*shift, len, all.len());
                let mut is_first = true;
                for group in all.chunk_by(|(one, _), (other, _)| one >> *shift == other >> *shift) {
                    let pages = group.iter().map(|(_, page)| *page);
                    if pages.clone().any(|page| !page.lines(position).is_empty()) {
                        let number = group.first().map_or(0, |(operation, _)| operation >> *shift);
                        arrangement.add(position..position + 1, (number, is_first), pages);
                        is_first = false;
                    }
                }
                (together, room) = (position + 1..position + 1, 0);
            }
        }
        arrangement.add(together, (0, true), all.iter().map(|(_, page)| *page));
        arrangement.made
    }
}

/// The power of two by which operations are put together, given how long the lines of all their pages are: the one from
/// before, if blocks are neither far too short nor far too long with it.
fn kept_shift(before: u32, len: usize, pages: usize) -> u32 {
    let mean = (len / pages.max(1)).max(1);
    if (BLOCK / 4..=BLOCK * 2).contains(&(mean << before)) {
        return before;
    }
    (BLOCK / mean).checked_ilog2().unwrap_or(0)
}

/// The blocks made so far, beside those from before.
struct Arrangement<'b> {
    families: Families,
    before: std::iter::Peekable<std::slice::Iter<'b, Arc<Block>>>,
    made: Vec<Arc<Block>>,
}

impl Arrangement<'_> {
    /// Adds a block of these families, with this number among those of the same families, and whether it is the first
    /// of them: the block from before, if that says the same.
    fn add<'p>(&mut self, range: Range<usize>, numbered: (usize, bool), pages: impl Iterator<Item = &'p Arc<Page>>) {
        let pages: Box<[Arc<Page>]> = pages.cloned().collect();
        if range.is_empty() || pages.is_empty() {
            return;
        }
        let (number, is_first) = numbered;
        let made = Block::new(self.families, range, number, is_first, pages);
        // Both stand in the same order.
        while self.before.next_if(|before| before.place() < made.place()).is_some() {}
        let same = self.before.next_if(|before| before.says_the_same_as(&made));
        self.made.push(same.cloned().unwrap_or_else(|| Arc::new(made)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::family::Gauge;
    use crate::format::Format;
    use crate::samples::Samples;

    static INFO: Gauge<1> = Gauge::new("info", "Who.", ["name"]);
    static TIME: Gauge<1> = Gauge::new("time", "How long.", ["name"]);
    static LAST: Gauge<0> = Gauge::new("last", "When.", []);
    static FAMILIES: Families = &[&INFO, &TIME, &LAST];

    /// A page of one operation: one line of one family, so many of the next, one of the last.
    fn page(operation: usize, lines: usize) -> Page {
        let mut samples = Samples::of(FAMILIES, 10_000);
        samples.gauge(&INFO, ["only"], 1.0);
        for line in 0..lines {
            samples.gauge(&TIME, [&line.to_string()], 1.0);
        }
        samples.gauge(&LAST, [], 3.0);
        Page::of(&samples, &["operation"], &[&operation.to_string()])
    }

    fn text(blocks: &[Arc<Block>]) -> String {
        let mut pieces = super::super::pieces::Pieces::default();
        for block in blocks {
            block.put_into(&mut pieces, Format::Text);
        }
        String::from_utf8(pieces.concat().to_vec()).unwrap()
    }

    fn expected(pages: &[(usize, usize)]) -> String {
        let line = |family: &str, operation: &usize, name: &str, value: u8| {
            format!("{family}{{operation=\"{operation}\"{name}}} {value}\n")
        };
        let infos = pages.iter().map(|(operation, _)| line("info", operation, ",name=\"only\"", 1));
        let times = pages.iter().flat_map(|(operation, lines)| {
            (0..*lines).map(move |at| line("time", operation, &format!(",name=\"{at}\""), 1))
        });
        let lasts = pages.iter().map(|(operation, _)| line("last", operation, "", 3));
        let times: String = times.collect();
        let head = if times.is_empty() { "" } else { "# HELP time How long.\n# TYPE time gauge\n" };
        let (infos, lasts): (String, String) = (infos.collect(), lasts.collect());
        format!(
            "# HELP info Who.\n# TYPE info gauge\n{infos}{head}{times}# HELP last When.\n# TYPE last gauge\n{lasts}"
        )
    }

    #[test]
    fn whatever_its_blocks_a_shelf_says_what_its_pages_say() {
        // Alone, few, many; short, long, and those that say nothing of a family.
        for pages in [
            vec![(0, 0)],
            vec![(0, 5), (3, 0)],
            vec![(7, 5_000)],
            (0..40).map(|operation| (operation, 0)).collect(),
            (0..40).map(|operation| (operation, 100)).collect(),
            (0..40).map(|operation| (operation, if operation < 9 { 0 } else { 300 })).collect(),
        ] {
            let mut shelf = Shelf::new(FAMILIES);
            for (operation, lines) in &pages {
                shelf.put((*operation, 0), page(*operation, *lines), None);
            }
            assert_eq!(text(&shelf.blocks()), expected(&pages), "{pages:?}");
        }
    }

    #[test]
    fn a_page_that_changes_leaves_the_blocks_of_others_as_they_are() {
        let mut shelf = Shelf::new(FAMILIES);
        for operation in 0..100 {
            shelf.put((operation, 0), page(operation, 200), None);
        }
        let before = shelf.blocks();
        assert!(before.len() > 8, "{} blocks", before.len());
        shelf.put((50, 0), page(50, 201), None);
        let after = shelf.blocks();
        let kept = after.iter().filter(|block| before.iter().any(|before| Arc::ptr_eq(before, block)));
        // What changes is the block of its long family, and the one of all the short ones before and behind.
        assert_eq!((after.len(), after.len() - kept.count()), (before.len(), 3));
        assert!(Arc::ptr_eq(&shelf.blocks(), &after), "nothing has changed");
    }

    #[test]
    fn a_page_that_was_replaced_taken_down_or_is_too_old_is_held_no_more() {
        let mut shelf = Shelf::new(FAMILIES);
        let now = Instant::now();
        for operation in 0..100 {
            shelf.put((operation, 0), page(operation, 200), (operation == 70).then_some(now));
        }
        drop(shelf.blocks());
        let [replaced, taken_down, too_old] = [50, 60, 70].map(|place| Arc::downgrade(&shelf.held[&(place, 0)].page));
        shelf.put((50, 0), page(50, 200), None);
        assert!(replaced.upgrade().is_none());
        shelf.remove((60, 0));
        assert!(taken_down.upgrade().is_none());
        assert!(shelf.expire(now));
        assert!(too_old.upgrade().is_none());
        assert_eq!(text(&shelf.blocks()).matches("time{").count(), 98 * 200);
    }

    #[test]
    fn how_many_operations_stand_together_changes_only_when_it_must() {
        let mut shift = 0;
        for (len, expected) in [(100, 9), (200, 9), (60, 9), (20, 11), (100_000, 0), (90_000, 0)] {
            shift = kept_shift(shift, len * 1000, 1000);
            assert_eq!(shift, expected, "{len}");
        }
    }
}
