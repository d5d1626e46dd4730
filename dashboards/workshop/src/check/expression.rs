//! One expression read from the inside out: what its series are, and what is wrong on the way.

use std::collections::BTreeSet;
use std::time::Duration;

use promql_parser::label::{MatchOp, Matcher};
use promql_parser::parser::{
    AggregateExpr, BinaryExpr, Call, Expr, LabelModifier, VectorMatchCardinality, VectorSelector,
};

use super::finding::Kind;
use super::shape::{Labels, Shape, added, multiplied, quotient};
use super::vocabulary::{Dimension, Vocabulary};

/// Three polls of the reports that are asked for every five minutes.
const SHORTEST: Duration = Duration::from_mins(15);

/// Names that Prometheus 2.42 does not know.
pub(crate) const TOO_NEW: &[&str] = &[
    "limitk",
    "limit_ratio",
    "sort_by_label",
    "sort_by_label_desc",
    "info",
    "histogram_avg",
    "histogram_stddev",
    "histogram_stdvar",
    "mad_over_time",
    "double_exponential_smoothing",
    "first_over_time",
    "ts_of_max_over_time",
    "ts_of_min_over_time",
    "ts_of_last_over_time",
    "histogram_quantiles",
];

/// What stands for a variable of several values while an expression is read.
pub(crate) fn chosen(variable: &str) -> String {
    format!("chosen_{variable}")
}

/// What is known beforehand about an expression.
pub(crate) struct Reading<'v> {
    pub(crate) vocabulary: &'v Vocabulary,
    /// Whether the place says that it tells the figures of today, so that totals of the day may stand as they are.
    pub(crate) is_of_today: bool,
    /// Whether whoever looks can choose operations.
    pub(crate) has_choice: bool,
    /// What was found.
    pub(crate) found: Vec<(Kind, String)>,
    /// Families that were asked for.
    pub(crate) used: BTreeSet<String>,
    /// Labels by whose variable series were filtered, and those by which they could have been.
    pub(crate) filtered: BTreeSet<String>,
    pub(crate) filterable: BTreeSet<String>,
}

/// How a series is used at a place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    /// Its value counts.
    Value,
    /// Only that it is there.
    Presence,
}

impl<'v> Reading<'v> {
    pub(crate) fn new(vocabulary: &'v Vocabulary, is_of_today: bool, has_choice: bool) -> Self {
        Self {
            vocabulary,
            is_of_today,
            has_choice,
            found: Vec::new(),
            used: BTreeSet::new(),
            filtered: BTreeSet::new(),
            filterable: BTreeSet::new(),
        }
    }

    fn find(&mut self, kind: Kind, told: impl Into<String>) {
        self.found.push((kind, told.into()));
    }

    /// Reads an expression, once its text is PromQL.
    pub(crate) fn read(&mut self, expr: &Expr) -> Shape {
        self.shape(expr, Use::Value)
    }

    fn shape(&mut self, expr: &Expr, used: Use) -> Shape {
        match expr {
            Expr::NumberLiteral(_) | Expr::StringLiteral(_) => Shape::scalar(Dimension::Any),
            Expr::Paren(paren) => self.shape(&paren.expr, used),
            Expr::Unary(unary) => self.shape(&unary.expr, Use::Value),
            Expr::Subquery(subquery) => self.shape(&subquery.expr, Use::Value),
            Expr::VectorSelector(selector) => {
                let (shape, is_counter) = self.series(selector);
                if is_counter && used == Use::Value && !self.is_of_today {
                    self.find(Kind::RawCounter, selector.to_string());
                }
                shape
            }
            Expr::MatrixSelector(matrix) => self.series(&matrix.vs).0,
            Expr::Aggregate(aggregate) => self.aggregate(aggregate),
            Expr::Binary(binary) => self.binary(binary),
            Expr::Call(call) => self.call(call),
            Expr::Extension(_) => Shape::unknown(),
        }
    }

    /// The series of a name, and whether they are counters.
    fn series(&mut self, selector: &VectorSelector) -> (Shape, bool) {
        let Some(name) = &selector.name else {
            self.find(Kind::UnknownMetric, format!("{selector} has no name"));
            return (Shape::unknown(), false);
        };
        let Some(entry) = self.vocabulary.entry(name) else {
            self.find(Kind::UnknownMetric, name.clone());
            return (Shape::unknown(), false);
        };
        self.used.insert(entry.family.clone());
        if entry.is_recorded {
            return (Shape::unknown(), false);
        }
        for matcher in &selector.matchers.matchers {
            match entry.labels.get(&matcher.name) {
                None => self.find(Kind::UnknownLabel, format!("{name} has no label {}", matcher.name)),
                Some(values) => self.matcher(name, matcher, values),
            }
        }
        if entry.labels.contains_key("operation") && self.has_choice && !is_chosen(selector, "operation") {
            self.find(Kind::OperationDropped, selector.to_string());
        }
        for (label, variable) in [("skill_id", "skill"), ("agent_id", "agent")] {
            if entry.labels.contains_key(label) {
                self.filterable.insert(variable.to_owned());
                if is_chosen(selector, variable) {
                    self.filtered.insert(variable.to_owned());
                }
            }
        }
        let shape = Shape {
            labels: Some(entry.labels.keys().cloned().collect()),
            dimension: entry.dimension,
            is_scalar: false,
            is_share: entry.dimension == Dimension::Ratio,
            is_info: name.ends_with("_info"),
        };
        (shape, entry.is_counter)
    }

    fn matcher(&mut self, metric: &str, matcher: &Matcher, values: &BTreeSet<String>) {
        let Matcher { op, name, value } = matcher;
        let is_chosen = value.starts_with("chosen_");
        if is_chosen && matches!(op, MatchOp::Equal | MatchOp::NotEqual) {
            self.find(Kind::MultiValueEquality, format!("{metric}: {name}{op}{value}"));
        }
        if name == "le" {
            let is_loose =
                value == "+Inf" || matches!(op, MatchOp::Re(_) | MatchOp::NotRe(_)) && value.ends_with("(\\.0)?");
            if !is_loose {
                self.find(Kind::LiteralLe, format!("{metric}: le{op}{value:?}"));
            }
            let bare = value.trim_end_matches("(\\.0)?");
            if !values.contains(bare) {
                self.find(Kind::UnknownLabelValue, format!("{metric} has no bound {bare}"));
            }
            return;
        }
        if is_chosen || values.is_empty() {
            return;
        }
        let is_word = |value: &&str| value.chars().all(|letter| letter.is_alphanumeric() || "_-".contains(letter));
        let words: Vec<&str> = match op {
            MatchOp::Equal | MatchOp::NotEqual => vec![value.as_str()],
            MatchOp::Re(_) | MatchOp::NotRe(_) => value.split('|').filter(is_word).collect(),
        };
        for word in words.into_iter().filter(|word| !word.is_empty() && !values.contains(*word)) {
            self.find(Kind::UnknownLabelValue, format!("{metric} has no {name}={word:?}"));
        }
    }

    fn aggregate(&mut self, aggregate: &AggregateExpr) -> Shape {
        let op = aggregate.op.to_string();
        if TOO_NEW.contains(&op.as_str()) {
            self.find(Kind::TooNew, op.clone());
        }
        let used = if ["count", "group"].contains(&op.as_str()) { Use::Presence } else { Use::Value };
        let inner = self.shape(&aggregate.expr, used);
        if inner.is_share && ["avg", "sum", "quantile", "stddev"].contains(&op.as_str()) {
            self.find(Kind::AverageOfRatios, format!("{op} ({})", aggregate.expr));
        }
        if ["topk", "bottomk", "limitk", "limit_ratio"].contains(&op.as_str()) {
            return inner;
        }
        let labels: Labels = match &aggregate.modifier {
            Some(LabelModifier::Include(by)) => {
                for label in by.labels.iter().filter(|label| !inner.has(label)) {
                    self.find(
                        Kind::UnknownLabel,
                        format!("by ({label}): there is no such label in {}", aggregate.expr),
                    );
                }
                Some(by.labels.iter().cloned().collect())
            }
            Some(LabelModifier::Exclude(without)) => inner
                .labels
                .as_ref()
                .map(|labels| labels.iter().filter(|label| !without.labels.contains(label)).cloned().collect()),
            None => Some(BTreeSet::new()),
        };
        let is_info = inner.is_info && ["max", "min", "group"].contains(&op.as_str());
        let shape = Shape { labels, is_info, ..inner };
        match op.as_str() {
            "count" | "group" => shape.plain(),
            "count_values" => match aggregate.param.as_deref() {
                Some(Expr::StringLiteral(label)) => shape.plain().with(&label.val),
                _ => shape.plain(),
            },
            _ => shape,
        }
    }

    fn call(&mut self, call: &Call) -> Shape {
        let name = call.func.name;
        if TOO_NEW.contains(&name) {
            self.find(Kind::TooNew, name);
        }
        let arguments = &call.args.args;
        for argument in arguments {
            if let Expr::MatrixSelector(matrix) = argument.as_ref() {
                self.window(name, &matrix.vs, matrix.range);
            }
        }
        if let Some(Expr::NumberLiteral(quantile)) = arguments.first().map(AsRef::as_ref)
            && ["histogram_quantile", "quantile_over_time"].contains(&name)
            && !(0.0..=1.0).contains(&quantile.val)
        {
            self.find(Kind::QuantileOutOfRange, format!("{name}({}, …)", quantile.val));
        }
        if ["irate", "idelta"].contains(&name) {
            self.find(Kind::TwoSamples, call.to_string());
        }
        let used = if ["absent", "timestamp"].contains(&name) { Use::Presence } else { Use::Value };
        let shapes: Vec<Shape> = arguments.iter().map(|argument| self.shape(argument, used)).collect();
        let vector = shapes.iter().find(|shape| !shape.is_scalar).cloned();
        match name {
            "time" => Shape::scalar(Dimension::Moment),
            "scalar" => Shape::scalar(vector.map_or(Dimension::Any, |vector| vector.dimension)),
            "vector" => Shape { is_scalar: false, ..shapes.first().cloned().unwrap_or_else(Shape::unknown) },
            "histogram_quantile" => {
                let mut buckets = vector.unwrap_or_else(Shape::unknown);
                if !buckets.has("le") {
                    self.find(Kind::QuantileWithoutLe, call.to_string());
                }
                if let Some(labels) = &mut buckets.labels {
                    labels.remove("le");
                }
                // What the bounds are of stands in the name of the buckets.
                let is_of_time = call.to_string().contains("_seconds_bucket");
                Shape { dimension: if is_of_time { Dimension::Span } else { Dimension::Plain }, ..buckets }
            }
            "label_replace" | "label_join" => match arguments.get(1).map(AsRef::as_ref) {
                Some(Expr::StringLiteral(label)) => vector.unwrap_or_else(Shape::unknown).with(&label.val),
                _ => Shape::unknown(),
            },
            "absent" | "absent_over_time" => Shape::unknown().plain(),
            "timestamp" => Shape { dimension: Dimension::Moment, ..vector.unwrap_or_else(Shape::unknown) },
            "rate" | "irate" | "deriv" => {
                let shape = vector.unwrap_or_else(Shape::unknown);
                let dimension = if shape.dimension == Dimension::Span { Dimension::Heads } else { shape.dimension };
                Shape { dimension, is_share: false, ..shape }
            }
            // Whole numbers are counts, whatever they were made of.
            "ceil" | "floor" => Shape { is_share: false, ..vector.unwrap_or_else(Shape::unknown) },
            "changes" | "resets" | "count_over_time" | "present_over_time" | "hour" | "minute" | "month" | "year"
            | "day_of_week" | "day_of_month" | "day_of_year" | "days_in_month" => {
                vector.unwrap_or_else(Shape::unknown).plain()
            }
            _ => vector.unwrap_or_else(|| shapes.first().cloned().unwrap_or_else(Shape::unknown)),
        }
    }

    fn window(&mut self, function: &str, selector: &VectorSelector, range: Duration) {
        if range < SHORTEST {
            self.find(Kind::ShortWindow, format!("{function}({selector}[{}s])", range.as_secs()));
        }
        let Some(entry) = selector.name.as_ref().and_then(|name| self.vocabulary.entry(name)) else { return };
        let (is_counter, is_share) = (entry.is_counter, entry.dimension == Dimension::Ratio);
        let told = format!("{function}({selector})");
        match function {
            "rate" | "irate" | "increase" if !is_counter && !entry.is_recorded => self.find(Kind::RateOnGauge, told),
            "delta" | "idelta" | "deriv" | "predict_linear" | "avg_over_time" | "sum_over_time" | "min_over_time"
            | "max_over_time" | "quantile_over_time" | "stddev_over_time"
                if is_counter =>
            {
                self.find(Kind::GaugeFunctionOnCounter, told);
            }
            "avg_over_time" | "sum_over_time" | "quantile_over_time" if is_share => {
                self.find(Kind::AverageOfRatios, told);
            }
            _ => {}
        }
    }

    fn binary(&mut self, binary: &BinaryExpr) -> Shape {
        let op = binary.op.to_string();
        let is_set = binary.op.is_set_operator();
        let one = self.shape(&binary.lhs, Use::Value);
        let is_presence = ["and", "unless"].contains(&op.as_str());
        let other = self.shape(&binary.rhs, if is_presence { Use::Presence } else { Use::Value });
        if op == "or" && is_invented(&binary.rhs) {
            self.find(Kind::InventedZero, format!("or {}", binary.rhs));
        }
        if op == "/" && !is_safe_divisor(&binary.rhs) {
            self.find(Kind::UnguardedDivision, format!("/ {}", binary.rhs));
        }
        let labels = if is_set || !(one.is_scalar || other.is_scalar) {
            self.matched(binary, &one, &other, is_set)
        } else if one.is_scalar {
            other.labels.clone()
        } else {
            one.labels.clone()
        };
        let divisor = if let Expr::NumberLiteral(number) = binary.rhs.as_ref() { Some(number.val) } else { None };
        let is_share = one.is_share || other.is_share;
        let (dimension, is_share) = match op.as_str() {
            "+" | "-" => {
                let sum = added(one.dimension, other.dimension, op == "-");
                if sum.is_none() {
                    let told = format!("{:?} {op} {:?}: {binary}", one.dimension, other.dimension);
                    self.find(Kind::UnlikeUnits, told);
                }
                (sum.unwrap_or(Dimension::Unknown), is_share)
            }
            // Per cent, or points of it.
            "*" if is_share && (is_hundred(&binary.lhs) || is_hundred(&binary.rhs)) => (Dimension::Plain, false),
            // Series of 1 lend their labels and leave the numbers as they are.
            "*" if other.is_info => (one.dimension, one.is_share),
            "*" if one.is_info => (other.dimension, other.is_share),
            "*" => (multiplied(one.dimension, other.dimension), one.is_share && (other.is_share || other.is_scalar)),
            "/" if is_hundredfold(&binary.lhs) => (Dimension::Plain, false),
            "/" => {
                let (dimension, is_new_share) = quotient(one.dimension, other.dimension, divisor);
                (dimension, is_new_share || one.is_share)
            }
            _ if one.is_scalar => (other.dimension, other.is_share),
            _ => (one.dimension, one.is_share),
        };
        let is_info = one.is_info && (is_set || other.is_info);
        Shape { labels, dimension, is_scalar: one.is_scalar && other.is_scalar, is_share, is_info }
    }

    /// The labels of what two vectors are matched to.
    fn matched(&mut self, binary: &BinaryExpr, one: &Shape, other: &Shape, is_set: bool) -> Labels {
        let modifier = binary.modifier.as_ref();
        let matching = modifier.and_then(|modifier| modifier.matching.as_ref());
        let card = modifier.map(|modifier| &modifier.card);
        if let Some(LabelModifier::Include(on)) = matching {
            for label in on.labels.iter().filter(|label| !one.has(label) || !other.has(label)) {
                self.find(Kind::UnknownLabel, format!("on ({label}): one side of {} does not have it", binary.op));
            }
        }
        if is_set {
            return match binary.op.to_string().as_str() {
                "or" => one.labels.clone().zip(other.labels.clone()).map(|(one, other)| &one | &other),
                _ => one.labels.clone(),
            };
        }
        let (Some(left), Some(right)) = (&one.labels, &other.labels) else { return None };
        let keys: BTreeSet<String> = match matching {
            Some(LabelModifier::Include(on)) => on.labels.iter().cloned().collect(),
            Some(LabelModifier::Exclude(ignoring)) => {
                left.union(right).filter(|label| !ignoring.labels.contains(label)).cloned().collect()
            }
            None => {
                if left != right {
                    let told = format!("{left:?} {} {right:?}", binary.op);
                    self.find(Kind::MismatchedVectors, told);
                }
                return Some(left.clone());
            }
        };
        let mut is_unique = |side: &BTreeSet<String>, shape: &Shape, brought: &[String]| {
            let extra: Vec<_> =
                side.iter().filter(|label| !keys.contains(*label) && !brought.contains(label)).collect();
            // An info as it is served has one series for each thing that it tells of.
            let is_served = shape.is_info && side.contains("instance");
            if !extra.is_empty() && !is_served {
                let told = format!("{extra:?} beyond on ({keys:?}), in {}", binary.op);
                self.find(Kind::ManyToOne, told);
            }
        };
        match card {
            Some(VectorMatchCardinality::ManyToOne(brought)) => {
                is_unique(right, other, &brought.labels);
                Some(left | &brought.labels.iter().cloned().collect())
            }
            Some(VectorMatchCardinality::OneToMany(brought)) => {
                is_unique(left, one, &brought.labels);
                Some(right | &brought.labels.iter().cloned().collect())
            }
            _ => {
                is_unique(left, one, &[]);
                is_unique(right, other, &[]);
                Some(keys.clone())
            }
        }
    }
}

/// Whether a selector asks by this variable.
fn is_chosen(selector: &VectorSelector, variable: &str) -> bool {
    let value = chosen(variable);
    selector.matchers.matchers.iter().any(|matcher| matcher.value.contains(&value))
}

/// Whether a divisor is a number, or says itself that it is above 0.
/// Whether an expression is a number that nobody told: `vector(0)`.
fn is_invented(expr: &Expr) -> bool {
    match expr {
        Expr::Paren(paren) => is_invented(&paren.expr),
        Expr::Call(call) => {
            let first = call.args.args.first().map(AsRef::as_ref);
            call.func.name == "vector" && matches!(first, Some(Expr::NumberLiteral(_)))
        }
        _ => false,
    }
}

/// Whether an expression is a hundred times something.
fn is_hundredfold(expr: &Expr) -> bool {
    match expr {
        Expr::Paren(paren) => is_hundredfold(&paren.expr),
        Expr::Binary(binary) => binary.op.to_string() == "*" && (is_hundred(&binary.lhs) || is_hundred(&binary.rhs)),
        _ => false,
    }
}

fn is_hundred(expr: &Expr) -> bool {
    matches!(expr, Expr::NumberLiteral(number) if (number.val - 100.0).abs() < f64::EPSILON)
}

fn is_safe_divisor(expr: &Expr) -> bool {
    match expr {
        Expr::Paren(paren) => is_safe_divisor(&paren.expr),
        Expr::NumberLiteral(number) => number.val != 0.0,
        Expr::Binary(binary) => {
            let is_bound = matches!(binary.rhs.as_ref(), Expr::NumberLiteral(number) if number.val >= 0.0);
            binary.op.to_string() == ">" && is_bound
        }
        _ => false,
    }
}
