//! What Prometheus sees: the rises of every series, and whether one falls where nothing began anew.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use jiff::Timestamp;
use jiff::civil::Date;

use super::mistakes::Mistake;
use crate::family::Kind;
use crate::report::Span;
use crate::reports;

/// What Prometheus knows of one series.
pub(super) struct Watched {
    pub(super) last: f64,
    /// The rises so far; after a fall, all of the new value is a rise.
    pub(super) increase: f64,
    pub(super) first: f64,
    /// The day that the value was of when it changed last.
    day: Option<Date>,
}

/// A scraper that remembers every counter and histogram series that comes from wolkvox.
pub(super) struct Scraper {
    pub(super) series: HashMap<String, Watched>,
    /// By name of a series without its labels: the report's position, for totals alone.
    totals: HashMap<String, Option<usize>>,
    /// The text before this one: a line that stands where it stood says nothing new.
    before: Bytes,
    /// The operations' reports of which a series began a day in the scrape that is read, and that day.
    begun: BTreeMap<(String, usize), Option<Date>>,
    /// What no scrape may show.
    pub(super) mistakes: Vec<Mistake>,
}

impl Scraper {
    pub(super) fn new() -> Self {
        let mut totals = HashMap::new();
        for (position, report) in reports::ALL.iter().enumerate() {
            for family in report.families {
                let suffixes: &[&str] = match family.kind() {
                    Kind::Histogram => &["_bucket", "_sum", "_count"],
                    Kind::Counter | Kind::Gauge => &[""],
                };
                let is_total = family.kind() != Kind::Gauge;
                totals.extend(
                    suffixes.iter().map(|suffix| (format!("{}{suffix}", family.name()), is_total.then_some(position))),
                );
            }
        }
        Self { series: HashMap::new(), totals, before: Bytes::new(), begun: BTreeMap::new(), mistakes: Vec::new() }
    }

    /// Takes in a page. `day` tells which day the newest answer of an operation's report was about.
    pub(super) fn scrape(&mut self, text: &Bytes, now: Timestamp, day: impl Fn(&str, usize) -> Option<Date>) {
        // What follows is about the operations and the exporter itself.
        let end = memchr::memmem::find(text, b"# HELP wolkvox_up ").unwrap_or(text.len());
        let before = std::mem::replace(&mut self.before, text.slice(..end));
        let mut stood = before.split(|byte| *byte == b'\n');
        for line in text[..end].split(|byte| *byte == b'\n') {
            if stood.next() != Some(line) && !line.starts_with(b"#") && !line.is_empty() {
                self.read(std::str::from_utf8(line).unwrap(), now, &day);
            }
        }
        let begun = std::mem::take(&mut self.begun);
        if !begun.is_empty() {
            self.look_for_mixtures(std::str::from_utf8(&text[..end]).unwrap(), &begun, now);
        }
    }

    /// A report of which one series begins a new day shows nothing of the day before: every value that it shows came in
    /// that day.
    fn look_for_mixtures(&mut self, text: &str, begun: &BTreeMap<(String, usize), Option<Date>>, now: Timestamp) {
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let (series, value) = line.rsplit_once(' ').unwrap();
            let Some(report) = self.totals[series.split('{').next().unwrap()] else { continue };
            let Some(day) = begun.get(&(operation_of(series).to_owned(), report)) else { continue };
            if value != "0" && self.series[series].day < *day {
                let what = format!("{value} at {now}, when its report begins a day");
                self.mistakes.push(Mistake::Mixture(series.to_owned(), what));
            }
        }
    }

    fn read(&mut self, line: &str, now: Timestamp, day: impl Fn(&str, usize) -> Option<Date>) {
        let (series, value) = line.rsplit_once(' ').unwrap();
        let name = series.split('{').next().unwrap();
        let Some(report) = self.totals[name] else { return };
        let value: f64 = value.parse().unwrap();
        let Some(watched) = self.series.get_mut(series) else {
            let day = day(operation_of(series), report);
            self.series.insert(series.to_owned(), Watched { last: value, increase: 0.0, first: value, day });
            return;
        };
        if value == watched.last {
            return;
        }
        let day = day(operation_of(series), report);
        if value < watched.last && day <= watched.day || value < 0.0 {
            let what = format!("from {} to {value} at {now}, in the day {day:?}", watched.last);
            self.mistakes.push(Mistake::Fall(series.to_owned(), what));
        }
        // Skills begin anew each by itself.
        if value < watched.last && reports::ALL[report].span != Span::Now {
            self.begun.insert((operation_of(series).to_owned(), report), day);
        }
        watched.increase += if value < watched.last { value } else { value - watched.last };
        (watched.last, watched.day) = (value, day);
    }
}

/// The operation in a series' labels.
fn operation_of(series: &str) -> &str {
    series.split("operation=\"").nth(1).unwrap().split('"').next().unwrap()
}
