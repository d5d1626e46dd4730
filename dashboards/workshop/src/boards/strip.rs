//! What stands on top of every dashboard: may the numbers below be believed, and is anything wrong already?

use serde_json::json;

use super::age::{age, too_old};
use crate::panel::{About, Kind, Panel, query};

/// Alerts that fire for the chosen operations, and those that belong to none.
pub(crate) const FIRING: &str = r#"ALERTS{alertname=~"Wolkvox.*", alertstate="firing", operation=~"$operation|"}"#;

/// The four panels of the strip, for a dashboard that is made of these reports.
pub(crate) fn strip(reports: &str) -> Vec<Panel> {
    vec![data_age(reports), open(), firing(), quota()]
}

fn data_age(reports: &str) -> Panel {
    let about = About {
        shows: "How old the oldest data of this dashboard are, per operation. OLD: wolkvox has not answered for three \
                intervals in a row, and the numbers have been taken away.",
        formula: "now − the time of the last answer; the oldest of the reports that this dashboard is made of. It is \
                  a saw-tooth: it grows to the interval and falls back.",
        unit: "seconds, shown as minutes or hours.",
        act: "If it says OLD, believe no number below; look at the dashboard Exporter for the cause.",
    };
    let is_old = too_old(reports);
    Panel::new(Kind::Stat, "Age of the data", about)
        .ask(query(
            format!("max by (operation) ({}) unless on (operation) {is_old}", age(reports)),
            "{{operation}}: fresh",
        ))
        .ask(query(format!("max by (operation) {is_old}"), "{{operation}}: OLD").may_be_empty("nothing is old"))
        .unit("s")
        .whole()
        .when_empty("no data for 12 hours")
        .steps(&[(0.0, "green")])
        .dress("B", vec![("decimals", json!(1)), ("color", json!({ "mode": "fixed", "fixedColor": "red" }))])
        .option("orientation", json!("horizontal"))
        .option("wideLayout", json!(true))
        .option("textMode", json!("value_and_name"))
        .size(6, 3)
}

fn open() -> Panel {
    let about = About {
        shows: "Whether the operation is inside its opening hours.",
        formula: "1 inside the configured hours, else 0; always open where none are configured.",
        unit: "open or closed.",
        act: "While it is closed, a low service level needs nobody's action.",
    };
    Panel::new(Kind::Stat, "Open or closed", about)
        .ask(query(r#"max by (operation) (wolkvox_operation_open{operation=~"$operation"})"#, "{{operation}}"))
        .words(&[("0", "closed", "text"), ("1", "open", "green")])
        .when_empty("not known: the exporter does not answer")
        .steps(&[(1.0, "green")])
        .option("orientation", json!("horizontal"))
        .option("wideLayout", json!(true))
        .option("textMode", json!("value_and_name"))
        .size(6, 3)
}

fn firing() -> Panel {
    let about = About {
        shows: "How many alerts of this exporter's rules fire for the chosen operations.",
        formula: "series of `ALERTS` whose name begins with Wolkvox, in the state firing, of these operations or of none.",
        unit: "alerts.",
        act: "More than 0: open the alert list; each alert has a runbook. If there are none, either nothing fires or \
              the rules are not loaded in this Prometheus: its page Status → Rules tells which.",
    };
    Panel::new(Kind::Stat, "Firing alerts", about)
        .ask(query(format!("count({FIRING})"), "firing").may_be_empty("nothing fires"))
        .whole()
        .when_empty("none fire, or no rules are loaded")
        .steps(&[(1.0, "red")])
        .option("orientation", json!("horizontal"))
        .option("wideLayout", json!(true))
        .option("textMode", json!("value_and_name"))
        .size(6, 3)
}

fn quota() -> Panel {
    let about = About {
        shows: "Which share of the day's requests to wolkvox is left. Without any, the numbers stop until midnight.",
        formula: "1 − requests used / requests allowed, of all tokens of the operation as wolkvox counts them; where it \
                  does not tell, of this exporter's own share.",
        unit: "share of the day's quota, in per cent.",
        act: "Below 10 % long before the evening: find who else spends it, or ask less often (dashboard Exporter).",
    };
    let left = |used: &str, limit: &str| {
        let of = |name: &str| format!(r#"max by (operation) ({name}{{operation=~"$operation"}})"#);
        format!("(1 - {} / ({} > 0))", of(used), of(limit))
    };
    let expr = format!(
        "{} or {}",
        left("wolkvox_quota_used_requests", "wolkvox_quota_limit_requests"),
        left("wolkvox_exporter_budget_used_requests", "wolkvox_exporter_budget_limit_requests"),
    );
    Panel::new(Kind::Stat, "Quota left today", about)
        .ask(query(expr, "{{operation}}"))
        .share()
        .when_empty("the quota is not known")
        .steps(&[(0.0, "red"), (0.1, "orange"), (0.25, "green")])
        .option("orientation", json!("horizontal"))
        .option("wideLayout", json!(true))
        .option("textMode", json!("value_and_name"))
        .size(6, 3)
}
