//! What is wrong with a configuration: every mistake, each with its place, all told in one run.

use std::fmt;

/// Where something is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The file as a whole.
    Whole,
    /// A line and a column of the file, both from 1 on.
    At {
        /// The line.
        line: usize,
        /// The column, in characters.
        column: usize,
    },
    /// A variable of the environment.
    Variable(&'static str),
    /// The environment as a whole.
    Environment,
}

/// One thing that is wrong, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    /// Where it is.
    pub place: Place,
    /// The way to it through the keys, such as `operations[0].reports.skills.interval`; empty at the top.
    pub path: String,
    /// What is wrong; what to write instead.
    pub message: String,
}

/// Everything that is wrong with a configuration, sorted by place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistakes {
    /// The file, as it was named; empty for the environment.
    file: String,
    list: Vec<Mistake>,
}

impl Mistakes {
    /// Nothing wrong so far with what this file holds.
    pub(super) fn none_in(file: &str) -> Self {
        Self { file: file.to_owned(), list: Vec::new() }
    }

    /// Notes a mistake.
    pub(super) fn add(&mut self, place: Place, path: &str, message: impl Into<String>) {
        self.list.push(Mistake { place, path: path.to_owned(), message: message.into() });
    }

    /// The value, unless there was a mistake anywhere: nothing half right is ever used.
    pub(super) fn or<T>(mut self, value: Option<T>) -> Result<T, Self> {
        // A node that an alias repeats is wrong in one place, however often it is read.
        self.list.sort();
        self.list.dedup();
        match value {
            Some(value) if self.list.is_empty() => Ok(value),
            _ => Err(self),
        }
    }

    /// The mistakes, sorted by place.
    #[must_use]
    pub fn list(&self) -> &[Mistake] {
        &self.list
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, mistake) in self.list.iter().enumerate() {
            if position > 0 {
                formatter.write_str("\n")?;
            }
            match mistake.place {
                Place::Whole => write!(formatter, "{}: ", self.file)?,
                Place::At { line, column } => write!(formatter, "{}:{line}:{column}: ", self.file)?,
                Place::Variable(variable) => write!(formatter, "{variable}: ")?,
                Place::Environment => write!(formatter, "environment: ")?,
            }
            // A variable has one value, and its name says all that a path could.
            if !matches!(mistake.place, Place::Variable(_) | Place::Environment) && !mistake.path.is_empty() {
                write!(formatter, "{}: ", mistake.path)?;
            }
            formatter.write_str(&mistake.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for Mistakes {}
