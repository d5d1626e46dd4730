//! The page at `/`: what runs, how it is, and in plain words what is wrong and what to do. No script, no personal data.

use std::fmt::{self, Write as _};
use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Site;
use crate::status::{OperationStatus, ReportStatus, State as ReportState, Watch};

const STYLE: &str = include_str!("landing.css");

pub(super) async fn page(axum::extract::State(site): State<Arc<Site>>) -> Response {
    let operations: Vec<_> = site.watches.wait().await.iter().map(Watch::status).collect();
    let page = render(&operations, &site.telemetry_path, site.clock.now());
    ([(header::CACHE_CONTROL, "no-store")], Html(page)).into_response()
}

fn render(operations: &[OperationStatus], telemetry_path: &str, now: Timestamp) -> String {
    let mut page = String::with_capacity(4096 + operations.len() * 4096);
    let version = env!("CARGO_PKG_VERSION");
    let path = Escaped(telemetry_path);
    let _ = write!(
        page,
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta http-equiv=\"refresh\" content=\"30\">\
         <title>wolkvox-exporter</title><style>{STYLE}</style></head><body>\n\
         <header><h1>wolkvox-exporter <small>{version}</small></h1>\
         <nav><a href=\"{path}\">metrics</a> <a href=\"/api/v1/status\">status as JSON</a> \
         <a href=\"/-/ready\">ready</a> <a href=\"/-/healthy\">healthy</a></nav></header>\n<main>\n"
    );
    for operation in operations {
        section(&mut page, operation, now);
    }
    let _ = writeln!(
        page,
        "</main><footer>As of {}. The page renews itself every 30 seconds.</footer></body></html>",
        Clocked(now, &TimeZone::UTC)
    );
    page
}

fn section(page: &mut String, operation: &OperationStatus, now: Timestamp) {
    let zone = TimeZone::get(&operation.timezone).unwrap_or(TimeZone::UTC);
    let name = Escaped(&operation.operation);
    let (word, class) = match operation.up {
        Some(true) if operation.reports.iter().any(|report| report.trouble.is_some()) => {
            ("answers, but not for every report", "wait")
        }
        Some(true) => ("answers", "good"),
        Some(false) => ("does not answer", "bad"),
        None => ("not asked yet", "wait"),
    };
    let open = if operation.open { "open" } else { "closed" };
    let _ = write!(
        page,
        "<section><h2>{name} <span class=\"{class}\">{word}</span></h2>\
         <p>Server {}. Time zone {}: it is {} there, and the operation is {open}. ",
        Escaped(&operation.server),
        Escaped(&operation.timezone),
        Clocked(now, &zone),
    );
    budget(page, operation, &zone);
    page.push_str("</p>\n");
    troubles(page, operation);
    page.push_str(
        "<table><thead><tr><th scope=\"col\">report</th><th scope=\"col\">state</th><th scope=\"col\">every</th>\
         <th scope=\"col\">last answer</th><th scope=\"col\">next request</th><th scope=\"col\">rows</th></tr></thead>\
         <tbody>\n",
    );
    for report in &operation.reports {
        row(page, report, now);
    }
    page.push_str("</tbody></table></section>\n");
}

fn budget(page: &mut String, operation: &OperationStatus, zone: &TimeZone) {
    let budget = &operation.budget;
    let _ = match budget.limit {
        Some(limit) => write!(page, "Of {limit} requests allowed a day, {} are planned", budget.planned),
        None => write!(page, "It is not known how many requests a day are allowed; {} are planned", budget.planned),
    };
    let used = budget.used;
    let _ = write!(
        page,
        " and this process has made {used} today; the next day begins at {}.",
        Clocked(budget.reset, zone)
    );
}

/// What is wrong, each thing once, with the reports that it concerns.
fn troubles(page: &mut String, operation: &OperationStatus) {
    let mut told: Vec<(&str, &str, Vec<&str>)> = Vec::new();
    for report in &operation.reports {
        let Some(trouble) = &report.trouble else { continue };
        match told.iter_mut().find(|(what, _, _)| *what == trouble.what) {
            Some((_, _, reports)) => reports.push(report.report),
            None => told.push((&trouble.what, trouble.advice, vec![report.report])),
        }
    }
    for (what, advice, reports) in told {
        let _ = writeln!(
            page,
            "<p class=\"trouble\"><strong>{}:</strong> {}. {}</p>",
            reports.join(", "),
            Escaped(what),
            Escaped(advice)
        );
    }
}

fn row(page: &mut String, report: &ReportStatus, now: Timestamp) {
    let (word, class) = match report.state {
        ReportState::Waiting => ("not asked yet", "wait"),
        ReportState::Fresh => ("fresh", "good"),
        ReportState::Empty => ("nothing happened", "good"),
        ReportState::Aging => ("failing, older data served", "wait"),
        ReportState::Failing => ("failing, no data served", "bad"),
    };
    let rows = report.rows.map_or_else(|| "none yet".to_owned(), |rows| rows.to_string());
    let _ = writeln!(
        page,
        "<tr><th scope=\"row\">{}</th><td class=\"{class}\">{word}</td><td data-is=\"every\">{}</td>\
         <td data-is=\"last answer\">{}</td><td data-is=\"next request\">{}</td><td data-is=\"rows\">{rows}</td></tr>",
        report.report,
        spoken(report.interval_seconds),
        report.last_success.map_or_else(|| "never".into(), |moment| format!("{} ago", spoken(between(moment, now)))),
        report.next_attempt.map(|moment| format!("in {}", spoken(between(now, moment)))).unwrap_or_default(),
    );
}

/// Seconds from one moment to a later one; 0 where it is not later.
fn between(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64().max(0.0)
}

/// A length of time as a person says it, to the second.
fn spoken(seconds: f64) -> String {
    let whole = std::time::Duration::try_from_secs_f64(seconds.round()).unwrap_or_default();
    humantime::format_duration(whole).to_string()
}

/// A moment on a clock, with its offset: abbreviations of zones mean several things.
struct Clocked<'z>(Timestamp, &'z TimeZone);

impl fmt::Display for Clocked<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let local = self.0.to_zoned(self.1.clone());
        write!(formatter, "<time>{}</time>", local.strftime("%Y-%m-%d %H:%M:%S %:z"))
    }
}

/// A text that cannot break out of the page.
struct Escaped<'t>(&'t str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => formatter.write_str("&amp;")?,
                '<' => formatter.write_str("&lt;")?,
                '>' => formatter.write_str("&gt;")?,
                '"' => formatter.write_str("&quot;")?,
                other => formatter.write_char(other)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::{BudgetStatus, TroubleStatus};

    const NOW: Timestamp = Timestamp::constant(1_780_600_000, 0);

    fn report(report: &'static str, state: ReportState, trouble: Option<&str>) -> ReportStatus {
        let trouble = trouble.map(|what| TroubleStatus { cause: "x", what: what.to_owned(), advice: "Wait." });
        ReportStatus {
            report,
            state,
            interval_seconds: 60.0,
            last_attempt: Some(NOW),
            last_success: None,
            next_attempt: Some(NOW),
            rows: None,
            trouble,
        }
    }

    fn page(up: Option<bool>, reports: Vec<ReportStatus>) -> String {
        let budget = BudgetStatus { limit: None, used: 7, planned: 1440, reset: NOW };
        let operation = OperationStatus {
            operation: "<acme>".to_owned(),
            server: "0013".to_owned(),
            timezone: "Asia/Manila".to_owned(),
            open: true,
            up,
            budget,
            reports,
        };
        render(&[operation], "/metrics", NOW)
    }

    #[test]
    fn what_is_wrong_is_said_once_and_nothing_breaks_out() {
        let trouble = Some("wolkvox says <b>no</b>");
        let failing = |name| report(name, ReportState::Failing, trouble);
        let text = page(Some(true), vec![failing("one"), failing("two"), report("three", ReportState::Fresh, None)]);
        assert!(text.contains("<strong>one, two:</strong> wolkvox says &lt;b&gt;no&lt;/b&gt;. Wait.</p>"), "{text}");
        assert!(text.contains("&lt;acme&gt; <span class=\"wait\">answers, but not for every report</span>"), "{text}");
        assert!(!text.contains("<acme>"));
        assert!(text.contains("+08:00"), "a zone's abbreviation means several things: {text}");
    }

    #[test]
    fn an_operation_is_told_in_one_word() {
        for (up, word) in [(Some(true), ">answers<"), (Some(false), ">does not answer<"), (None, ">not asked yet<")] {
            assert!(page(up, vec![report("one", ReportState::Fresh, None)]).contains(word), "{word}");
        }
    }
}
