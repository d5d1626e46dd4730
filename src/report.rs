//! The contract that a report fulfils: what to ask, what the rows mean, what they measure.
//!
//! A report knows no clock, no operation, no HTTP and nothing asynchronous. The engine drives every report through the
//! same [`Listing`] and never names one.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use serde::de::IgnoredAny;

use crate::family::{AnyFamily, Families};
use crate::row::{Layout, Rejection, Row};
use crate::samples::Samples;
use crate::terms::Terms;
use crate::world::{Period, World};

/// What stretch of time an answer speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// The present moment; no dates are sent.
    Now,
    /// Totals from local midnight to now.
    Day,
    /// One row per event from local midnight to now; such answers can reach wolkvox's limit of rows.
    Rows,
}

/// Who feels it first when a report is late: live figures come before totals of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// What happens right now.
    Live,
    /// Totals of the day.
    Day,
    /// What the exporter itself wants to know.
    Service,
}

/// Where a report is found: `/api/v2/<file>?api=<api>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The PHP file.
    pub file: &'static str,
    /// The value of the parameter `api`.
    pub api: &'static str,
}

/// A stretch of the operation's own clock, within one civil day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first second.
    pub from: DateTime,
    /// The last second.
    pub to: DateTime,
}

/// One question: what the report may want to know to ask it and to judge the rows.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The stretch of time asked for.
    pub window: Window,
    /// What the operation's configuration says about its answers.
    pub terms: Arc<Terms>,
}

impl Ask {
    /// The civil day that is asked for.
    #[must_use]
    pub fn day(&self) -> Date {
        self.window.to.date()
    }
}

/// The daily quota, as wolkvox tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Requests that all tokens of the operation may spend in a day.
    pub limit: u64,
    /// Requests that they have spent today.
    pub used: u64,
}

/// What a total of the day can tell about the work that there is for agents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Calls that came in and want an agent.
    Arrivals,
    /// Calls that agents have handled.
    Handled,
    /// Seconds that agents have handled them for, after-call work included.
    Handling,
}

/// Totals that tell about work: those of a family whose last label is as given, written as the exposition writes it;
/// all of them where none is given.
#[derive(Clone, Copy, Debug)]
pub struct WorkTotals {
    /// What they tell.
    pub work: Work,
    /// The family.
    pub family: &'static dyn AnyFamily,
    /// The last label.
    pub label: &'static str,
}

/// What a simulated wolkvox is asked: one request, understood.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// The instant of the request.
    pub now: Timestamp,
    /// The stretch of the operation's own clock asked for, where the request had dates. It may be many days.
    pub period: Option<Period>,
    /// The skill asked for, a number or `all`.
    pub skill_id: Option<&'a str>,
    /// The threshold in seconds of an additional service level.
    pub services_time: Option<u32>,
    /// The operation's quota, this request included.
    pub usage: Usage,
}

impl Asked<'_> {
    /// The stretch asked for; without dates, today until now.
    #[must_use]
    pub fn period(&self, world: &World) -> Period {
        self.period.clone().unwrap_or_else(|| world.today(self.now))
    }
}

/// A simulated operation's use of its daily quota.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Requests that all tokens of the operation may make in a day.
    pub limit: u64,
    /// Requests of this token today.
    pub by_token: u64,
    /// Requests of all tokens today.
    pub by_all: u64,
}

/// A report of wolkvox: what it is, what its rows mean and what they measure.
pub trait Report: 'static {
    /// What the rows say, in our own words: maps that add up over rows and over windows.
    type Facts: Default + Send + Sync + 'static;

    /// The value of the label `report`, the key in the configuration and the name of the file.
    const NAME: &'static str;
    /// Where it is found.
    const ENDPOINT: Endpoint;
    /// What stretch of time it speaks of.
    const SPAN: Span;
    /// Who feels it first when it is late.
    const URGENCY: Urgency;
    /// How often it is asked for unless configured.
    const INTERVAL: Duration;
    /// What it measures, in the order served.
    const FAMILIES: Families;
    /// The fields of a row, lower case, best in the order in which they are read, and then those that are not. Others are
    /// counted as unknown.
    const FIELDS: &'static [&'static str];
    /// The field that says which hour of the clock a row is about, where each row is about one: a single answer then
    /// tells all hours of a day apart.
    const HOUR: Option<&'static str> = None;
    /// Which of its totals tell about the work that there is for agents.
    const WORK: &'static [WorkTotals] = &[];

    /// Parameters beside `api` and the dates.
    #[must_use]
    fn parameters(_terms: &Terms) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// Takes one row in.
    ///
    /// # Errors
    ///
    /// The reason why the row is not counted, or the part of it that makes no sense.
    fn absorb(facts: &mut Self::Facts, row: &mut Row<'_>, ask: &Ask) -> Result<(), Rejection>;

    /// Takes in the facts of a later answer about the same day, where each answer tells a part of it. What is told of
    /// the same event again replaces what was told before.
    fn merge(facts: &mut Self::Facts, newer: Self::Facts) {
        *facts = newer;
    }

    /// Facts to fold an answer into that will be merged into these: what it tells as it was told before need not be kept
    /// again.
    #[must_use]
    fn beside(known: &Self::Facts) -> Self::Facts {
        Self::remember(known)
    }

    /// Whether one answer should tell no more: the facts of more would take memory without bound. What is told row by row
    /// is then asked for in shorter windows.
    #[must_use]
    fn is_full(_facts: &Self::Facts) -> bool {
        false
    }

    /// Gives up what is only of use while an answer arrives: the facts are kept for long.
    fn answer_is_over(_facts: &mut Self::Facts) {}

    /// Says what the facts measure.
    fn measure(facts: &Self::Facts, terms: &Terms, samples: &mut Samples);

    /// Says what is known when nothing happened: zeros where the series do not depend on an answer, else nothing.
    fn measure_nothing(_samples: &mut Samples) {}

    /// What is remembered, as a word to be saved over a restart.
    #[must_use]
    fn memory(_facts: &Self::Facts) -> Option<&'static str> {
        None
    }

    /// Facts that remember what this word says; a word that says nothing is forgotten.
    #[must_use]
    fn recall(_memory: &str) -> Self::Facts {
        Self::Facts::default()
    }

    /// What the facts tell of the daily quota, if this report is about it.
    #[must_use]
    fn allowance(_facts: &Self::Facts) -> Option<Allowance> {
        None
    }

    /// What the facts of the next answer begin with: nothing, or what one answer alone cannot tell.
    #[must_use]
    fn remember(_facts: &Self::Facts) -> Self::Facts {
        Self::Facts::default()
    }

    /// What wolkvox would answer for this contact centre: the content of `data`, spelt by hand and never through what
    /// reads it, so that a slip cannot agree with itself. Null where nothing happened.
    #[must_use]
    fn simulate(world: &World, asked: &Asked<'_>) -> serde_json::Value;
}

/// What became of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Absorbed {
    /// How many of its fields nobody knows.
    pub unknown_fields: usize,
    /// Why it was not counted, if it was not.
    pub rejection: Option<Rejection>,
}

/// Who takes the rows of an answer.
pub trait Absorbing: Send {
    /// Takes in one element of the answer's data: the JSON text of a row.
    ///
    /// # Errors
    ///
    /// Fails where the text is not JSON; the whole answer is then not JSON.
    fn absorb(&mut self, json: &str, ask: &Ask) -> Result<Absorbed, serde_json::Error>;

    /// Takes in the row that `text` begins with, where it is written like rows before it, and answers how many of the
    /// text's bytes it takes. Where it is not, or not all there, nothing happens: its end is to be found, and the row
    /// handed to [`Self::absorb`]. So a quick way costs no exactness, and nobody need have one.
    fn absorb_alike(&mut self, _text: &str, _ask: &Ask) -> Option<(Absorbed, usize)> {
        None
    }

    /// Whether one answer should tell no more.
    fn is_full(&self) -> bool {
        false
    }

    /// Gives up what is only of use while an answer arrives.
    fn answer_is_over(&mut self);
}

/// The facts of a report, whichever report it is.
pub trait Folding: Absorbing + Sync + std::fmt::Debug {
    /// Facts to fold a later answer about the same day into, which are then merged into these.
    fn beside(&self) -> Box<dyn Folding>;

    /// Takes in the facts of a later answer of the same report about the same day.
    fn merge(&mut self, newer: Box<dyn Folding>);

    /// The facts themselves, for [`Self::merge`].
    fn into_any(self: Box<Self>) -> Box<dyn Any>;

    /// Says what the facts measure.
    fn measure(&self, terms: &Terms, samples: &mut Samples);

    /// What the facts tell of the daily quota.
    fn allowance(&self) -> Option<Allowance>;

    /// What is remembered from answer to answer, as a word to be saved over a restart.
    fn memory(&self) -> Option<&'static str>;

    /// Facts to fold the next answer into: they hold no row, only what is remembered from answer to answer.
    fn successor(&self) -> Box<dyn Folding>;
}

impl Absorbing for Box<dyn Folding> {
    fn absorb(&mut self, json: &str, ask: &Ask) -> Result<Absorbed, serde_json::Error> {
        self.as_mut().absorb(json, ask)
    }

    fn absorb_alike(&mut self, text: &str, ask: &Ask) -> Option<(Absorbed, usize)> {
        self.as_mut().absorb_alike(text, ask)
    }

    fn is_full(&self) -> bool {
        self.as_ref().is_full()
    }

    fn answer_is_over(&mut self) {
        self.as_mut().answer_is_over();
    }
}

struct Facts<R: Report> {
    facts: R::Facts,
    /// How rows were written so far.
    layout: Layout,
}

impl<R: Report> Facts<R> {
    fn of(facts: R::Facts) -> Self {
        Self { facts, layout: Layout::default() }
    }

    fn take(&mut self, row: &mut Row<'_>, ask: &Ask) -> Absorbed {
        let rejection = R::absorb(&mut self.facts, row, ask).err();
        Absorbed { unknown_fields: row.unknown(), rejection }
    }
}

/// Facts are many, and some are personal: only whose they are is told.
impl<R: Report> std::fmt::Debug for Facts<R> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Facts({})", R::NAME)
    }
}

impl<R: Report> Absorbing for Facts<R> {
    fn absorb(&mut self, json: &str, ask: &Ask) -> Result<Absorbed, serde_json::Error> {
        if !json.starts_with('{') {
            let _: IgnoredAny = serde_json::from_str(json)?;
            return Ok(Absorbed { unknown_fields: 0, rejection: Some(Rejection::NotAnObject) });
        }
        // A row that did not lie in one piece may be written like others all the same.
        let mut row = Row::empty(R::FIELDS);
        if row.fill_alike(json, &mut self.layout) != Some(json.len()) {
            row = Row::of(json, R::FIELDS, &mut self.layout)?;
        }
        Ok(self.take(&mut row, ask))
    }

    fn absorb_alike(&mut self, text: &str, ask: &Ask) -> Option<(Absorbed, usize)> {
        let mut row = Row::empty(R::FIELDS);
        let length = row.fill_alike(text, &mut self.layout)?;
        Some((self.take(&mut row, ask), length))
    }

    fn is_full(&self) -> bool {
        R::is_full(&self.facts)
    }

    fn answer_is_over(&mut self) {
        self.layout = Layout::default();
        R::answer_is_over(&mut self.facts);
    }
}

impl<R: Report> Folding for Facts<R> {
    fn beside(&self) -> Box<dyn Folding> {
        Box::new(Self::of(R::beside(&self.facts)))
    }

    fn merge(&mut self, newer: Box<dyn Folding>) {
        match newer.into_any().downcast::<Self>() {
            Ok(newer) => R::merge(&mut self.facts, newer.facts),
            Err(_) => debug_assert!(false, "the facts of two reports do not add up"),
        }
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }

    fn measure(&self, terms: &Terms, samples: &mut Samples) {
        R::measure(&self.facts, terms, samples);
    }

    fn allowance(&self) -> Option<Allowance> {
        R::allowance(&self.facts)
    }

    fn memory(&self) -> Option<&'static str> {
        R::memory(&self.facts)
    }

    fn successor(&self) -> Box<dyn Folding> {
        Box::new(Self::of(R::remember(&self.facts)))
    }
}

/// A report as the engine sees it.
#[derive(Clone, Copy)]
pub struct Listing {
    /// The value of the label `report`.
    pub name: &'static str,
    /// Where it is found.
    pub endpoint: Endpoint,
    /// What stretch of time it speaks of.
    pub span: Span,
    /// Who feels it first when it is late.
    pub urgency: Urgency,
    /// How often it is asked for unless configured.
    pub interval: Duration,
    /// What it measures.
    pub families: Families,
    /// Which of its totals tell about the work that there is for agents.
    pub work: &'static [WorkTotals],
    /// Reads which hour of the clock a row is about, where each row is about one.
    pub hour: Option<fn(&str) -> Option<i8>>,
    /// Parameters beside `api` and the dates.
    pub parameters: fn(&Terms) -> Vec<(&'static str, String)>,
    /// Says what is known when nothing happened.
    pub nothing: fn(&mut Samples),
    /// Empty facts, to fold an answer into.
    pub begin: fn() -> Box<dyn Folding>,
    /// Facts that remember what a saved word says.
    pub recall: fn(&str) -> Box<dyn Folding>,
    /// What wolkvox would answer for a simulated contact centre.
    pub simulate: fn(&World, &Asked<'_>) -> serde_json::Value,
}

impl Listing {
    /// The engine's view of a report.
    #[must_use]
    pub const fn of<R: Report>() -> Self {
        Self {
            name: R::NAME,
            endpoint: R::ENDPOINT,
            span: R::SPAN,
            urgency: R::URGENCY,
            interval: R::INTERVAL,
            families: R::FAMILIES,
            work: R::WORK,
            hour: match R::HOUR {
                Some(_) => Some(|json| Row::of(json, R::FIELDS, &mut Layout::default()).ok()?.hour(R::HOUR?).ok()?),
                None => None,
            },
            parameters: R::parameters,
            nothing: R::measure_nothing,
            begin: || Box::new(Facts::<R>::of(R::Facts::default())),
            recall: |memory| Box::new(Facts::<R>::of(R::recall(memory))),
            simulate: R::simulate,
        }
    }
}

impl std::fmt::Debug for Listing {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Listing({})", self.name)
    }
}
