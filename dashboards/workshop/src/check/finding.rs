//! What can be found, each kind with its name and what to do about it.

use std::fmt;

/// A fault at its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub kind: Kind,
    /// The dashboard's or rule file's name.
    pub file: String,
    /// The panel, variable, note or rule; empty where it is about the whole.
    pub place: String,
    /// What exactly.
    pub told: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, file, place, told } = self;
        write!(f, "{file}: {place}: {kind:?}: {told}; {}", kind.advice())
    }
}

macro_rules! kinds {
    ($($(#[$about:meta])* $kind:ident: $advice:literal,)+) => {
        /// The kinds of faults.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind { $($(#[$about])* $kind,)+ }

        impl Kind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$kind,)+];

            /// What to do about it.
            #[must_use]
            pub const fn advice(self) -> &'static str {
                match self { $(Self::$kind => $advice,)+ }
            }
        }
    };
}

kinds! {
    /// The file is no JSON.
    NotJson: "write it anew with `cargo run -p workshop`",
    /// The uid does not follow from the file's name.
    WrongUid: "links lead to the uid: it is `wolkvox-` and the file's name",
    /// Two dashboards have one uid.
    DuplicateUid: "Grafana would keep only one of them",
    /// Not the schema of Grafana 10.4.
    SchemaVersion: "write 39, which Grafana 10.4 and later read",
    /// Lacks the tag `wolkvox`.
    TagMissing: "tag it `wolkvox`, so that it is found",
    /// Asks questions at import.
    InputsPresent: "leave `__inputs` out: the data source is a variable",
    /// Has the number of one Grafana's database.
    OwnId: "leave `id` out: at an import it would be another dashboard's",
    /// A title or description of the dashboard is missing.
    DashboardUntitled: "say what it is called, for whom it is and what it answers",
    /// Opens on another range than the others.
    TimeRange: "open it on now-12h to now",
    /// Is not refreshed each minute.
    Refresh: "refresh it each minute",
    /// Lacks a note that all have.
    AnnotationMissing: "note firing alerts, the day's start and restarts of the exporter",
    /// A link leads nowhere.
    DeadLink: "lead to the uid of a dashboard that exists",
    /// A dashboard is not linked to.
    LinkMissing: "link to each of the others",
    /// A link loses what was chosen.
    LinkForgets: "keep time and variables",
    /// A variable that all have is missing.
    VariableMissing: "have the variables datasource and operation",
    /// A variable cannot be several or all.
    VariableNotMulti: "make it multi with all, whose value is `.*`",
    /// A variable that is asked for once and for all.
    VariableStale: "ask for its values at each opening (refresh 1) or change of the range (2)",
    /// The strip on top is not complete.
    StripMissing: "begin with age of the data, open or closed, firing alerts, quota",
    /// Two panels have one id.
    DuplicateId: "give each panel an id of its own",
    /// Two panels lie on each other.
    Overlap: "move one of them",
    /// A hole between panels.
    GridGap: "move up what is below, or make what is beside wider: Grafana would, and not as here",
    /// A panel reaches over the edge.
    OutsideGrid: "the grid has 24 columns",
    /// A panel of a kind that is not Grafana's own or not used here.
    UnknownPanel: "use stat, timeseries, table, bargauge, state-timeline, text or row",
    /// A panel without a title.
    TitleMissing: "give it a title",
    /// A description that lacks a part.
    DescriptionIncomplete: "say what it shows, its formula, its unit and what to do",
    /// A panel without a unit.
    UnitMissing: "set the unit",
    /// A panel that is silent when there is nothing.
    NoValueMissing: "say in words what it means that there is nothing",
    /// A panel without thresholds.
    ThresholdsMissing: "set at least the base step",
    /// Thresholds that do not rise.
    ThresholdsUnordered: "write them from the lowest to the highest: Grafana takes the first that fits from the end",
    /// Series without a name.
    LegendMissing: "name the series: Grafana shows all their labels else",
    /// A graph of one point.
    PointAlone: "ask for the whole range: a graph of now alone is a dot",
    /// A setting of a query or column that is not there.
    IdleOverride: "name a query or column of the panel",
    /// Bars that count the same call twice, or not at all.
    BarsOverlap: "make the window of the query the interval of the panel",
    /// Words that claim that nothing happened, where data may be too old to know.
    EmptyClaimed: "say what is true of old data too, or ask for the age of the data beside",
    /// Absent data take a colour that judges.
    AbsentJudged: "make the base step `text`, `transparent` or a grey, and begin with the next at 0",
    /// A label's column that Grafana would take for numbers.
    LabelAsNumber: "give the column the unit `string`: 4100 is shown as 4.10 K else",
    /// A table whose columns do not fit.
    TableTooWide: "make the panel wider, or columns narrower",
    /// Colour is the only sign.
    ColourAlone: "show the number or a word beside the colour",
    /// Reads from one data source alone.
    DatasourceFixed: "read from `${datasource}`",
    /// A panel without a query.
    NoQuery: "ask for something",
    /// Two queries of one panel have one letter.
    DuplicateQuery: "give each query a refId of its own",
    /// The last value of a range stands for now.
    StaleReduction: "ask for now alone (instant): the last value of a range may be hours old",
    /// A line over a gap.
    GapHidden: "leave gaps open: `spanNulls` false",
    /// Is no PromQL.
    NotPromql: "correct the expression",
    /// A metric that nobody serves.
    UnknownMetric: "use a name from docs/metrics.md",
    /// A label that the metric does not have.
    UnknownLabel: "use a label that the series has at this place",
    /// A label value that does not occur.
    UnknownLabelValue: "use a value that the series has",
    /// `le` compared to the letter.
    LiteralLe: "Prometheus 3 writes 5 as 5.0: match `5(\\.0)?`",
    /// A quantile of something without buckets.
    QuantileWithoutLe: "keep the label le in the sum",
    /// `rate` of a gauge.
    RateOnGauge: "a gauge has no rate; use it as it is, or `delta`",
    /// A gauge's function of a counter.
    GaugeFunctionOnCounter: "use `increase` or `rate`, which know resets",
    /// A counter as it is where today is not spoken of.
    RawCounter: "use `increase`, or say that it is today's figure",
    /// Grafana's moving window.
    RateInterval: "data change per poll: use a fixed window of 15m or more",
    /// Looks at two samples alone.
    TwoSamples: "data change per poll: from one scrape to the next they mostly do not; use `rate` or `increase`",
    /// A quantile beyond all.
    QuantileOutOfRange: "quantiles are from 0 to 1",
    /// Shows 0 where nothing is known.
    InventedZero: "leave it absent, and say in words what that means",
    /// Less than three polls.
    ShortWindow: "use 15m or more",
    /// The whole range is summed, but the panel does not say so.
    RangeNotSaid: "say in the description that it is about the whole range",
    /// A division that may be by zero.
    UnguardedDivision: "put `> 0` behind the divisor",
    /// A mean or sum of ratios.
    AverageOfRatios: "sum the parts and divide once",
    /// Two sides that have different labels.
    MismatchedVectors: "aggregate both by the same labels, or say `on (…)`",
    /// Several series on a side that must have one.
    ManyToOne: "aggregate that side, or say `group_left ()`",
    /// `group_left` without its parentheses.
    GroupWithoutParens: "write `group_left ()`",
    /// A name of series that uses a label that is gone.
    LegendLabelGone: "name a label that is left",
    /// The chosen operation is not asked for.
    OperationDropped: "filter by `operation=~\"$operation\"`",
    /// The chosen skill or agent is not asked for.
    VariableDropped: "filter by the variable",
    /// A variable of several values compared with `=`.
    MultiValueEquality: "compare with `=~`",
    /// A variable that does not exist.
    UnknownVariable: "use one of the dashboard's variables",
    /// Series of other programs too.
    ForeignSeries: "restrict it to this exporter: `and on (instance, job) wolkvox_exporter_build_info`",
    /// Not known to Prometheus 2.42.
    TooNew: "use what Prometheus 2.42 knows",
    /// Per cent where the number is from 0 to 1.
    PercentOnRatio: "use percentunit",
    /// A unit that is not the expression's.
    UnitMismatch: "set the unit that the expression has",
    /// Seconds and calls added.
    UnlikeUnits: "add only what is of one kind",
    /// A family that no panel uses.
    FamilyUnused: "use it, or say in UNUSED why not",
    /// A family that is excused though it is used or gone.
    ExcuseIdle: "take it out of UNUSED",
    /// A file of rules that cannot be read.
    NotRules: "write groups of rules",
}
