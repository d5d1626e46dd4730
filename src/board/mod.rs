//! The newest page of every report of every operation, withdrawn when it is too old, and the exposition made of them.
//!
//! A page is encoded when it is published. Expositions are made of blocks: stretches of the pages' lines, in the order
//! of the families, each of which is compressed once and then shared by all expositions until one of its pages changes.
//! No scrape sees half a page.
//!
//! ```text
//!   pages by operation      shelf: their lines by family          exposition
//!   ┌─ page ─┐ ┌─ page ─┐   ┌ block: short families, all ┐        block block block ... + the process's own numbers
//!   │ a b c  │ │ a b c  │──>│ block: c of some operations │──────> plain: pieces shared with the pages
//!   └────────┘ └────────┘   └ block: c of the others ─────┘        packed: one gzip member of all blocks' segments
//! ```

mod block;
mod exposition;
mod page;
mod pieces;
mod segment;
mod shelf;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::family::Families;
use crate::reports;
use crate::vitals;

pub use self::exposition::{Exposition, Form};
pub use self::page::Page;
pub use self::segment::{Opening, Segment};
use self::shelf::Shelf;

/// Whose families a page holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A report's own, by its position in [`reports::ALL`].
    Report(usize),
    /// The operation's.
    Operation,
    /// Those about a report: its age, and what asking for it took.
    Vitals,
}

/// Where a page belongs: operation and report, by their positions.
pub type Place = (usize, usize);

/// From this length of a page's text on, an exposition with the page is made before it is served.
const LARGE: usize = 64 * 1024;

/// After an exposition was made in advance, this many times as long passes before the next one is, unless a scrape came
/// meanwhile: with a thousand operations something large changes all the time, and most of it would never be scraped.
const REST_AFTER_MAKING: u32 = 50;

/// So long after a form was last asked for, it is still made for a large page.
const ASKED_WITHIN: Duration = Duration::from_mins(10);

/// The newest page of everything.
#[derive(Debug, Default)]
pub struct Board {
    pages: Mutex<Pages>,
    served: Mutex<Arc<Exposition>>,
}

#[derive(Debug, Default)]
struct Pages {
    /// Counts changes, so that an exposition knows whether it is the newest.
    version: u64,
    shelves: BTreeMap<Subject, Shelf>,
    /// When the first page will be too old.
    expires: Option<Instant>,
    /// How many expositions are being made that will be served as soon as they are.
    in_the_making: usize,
    /// Until when none is made in advance, unless somebody asks.
    rests_until: Option<Instant>,
    /// The forms that were asked for, and when last.
    asked: Vec<(Form, Instant)>,
}

impl Board {
    /// Puts a page up in place of the one before it, until `expires`, if ever.
    ///
    /// A large page takes a while to encode: then the work is handed back, and scrapes are answered as before until it
    /// is done. What is not made in advance, the next scrape makes.
    pub fn publish(
        self: &Arc<Self>,
        subject: Subject,
        place: Place,
        page: Page,
        expires: Option<Instant>,
    ) -> Option<Making> {
        let is_large = page.len() >= LARGE;
        let mut pages = self.pages();
        pages.put(subject, place, page, expires);
        let now = Instant::now();
        let may_make = is_large && pages.rests_until.is_none_or(|until| until <= now);
        let forms = if may_make { pages.forms_asked(now) } else { Vec::new() };
        if forms.is_empty() {
            return None;
        }
        pages.in_the_making += 1;
        Some(Making { exposition: Arc::new(pages.exposition(now)), forms, board: Arc::clone(self) })
    }

    /// Takes a page down.
    pub fn withdraw(&self, subject: Subject, place: Place) {
        let mut pages = self.pages();
        let was_there = pages.shelves.get_mut(&subject).is_some_and(|shelf| shelf.remove(place));
        pages.version += u64::from(was_there);
    }

    /// What is to be served at this moment, if it is already made in this form.
    #[must_use]
    pub fn ready(&self, form: Form, now: Instant) -> Option<Arc<Exposition>> {
        let mut pages = self.pages();
        pages.was_asked(form, now);
        self.newest(&pages, now).filter(|exposition| exposition.is_made(form))
    }

    /// What is to be served at this moment: the same as the last time while nothing has changed, or while something
    /// large that has changed is not yet encoded.
    #[must_use]
    pub fn exposition(&self, now: Instant) -> Arc<Exposition> {
        let made = {
            let mut pages = self.pages();
            if let Some(served) = self.newest(&pages, now) {
                return served;
            }
            Arc::new(pages.exposition(now))
        };
        self.show(Arc::clone(&made));
        made
    }

    /// What was served last, if nothing newer is to be served.
    fn newest(&self, pages: &Pages, now: Instant) -> Option<Arc<Exposition>> {
        let served = Arc::clone(&self.served());
        let is_newest = served.version() == pages.version || pages.in_the_making > 0;
        (is_newest && !served.has_expired(now)).then_some(served)
    }

    /// Serves an exposition from now on, unless a newer one is served already.
    fn show(&self, made: Arc<Exposition>) {
        let mut served = self.served();
        if served.version() <= made.version() {
            *served = made;
        }
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn served(&self) -> MutexGuard<'_, Arc<Exposition>> {
        self.served.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An exposition that is to be made in the forms that scrapes ask for, and served then.
#[derive(Debug)]
#[must_use = "until it is dropped, scrapes are answered as before"]
pub struct Making {
    exposition: Arc<Exposition>,
    forms: Vec<Form>,
    board: Arc<Board>,
}

impl Making {
    /// Makes and serves it. This takes a while: call it where that may block.
    pub fn finish(self) {
        let begun = Instant::now();
        self.forms.iter().for_each(|form| self.exposition.make(*form));
        self.board.show(Arc::clone(&self.exposition));
        let took = begun.elapsed();
        self.board.pages().rests_until = Some(begun + took * REST_AFTER_MAKING);
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        self.board.pages().in_the_making -= 1;
    }
}

impl Pages {
    fn put(&mut self, subject: Subject, place: Place, page: Page, expires: Option<Instant>) {
        self.version += 1;
        self.shelves.entry(subject).or_insert_with(|| Shelf::new(subject.families())).put(place, page, expires);
        // The page before it may have been the first to expire: then it is looked for in vain once, and found to be later.
        self.expires = [self.expires, expires].into_iter().flatten().min();
    }

    /// All that the pages say at this moment.
    fn exposition(&mut self, now: Instant) -> Exposition {
        if self.expires.is_some_and(|expires| expires <= now) {
            let expired = self.shelves.values_mut().map(|shelf| shelf.expire(now)).fold(false, |some, any| some | any);
            self.version += u64::from(expired);
            self.expires = self.shelves.values().filter_map(Shelf::expires).min();
        }
        let blocks = self.shelves.values_mut().map(Shelf::blocks).collect();
        Exposition::of(self.version, self.expires, blocks)
    }

    fn was_asked(&mut self, form: Form, now: Instant) {
        match self.asked.iter_mut().find(|(asked, _)| *asked == form) {
            Some((_, when)) => *when = now,
            None => self.asked.push((form, now)),
        }
        self.rests_until = None;
    }

    fn forms_asked(&self, now: Instant) -> Vec<Form> {
        let asked = self.asked.iter().filter(|(_, when)| now.saturating_duration_since(*when) < ASKED_WITHIN);
        asked.map(|(form, _)| *form).collect()
    }
}

impl Subject {
    /// The families of this subject, in the order served.
    #[must_use]
    pub fn families(self) -> Families {
        match self {
            Self::Report(position) => reports::ALL.get(position).map_or(&[], |report| report.families),
            Self::Operation => vitals::OPERATION_FAMILIES,
            Self::Vitals => vitals::REPORT_FAMILIES,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::Format;
    use crate::samples::Samples;

    const PACKED: Form = (Format::Text, true);

    /// A page of the quota report: so many requests used, and as many lines of padding as a large page has.
    fn page(used: f64, is_large: bool) -> (Subject, Page) {
        let position = reports::ALL.iter().position(|report| report.name == "quota").unwrap();
        let subject = Subject::Report(position);
        let family = subject.families()[0];
        let mut samples = Samples::of(subject.families(), usize::MAX);
        samples.put_back(family.name(), "", crate::samples::Reading::Number(used));
        let padding = if is_large { "x".repeat(LARGE) } else { String::new() };
        (subject, Page::of(&samples, &["operation"], &[&padding]))
    }

    fn publish(
        board: &Arc<Board>,
        place: Place,
        used: f64,
        is_large: bool,
        expires: Option<Instant>,
    ) -> Option<Making> {
        let (subject, page) = page(used, is_large);
        board.publish(subject, place, page, expires)
    }

    fn values(exposition: &Exposition) -> Vec<String> {
        let text = String::from_utf8(exposition.text()).unwrap();
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines.filter_map(|line| Some(line.rsplit_once(' ')?.1.to_owned())).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn while_something_large_is_encoded_scrapes_are_answered_as_before() {
        let board = Arc::new(Board::default());
        assert!(publish(&board, (0, 0), 1.0, true, None).is_none(), "nobody has asked for anything");
        assert!(board.ready(PACKED, Instant::now()).is_none());
        assert_eq!(values(&board.exposition(Instant::now())), ["1"]);

        let making = publish(&board, (0, 0), 2.0, true, None).unwrap();
        assert!(publish(&board, (1, 0), 3.0, false, None).is_none());
        assert_eq!(values(&board.exposition(Instant::now())), ["1"]);
        making.finish();
        assert_eq!(values(&board.exposition(Instant::now())), ["2", "3"]);
        assert!(board.ready(PACKED, Instant::now()).is_none(), "what came meanwhile is not yet encoded");

        let making = publish(&board, (0, 0), 4.0, true, None).unwrap();
        drop(making);
        assert_eq!(values(&board.exposition(Instant::now())), ["4", "3"], "given up, it is made when it is asked for");
        tokio::time::sleep(ASKED_WITHIN).await;
        assert!(publish(&board, (0, 0), 5.0, true, None).is_none(), "nobody has asked for a while");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_encoded_in_advance_is_ready() {
        let board = Arc::new(Board::default());
        assert!(board.ready(PACKED, Instant::now()).is_none());
        publish(&board, (0, 0), 1.0, true, None).unwrap().finish();
        assert_eq!(values(&board.ready(PACKED, Instant::now()).unwrap()), ["1"]);
        assert!(board.ready((Format::OpenMetrics, true), Instant::now()).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_too_old_is_gone_even_while_something_large_is_encoded() {
        let board = Arc::new(Board::default());
        let soon = Instant::now() + Duration::from_mins(1);
        assert!(publish(&board, (0, 0), 1.0, false, Some(soon)).is_none());
        assert!(publish(&board, (1, 0), 2.0, true, Some(soon + Duration::from_mins(1))).is_none());
        assert!(board.ready(PACKED, Instant::now()).is_none());
        assert_eq!(values(&board.exposition(Instant::now())), ["1", "2"]);
        let _making = publish(&board, (1, 0), 3.0, true, None).unwrap();
        assert_eq!(values(&board.exposition(Instant::now())), ["1", "2"]);
        assert_eq!(values(&board.exposition(soon)), ["3"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_page_that_was_replaced_in_time_does_not_expire() {
        let board = Arc::new(Board::default());
        let (soon, later) = (Instant::now() + Duration::from_secs(1), Instant::now() + Duration::from_secs(2));
        assert!(publish(&board, (0, 0), 1.0, false, Some(soon)).is_none());
        assert!(publish(&board, (0, 0), 2.0, false, Some(later)).is_none());
        assert_eq!(values(&board.exposition(soon)), ["2"]);
        let made = board.exposition(soon);
        made.make(PACKED);
        assert!(
            Arc::ptr_eq(&made, &board.ready(PACKED, soon).unwrap()),
            "looking for what is too old made nothing new"
        );
        assert_eq!(values(&board.exposition(later)), [""; 0]);
    }
}
