//! The newest page of every report of every operation, withdrawn when it is too old, and the exposition made of them.
//!
//! A page is encoded when it is published; an exposition is only their lines in the order of the families, put together
//! at the first scrape after a change, in the format that it asks for, and shared by all scrapes until the next one. No
//! scrape sees half a page.

mod exposition;
mod page;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use crate::family::Families;
use crate::reports;
use crate::vitals;

pub use self::exposition::{Exposition, Segment};
pub use self::page::Page;

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
    held: BTreeMap<Subject, BTreeMap<Place, Held>>,
}

#[derive(Debug)]
struct Held {
    page: Arc<Page>,
    /// When the page is too old to be served.
    expires: Option<Instant>,
}

impl Board {
    /// Puts a page up in place of the one before it, until `expires`, if ever.
    pub fn publish(&self, subject: Subject, place: Place, page: Page, expires: Option<Instant>) {
        let mut pages = self.pages();
        pages.version += 1;
        pages.held.entry(subject).or_default().insert(place, Held { page: Arc::new(page), expires });
    }

    /// Takes a page down.
    pub fn withdraw(&self, subject: Subject, place: Place) {
        let mut pages = self.pages();
        let removed = pages.held.get_mut(&subject).and_then(|held| held.remove(&place));
        pages.version += u64::from(removed.is_some());
    }

    /// What is to be served at this moment: the same as the last time while nothing has changed.
    #[must_use]
    pub fn exposition(&self, now: Instant) -> Arc<Exposition> {
        let (version, pages) = {
            let mut pages = self.pages();
            pages.expire(now);
            let served = Arc::clone(&self.served());
            if served.version() == pages.version {
                return served;
            }
            (pages.version, pages.snapshot())
        };
        let made = Arc::new(Exposition::of(version, pages));
        let mut served = self.served();
        // Another scrape may have put together a newer one meanwhile.
        if served.version() < version {
            *served = Arc::clone(&made);
        }
        made
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn served(&self) -> MutexGuard<'_, Arc<Exposition>> {
        self.served.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pages {
    fn expire(&mut self, now: Instant) {
        let before = self.len();
        for held in self.held.values_mut() {
            held.retain(|_, held| held.expires.is_none_or(|expires| now < expires));
        }
        self.version += u64::from(self.len() < before);
    }

    fn len(&self) -> usize {
        self.held.values().map(BTreeMap::len).sum()
    }

    /// The pages of each subject, with the subject's families.
    fn snapshot(&self) -> Vec<(Families, Vec<Arc<Page>>)> {
        let pages = |held: &BTreeMap<Place, Held>| held.values().map(|held| Arc::clone(&held.page)).collect();
        self.held.iter().map(|(subject, held)| (subject.families(), pages(held))).collect()
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
