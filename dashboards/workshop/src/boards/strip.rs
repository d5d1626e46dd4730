//! What stands on top of every dashboard: may the numbers below be believed, and is anything wrong already?

use serde_json::json;

use super::age::{NOTHING, age, too_old, unanswered};
use crate::panel::{About, Kind, Panel, query};

/// Alerts that fire for the chosen operations, and those that belong to none.
pub(crate) const FIRING: &str = r#"ALERTS{alertname=~"Wolkvox.*", alertstate="firing", operation=~"$operation|"}"#;

/// The first minutes of those alerts: their whole time, one upon the other, would hide the numbers below.
pub(crate) fn fired() -> String {
    format!("{FIRING} unless {FIRING} offset 5m")
}

/// The four panels of the strip, for a dashboard that is made of these reports.
pub(crate) fn strip(reports: &str) -> Vec<Panel> {
    vec![data_age(reports), open(), firing(), quota()]
}

fn data_age(reports: &str) -> Panel {
    let about = About {
        shows: "How old the oldest data of this dashboard are, per operation; of many, of those where they are oldest. OLD: wolkvox has not answered for three \
                intervals in a row, and the numbers have been taken away. NO DATA: at least one of these reports has not \
                been answered at all yet.",
        formula: "now − the time of the last answer; the oldest of the reports that this dashboard is made of. It is \
                  a saw-tooth: it grows to the interval and falls back.",
        unit: "seconds, shown as minutes or hours.",
        act: "If it says OLD or NO DATA, believe no number below; look at the dashboard Exporter for the cause.",
    };
    let (is_old, is_unknown) = (too_old(reports), unanswered(reports));
    Panel::new(Kind::Stat, "Age of the data", about)
        .ask(query(
            format!(
                "topk(2, max by (operation) ({}) unless on (operation) {is_old} unless on (operation) {is_unknown})",
                age(reports)
            ),
            "{{operation}}: fresh",
        ))
        .ask(
            query(format!("topk(1, max by (operation) {is_old})"), "{{operation}}: OLD").may_be_empty("nothing is old"),
        )
        .ask(
            query(format!("topk(1, {is_unknown})"), "{{operation}}: NO DATA").may_be_empty("every report was answered"),
        )
        .unit("s")
        .whole()
        .when_empty(NOTHING)
        .steps(&[(0.0, "green")])
        .dress("B", vec![("decimals", json!(1)), ("color", json!({ "mode": "fixed", "fixedColor": "red" }))])
        .dress(
            "C",
            vec![(
                "mappings",
                json!([{ "type": "range", "options": {
                    "from": 0, "to": null, "result": { "text": "no answer yet", "color": "red", "index": 0 } } }]),
            )],
        )
        .listed(22)
        .size(6, 4)
}

fn open() -> Panel {
    let about = About {
        shows: "Whether the operation is inside its opening hours; of more than three, how many are and how many are not.",
        formula: "1 inside the configured hours, else 0; always open where none are configured.",
        unit: "open or closed.",
        act: "While it is closed, a low service level needs nobody's action.",
    };
    let told = r#"max by (operation) (wolkvox_operation_open{operation=~"$operation"})"#;
    let many = |is_open: u8| format!("count({told} == {is_open}) and on () (count({told}) > 3)");
    Panel::new(Kind::Stat, "Open or closed", about)
        .ask(query(format!("{told} and on () (count({told}) < 4)"), "{{operation}}").may_be_empty("there are many"))
        .ask(query(many(1), "operations open").may_be_empty("there are few"))
        .ask(query(many(0), "operations closed").may_be_empty("there are few"))
        .dress("B", vec![("mappings", json!([]))])
        .dress("C", vec![("mappings", json!([])), ("color", json!({ "mode": "fixed", "fixedColor": "text" }))])
        .words(&[("0", "closed", "text"), ("1", "open", "green")])
        .when_empty("not known: the exporter does not answer")
        .steps(&[(1.0, "green")])
        .listed(22)
        .size(6, 4)
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
        .listed(22)
        .size(6, 4)
}

fn quota() -> Panel {
    let about = About {
        shows: "Which share of the day's requests to wolkvox is left; of many operations, of the three that have least. Without any, the numbers stop until midnight.",
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
        .ask(query(format!("bottomk(3, {expr})"), "{{operation}}"))
        .share()
        .when_empty("the quota is not known")
        .steps(&[(0.0, "red"), (0.1, "orange"), (0.25, "green")])
        .listed(22)
        .size(6, 4)
}
