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
mod rereading;
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

/// So many expositions are made in advance one after the other without a scrape between them: an answer changes its
/// report's page, then what is told about the report, then what is told about the operation.
const MADE_UNSEEN: u32 = 4;

/// From then on, this many times as long as the last one took passes before the next one is made, unless a scrape comes:
/// with a thousand operations something changes all the time, and most of it would never be scraped.
const REST_AFTER_MAKING: u32 = 50;

/// So long after a form was last asked for, it is still made in advance.
const ASKED_WITHIN: Duration = Duration::from_mins(10);

/// The newest page of everything.
#[derive(Debug, Default)]
pub struct Board {
    pages: Mutex<Pages>,
    /// What scrapes get. It is locked for moments only, after the pages where both are, so that no scrape waits for what
    /// is done to the pages.
    served: Mutex<Served>,
}

#[derive(Debug, Default)]
struct Pages {
    /// Counts changes, so that an exposition knows whether it is the newest.
    version: u64,
    shelves: BTreeMap<Subject, Shelf>,
    /// When the first page will be too old.
    expires: Option<Instant>,
}

#[derive(Debug, Default)]
struct Served {
    /// None where it would not be served any more: it would keep pages in memory that were replaced.
    exposition: Option<Arc<Exposition>>,
    /// The version of the pages as they are now.
    newest: u64,
    /// Whether a newer exposition is being made, to be served as soon as it is.
    is_making: bool,
    /// How many were made in advance since somebody last asked.
    unseen: u32,
    /// Until when none is made in advance, unless somebody asks.
    rests_until: Option<Instant>,
    /// The forms that were asked for, and when last.
    asked: Vec<(Form, Instant)>,
}

impl Board {
    /// Puts a page up in place of the one before it, until `expires`, if ever.
    ///
    /// Where scrapes come, the work of encoding is handed back, and they are answered as before until it is done. What is
    /// not made in advance, the next scrape makes.
    pub fn publish(
        self: &Arc<Self>,
        subject: Subject,
        place: Place,
        page: Page,
        expires: Option<Instant>,
    ) -> Option<Making> {
        let mut pages = self.pages();
        pages.put(subject, place, page, expires);
        let mut served = self.served();
        let is_wanted = served.has_changed(pages.version, Instant::now());
        let stale = served.take_stale();
        // What an exposition holds is given back while nobody waits for it.
        drop((served, pages));
        drop(stale);
        is_wanted.then(|| Making { board: Arc::clone(self), is_done: false })
    }

    /// Takes a page down.
    pub fn withdraw(&self, subject: Subject, place: Place) {
        let mut pages = self.pages();
        let was_there = pages.shelves.get_mut(&subject).is_some_and(|shelf| shelf.remove(place));
        pages.version += u64::from(was_there);
        let mut served = self.served();
        served.newest = pages.version;
        let stale = served.take_stale();
        drop((served, pages));
        drop(stale);
    }

    /// What is to be served at this moment, if it is already made in this form.
    #[must_use]
    pub fn ready(&self, form: Form, now: Instant) -> Option<Arc<Exposition>> {
        let mut served = self.served();
        served.was_asked(form, now);
        served.at(now).filter(|exposition| exposition.is_made(form))
    }

    /// What is to be served at this moment: the same as the last time while nothing has changed, or while what has
    /// changed is being made.
    #[must_use]
    pub fn exposition(&self, now: Instant) -> Arc<Exposition> {
        let mut pages = self.pages();
        if let Some(served) = self.served().at(now) {
            return served;
        }
        let made = Arc::new(pages.exposition(now));
        self.served().show(&made);
        made
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn served(&self) -> MutexGuard<'_, Served> {
        self.served.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An exposition that is to be made in the forms that scrapes ask for, and served then.
#[derive(Debug)]
#[must_use = "until it is dropped, scrapes are answered as before"]
pub struct Making {
    board: Arc<Board>,
    is_done: bool,
}

impl Making {
    /// Makes and serves it, and what has changed by then. This takes a while: call it where that may block.
    pub fn finish(mut self) {
        while !self.is_done {
            let begun = Instant::now();
            let exposition = Arc::new(self.board.pages().exposition(begun));
            let forms = self.board.served().forms_asked(begun);
            for form in forms {
                exposition.make(form);
            }
            self.is_done = !self.board.served().was_made(&exposition, begun);
        }
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        if !self.is_done {
            self.board.served().is_making = false;
        }
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
}

impl Served {
    /// Whether an exposition of the pages, which have changed, is to be made in advance.
    fn has_changed(&mut self, version: u64, now: Instant) -> bool {
        self.newest = version;
        let may_make = !self.is_making && self.may_make(now);
        self.is_making |= may_make;
        may_make
    }

    fn may_make(&self, now: Instant) -> bool {
        self.rests_until.is_none_or(|until| until <= now) && !self.forms_asked(now).is_empty()
    }

    /// Serves what was made in advance; answers whether more is to be made.
    fn was_made(&mut self, exposition: &Arc<Exposition>, begun: Instant) -> bool {
        self.show(exposition);
        let now = Instant::now();
        self.unseen += 1;
        if self.unseen >= MADE_UNSEEN {
            self.rests_until = Some(now + now.saturating_duration_since(begun) * REST_AFTER_MAKING);
        }
        self.is_making = exposition.version() < self.newest && self.may_make(now);
        self.is_making
    }

    /// Takes out what is not served any more, to be dropped where nobody waits for it.
    fn take_stale(&mut self) -> Option<Arc<Exposition>> {
        let (newest, is_making) = (self.newest, self.is_making);
        self.exposition.take_if(|exposition| exposition.version() < newest && !is_making)
    }

    /// What can be served at this moment.
    fn at(&self, now: Instant) -> Option<Arc<Exposition>> {
        let exposition = self.exposition.as_ref()?;
        let is_newest = exposition.version() == self.newest || self.is_making;
        (is_newest && !exposition.has_expired(now)).then(|| Arc::clone(exposition))
    }

    /// Serves an exposition from now on, unless a newer one is served already.
    fn show(&mut self, made: &Arc<Exposition>) {
        // Some pages may have been found too old while it was made.
        self.newest = self.newest.max(made.version());
        if self.exposition.as_ref().is_none_or(|served| served.version() <= made.version()) {
            self.exposition = Some(Arc::clone(made));
        }
    }

    fn was_asked(&mut self, form: Form, now: Instant) {
        match self.asked.iter_mut().find(|(asked, _)| *asked == form) {
            Some((_, when)) => *when = now,
            None => self.asked.push((form, now)),
        }
        self.unseen = 0;
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

    /// A page of the quota report: so many requests used.
    fn publish(board: &Arc<Board>, place: Place, used: f64, expires: Option<Instant>) -> Option<Making> {
        let position = reports::ALL.iter().position(|report| report.name == "quota").unwrap();
        let subject = Subject::Report(position);
        let mut samples = Samples::of(subject.families(), usize::MAX);
        samples.put_back(0, "", crate::samples::Reading::Number(used));
        board.publish(subject, place, Page::of(&samples, &["operation"], &["acme"]), expires)
    }

    fn values(exposition: &Exposition) -> Vec<String> {
        let text = String::from_utf8(exposition.text()).unwrap();
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines.filter_map(|line| Some(line.rsplit_once(' ')?.1.to_owned())).collect()
    }

    fn served(board: &Board) -> Vec<String> {
        values(&board.exposition(Instant::now()))
    }

    fn is_ready(board: &Board) -> bool {
        board.ready(PACKED, Instant::now()).is_some()
    }

    #[tokio::test(start_paused = true)]
    async fn while_an_exposition_is_made_scrapes_are_answered_as_before() {
        let board = Arc::new(Board::default());
        assert!(publish(&board, (0, 0), 1.0, None).is_none(), "nobody has asked for anything");
        assert!(!is_ready(&board));
        assert_eq!(served(&board), ["1"]);

        let making = publish(&board, (0, 0), 2.0, None).unwrap();
        assert_eq!(served(&board), ["1"]);
        assert!(publish(&board, (1, 0), 3.0, None).is_none(), "one is enough");
        assert_eq!(served(&board), ["1"]);
        making.finish();
        assert!(is_ready(&board));
        assert_eq!(served(&board), ["2", "3"]);

        let making = publish(&board, (0, 0), 4.0, None).unwrap();
        drop(making);
        assert_eq!(served(&board), ["4", "3"], "given up, it is made when it is asked for");
        tokio::time::sleep(ASKED_WITHIN).await;
        assert!(publish(&board, (0, 0), 5.0, None).is_none(), "nobody has asked for a while");
        assert_eq!(served(&board), ["5", "3"]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_made_in_advance_is_ready() {
        let board = Arc::new(Board::default());
        assert!(!is_ready(&board));
        publish(&board, (0, 0), 1.0, None).unwrap().finish();
        assert_eq!(values(&board.ready(PACKED, Instant::now()).unwrap()), ["1"]);
        assert!(board.ready((Format::OpenMetrics, true), Instant::now()).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn what_changes_while_one_is_made_is_made_behind_it() {
        let board = Arc::new(Board::default());
        assert!(!is_ready(&board));
        let exposition = {
            let _making = publish(&board, (0, 0), 1.0, None).unwrap();
            let made = Arc::new(board.pages().exposition(Instant::now()));
            assert!(publish(&board, (0, 0), 2.0, None).is_none());
            assert!(board.served().was_made(&made, Instant::now()), "the newest is still to be made");
            made
        };
        assert_eq!(values(&exposition), ["1"]);
        publish(&board, (0, 0), 3.0, None).unwrap().finish();
        assert_eq!(values(&board.ready(PACKED, Instant::now()).unwrap()), ["3"]);
    }

    #[tokio::test(start_paused = true)]
    async fn little_is_made_that_nobody_sees() {
        let board = Arc::new(Board::default());
        assert!(!is_ready(&board));
        let made_in_advance = || {
            let made = |number: u32| {
                let making = publish(&board, (0, 0), f64::from(number), None)?;
                let exposition = Arc::new(board.pages().exposition(Instant::now()));
                let begun = Instant::now() - Duration::from_secs(1);
                assert!(!board.served().was_made(&exposition, begun));
                drop(making);
                Some(())
            };
            (0..10).map_while(made).count()
        };
        assert_eq!(made_in_advance(), 4);
        tokio::time::sleep(Duration::from_secs(49)).await;
        assert_eq!(made_in_advance(), 0, "it rests");
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(made_in_advance(), 1, "it has rested");
        assert!(!is_ready(&board));
        assert_eq!(made_in_advance(), 4, "somebody has asked");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_not_served_any_more_is_not_held() {
        let board = Arc::new(Board::default());
        let held = |board: &Board| board.served().exposition.is_some();
        assert!(publish(&board, (0, 0), 1.0, None).is_none());
        assert_eq!(served(&board), ["1"]);
        assert!(held(&board));
        assert!(publish(&board, (0, 0), 2.0, None).is_none(), "nobody has asked for a form");
        assert!(!held(&board));
        assert!(!is_ready(&board));
        assert_eq!(served(&board), ["2"]);

        let making = publish(&board, (0, 0), 3.0, None).unwrap();
        assert!(held(&board), "it is served until another one is made");
        making.finish();
        assert_eq!(served(&board), ["3"]);
        let subject = Subject::Report(reports::ALL.iter().position(|report| report.name == "quota").unwrap());
        board.withdraw(subject, (0, 0));
        assert!(!held(&board));
        assert_eq!(served(&board), [""; 0]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_too_old_is_gone_even_while_an_exposition_is_made() {
        let board = Arc::new(Board::default());
        let soon = Instant::now() + Duration::from_mins(1);
        assert!(publish(&board, (0, 0), 1.0, Some(soon)).is_none());
        assert!(publish(&board, (1, 0), 2.0, Some(soon + Duration::from_mins(1))).is_none());
        assert!(!is_ready(&board));
        assert_eq!(served(&board), ["1", "2"]);
        let _making = publish(&board, (1, 0), 3.0, None).unwrap();
        assert_eq!(served(&board), ["1", "2"]);
        assert_eq!(values(&board.exposition(soon)), ["3"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_page_that_was_replaced_in_time_does_not_expire() {
        let board = Arc::new(Board::default());
        let (soon, later) = (Instant::now() + Duration::from_secs(1), Instant::now() + Duration::from_secs(2));
        assert!(publish(&board, (0, 0), 1.0, Some(soon)).is_none());
        assert!(publish(&board, (0, 0), 2.0, Some(later)).is_none());
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
