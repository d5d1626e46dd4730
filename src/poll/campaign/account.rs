//! What wolkvox has told, and what of it the exporter lived to save.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use tokio::time::Instant;

use super::reading::Totals;

/// What one operation's wolkvox has told so far.
#[derive(Default)]
pub(super) struct Account {
    /// The highest that was told of each total, by report and day.
    pub(super) highest: BTreeMap<(usize, Date), Totals>,
    /// The day of each report's newest answer.
    pub(super) newest: BTreeMap<usize, Date>,
    /// The newest answer: one that is given in the moment of a death may be lost.
    pending: Option<Told>,
    /// Each report's newest totals that are entered above.
    entered: BTreeMap<usize, (Date, Arc<Totals>)>,
}

struct Told {
    at: Instant,
    report: usize,
    day: Date,
    totals: Arc<Totals>,
}

impl Account {
    /// An answer is given now.
    pub(super) fn tell(&mut self, report: usize, day: Date, totals: Arc<Totals>) {
        self.enter();
        self.newest.insert(report, day);
        self.pending = Some(Told { at: Instant::now(), report, day, totals });
    }

    /// The exporter lives: what was told to it counts. It asks one question after the other.
    pub(super) fn enter(&mut self) {
        let Some(Told { report, day, totals, .. }) = self.pending.take() else { return };
        let newest = (day, totals);
        if self.entered.get(&report).is_some_and(|known| known.0 == day && Arc::ptr_eq(&known.1, &newest.1)) {
            return;
        }
        let highest = self.highest.entry((report, day)).or_default();
        raise(highest, &newest.1);
        self.entered.insert(report, newest);
    }

    /// The exporter dies now. What it was told in this moment it has lost, unless it was saved.
    pub(super) fn end(&mut self, was_saved: bool) {
        self.pending.take_if(|told| told.at == Instant::now() && !was_saved);
        self.enter();
    }
}

/// Raises each total to the same one of others, where that is higher.
pub(super) fn raise(totals: &mut Totals, others: &Totals) {
    for (series, other) in others {
        match totals.get_mut(series) {
            Some(total) => *total = total.max(*other),
            None => drop(totals.insert(series.clone(), *other)),
        }
    }
}
