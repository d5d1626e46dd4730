//! Reads one answer as its bytes arrive: rows go to who takes them, and are counted, within the limits that there are.

use super::envelope::{Elements, Envelope, Malformed};
use super::trouble::{Cause, Trouble};
use super::verdict::{self, Answered};
use super::{Early, Outcome, Tally};
use crate::report::{Absorbed, Absorbing, Ask, Span};
use crate::row::Rejection;

/// wolkvox's own limit on an answer, unpacked.
const LARGEST_BODY: u64 = 256 << 20;

/// wolkvox's own limit on rows. An answer of exactly so many may have been cut there, and is asked again in halves.
const ROW_LIMIT: u64 = 60_000;

/// More rows than a body has room for, if they say anything. Each takes time however short it is, and there is room for
/// ninety million of `{}`.
const MOST_ROWS: u64 = 1 << 24;

/// An answer that is being read.
pub(super) struct Reading<A> {
    span: Span,
    envelope: Envelope,
    rows: Rows<A>,
}

/// Hands the rows of an answer on, and counts.
struct Rows<A> {
    ask: Ask,
    taker: A,
    tally: Tally,
}

impl<A: Absorbing> Reading<A> {
    /// Nothing was read yet of what a report of this span answers.
    pub(super) fn new(span: Span, ask: Ask, taker: A) -> Self {
        Self { span, envelope: Envelope::new(), rows: Rows { ask, taker, tally: Tally::default() } }
    }

    /// What was counted so far.
    pub(super) fn tally(&mut self) -> &mut Tally {
        &mut self.rows.tally
    }

    /// Reads on, until it is known what comes of the answer.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Result<(), Early> {
        self.rows.tally.bytes += bytes.len() as u64;
        if self.rows.tally.bytes > LARGEST_BODY {
            return Err(Trouble::new(Cause::TooLarge, "sent more than 256 MB").into());
        }
        self.envelope.feed(bytes, &mut self.rows).map_err(Trouble::from)?;
        if self.rows.tally.rows > MOST_ROWS {
            return Err(Trouble::new(Cause::TooLarge, "sent more than sixteen million rows").into());
        }
        if self.rows.taker.is_full() {
            return Err(Early(in_halves(self.span, "sent more than this process has memory for")));
        }
        Ok(())
    }

    /// What came of the answer, what was counted, and who took its rows.
    pub(super) fn end(self, read: Result<(), Early>) -> (Outcome, Tally, A) {
        let Self { span, envelope, rows: Rows { mut taker, tally, .. } } = self;
        taker.answer_is_over();
        let outcome = match read {
            Ok(()) => judged(span, envelope, &tally),
            Err(Early(outcome)) => outcome,
        };
        (outcome, tally, taker)
    }
}

/// What an answer means that was read to its end.
fn judged(span: Span, envelope: Envelope, tally: &Tally) -> Outcome {
    let answered = verdict::of_success(&envelope.finish()?)?;
    if tally.rows > 0 && tally.rejected_as(Rejection::NotAnObject) == tally.rows {
        return Err(Trouble::new(Cause::BadShape, "sent a list in which nothing is a row"));
    }
    if tally.rows == ROW_LIMIT {
        return in_halves(span, "sent exactly 60000 rows, where it may have cut the answer");
    }
    Ok(answered)
}

/// An answer that is of no use as a whole. Only what is told row by row adds up over shorter windows.
fn in_halves(span: Span, why_not: &'static str) -> Outcome {
    match span {
        Span::Rows => Ok(Answered::Cut),
        Span::Now | Span::Day => Err(Trouble::new(Cause::TooLarge, why_not)),
    }
}

impl<A> Rows<A> {
    fn count(&mut self, absorbed: Absorbed) {
        self.tally.rows += 1;
        self.tally.unknown_fields += absorbed.unknown_fields as u64;
        if let Some(rejection) = absorbed.rejection {
            for (count, reason) in self.tally.rejected.iter_mut().zip(Rejection::ALL) {
                *count += u64::from(reason == rejection);
            }
        }
    }
}

impl<A: Absorbing> Elements for Rows<A> {
    fn take(&mut self, json: &str) -> Result<(), Malformed> {
        let absorbed = self.taker.absorb(json, &self.ask);
        self.count(absorbed.map_err(|_| Malformed::NotJson("a row of the answer is not JSON"))?);
        Ok(())
    }

    fn take_first(&mut self, text: &str) -> Option<usize> {
        let (absorbed, length) = self.taker.absorb_alike(text, &self.ask)?;
        self.count(absorbed);
        Some(length)
    }
}

impl From<Malformed> for Trouble {
    fn from(malformed: Malformed) -> Self {
        let cause = match malformed {
            Malformed::NotJson(_) => Cause::NotJson,
            Malformed::BadShape(_) => Cause::BadShape,
            Malformed::TooLarge => Cause::TooLarge,
        };
        Self::new(cause, format!("sent what is no answer of wolkvox: {malformed}"))
    }
}
