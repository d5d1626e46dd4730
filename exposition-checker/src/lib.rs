//! A strict checker of the Prometheus text format 0.0.4, for tests of what an exporter serves.
//!
//! Prometheus is a lenient reader: of two samples of one series it takes the first and says nothing, a histogram whose
//! buckets fall is stored as it is, and a family in two pieces is read as one. An exporter should be a strict writer.
//! [`check`] tells every fault of a text with its line; [`assert_clean`] fails a test with all of them; an
//! [`Exposition`] answers questions about what the text says.
//!
//! It demands more than the format does: one space between the parts of a line, HELP before TYPE before the samples,
//! no timestamps, base units, finite values, names that end as their kind asks. It is the list of what one exporter
//! promises, not of what the format allows.
//!
//! ```
//! use exposition_checker::{Rules, assert_clean};
//!
//! let text = "# HELP calls_total Calls of today.\n# TYPE calls_total counter\ncalls_total{skill=\"7\"} 42\n";
//! let exposition = assert_clean(text, &Rules::new().allow("calls_*", ["skill"]));
//! assert_eq!(exposition.value("calls_total", &[("skill", "7")]), Some(42.0));
//! ```

mod exposition;
mod fault;
mod histogram;
mod line;
mod read;
mod rules;
mod verdict;

pub use exposition::{Exposition, Family, Kind, Sample};
pub use fault::{Fault, Wrong};
pub use rules::Rules;

/// Tells every fault of a text, in the order of its lines.
#[must_use]
pub fn check(text: &str, rules: &Rules) -> Vec<Fault> {
    let (exposition, mut faults) = read::read(text);
    verdict::judge(&exposition, rules, &mut faults);
    faults.sort_by_key(|fault| fault.line);
    faults
}

/// Gives what can be read of a text, whatever its faults.
#[must_use]
pub fn read(text: &str) -> Exposition {
    read::read(text).0
}

/// Gives what a text says, once it has no fault.
///
/// # Panics
///
/// When the text has faults: with each of them, and its line as it stands.
#[track_caller]
#[must_use]
pub fn assert_clean(text: &str, rules: &Rules) -> Exposition {
    let faults = check(text, rules);
    assert!(faults.is_empty(), "the exposition has {} faults:\n{}", faults.len(), fault::listing(text, &faults));
    read::read(text).0
}
