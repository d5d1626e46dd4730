//! Which reports are polled, and how often.

use std::collections::BTreeMap;
use std::time::Duration;

use super::mistakes::Mistakes;
use super::quantity;
use super::section::{Field, Keys};
use crate::report::Listing;
use crate::reports;

/// wolkvox rebuilds its reports every ten minutes or so; below a second nothing but the quota would change.
const SHORTEST: Duration = Duration::from_secs(1);
/// Day totals that are not asked for within the day would be lost.
const LONGEST: Duration = Duration::from_hours(24);

/// A report that is polled.
#[derive(Clone, Copy, Debug)]
pub struct Poll {
    /// The report.
    pub report: &'static Listing,
    /// The time from one poll to the next.
    pub interval: Duration,
}

/// Reports switched on or off for every operation, whatever the configuration says: the flags `--collector.<report>`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Switches(BTreeMap<&'static str, bool>);

impl Switches {
    /// Switches a report on or off.
    pub fn set(&mut self, report: &'static Listing, on: bool) {
        self.0.insert(report.name, on);
    }

    /// Which way a report is switched, if it is.
    #[must_use]
    pub fn get(&self, report: &Listing) -> Option<bool> {
        self.0.get(report.name).copied()
    }
}

/// What is written about each report, by its name.
#[derive(Clone, Debug, Default)]
pub(super) struct Written(BTreeMap<&'static str, WrittenPoll>);

#[derive(Clone, Copy, Debug, Default)]
struct WrittenPoll {
    enabled: Option<bool>,
    interval: Option<Duration>,
}

impl Written {
    const KEYS: Keys<'static> = Keys {
        known: &["enabled", "interval"],
        refused: &[],
        example: "a mapping such as { interval: 30s } or { enabled: false }",
    };

    pub(super) fn read(field: &Field<'_>, mistakes: &mut Mistakes) -> Self {
        let mut written = Self::default();
        let names: Vec<&str> = reports::ALL.iter().map(|report| report.name).collect();
        let example = "a mapping of reports, such as { skills: { interval: 30s } }";
        let keys = Keys { known: &names, refused: &[], example };
        let Some(section) = field.section(&keys, mistakes) else { return written };
        for (name, field) in section.fields() {
            let Some(report) = reports::named(name) else { continue };
            let Some(section) = field.section(&Self::KEYS, mistakes) else { continue };
            let poll = WrittenPoll {
                enabled: section.get("enabled").and_then(|field| field.meaning(quantity::yes_or_no, mistakes)),
                interval: section.get("interval").and_then(|field| field.meaning(interval, mistakes)),
            };
            written.0.insert(report.name, poll);
        }
        written
    }

    /// This, completed report by report by what the defaults say.
    pub(super) fn over(mut self, defaults: &Self) -> Self {
        for (name, default) in &defaults.0 {
            let own = self.0.entry(name).or_default();
            own.enabled = own.enabled.or(default.enabled);
            own.interval = own.interval.or(default.interval);
        }
        self
    }

    /// The reports that are polled, in the order of [`reports::ALL`].
    pub(super) fn meant(&self, switches: &Switches) -> Vec<Poll> {
        let mut polls = Vec::new();
        for report in reports::ALL {
            let written = self.0.get(report.name).copied().unwrap_or_default();
            if switches.get(report).or(written.enabled).unwrap_or(true) {
                polls.push(Poll { report, interval: written.interval.unwrap_or(report.interval) });
            }
        }
        polls
    }
}

fn interval(text: &str) -> Result<Duration, String> {
    let interval = quantity::duration(text)?;
    if interval < SHORTEST {
        return Err(format!("{text} is too often; write 1s or more"));
    }
    if interval > LONGEST {
        return Err(format!("{text} is longer than a day, whose totals would be lost; write 24h or less"));
    }
    Ok(interval)
}
