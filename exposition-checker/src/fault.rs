//! What can be wrong with an exposition, in words for the person who wrote it.

use std::fmt::Write as _;

/// One fault of an exposition, and where it is.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("line {line}: {wrong}")]
pub struct Fault {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub wrong: Wrong,
}

/// What is wrong. Names are those in the text; a label set is written as in the text, without its braces.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Wrong {
    // The line.
    /// The line is not one of the three forms that a line can have.
    #[error("cannot be read: {0}")]
    Syntax(&'static str),
    /// The text does not end with a line feed, so a reader cannot tell whether it was cut.
    #[error("the last line does not end with a line feed")]
    NoFinalNewline,
    /// A line without anything on it.
    #[error("a blank line")]
    BlankLine,
    /// A comment that is neither HELP nor TYPE.
    #[error("a comment that is neither HELP nor TYPE")]
    Comment,
    /// A sample that says when it was taken.
    #[error("`{0}` carries a timestamp")]
    Timestamp(String),
    /// A metric name with other characters than letters, digits and underscores; colons belong to recording rules.
    #[error("`{0}` is not a metric name")]
    MetricName(String),
    /// A label name with other characters than letters, digits and underscores, or one that begins with two of these.
    #[error("`{0}` is not a label name")]
    LabelName(String),
    /// One label twice in one sample.
    #[error("`{sample}` has the label `{label}` twice")]
    DuplicateLabel {
        /// The sample's name.
        sample: String,
        /// The label that stands twice.
        label: String,
    },

    // The family.
    /// A family goes on after another one has begun.
    #[error("`{0}` goes on here after another family began: its lines must stand together")]
    SplitFamily(String),
    /// A family without HELP.
    #[error("`{0}` has no HELP")]
    HelpMissing(String),
    /// A HELP without text.
    #[error("the HELP of `{0}` is empty")]
    HelpEmpty(String),
    /// A second HELP of one family.
    #[error("a second HELP of `{0}`")]
    HelpRepeated(String),
    /// HELP after TYPE or after samples.
    #[error("HELP of `{0}` must be its first line")]
    HelpLate(String),
    /// A family without TYPE.
    #[error("`{0}` has no TYPE")]
    TypeMissing(String),
    /// A second TYPE of one family.
    #[error("a second TYPE of `{0}`")]
    TypeRepeated(String),
    /// TYPE after samples, which a reader has by then taken for untyped ones.
    #[error("TYPE of `{0}` comes after samples of it")]
    TypeLate(String),
    /// A TYPE other than gauge, counter and histogram.
    #[error("`{family}` has the type `{word}`: only gauge, counter and histogram are served")]
    UnknownType {
        /// The family's name.
        family: String,
        /// What stands in place of its type.
        word: String,
    },
    /// A sample of a family that neither HELP nor TYPE announced.
    #[error("the sample `{0}` stands before any HELP and TYPE of its family")]
    Unannounced(String),
    /// HELP and TYPE without samples.
    #[error("`{0}` has no samples: a family that says nothing is left out")]
    EmptyFamily(String),

    // The name.
    /// A counter whose name does not end in `_total`.
    #[error("the counter `{0}` does not end in _total")]
    CounterSuffix(String),
    /// Another kind whose name ends in `_total`.
    #[error("`{0}` ends in _total and is not a counter")]
    TotalSuffix(String),
    /// `_bucket`, `_sum` or `_count` where no histogram is.
    #[error("`{0}` ends like a part of a histogram and is not one")]
    PartSuffix(String),
    /// A histogram's plain name as that of a sample.
    #[error("the histogram `{0}` has a sample that is none of its parts")]
    NotAPart(String),
    /// A unit that is not a base unit.
    #[error("`{family}` is in {unit}: seconds, ratios and bytes are served")]
    Unit {
        /// The family's name.
        family: String,
        /// The unit that its name ends in.
        unit: &'static str,
    },

    // The series.
    /// Two samples of one series, whatever the order of their labels.
    #[error("`{name}{{{labels}}}` was already served on line {first}")]
    DuplicateSeries {
        /// The sample's name.
        name: String,
        /// Its labels, as on this line.
        labels: String,
        /// The line on which it stands first.
        first: usize,
    },
    /// Samples of one family with different label names.
    #[error("`{name}` has the labels ({here}) here and ({before}) on line {first}")]
    LabelNamesDiffer {
        /// The sample's name.
        name: String,
        /// The label names on this line.
        here: String,
        /// The label names of the family's first sample.
        before: String,
        /// The line of that sample.
        first: usize,
    },
    /// A label that the rules do not allow for this family.
    #[error("`{family}` may not have the label `{label}`")]
    LabelNotAllowed {
        /// The family's name.
        family: String,
        /// The label.
        label: String,
    },
    /// A label value, or a HELP, with something in it that must never be served.
    #[error("{place} of `{family}` contains \"{text}\", which must never be served")]
    Forbidden {
        /// The family's name.
        family: String,
        /// Where it stands: a label, or HELP.
        place: String,
        /// What the rules forbid.
        text: String,
    },

    // The value.
    /// A value that is not a number.
    #[error("`{0}` is NaN")]
    Nan(String),
    /// An infinite value.
    #[error("`{0}` is infinite")]
    Infinite(String),
    /// A counter, a ratio or a part of a histogram below 0.
    #[error("`{0}` is negative")]
    Negative(String),
    /// An info family whose value is not 1.
    #[error("`{0}` is not 1, as information always is")]
    InfoNotOne(String),

    // The histogram.
    /// The label `le` missing from a bucket.
    #[error("a bucket of `{0}` has no label le")]
    LeMissing(String),
    /// The label `le` elsewhere than on a bucket.
    #[error("`{0}` has the label le and is not a bucket")]
    LeMisplaced(String),
    /// A bound that is not a number.
    #[error("\"{le}\" is not a bound of `{family}`")]
    LeNotANumber {
        /// The family's name.
        family: String,
        /// What stands in place of the bound.
        le: String,
    },
    /// Bounds that do not ascend.
    #[error("the bound {le} of `{family}` is not above the one before")]
    BoundsNotAscending {
        /// The family's name.
        family: String,
        /// The bound.
        le: String,
    },
    /// A bucket that holds less than the one before, which it includes.
    #[error("the bucket {le} of `{family}` holds less than the one before: buckets are cumulative")]
    NotCumulative {
        /// The family's name.
        family: String,
        /// The bucket's bound.
        le: String,
    },
    /// A part that a histogram series does not have: `_bucket`, `le="+Inf"`, `_sum` or `_count`.
    #[error("`{family}{{{labels}}}` has no {part}")]
    PartMissing {
        /// The family's name.
        family: String,
        /// The labels of the series.
        labels: String,
        /// The part.
        part: &'static str,
    },
    /// A `+Inf` bucket that is not the count.
    #[error("`{family}{{{labels}}}` has {inf} observations in its bucket +Inf and a _count of {count}")]
    CountDiffers {
        /// The family's name.
        family: String,
        /// The labels of the series.
        labels: String,
        /// What the bucket holds.
        inf: f64,
        /// What the count says.
        count: f64,
    },
    /// Series of one family with different bounds, which `sum by (le)` adds up wrongly.
    #[error("`{family}{{{labels}}}` has other bounds than the series on line {first}")]
    BoundsDiffer {
        /// The family's name.
        family: String,
        /// The labels of the series.
        labels: String,
        /// The line of the series that it is compared with.
        first: usize,
    },
}

/// The faults, one to a line, each followed by the line of the text that has it.
pub(crate) fn listing(text: &str, faults: &[Fault]) -> String {
    faults.iter().fold(String::new(), |mut listing, fault| {
        let line = text.split('\n').nth(fault.line.saturating_sub(1)).unwrap_or_default();
        let _ = writeln!(listing, "{fault}\n    {line}");
        listing
    })
}
