//! The board of whoever runs the exporter: is wolkvox answering, what does it cost, and is the exporter well?

use serde_json::json;

use super::process;
use crate::dashboard::{Dashboard, Section};
use crate::formulas::{OPERATION, divided, sum};
use crate::panel::{About, Kind, Panel, column, query};

const BY: &str = "operation, report";

pub(super) fn dashboard() -> Dashboard {
    Dashboard {
        name: "exporter",
        title: "wolkvox / Exporter",
        description: "For whoever runs the exporter. Does wolkvox answer, how old are the data, how long does the quota \
                      last, and is the process well?",
        choices: &[],
        reports: ".+",
        sections: vec![
            Section { title: "Does wolkvox answer?", panels: vec![up(), reports(), successes(), ages()] },
            Section { title: "Requests", panels: vec![requests(), failures(), durations(), bytes()] },
            Section { title: "Quota", panels: vec![quota(), budget(), plan(), skipped()] },
            Section { title: "Data", panels: vec![corrections(), rejected(), unknown(), series()] },
            Section { title: "The process", panels: process::panels() },
        ],
    }
}

fn newest(name: &str) -> String {
    format!("max by ({BY}) ({name}{{{OPERATION}}})")
}

fn grown(name: &str, by: &str) -> String {
    sum(by, &format!("increase({name}{{{OPERATION}}}[30m])"))
}

fn up() -> Panel {
    let about = About {
        shows: "Whether wolkvox answers each operation, and since when the totals of its day count.",
        formula: "1 if the newest attempt of at least one report was answered.",
        unit: "answers, or does not.",
        act: "Does not: the table beside has the reports, the panel Failures the cause.",
    };
    Panel::new(Kind::Stat, "wolkvox answers", about)
        .ask(query(format!("max by (operation) (wolkvox_up{{{OPERATION}}})"), "{{operation}}"))
        .words(&[("0", "does not answer", "red"), ("1", "answers", "green")])
        .when_empty("the exporter does not answer")
        .steps(&[(0.0, "red"), (1.0, "green")])
        .option("textMode", json!("value_and_name"))
        .size(5, 9)
}

fn reports() -> Panel {
    let about = About {
        shows: "Each report: whether the newest attempt was answered, how old its data are, how often it is asked for, \
                when it was last tried, how long that took and how many rows came.",
        formula: "now − the moment of the last answer, of the last attempt, and up to which the data speak; the rest as \
                  the exporter tells it.",
        unit: "seconds; rows; series.",
        act: "An age above three intervals: its data have been taken away. docs/operations.md has the causes.",
    };
    let since = |name: &str| format!("time() - {}", newest(name));
    let at_zero = (
        "mappings",
        json!([{ "type": "value", "options": {
        "0": { "text": "failed", "color": "red", "index": 0 }, "1": { "text": "answered", "color": "green", "index": 1 } } }]),
    );
    let mut success = column("Value #A", "Newest attempt").steps(&[(0.0, "red"), (1.0, "green")]);
    success.properties.push(at_zero);
    Panel::new(Kind::Table, "Reports", about)
        .ask(query(newest("wolkvox_report_success"), ""))
        .ask(query(since("wolkvox_report_last_success_timestamp_seconds"), ""))
        .ask(query(newest("wolkvox_report_interval_seconds"), ""))
        .ask(query(since("wolkvox_report_last_attempt_timestamp_seconds"), ""))
        .ask(query(since("wolkvox_report_window_end_timestamp_seconds"), ""))
        .ask(query(newest("wolkvox_report_duration_seconds"), ""))
        .ask(query(newest("wolkvox_report_rows"), ""))
        .ask(query(newest("wolkvox_exporter_series"), ""))
        .columns(
            vec![
                column("operation", "Operation").width(110),
                column("report", "Report").width(160),
                success,
                column("Value #B", "Age").unit("s", 1),
                column("Value #C", "Interval").unit("s", 0),
                column("Value #D", "Last tried").unit("s", 1),
                column("Value #E", "Data end before").unit("s", 1),
                column("Value #F", "Took").unit("s", 0),
                column("Value #G", "Rows").unit("short", 0),
                column("Value #H", "Series").unit("short", 0),
            ],
            "Age",
            true,
        )
        .when_empty("the exporter does not answer")
        .size(19, 9)
}

fn successes() -> Panel {
    let about = About {
        shows: "When each report was answered and when not.",
        formula: "1 if the newest attempt was answered, else 0.",
        unit: "answered or failed.",
        act: "All reports of an operation red at once: token, quota or network. One alone: that report.",
    };
    Panel::new(Kind::StateTimeline, "Success of reports", about)
        .ask(query(newest("wolkvox_report_success"), "{{operation}} {{report}}"))
        .words(&[("0", "failed", "red"), ("1", "answered", "green")])
        .when_empty("the exporter does not answer")
        .steps(&[(0.0, "red"), (1.0, "green")])
}

fn ages() -> Panel {
    let about = About {
        shows: "How old each report's data were at the most within the last 15 minutes, in intervals: 3 is the limit at \
                which they are taken away.",
        formula: "the highest of (now − the last answer) / interval within 15 minutes.",
        unit: "intervals. A little above 1 is as it should be.",
        act: "Above 1.5 for long: answers are late or missing.",
    };
    let age = format!("(time() - {})", newest("wolkvox_report_last_success_timestamp_seconds"));
    let interval = newest("wolkvox_report_interval_seconds");
    Panel::new(Kind::Lines, "Age in intervals", about)
        .ask(query(format!("max_over_time(({age} / ({interval} > 0))[15m:1m])"), "{{operation}} {{report}}"))
        .decimals(1)
        .when_empty("the exporter does not answer")
        .from_the_bottom("green")
        .steps(&[(3.0, "red")])
        .dress("A", vec![("custom.thresholdsStyle", json!({ "mode": "line" })), ("custom.axisSoftMax", json!(3.5))])
}

fn requests() -> Panel {
    let about = About {
        shows: "Requests to wolkvox within each half hour, by report.",
        formula: "growth of the count of requests, answered or not.",
        unit: "requests per half hour.",
        act: "More than 30 min / interval: other attempts after failures.",
    };
    Panel::new(Kind::Bars, "Requests per half hour", about)
        .ask(query(grown("wolkvox_exporter_api_requests_total", "report"), "{{report}}"))
        .whole()
        .every("30m")
        .when_empty("no requests, or no data")
}

fn failures() -> Panel {
    let about = About {
        shows: "Requests of each half hour that were not answered, by report and cause.",
        formula: "growth of the count of failures; only causes that occurred.",
        unit: "requests per half hour.",
        act: "docs/operations.md says for each cause what it means and what to do.",
    };
    let grown = grown("wolkvox_exporter_api_request_failures_total", "operation, report, cause");
    Panel::new(Kind::Bars, "Failures per half hour", about)
        .ask(query(format!("{grown} > 0"), "{{operation}} {{report}}: {{cause}}").may_be_empty("nothing failed"))
        .whole()
        .every("30m")
        .when_empty("nothing failed, or no data")
        .steps(&[(0.0, "red")])
}

fn durations() -> Panel {
    let about = About {
        shows: "How long requests to wolkvox took in the last 30 minutes: the mean, and the time within which nine in \
                ten were through.",
        formula: "sum of durations / requests; the 90th percentile from the histogram, which cannot say more than its \
                  last bound.",
        unit: "seconds.",
        act: "Above 30 s: wolkvox is overloaded or the window of the report is too large. 60 s is the end of patience.",
    };
    let name = "wolkvox_exporter_api_request_duration_seconds";
    let mean = divided(&grown(&format!("{name}_sum"), "report"), &grown(&format!("{name}_count"), "report"));
    // Of no requests the quantile is NaN, which no comparison lets through.
    let ninth = format!("histogram_quantile(0.9, {}) >= 0", grown(&format!("{name}_bucket"), "le, report"));
    Panel::new(Kind::Lines, "Duration of requests", about)
        .ask(query(mean, "mean: {{report}}"))
        .ask(query(ninth, "90 %: {{report}}"))
        .unit("s")
        .as_target("B")
        .when_empty("no requests, or no data")
}

fn bytes() -> Panel {
    let about = About {
        shows: "How large wolkvox's answers of each half hour were, by report.",
        formula: "growth of the bytes of answers, after unpacking.",
        unit: "bytes per half hour.",
        act: "A report that grows through the day is one that is asked for as a whole.",
    };
    Panel::new(Kind::Bars, "Size of answers per half hour", about)
        .ask(query(grown("wolkvox_exporter_api_response_bytes_total", "report"), "{{report}}"))
        .unit("bytes")
        .every("30m")
        .when_empty("no answers, or no data")
}

fn quota() -> Panel {
    let about = About {
        shows: "Requests of today as wolkvox counts them, of all tokens of the operation, and what it allows.",
        formula: "as wolkvox's report quota tells; absent while that report is off.",
        unit: "requests.",
        act: "Used far above this exporter's own (beside): another program spends the quota.",
    };
    Panel::new(Kind::Lines, "Quota, as wolkvox counts", about)
        .ask(query(format!("max by (operation) (wolkvox_quota_used_requests{{{OPERATION}}})"), "used: {{operation}}"))
        .ask(query(
            format!("max by (operation) (wolkvox_quota_limit_requests{{{OPERATION}}})"),
            "allowed: {{operation}}",
        ))
        .whole()
        .as_target("B")
        .when_empty("the quota is not known")
        .size(8, 8)
}

fn budget() -> Panel {
    let about = About {
        shows: "Requests that this process has made today, and what it may make.",
        formula: "counted by the exporter; licences × 1000 × quota_share.",
        unit: "requests.",
        act: "At the limit nothing is asked until midnight, the least urgent reports first.",
    };
    let of = |name: &str| format!("max by (operation) (wolkvox_exporter_budget_{name}_requests{{{OPERATION}}})");
    Panel::new(Kind::Lines, "Budget of this exporter", about)
        .ask(query(of("used"), "used: {{operation}}"))
        .ask(query(of("limit"), "allowed: {{operation}}").may_be_empty("nobody knows the limit"))
        .ask(query(of("planned"), "planned for a day: {{operation}}"))
        .whole()
        .as_target("B")
        .when_empty("no data")
        .size(8, 8)
}

fn plan() -> Panel {
    let about = About {
        shows: "How many requests all tokens will have made at midnight if it goes on like the last hour, as a share of \
                what is allowed.",
        formula: "(used + requests of the last hour × hours until midnight) / allowed.",
        unit: "share of the quota, in per cent.",
        act: "Above 100 %: it will be empty before midnight. Longer intervals, or find the other spender.",
    };
    let used = format!("max by (operation) (wolkvox_quota_used_requests{{{OPERATION}}})");
    let hour = sum("operation", &format!("increase(wolkvox_exporter_api_requests_total{{{OPERATION}}}[1h])"));
    let left =
        format!("(max by (operation) (wolkvox_exporter_budget_reset_timestamp_seconds{{{OPERATION}}}) - time())");
    let allowed = format!("max by (operation) (wolkvox_quota_limit_requests{{{OPERATION}}})");
    Panel::new(Kind::Stat, "Quota at midnight", about)
        .ask(query(divided(&format!("({used} + {hour} * {left} / 3600)"), &allowed), "{{operation}}"))
        .share()
        .when_empty("the quota is not known")
        .steps(&[(0.0, "green"), (0.9, "orange"), (1.0, "red")])
        .option("textMode", json!("value_and_name"))
        .size(4, 8)
}

fn skipped() -> Panel {
    let about = About {
        shows: "Turns of reports that went by without a request within each half hour, by reason.",
        formula: "growth of the count of turns that were left out; only reasons that occurred.",
        unit: "turns per half hour.",
        act: "late: answers take longer than the interval. budget, quota, auth: see the panels beside and the log.",
    };
    let grown = grown("wolkvox_exporter_skipped_polls_total", "operation, reason");
    Panel::new(Kind::Bars, "Turns left out", about)
        .ask(query(format!("{grown} > 0"), "{{operation}}: {{reason}}").may_be_empty("no turn was left out"))
        .whole()
        .every("30m")
        .when_empty("no turn left out, or no data")
        .size(4, 8)
}

fn corrections() -> Panel {
    let about = About {
        shows: "Totals that wolkvox has lowered within the day, in each half hour, by report.",
        formula: "growth of the count of corrections; the highest that it told is served.",
        unit: "corrections per half hour.",
        act: "A few are usual. Many: the figures of that report are above wolkvox's own by what it took back.",
    };
    Panel::new(Kind::Bars, "Corrections", about)
        .ask(query(grown("wolkvox_exporter_corrections_total", "report"), "{{report}}"))
        .whole()
        .every("30m")
        .when_empty("no data")
        .size(6, 8)
}

fn rejected() -> Panel {
    let about = About {
        shows: "Rows of wolkvox's answers that made no sense and were not counted, in each half hour, by report and reason.",
        formula: "growth of the count of rejected rows; only reasons that occurred.",
        unit: "rows per half hour.",
        act: "wolkvox has changed something: report it, with the reason.",
    };
    let grown = grown("wolkvox_exporter_rejected_rows_total", "report, reason");
    Panel::new(Kind::Bars, "Rejected rows", about)
        .ask(query(format!("{grown} > 0"), "{{report}}: {{reason}}").may_be_empty("no row was rejected"))
        .whole()
        .every("30m")
        .when_empty("no row rejected, or no data")
        .size(6, 8)
}

fn unknown() -> Panel {
    let about = About {
        shows: "Fields of wolkvox's answers that this exporter does not know, and series left out because of the limit, \
                in each half hour.",
        formula: "growth of both counts; only reports at which it occurred.",
        unit: "fields; series.",
        act: "Unknown fields: look into the changelog for a newer version. Left-out series: raise series_per_report.",
    };
    Panel::new(Kind::Bars, "Unknown fields, dropped series", about)
        .ask(
            query(format!("{} > 0", grown("wolkvox_exporter_unknown_fields_total", "report")), "fields: {{report}}")
                .may_be_empty("all fields are known"),
        )
        .ask(
            query(format!("{} > 0", grown("wolkvox_exporter_dropped_series_total", "report")), "series: {{report}}")
                .may_be_empty("no series is dropped"),
        )
        .whole()
        .every("30m")
        .when_empty("nothing unknown or dropped, or no data")
        .size(6, 8)
}

fn series() -> Panel {
    let about = About {
        shows: "Into how many series each report's newest answer was made.",
        formula: "as the exporter counts them, over the chosen operations.",
        unit: "series.",
        act: "A jump: many new agents or codes. Prometheus pays for each.",
    };
    Panel::new(Kind::Areas, "Series by report", about)
        .ask(query(sum("report", &format!("wolkvox_exporter_series{{{OPERATION}}}")), "{{report}}"))
        .whole()
        .when_empty("no data")
        .size(6, 8)
}
