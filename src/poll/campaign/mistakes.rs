//! What is not exact, and how.

use std::fmt;

/// What is wrong about a series, and how it shows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mistake {
    /// It falls within its day.
    Fall(String, String),
    /// It is served together with series of another day.
    Mixture(String, String),
    /// Its rises are less than what happened.
    TooLittle(String, String),
    /// Its rises are more than what happened.
    TooMuch(String, String),
    /// It was never seen.
    Unseen(String, String),
}

/// What is wrong about all of them.
pub(super) struct Mistakes {
    /// In order.
    pub(super) all: Vec<Mistake>,
    /// How many series there are.
    pub(super) series: usize,
}

impl Mistake {
    pub(super) fn series(&self) -> &str {
        let (Self::Fall(series, _)
        | Self::Mixture(series, _)
        | Self::TooLittle(series, _)
        | Self::TooMuch(series, _)
        | Self::Unseen(series, _)) = self;
        series
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fall(series, what) => write!(formatter, "{series} falls {what}"),
            Self::Mixture(series, what) => write!(formatter, "{series} is {what}"),
            Self::TooLittle(series, what) => write!(formatter, "{series} grows too little: {what}"),
            Self::TooMuch(series, what) => write!(formatter, "{series} grows too much: {what}"),
            Self::Unseen(series, what) => write!(formatter, "{series} is never seen, though {what}"),
        }
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} things are wrong about {} series:", self.all.len(), self.series)?;
        self.all.iter().take(20).try_for_each(|mistake| write!(formatter, "\n{mistake}"))
    }
}
