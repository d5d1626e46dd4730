//! What fires on the day of a story: every alert replayed over what the rules would have recorded, held to the table of
//! `docs/alerts-replayed.md`.
//!
//! `UPDATE_DOCS=1` writes the table anew instead of comparing it. The stories say themselves what must fire.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use jiff::ToSpan as _;
use jiff::tz::TimeZone;

use crate::history::{History, MINUTE};
use crate::replay::Replayed;
use crate::ruler::{self, Alert};

const BEGIN: &str = "<!-- replayed -->\n";
const END: &str = "<!-- end -->\n";

/// To how many minutes the table is rounded.
const ROUNDED: u64 = 5;
/// By how many minutes a replay may differ from it: a poll that comes a little earlier moves a window's edge.
const TOLERANCE: u64 = 10;

/// The table is written by one story after the other.
static TABLE: Mutex<()> = Mutex::new(());

/// For how many minutes an alert fired, by whichever of its series, and when for the first and for the last time.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    alert: String,
    minutes: u64,
    from: String,
    to: String,
}

/// What fired on a day.
pub(crate) struct Day {
    scenario: &'static str,
    fired: Vec<(Alert, Row)>,
}

/// Records the rules over a scenario's days, and replays every alert over the last.
#[track_caller]
pub(crate) fn day(history: History) -> (History, Day) {
    let scenario = history.scenario;
    let story = scenario.instant(scenario.last().at(0, 0, 0, 0));
    // Of the days before, a value of each half hour is asked for, and an hour back from the story's midnight.
    let eve = story - 1.hour();
    let stretches = [(scenario.start(), eve - 5.minutes(), MINUTE * 5), (eve, scenario.end(), MINUTE)];
    let history = history.with_recorded(&ruler::levels(), &stretches);
    let mut fired = Vec::new();
    for alert in ruler::alerts() {
        let replayed = history.replay(&alert.expression, alert.hold, story..scenario.end(), MINUTE);
        if let Some(row) = row(&alert.name, &replayed, &scenario.timezone()) {
            fired.push((alert, row));
        }
    }
    let day = Day { scenario: scenario.name, fired };
    day.compare();
    (history, day)
}

fn row(alert: &str, replayed: &Replayed, zone: &TimeZone) -> Option<Row> {
    let moments: BTreeSet<_> = replayed.moments().collect();
    let clock = |moment: jiff::Timestamp| moment.to_zoned(zone.clone()).strftime("%H:%M").to_string();
    let (from, to) = (clock(*moments.first()?), clock(*moments.last()?));
    let minutes = MINUTE.as_secs() * u64::try_from(moments.len()).ok()? / 60;
    Some(Row { alert: alert.to_owned(), minutes: minutes.next_multiple_of(ROUNDED), from, to })
}

impl Day {
    /// The story says that these fired.
    #[track_caller]
    pub(crate) fn fires(&self, alerts: &[&str]) {
        let names: Vec<_> = self.fired.iter().map(|(alert, _)| alert.name.as_str()).collect();
        let known = ruler::alerts();
        for alert in alerts {
            assert!(known.iter().any(|other| other.name == **alert), "there is no {alert}");
            assert!(names.contains(alert), "{alert} is silent in {}, where {names:?} fire", self.scenario);
        }
    }

    /// The story says that nothing like this fired.
    #[track_caller]
    pub(crate) fn is_silent(&self, why: &str, is_meant: impl Fn(&Alert) -> bool) {
        let loud: Vec<_> = self.fired.iter().filter(|(alert, _)| is_meant(alert)).map(|(_, row)| row.clone()).collect();
        assert!(loud.is_empty(), "{}: {why}, but {loud:?}", self.scenario);
    }

    fn rows(&self) -> Vec<Row> {
        self.fired.iter().map(|(_, row)| row.clone()).collect()
    }

    /// Holds the document's table to it, or writes it.
    #[track_caller]
    fn compare(&self) {
        let _one_after_the_other = TABLE.lock().unwrap_or_else(PoisonError::into_inner);
        let mut told = table();
        if std::env::var_os("UPDATE_DOCS").is_some() {
            told.insert(self.scenario.to_owned(), self.rows());
            write(&told);
            return;
        }
        let told = told.get(self.scenario).unwrap_or_else(|| panic!("the table says nothing of {}", self.scenario));
        assert!(
            is_alike(told, &self.rows()),
            "{}: the table says {told:#?}, but it was {:#?}",
            self.scenario,
            self.rows()
        );
    }
}

/// Whether the same alerts fired, for about as long and at about the same times.
fn is_alike(one: &[Row], other: &[Row]) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).all(|(one, other)| {
            let near = |a: u64, b: u64| a.abs_diff(b) <= TOLERANCE;
            one.alert == other.alert
                && near(one.minutes, other.minutes)
                && near(minute(&one.from), minute(&other.from))
                && near(minute(&one.to), minute(&other.to))
        })
}

/// The minute of the day of a clock's time.
fn minute(clock: &str) -> u64 {
    let (hours, minutes) = clock.split_once(':').unwrap();
    hours.parse::<u64>().unwrap() * 60 + minutes.parse::<u64>().unwrap()
}

fn document() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/alerts-replayed.md")
}

/// What the document's table says, by scenario.
fn table() -> BTreeMap<String, Vec<Row>> {
    let text = fs::read_to_string(document()).unwrap();
    let (_, rest) = text.split_once(BEGIN).expect("the table's beginning");
    let mut told: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for line in rest.split_once(END).expect("the table's end").0.lines().skip(2) {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [scenario, alert, minutes, from, to] = cells[..] else { panic!("not a row: {line}") };
        let rows = told.entry(scenario.trim_matches('`').to_owned()).or_default();
        if let Some((_, alert)) = alert.trim_end_matches(')').split_once("](runbooks/") {
            let (alert, minutes) = (alert.trim_end_matches(".md").to_owned(), minutes.parse().unwrap());
            rows.push(Row { alert, minutes, from: from.to_owned(), to: to.to_owned() });
        }
    }
    told
}

fn write(told: &BTreeMap<String, Vec<Row>>) {
    let path = document();
    let text = fs::read_to_string(&path).unwrap();
    let (head, rest) = text.split_once(BEGIN).expect("the table's beginning");
    let (_, tail) = rest.split_once(END).expect("the table's end");
    let mut table = "| scenario | alert | minutes | first at | last at |\n|---|---|---:|---|---|\n".to_owned();
    for scenario in rehearsal::scenarios() {
        let Some(rows) = told.get(scenario.name) else { continue };
        let name = scenario.name;
        if rows.is_empty() {
            let _ = writeln!(table, "| `{name}` | nothing | 0 | | |");
        }
        for Row { alert, minutes, from, to } in rows {
            let _ = writeln!(table, "| `{name}` | [{alert}](runbooks/{alert}.md) | {minutes} | {from} | {to} |");
        }
    }
    fs::write(&path, format!("{head}{BEGIN}{table}{END}{tail}")).unwrap();
}

/// Every alert fires in some story, or the document says why in none.
#[test]
fn every_alert_is_told() {
    let fired: BTreeSet<_> = table().into_values().flatten().map(|row| row.alert).collect();
    let text = fs::read_to_string(document()).unwrap();
    let excused = text.split_once("## In no scenario").expect("what fires in none").1;
    for alert in ruler::alerts() {
        let is_excused = excused.contains(&format!("[{}]", alert.name));
        assert!(fired.contains(&alert.name) != is_excused, "{}: in a story or with a reason why not", alert.name);
    }
}

/// Each scenario has its story told, but those of weeks: their rules would take long.
#[test]
fn every_scenario_of_a_day_is_in_the_table() {
    let told: BTreeSet<_> = table().into_keys().collect();
    let day = |scenario: &&rehearsal::Scenario| scenario.step == MINUTE && scenario.days == 2;
    let days: BTreeSet<_> = rehearsal::scenarios().iter().filter(day).map(|one| one.name.to_owned()).collect();
    assert_eq!(told, days);
}

#[test]
fn a_table_that_says_something_else_is_seen() {
    let row = |alert: &str, minutes, from: &str, to: &str| Row {
        alert: alert.to_owned(),
        minutes,
        from: from.to_owned(),
        to: to.to_owned(),
    };
    let told = [row("One", 60, "12:00", "12:59")];
    assert!(is_alike(&told, &[row("One", 70, "11:55", "13:05")]));
    assert!(!is_alike(&told, &[]));
    assert!(!is_alike(&told, &[row("Other", 60, "12:00", "12:59")]));
    assert!(!is_alike(&told, &[row("One", 75, "12:00", "12:59")]));
    assert!(!is_alike(&told, &[row("One", 60, "12:15", "13:05")]));
    assert!(!is_alike(&told, &[row("One", 60, "12:00", "13:15")]));
}
