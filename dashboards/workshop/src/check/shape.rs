//! What an expression gives: which labels its series have, and what its numbers are.

use std::collections::BTreeSet;

use super::vocabulary::Dimension;

/// The labels of a result; not known where a rule recorded it.
pub(crate) type Labels = Option<BTreeSet<String>>;

/// What an expression gives.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    pub(crate) labels: Labels,
    pub(crate) dimension: Dimension,
    /// A number without labels that goes with any vector.
    pub(crate) is_scalar: bool,
    /// A share of something: a ratio of the exporter's, or one thing divided by another of its kind.
    pub(crate) is_share: bool,
    /// Series of 1 that carry labels: one for each thing that they tell of.
    pub(crate) is_info: bool,
}

impl Shape {
    pub(crate) fn scalar(dimension: Dimension) -> Self {
        Self { labels: Some(BTreeSet::new()), dimension, is_scalar: true, is_share: false, is_info: false }
    }

    pub(crate) fn unknown() -> Self {
        Self { labels: None, dimension: Dimension::Unknown, is_scalar: false, is_share: false, is_info: false }
    }

    pub(crate) fn has(&self, label: &str) -> bool {
        self.labels.as_ref().is_none_or(|labels| labels.contains(label))
    }

    pub(crate) fn with(mut self, label: &str) -> Self {
        if let Some(labels) = &mut self.labels {
            labels.insert(label.to_owned());
        }
        self
    }

    pub(crate) fn plain(mut self) -> Self {
        self.dimension = Dimension::Plain;
        self.is_share = false;
        self
    }
}

/// What a sum or difference of two kinds of numbers is; nothing where they cannot be added.
pub(crate) fn added(one: Dimension, other: Dimension, is_difference: bool) -> Option<Dimension> {
    use Dimension::{Any, Heads, Moment, Plain, Ratio, Span, Unknown};
    Some(match (one, other) {
        (Unknown, _) | (_, Unknown) => Unknown,
        (Moment, Moment) if is_difference => Span,
        (Moment, Span | Any) => Moment,
        (Span | Any, Moment) if !is_difference => Moment,
        (Moment, _) | (_, Moment) => return None,
        (Any, same) | (same, Any) => same,
        (Ratio, Plain) | (Plain, Ratio) => Ratio,
        (Heads, Plain) | (Plain, Heads) => Heads,
        (one, other) if one == other => one,
        _ => return None,
    })
}

/// What a product is.
pub(crate) fn multiplied(one: Dimension, other: Dimension) -> Dimension {
    use Dimension::{Any, Heads, Plain, Ratio, Unknown};
    if one == Any || other == Any {
        return if one == Any { other } else { one };
    }
    match (one, other) {
        (Ratio, Ratio) => Ratio,
        (Plain, Ratio) | (Ratio, Plain) => Plain,
        (Plain | Ratio | Heads, same) | (same, Plain | Ratio | Heads) => same,
        _ => Unknown,
    }
}

/// What a quotient is, and whether it is a share.
pub(crate) fn quotient(one: Dimension, other: Dimension, divisor: Option<f64>) -> (Dimension, bool) {
    use Dimension::{Any, Heads, Plain, Ratio, Span, Unknown};
    match (one, other) {
        // Minutes, hours, days: a number of them.
        (Span, Any) if divisor.is_some_and(|by| [60.0, 3600.0, 86400.0].contains(&by)) => (Plain, false),
        (same, Any) => (same, false),
        (Unknown, _) | (_, Unknown) => (Unknown, true),
        (one, other) if one == other => (Plain, true),
        (Plain | Heads, Ratio | Plain | Heads) | (Ratio, Plain | Heads) => (Plain, true),
        (Any, Plain | Ratio | Heads) => (Plain, false),
        (same, Plain | Ratio | Heads) => (same, false),
        _ => (Unknown, false),
    }
}
