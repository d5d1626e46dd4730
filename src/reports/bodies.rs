//! How the tests of reports read: rows in, lines of the exposition out.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::date;
use serde_json::Value;

use crate::board::Page;
use crate::report::{Ask, Listing, Report, Window};
use crate::row::Rejection;
use crate::samples::Samples;
use crate::terms::{AgentNames, Terms};

/// The terms of the tests: all skills, names as they are, a threshold of 20 s.
pub(super) fn terms() -> Terms {
    Terms::new(None, AgentNames::Show, 20)
}

/// Folds the rows as an answer of 2026-06-05, 12:30.
pub(super) fn fold<R: Report>(terms: &Terms, rows: &Value) -> (BTreeSet<String>, Vec<Rejection>, usize) {
    let day = date(2026, 6, 5);
    let window = Window { from: day.at(0, 0, 0, 0), to: day.at(12, 30, 0, 0) };
    let ask = Ask { window, terms: Arc::new(terms.clone()) };
    let report = Listing::of::<R>();
    let mut facts = (report.begin)();
    let (mut rejections, mut unknown) = (Vec::new(), 0);
    let single = std::slice::from_ref(rows);
    for row in rows.as_array().map_or(single, Vec::as_slice) {
        let absorbed = facts.absorb(&row.to_string(), &ask).expect("a JSON value is JSON");
        rejections.extend(absorbed.rejection);
        unknown += absorbed.unknown_fields;
    }
    let mut samples = Samples::of(report.families, usize::MAX);
    facts.measure(terms, &mut samples);
    (lines(&Page::of(&samples, &[], &[])), rejections, unknown)
}

/// What the rows measure; fails on a row that is rejected and on a field that is not known.
pub(super) fn measured<R: Report>(rows: &Value) -> BTreeSet<String> {
    let (lines, rejections, unknown) = fold::<R>(&terms(), rows);
    assert_eq!((rejections, unknown), (Vec::new(), 0));
    lines
}

/// Asserts that of all lines that begin with `prefix` there are exactly these.
#[track_caller]
pub(super) fn expect(lines: &BTreeSet<String>, prefix: &str, expected: &[&str]) {
    let found: Vec<&str> = lines.iter().filter_map(|line| line.strip_prefix(prefix)).collect();
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(found, expected, "{prefix}");
}

fn lines(page: &Page) -> BTreeSet<String> {
    page.text().lines().map(str::to_owned).collect()
}
