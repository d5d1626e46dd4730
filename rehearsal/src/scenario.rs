//! What a rehearsal is made of.

use std::io::Write;
use std::time::Duration;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use wolkvox_exporter::simulator::FaultRule;
use wolkvox_exporter::world::Profile;

use crate::history::Recorded;
use crate::stage::{self, RecordError};
use crate::strangeness::Strangeness;

/// Days of some contact centres, with what goes wrong in them.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What it is called: words with `-` between them.
    pub name: &'static str,
    /// What happens, in a sentence.
    pub story: &'static str,
    /// The first day, from its midnight on, in the time of the first operation.
    pub first: Date,
    /// How many days. What is to be looked at is on the last ones: those before are there to compare with.
    pub days: u32,
    /// How often it is scraped unless somebody says otherwise.
    pub step: Duration,
    /// The operations, at least one.
    pub centres: Vec<Centre>,
    /// What goes wrong outside the contact centres.
    pub troubles: Vec<Trouble>,
}

/// An operation: a contact centre, and what its operator has configured.
#[derive(Clone, Debug)]
pub struct Centre {
    /// The contact centre, with its incidents.
    pub profile: Profile,
    /// The configured opening hours, as the configuration writes them; always open where there are none.
    pub open_hours: Option<&'static str>,
    /// The service level aimed at, in percent of calls.
    pub target: u32,
    /// Within how many seconds.
    pub threshold: u32,
    /// The configured `births`, which must not be shorter than the step; the exporter's default where nothing is said.
    pub births: Option<&'static str>,
}

impl Centre {
    /// A contact centre whose operator has written down when it is open, and what is usually aimed at: 80 % in 20 s.
    #[must_use]
    pub fn new(profile: Profile) -> Self {
        Self { profile, open_hours: Some("{ mon-sun: \"07:00-20:00\" }"), target: 80, threshold: 20, births: None }
    }
}

/// Something that goes wrong between two moments, in the time of the first operation.
#[derive(Clone, Debug)]
pub struct Trouble {
    /// From when on.
    pub from: DateTime,
    /// Until when.
    pub to: DateTime,
    /// What.
    pub what: Mishap,
}

/// What goes wrong outside the contact centres.
#[derive(Clone, Debug)]
pub enum Mishap {
    /// wolkvox answers wrongly or not at all.
    Fault(FaultRule),
    /// wolkvox answers, but strangely.
    Strange(Strangeness),
    /// The exporter does not run: it is killed at the beginning and started again at the end, with its saved state.
    ExporterDown,
    /// Other programs spend so many requests of this operation's quota, at the beginning.
    SpentElsewhere {
        /// Whose.
        operation: String,
        /// How many.
        requests: u64,
    },
}

impl Scenario {
    /// Where its times are: the zone of the first operation.
    #[must_use]
    pub fn timezone(&self) -> TimeZone {
        self.centres.first().map_or(TimeZone::UTC, |centre| centre.profile.timezone.clone())
    }

    /// The last day: what the story is about happens on it, where it is of one day.
    #[must_use]
    pub fn last(&self) -> Date {
        self.first.saturating_add(i64::from(self.days).saturating_sub(1).days())
    }

    /// When the exporter starts: the first day's midnight.
    #[must_use]
    pub fn start(&self) -> Timestamp {
        self.instant(self.first.at(0, 0, 0, 0))
    }

    /// The last day's midnight.
    #[must_use]
    pub fn end(&self) -> Timestamp {
        self.instant(self.last().at(0, 0, 0, 0).saturating_add(1.day()))
    }

    /// When the clock in its zone shows this.
    #[must_use]
    pub fn instant(&self, clock: DateTime) -> Timestamp {
        clock.to_zoned(self.timezone()).map_or(Timestamp::MAX, |zoned| zoned.timestamp())
    }

    /// Plays it and writes what a scrape would have shown at each `step`, as OpenMetrics with timestamps.
    ///
    /// It makes an asynchronous runtime of its own, so call it where none runs.
    ///
    /// # Errors
    ///
    /// Fails where `to` cannot be written, and where the scenario cannot be played at all.
    pub fn record(&self, to: impl Write, step: Duration) -> Result<Recorded, RecordError> {
        stage::record(self, to, step)
    }
}
