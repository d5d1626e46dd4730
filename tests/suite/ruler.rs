//! What Prometheus' ruler knows: recorded rules in the order in which they can be computed, and alerts.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::rules::{ALERTS, RECORDING, THRESHOLDS, rules, text};

/// A recording rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) name: String,
    pub(crate) expression: String,
}

/// An alert: whom it is for, how bad it is, what it asks and for how long that must hold.
pub(crate) struct Alert {
    pub(crate) name: String,
    pub(crate) expression: String,
    pub(crate) hold: Duration,
    pub(crate) audience: String,
    pub(crate) severity: String,
}

/// Every alert, in the order of the file.
pub(crate) fn alerts() -> Vec<Alert> {
    let alert = |rule: &serde_json::Value| Alert {
        name: text(&rule["alert"]).to_owned(),
        expression: text(&rule["expr"]).to_owned(),
        hold: humantime::parse_duration(text(&rule["for"])).unwrap(),
        audience: text(&rule["labels"]["audience"]).to_owned(),
        severity: text(&rule["labels"]["severity"]).to_owned(),
    };
    rules(ALERTS).iter().map(alert).collect()
}

/// The rules that the alerts are made of, level by level: each is made of those of levels before it.
pub(crate) fn levels() -> Vec<Vec<Rule>> {
    needed(&alerts().into_iter().map(|alert| alert.expression).collect::<Vec<_>>())
}

/// The rules that these expressions are made of, level by level.
pub(crate) fn needed(asked: &[String]) -> Vec<Vec<Rule>> {
    let files = [THRESHOLDS, RECORDING].into_iter().flat_map(rules);
    let recorded: Vec<_> = files
        .map(|rule| {
            assert!(rule["labels"].is_null(), "labels of recorded rules are not understood here: {rule}");
            Rule { name: text(&rule["record"]).to_owned(), expression: text(&rule["expr"]).to_owned() }
        })
        .collect();
    in_order(&recorded, asked)
}

/// The rules that these expressions need, level by level.
fn in_order(recorded: &[Rule], asked: &[String]) -> Vec<Vec<Rule>> {
    let by_name: BTreeMap<&str, &Rule> = recorded.iter().map(|rule| (rule.name.as_str(), rule)).collect();
    assert_eq!(by_name.len(), recorded.len(), "two rules have one name");
    let needs = |expression: &str| -> BTreeSet<&str> {
        let words = expression.split(|letter: char| !letter.is_ascii_alphanumeric() && !matches!(letter, '_' | ':'));
        words.filter_map(|word| by_name.get_key_value(word).map(|(name, _)| *name)).collect()
    };
    let mut needed = BTreeSet::new();
    let mut open: Vec<_> = asked.iter().flat_map(|expression| needs(expression)).collect();
    while let Some(name) = open.pop() {
        if needed.insert(name) {
            open.extend(needs(&by_name[name].expression));
        }
    }
    let mut levels = Vec::new();
    let mut done = BTreeSet::new();
    while done.len() < needed.len() {
        let is_next = |name: &&str| !done.contains(name) && needs(&by_name[*name].expression).is_subset(&done);
        let level: Vec<&str> = needed.iter().copied().filter(is_next).collect();
        assert!(!level.is_empty(), "rules are made of each other: {:?}", needed.difference(&done));
        done.extend(&level);
        levels.push(level.into_iter().map(|name| by_name[name].clone()).collect());
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(name: &str, expression: &str) -> Rule {
        Rule { name: name.to_owned(), expression: expression.to_owned() }
    }

    #[test]
    fn rules_come_after_those_that_they_are_made_of() {
        let rules =
            [rule("a:c", "a:a / on () a:b"), rule("a:a", "x"), rule("a:b", "rate(a:a[5m])"), rule("a:other", "a:aa")];
        let names = |levels: Vec<Vec<Rule>>| -> Vec<Vec<String>> {
            levels.into_iter().map(|level| level.into_iter().map(|rule| rule.name).collect()).collect()
        };
        assert_eq!(names(in_order(&rules, &["a:c > 1".to_owned()])), [["a:a"], ["a:b"], ["a:c"]]);
        assert_eq!(names(in_order(&rules, &["a:other{x=\"a\"} > a:a".to_owned()])), [["a:a", "a:other"]]);
    }

    #[test]
    #[should_panic(expected = "made of each other")]
    fn rules_in_a_circle_are_refused() {
        let _ = in_order(&[rule("a:a", "a:b"), rule("a:b", "a:a")], &["a:a".to_owned()]);
    }
}
