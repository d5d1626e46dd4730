//! Alerts that are made wrong on purpose: whatever is changed in one, the tests in `alerts/tests` must see it.
//!
//! Each alert is changed in one place at a time: a clause dropped, a comparison turned or moved by its edge, a range four times
//! as long, a threshold or number half as high again or two thirds of what it is, another gate, no `for` or three times as much.
//! What tells is in how many minutes it fires, by operation, which every test says. All that is made of one alert goes into
//! one run of promtool over that alert's tests.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};

use crate::prometheus::tool;
use crate::ruler;
use crate::rules::{ALERTS, RECORDING, THRESHOLDS, list, test_files, text, yaml};
use crate::running::Folder;

/// What changes nothing that a test could see: the alert, the change, and why.
const EQUIVALENT: &[(&str, &str, &str)] = &[];

/// How many promtools run at once.
const AT_ONCE: usize = 2;

/// An alert that was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mutant {
    what: String,
    expression: String,
    hold: Duration,
}

/// An expression with what can be changed in it: its text outside of quotes, selectors and ranges, and how deep in
/// parentheses each byte is.
struct Expression<'e> {
    text: &'e str,
    depths: Vec<Option<usize>>,
}

impl<'e> Expression<'e> {
    fn of(text: &'e str) -> Self {
        let (mut depth, mut is_quoted, mut is_selecting) = (0, false, false);
        let depths = text.bytes().map(|byte| {
            match byte {
                b'"' => is_quoted = !is_quoted,
                b'{' | b'[' if !is_quoted => is_selecting = true,
                b'}' | b']' if !is_quoted => is_selecting = false,
                b'(' if !is_quoted => depth += 1,
                b')' if !is_quoted => depth -= 1,
                _ => return (!is_quoted && !is_selecting).then_some(depth),
            }
            None
        });
        Self { text, depths: depths.collect() }
    }

    /// The words and signs of these letters that are outside, with their depth.
    fn pieces(&self, is_of: impl Fn(u8) -> bool) -> Vec<(Range<usize>, usize)> {
        let bytes = self.text.as_bytes();
        let mut pieces: Vec<(Range<usize>, usize)> = Vec::new();
        for (at, depth) in self.depths.iter().enumerate() {
            let Some(depth) = depth.filter(|_| is_of(bytes[at])) else { continue };
            match pieces.last_mut() {
                Some((last, _)) if last.end == at => last.end = at + 1,
                _ => pieces.push((at..at + 1, depth)),
            }
        }
        pieces
    }

    fn words(&self) -> Vec<(Range<usize>, usize)> {
        self.pieces(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':' | b'.'))
    }

    /// `and`, `unless` and `or`.
    fn joints(&self) -> Vec<(Range<usize>, usize)> {
        let words = self.words().into_iter();
        words.filter(|(at, _)| matches!(&self.text[at.clone()], "and" | "unless" | "or")).collect()
    }

    /// Where the parentheses around a place close, or the end.
    fn closes(&self, from: usize, depth: usize) -> usize {
        let mut open = depth;
        for (at, byte) in self.text.bytes().enumerate().skip(from) {
            match byte {
                b'(' if self.depths[at].is_none() => open += 1,
                b')' if self.depths[at].is_none() && open == depth => return at,
                b')' if self.depths[at].is_none() => open -= 1,
                _ => {}
            }
        }
        self.text.len()
    }

    /// Each clause behind a joint, with the joint.
    fn clauses(&self) -> Vec<Range<usize>> {
        let joints = self.joints();
        let clause = |(at, depth): &(Range<usize>, usize)| {
            let closes = self.closes(at.end, *depth);
            let next = joints.iter().find(|(next, other)| next.start > at.start && other == depth);
            at.start..next.map_or(closes, |(next, _)| next.start.min(closes))
        };
        joints.iter().map(clause).collect()
    }

    /// What stands before each `or` in its parentheses, with the `or` and what it joins on.
    fn before_or(&self) -> Vec<Range<usize>> {
        let alternatives = self.joints().into_iter().filter(|(at, _)| &self.text[at.clone()] == "or");
        let before = alternatives.map(|(at, depth)| {
            // Back to what opens these parentheses.
            let begins = (0..at.start).rev().find(|begin| {
                self.text.as_bytes()[*begin] == b'(' && depth > 0 && self.closes(begin + 1, depth) > at.start
            });
            let rest = &self.text[at.end..];
            let on = rest.len() - rest.trim_start().len();
            let modifier = rest.trim_start().strip_prefix("on (").map(|on| on.find(')').unwrap() + "on ()".len());
            begins.map_or(0, |begin| begin + 1)..at.end + modifier.map_or(0, |length| on + length)
        });
        before.collect()
    }

    /// The same with something else in one place, and words for it.
    fn with(&self, place: Range<usize>, other: &str) -> (String, String) {
        let Range { start, end } = place;
        let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let (before, after) = (squeezed(&self.text[..start]), squeezed(&self.text[end..]));
        let before: String = before.chars().rev().take(40).collect::<Vec<_>>().into_iter().rev().collect();
        let after: String = after.chars().take(40).collect();
        let was: String = squeezed(&self.text[start..end]).chars().take(80).collect();
        let what = match other {
            "" => format!("without {was}"),
            _ => format!("{before} <{was}: {}> {after}", squeezed(other)),
        };
        (what, format!("{}{other}{}", &self.text[..start], &self.text[end..]))
    }

    /// Everything that can be changed.
    fn changes(&self) -> Vec<(Range<usize>, String)> {
        let mut changes: Vec<(Range<usize>, String)> = Vec::new();
        let dropped = self.clauses().into_iter().chain(self.before_or());
        changes.extend(dropped.map(|clause| (clause, String::new())));
        for (at, _) in self.pieces(|byte| matches!(byte, b'<' | b'>' | b'=' | b'!')) {
            let others: &[&str] = match &self.text[at.clone()] {
                ">" => &[">=", "<"],
                ">=" => &[">", "<"],
                "<" => &["<=", ">"],
                "<=" => &["<", ">"],
                "==" => &["!="],
                other => panic!("{other} is no comparison"),
            };
            changes.extend(others.iter().map(|other| (at.clone(), (*other).to_owned())));
        }
        for (at, _) in self.words() {
            let word = &self.text[at.clone()];
            let is_number = word.parse::<f64>().is_ok_and(|number| number != 0.0 && number != 1.0);
            if is_number || word.starts_with("operation:wolkvox_threshold:") {
                changes.extend(["1.5", "0.6"].map(|times| (at.clone(), format!("({times} * {word})"))));
            }
            for gate in ["operation_report:wolkvox_gate:open30m", "operation_report:wolkvox_gate:open"] {
                if word == gate {
                    let lesser = if word.ends_with("30m") { &["open", "fresh"][..] } else { &["fresh"] };
                    let lesser = lesser.iter().map(|less| format!("operation_report:wolkvox_gate:{less}"));
                    changes.extend(lesser.map(|less| (at.clone(), less)));
                    // Open, whatever the age of the data.
                    let selector = at.start..at.end + self.text[at.end..].find('}').unwrap() + 1;
                    changes.push((selector, "(max by (operation) (wolkvox_operation_open) == 1)".to_owned()));
                }
            }
        }
        for (at, _) in self.text.match_indices('[') {
            let length = self.text[at..].find(']').unwrap() + 1;
            let longer = humantime::parse_duration(&self.text[at + 1..at + length - 1]).unwrap() * 4;
            changes.push((at..at + length, format!("[{}m]", longer.as_secs() / 60)));
        }
        changes
    }
}

/// Everything that an alert can be made into, the alert itself first.
fn mutants(expression: &str, hold: Duration) -> Vec<Mutant> {
    let as_it_is = Mutant { what: "as it is".to_owned(), expression: expression.to_owned(), hold };
    let parsed = Expression::of(expression);
    let changed = parsed.changes().into_iter().map(|(place, other)| {
        let (what, expression) = parsed.with(place, &other);
        Mutant { what, expression, hold }
    });
    let waits = [Duration::ZERO, hold * 3].into_iter().filter(|other| *other != hold).map(|other| Mutant {
        what: format!("for {} s", other.as_secs()),
        expression: expression.to_owned(),
        hold: other,
    });
    std::iter::once(as_it_is.clone()).chain(changed).chain(waits).collect()
}

/// The tests of an alert that tell in how many minutes it fires, each in a file of tests of its own.
fn tests_of(alert: &str, groups: &[Value], mutants: &[Mutant]) -> Vec<Value> {
    let counted = format!("ALERTS{{alertname=\"{alert}\"");
    let mut tests = Vec::new();
    for file in test_files() {
        let all: Value = serde_saphyr::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        for test in list(&all["tests"]) {
            let cases = list(&test["promql_expr_test"]).iter().filter(|case| text(&case["expr"]).contains(&counted));
            let cases: Vec<Value> = cases
                .flat_map(|case| {
                    (0..mutants.len()).map(|number| {
                        let mut case = case.clone();
                        let expression =
                            text(&case["expr"]).replace(&counted, &format!("ALERTS{{alertname=\"Mutant{number}\""));
                        case["expr"] = expression.into();
                        case
                    })
                })
                .collect();
            if !cases.is_empty() {
                tests.push(json!({
                    "rule_files": ["rules.yaml"],
                    "evaluation_interval": all["evaluation_interval"],
                    "group_eval_order": groups.iter().map(|group| &group["name"]).collect::<Vec<_>>(),
                    "tests": [{
                        "interval": test["interval"],
                        "input_series": test["input_series"],
                        "promql_expr_test": cases,
                    }],
                }));
            }
        }
    }
    assert!(!tests.is_empty(), "no test tells in how many minutes {alert} fires");
    tests
}

/// The recorded rules that these expressions need, in their groups, and the mutants in a group of their own.
fn groups(group: &Value, mutants: &[Mutant]) -> Vec<Value> {
    let expressions: Vec<_> = mutants.iter().map(|mutant| mutant.expression.clone()).collect();
    let needed: BTreeSet<_> = ruler::needed(&expressions).into_iter().flatten().map(|rule| rule.name).collect();
    let mut groups: Vec<Value> =
        [THRESHOLDS, RECORDING].iter().flat_map(|file| list(&yaml(file)["groups"]).to_vec()).collect();
    for group in &mut groups {
        group["rules"].as_array_mut().unwrap().retain(|rule| needed.contains(text(&rule["record"])));
    }
    groups.retain(|group| !list(&group["rules"]).is_empty());
    let rules: Vec<_> = mutants
        .iter()
        .enumerate()
        .map(|(number, mutant)| {
            let hold = format!("{}s", mutant.hold.as_secs());
            json!({ "alert": format!("Mutant{number}"), "expr": mutant.expression, "for": hold })
        })
        .collect();
    groups.push(json!({ "name": "mutants", "interval": group["interval"], "rules": rules }));
    groups
}

/// The alert as it is and what it was made into, and which of these the tests take for wrong.
fn judged(alert: &str, group: &Value, mutants: &[Mutant]) -> BTreeSet<usize> {
    let groups = groups(group, mutants);
    let mut wrong = BTreeSet::new();
    for tests in tests_of(alert, &groups, mutants) {
        let folder = Folder::new();
        folder.write("rules.yaml", &json!({ "groups": groups }).to_string());
        let file = folder.write("tests.yaml", &tests.to_string());
        let mut run = tool("promtool", &["test", "rules", file.to_str().unwrap()]);
        let output = run.stdin(Stdio::null()).output().unwrap();
        let told = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(told.contains("FAILED:\n") || output.status.success(), "{alert}: {told}");
        let named = told.split("alertname=\\\"Mutant").skip(1);
        wrong.extend(named.map(|rest| rest.split('\\').next().unwrap().parse::<usize>().unwrap()));
        assert!(output.status.success() || !wrong.is_empty(), "{alert}: {told}");
    }
    wrong
}

#[test]
fn what_is_changed_in_an_alert_is_seen() {
    let mut open = Vec::new();
    for group in list(&yaml(ALERTS)["groups"]) {
        open.extend(list(&group["rules"]).iter().map(|rule| (group.clone(), rule.clone())));
    }
    let mut unseen: BTreeSet<(String, String)> = BTreeSet::new();
    let mut made = BTreeMap::new();
    let open = std::sync::Mutex::new(open);
    let judge = || {
        let mut judged_here = Vec::new();
        while let Some((group, rule)) = {
            let mut open = open.lock().unwrap();
            open.pop()
        } {
            let alert = text(&rule["alert"]).to_owned();
            let hold = humantime::parse_duration(text(&rule["for"])).unwrap();
            let mutants = mutants(text(&rule["expr"]), hold);
            let wrong = judged(&alert, &group, &mutants);
            judged_here.push((alert, mutants, wrong));
        }
        judged_here
    };
    let all = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(judge)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect::<Vec<_>>()
    });
    for (alert, mutants, wrong) in all {
        assert!(!wrong.contains(&0), "{alert} fails its own tests");
        made.insert(alert.clone(), mutants.len() - 1);
        let left = mutants.into_iter().enumerate().skip(1).filter(|(number, _)| !wrong.contains(number));
        unseen.extend(left.map(|(_, mutant)| (alert.clone(), mutant.what)));
    }
    let known: BTreeSet<_> =
        EQUIVALENT.iter().map(|(alert, what, _)| ((*alert).to_owned(), (*what).to_owned())).collect();
    let all: usize = made.values().sum();
    println!("{all} changes of {} alerts, {} of them equivalent", made.len(), known.len());
    assert!(all > 300, "{made:?}");
    let surprising: Vec<_> = unseen.difference(&known).collect();
    assert!(surprising.is_empty(), "no test sees these {} of {all}: {surprising:#?}", surprising.len());
    let stale: Vec<_> = known.difference(&unseen).collect();
    assert!(stale.is_empty(), "a test sees what is listed as equivalent: {stale:#?}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(expression: &str, expected: &[&str]) {
        let made = mutants(expression, Duration::from_mins(5));
        let made: Vec<_> = made.iter().skip(1).filter(|one| one.hold == Duration::from_mins(5)).collect();
        let expressions: Vec<_> = made.iter().map(|one| one.expression.as_str()).collect();
        assert_eq!(expressions, expected);
    }

    #[test]
    fn each_place_is_changed_alone() {
        check("a > 2", &["a >= 2", "a < 2", "a > (1.5 * 2)", "a > (0.6 * 2)"]);
        check("a{x=\"b > 1 and c\"} == 1", &["a{x=\"b > 1 and c\"} != 1"]);
        check(
            "max_over_time(a[10m]) > 0",
            &["max_over_time(a[10m]) >= 0", "max_over_time(a[10m]) < 0", "max_over_time(a[40m]) > 0"],
        );
        check("a and (b unless on (c) d) and e", &["a and e", "a and (b ) and e", "a and (b unless on (c) d) "]);
        check("x and (a or on (c) b)", &["x ", "x and (a )", "x and ( b)"]);
        check("a or b", &["a ", " b"]);
        check(
            "a and operation_report:wolkvox_gate:open{r=\"s\"}",
            &[
                "a ",
                "a and operation_report:wolkvox_gate:fresh{r=\"s\"}",
                "a and (max by (operation) (wolkvox_operation_open) == 1)",
            ],
        );
    }

    #[test]
    fn a_wait_is_dropped_and_made_longer() {
        let holds: Vec<_> = mutants("a", Duration::from_mins(5)).into_iter().map(|one| one.hold.as_secs()).collect();
        assert_eq!(holds, [300, 0, 900]);
    }
}
