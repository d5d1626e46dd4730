//! What is saved: moments as wall time, since a process's own clock ends with it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::samples::Reading;

/// What one report of one operation knows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedReport {
    /// Where it was asked; a state of another place is none.
    pub base_url: String,
    /// The zone whose days the totals are of.
    pub timezone: String,
    /// How agents' names were shown, as a word.
    #[serde(default)]
    pub names: String,
    /// The newest day that was answered.
    pub day: Option<Date>,
    /// How many totals wolkvox has lowered so far.
    pub corrections: u64,
    /// What is known of each total.
    pub marks: Vec<SavedMark>,
    /// What was answered last.
    pub samples: Vec<SavedSample>,
    /// Whether that was that nothing happened.
    pub is_empty: bool,
    /// Until when it is served.
    pub served_until: Timestamp,
    /// When it was asked for.
    pub last_attempt: Option<Timestamp>,
    /// How long that took, in seconds.
    #[serde(default)]
    pub duration: Option<f64>,
    /// When it was answered.
    pub last_success: Option<Timestamp>,
    /// Up to when it speaks.
    pub window_end: Option<Timestamp>,
    /// How many rows it had.
    pub rows: Option<u64>,
    /// What the report remembers from answer to answer.
    pub memory: Option<String>,
}

/// What is known of one total: family, labels, the highest and the last that was told, and whether zero was served.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedMark {
    /// The family's name.
    #[serde(rename = "f")]
    pub family: String,
    /// The labels, as the exposition writes them.
    #[serde(rename = "l")]
    pub labels: String,
    /// The highest that was told since the total began.
    #[serde(rename = "h")]
    pub high: Reading,
    /// What was told last, where it is not the highest.
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    pub told: Option<Reading>,
    /// Whether zero was served of it at most.
    #[serde(rename = "z", default, skip_serializing_if = "std::ops::Not::not")]
    pub is_zero: bool,
}

/// One sample of an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedSample {
    /// The family's name.
    #[serde(rename = "f")]
    pub family: String,
    /// The labels, as the exposition writes them.
    #[serde(rename = "l")]
    pub labels: String,
    /// Its reading; a total's is its mark's.
    #[serde(rename = "v", default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<Reading>,
}

/// What an operation has spent, and when each report may be asked for again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spendings {
    /// The operation's civil day.
    pub day: Date,
    /// Requests made in that day.
    pub used: u64,
    /// Whether wolkvox has said in that day that its quota is spent.
    pub quota_is_spent: bool,
    /// When each report's next turn is due.
    pub due: BTreeMap<String, Timestamp>,
}
