//! What a request asks for.

use jiff::civil::{Date, DateTime, Time};

use super::refusal::Refusal;
use crate::report::{Listing, Span};
use crate::reports;
use crate::world::Period;

/// The longest stretch of time of one question, in days.
const MOST_DAYS: i32 = 31;

/// The files that wolkvox has; any other is not found.
const FILES: [&str; 5] = ["real_time.php", "customer.php", "reports_manager.php", "information.php", "billing.php"];

/// A request's parameters, in the order in which they came.
pub(super) struct Parameters(pub(super) Vec<(String, String)>);

impl Parameters {
    /// The last value of a parameter, as PHP takes it; a blank one is none.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().rev().find(|(key, _)| key == name)?;
        Some(found.1.trim()).filter(|value| !value.is_empty())
    }

    /// The stretch of time asked for, from `date_ini` and `date_end`.
    pub(super) fn period(&self) -> Result<Period, Refusal> {
        let bounds = (self.get("date_ini"), self.get("date_end"));
        let (Some(from), Some(to)) = bounds else { return Err(Refusal::MISSING_PARAMETER) };
        let (Some(from), Some(to)) = (moment(from), moment(to)) else { return Err(Refusal::NO_DATA) };
        let days = from.date().until(to.date()).map_or(i32::MAX, |span| span.get_days()) + 1;
        if to < from {
            Err(Refusal::NO_DATA)
        } else if days > MOST_DAYS {
            Err(Refusal::TOO_LONG)
        } else {
            Ok(from..=to)
        }
    }
}

/// Whether wolkvox has this file.
pub(super) fn is_file(file: &str) -> bool {
    FILES.contains(&file)
}

/// The report that is asked for.
pub(super) fn report(file: &str, parameters: &Parameters) -> Option<&'static Listing> {
    let api = parameters.get("api")?;
    reports::ALL.iter().find(|report| report.endpoint.file == file && report.endpoint.api == api)
}

/// The stretch of time, where the report is about one, and whether every parameter that the report needs is there.
pub(super) fn check(report: &Listing, parameters: &Parameters) -> Result<Option<Period>, Refusal> {
    if report.endpoint.file == "real_time.php" && report.endpoint.api == "skills" {
        parameters.get("skill_id").ok_or(Refusal::MISSING_PARAMETER)?;
    }
    match report.span {
        Span::Now => Ok(None),
        Span::Day | Span::Rows => parameters.period().map(Some),
    }
}

/// A moment as requests spell it: `20260605235959`.
fn moment(text: &str) -> Option<DateTime> {
    if text.len() != 14 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |from: usize, to: usize| text.get(from..to)?.parse::<i8>().ok();
    let year = text.get(..4)?.parse().ok()?;
    let day = Date::new(year, part(4, 6)?, part(6, 8)?).ok()?;
    let time = Time::new(part(8, 10)?, part(10, 12)?, part(12, 14)?, 0).ok()?;
    Some(day.to_datetime(time))
}
