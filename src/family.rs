//! The words that reports measure in: metric families.
//!
//! A family knows its name, its HELP and how many labels it has; giving a sample too few or too many label values does
//! not compile. The labels `operation` and (for families about a report) `report` are not listed here: the engine puts
//! them in front, because a report knows no operation.

/// What a family is to Prometheus: the word after `# TYPE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A value that goes up and down.
    Gauge,
    /// A total that only grows until it starts again from 0.
    Counter,
    /// Observations sorted into cumulative buckets, with their sum and count.
    Histogram,
}

impl Kind {
    /// The word that the exposition formats use.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Gauge => "gauge",
            Self::Counter => "counter",
            Self::Histogram => "histogram",
        }
    }
}

/// A family of any kind and any number of labels: what lists of families hold.
pub trait AnyFamily: Sync + std::fmt::Debug {
    /// The family's name, as it stands in the exposition (a counter's with its `_total`).
    fn name(&self) -> &'static str;
    /// The HELP text: where the number comes from, and its unit.
    fn help(&self) -> &'static str;
    /// What the family is to Prometheus.
    fn kind(&self) -> Kind;
    /// The label names beside those that the engine puts in front.
    fn labels(&self) -> &[&'static str];
}

macro_rules! family {
    ($(#[$doc:meta])* $type:ident, $kind:expr) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $type<const N: usize> {
            name: &'static str,
            help: &'static str,
            pub(crate) labels: [&'static str; N],
        }

        impl<const N: usize> $type<N> {
            /// A family by its full name, its HELP text, and its label names.
            #[must_use]
            pub const fn new(name: &'static str, help: &'static str, labels: [&'static str; N]) -> Self {
                Self { name, help, labels }
            }
        }

        impl<const N: usize> AnyFamily for $type<N> {
            fn name(&self) -> &'static str {
                self.name
            }
            fn help(&self) -> &'static str {
                self.help
            }
            fn kind(&self) -> Kind {
                $kind
            }
            fn labels(&self) -> &[&'static str] {
                &self.labels
            }
        }
    };
}

family!(
    /// A family of gauges with `N` labels of its own.
    Gauge,
    Kind::Gauge
);
family!(
    /// A family of counters with `N` labels of its own.
    Counter,
    Kind::Counter
);
family!(
    /// A family of histograms with `N` labels of its own, beside `le`.
    Histogram,
    Kind::Histogram
);

/// A list of families, in the order in which they are served.
pub type Families = &'static [&'static dyn AnyFamily];
