//! Days of rehearsals in a real Prometheus, which is asked about them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::BufWriter;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::{DateTime, date};
use rehearsal::Scenario;
use serde_json::Value;

use crate::prometheus::{Prometheus, escaped, tool};
use crate::replay::{Evaluations, Labels, Replayed};
use crate::ruler::Rule;
use crate::running::Folder;

pub(crate) const MINUTE: Duration = Duration::from_mins(1);

/// Prometheus answers no more points of a series at once.
const MOST_POINTS: u32 = 11_000;

/// The day of the stories, and the times of its clock.
pub(crate) fn at(hour: i8, minute: i8) -> DateTime {
    date(2026, 6, 4).at(hour, minute, 0, 0)
}

/// What a scenario has left in a Prometheus.
pub(crate) struct History {
    pub(crate) scenario: &'static Scenario,
    folder: Folder,
    /// None only while it is being replaced.
    prometheus: Option<Prometheus>,
}

impl History {
    /// Plays a scenario at its own step, and loads it.
    #[track_caller]
    pub(crate) fn of(name: &str) -> Self {
        let scenario = rehearsal::scenario(name).unwrap();
        let folder = Folder::new();
        let written = folder.path().join("history.om");
        let file = std::fs::File::create(&written).unwrap();
        scenario.record(BufWriter::new(file), scenario.step).unwrap();
        Self { scenario, folder, prometheus: None }.loaded(&written)
    }

    /// Takes in what this file holds besides what is there.
    #[track_caller]
    fn loaded(self, written: &Path) -> Self {
        // One block: promtool reads the whole file for each.
        let arguments = ["tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=486h"];
        let mut load = tool("promtool", &arguments);
        let made = load.args([written, &self.data()]).current_dir(self.folder.path()).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        std::fs::remove_file(written).unwrap();
        let prometheus = Prometheus::over(&self.data(), self.scenario.step);
        Self { prometheus: Some(prometheus), ..self }
    }

    fn data(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }

    fn prometheus(&self) -> &Prometheus {
        self.prometheus.as_ref().unwrap()
    }

    /// Records what these rules would have recorded, level by level: a rule that is made of others' results sees them once
    /// they are loaded. All are evaluated at the moments of `stretches`, from and to and how often.
    ///
    /// `promtool tsdb create-blocks-from rules` does that too, but takes minutes: it makes a block of each rule and hour.
    #[track_caller]
    pub(crate) fn with_recorded(
        mut self,
        levels: &[Vec<Rule>],
        stretches: &[(Timestamp, Timestamp, Duration)],
    ) -> Self {
        for level in levels {
            let mut lines = String::new();
            for rule in level {
                for (from, to, step) in stretches {
                    for (labels, points) in self.range(&rule.expression, *from, *to, *step) {
                        let labels: Vec<_> = labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
                        for (moment, value) in points {
                            let (name, labels, moment) = (&rule.name, labels.join(","), moment.as_second());
                            let _ = writeln!(lines, "{name}{{{labels}}} {value} {moment}");
                        }
                    }
                }
            }
            if !lines.is_empty() {
                let written = self.folder.write("recorded.om", &(lines + "# EOF\n"));
                // Blocks are seen at the start, or at some time within minutes.
                self.prometheus = None;
                self = self.loaded(&written);
            }
        }
        self
    }

    /// The samples that a query has at a time of the scenario's clock.
    #[track_caller]
    pub(crate) fn samples(&self, query: &str, clock: DateTime) -> Vec<Value> {
        let time = self.scenario.instant(clock).as_second();
        let mut told = self.prometheus().api(&format!("query?query={}&time={time}", escaped(query)));
        told["result"].as_array_mut().map(std::mem::take).unwrap_or_default()
    }

    /// The only value that a query has at a time of the scenario's clock, if it has one.
    #[track_caller]
    pub(crate) fn value(&self, query: &str, clock: DateTime) -> Option<f64> {
        let samples = self.samples(query, clock);
        assert!(samples.len() <= 1, "{query}: {samples:?}");
        samples.first().map(|sample| number(&sample["value"][1]))
    }

    /// The only value that a query has at a time of the scenario's clock.
    #[track_caller]
    pub(crate) fn known(&self, query: &str, clock: DateTime) -> f64 {
        self.value(query, clock).unwrap_or_else(|| panic!("nothing at {clock}: {query}"))
    }

    /// What a query says at every step from one moment to another.
    #[track_caller]
    pub(crate) fn range(
        &self,
        query: &str,
        from: Timestamp,
        to: Timestamp,
        step: Duration,
    ) -> BTreeMap<Labels, Vec<(Timestamp, f64)>> {
        let mut series: BTreeMap<Labels, Vec<(Timestamp, f64)>> = BTreeMap::new();
        let mut begin = from;
        while begin <= to {
            let end = to.min(begin + step * (MOST_POINTS - 1));
            let (start, last) = (begin.as_second(), end.as_second());
            let query = escaped(query);
            let request = format!("query_range?query={query}&start={start}&end={last}&step={}", step.as_secs());
            for result in self.prometheus().api(&request)["result"].as_array().unwrap() {
                let points = result["values"].as_array().unwrap().iter();
                let points = points.map(|point| (moment(&point[0]), number(&point[1])));
                series.entry(labels(result)).or_default().extend(points);
            }
            begin = end + step;
        }
        series
    }

    /// When an alert with this expression and this `for` would have fired, from one moment to another.
    #[track_caller]
    pub(crate) fn replay(
        &self,
        expression: &str,
        hold: Duration,
        between: std::ops::Range<Timestamp>,
        step: Duration,
    ) -> Replayed {
        let told = self.range(expression, between.start, between.end, step);
        let moments = |points: Vec<(Timestamp, f64)>| points.into_iter().map(|(moment, _)| moment).collect();
        let evaluations: Evaluations = told.into_iter().map(|(labels, points)| (labels, moments(points))).collect();
        Replayed::of(&evaluations, hold, step)
    }
}

fn labels(result: &Value) -> Labels {
    let labels = result["metric"].as_object().unwrap().iter();
    let labels = labels.filter(|(name, _)| *name != "__name__");
    labels.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect()
}

fn number(value: &Value) -> f64 {
    value.as_str().unwrap().parse().unwrap()
}

fn moment(value: &Value) -> Timestamp {
    #[expect(clippy::cast_possible_truncation, reason = "moments are whole seconds of this century")]
    Timestamp::from_second(value.as_f64().unwrap() as i64).unwrap()
}
