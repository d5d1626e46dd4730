//! One turn of a report: what it asks for, and what was told so far.

use std::time::Duration;

use jiff::Zoned;

use crate::ledger::Stretch;
use crate::report::Folding;
use crate::upstream::{Reply, Tally};

/// One turn of a report. Nothing of it counts before all that it asks for was answered.
#[derive(Debug)]
pub(super) struct Round {
    pub(super) stretch: Stretch,
    /// The local time when the turn began.
    pub(super) begun: Zoned,
    /// None while nothing happened.
    pub(super) facts: Option<Box<dyn Folding>>,
    pub(super) tally: Tally,
    pub(super) took: Duration,
}

impl Round {
    pub(super) fn new(stretch: Stretch, begun: Zoned) -> Self {
        Self { stretch, begun, facts: None, tally: Tally::default(), took: Duration::ZERO }
    }

    /// Whether nothing was told yet.
    pub(super) fn is_new(&self) -> bool {
        self.facts.is_none()
    }

    /// Whether the answers together told more than there should be of a day.
    pub(super) fn is_full(&self) -> bool {
        self.facts.as_ref().is_some_and(|facts| facts.is_full())
    }

    /// One of the windows was answered.
    pub(super) fn add(&mut self, told: Option<Box<dyn Folding>>, reply: &Reply) {
        self.tally.add(&reply.tally);
        self.took += reply.duration;
        match (&mut self.facts, told) {
            (Some(facts), Some(told)) => facts.merge(told),
            (facts, Some(told)) => *facts = Some(told),
            (_, None) => {}
        }
    }
}
