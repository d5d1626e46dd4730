//! How old data are, and what a panel says once they are too old to be shown.

use serde_json::json;

use crate::panel::{Kind, Panel, letter, query};

/// The grey of what is not known.
pub(crate) const GREY: &str = "#8e8e8e";

/// For how long the moment of the last answer is looked for, in minutes.
const LOOKED_BACK: u32 = 720;

/// When each report was last answered, looked for in the past hours, so that the age goes on growing where the
/// exporter itself is gone.
fn answered(reports: &str) -> String {
    format!(
        r#"last_over_time(wolkvox_report_last_success_timestamp_seconds{{operation=~"$operation", report=~"{reports}"}}[12h])"#
    )
}

/// How old each report's data are.
pub(crate) fn age(reports: &str) -> String {
    format!("(time() - max by (operation, report) ({}))", answered(reports))
}

/// When data are too old: their series are withdrawn by then.
pub(crate) fn limit(reports: &str) -> String {
    let interval = format!(
        r#"last_over_time(wolkvox_report_interval_seconds{{operation=~"$operation", report=~"{reports}"}}[12h])"#
    );
    format!("3 * max by (operation, report) ({interval})")
}

/// The ages of those reports alone that are too old.
pub(crate) fn too_old(reports: &str) -> String {
    format!("({} > {})", age(reports), limit(reports))
}

/// Reports that are asked for and have not been answered yet: there is no age to tell.
fn never(reports: &str) -> String {
    let asked = format!(r#"wolkvox_report_interval_seconds{{operation=~"$operation", report=~"{reports}"}}"#);
    format!("({asked} unless on (operation, report) {})", answered(reports))
}

/// Operations of which one of these reports at least has not been answered yet.
pub(crate) fn unanswered(reports: &str) -> String {
    format!("max by (operation) {}", never(reports))
}

/// The ages of those reports that are not known now: of what is too old its own, of what was never answered twelve
/// hours, so that a sum over operations does not look whole where one of them is missing.
pub(crate) fn not_known(reports: &str) -> String {
    format!("({} or {} + 0 * {})", too_old(reports), LOOKED_BACK * 60, never(reports))
}

/// For how many minutes data have been too old to be shown; 720 where nothing is known of them for as long.
pub(crate) fn minutes_old(reports: &str) -> String {
    format!("max({}) / 60 or {LOOKED_BACK} * absent({})", not_known(reports), answered(reports))
}

/// What is said where nothing was answered for as long, or never.
pub(crate) const NOTHING: &str = "no data in 12 h";

/// The words for an age beyond that.
pub(crate) fn words() -> serde_json::Value {
    json!([{ "type": "range", "options": {
        "from": LOOKED_BACK, "to": null, "result": { "text": NOTHING, "index": 0 } } }])
}

impl Panel {
    /// Tells how many minutes old the data of these reports are, once they are too old to be shown. Only with this
    /// beside it may a panel say that there were no calls: else it would say so in an outage too.
    pub(crate) fn aged(mut self, reports: &str) -> Self {
        self.is_aged = true;
        let place = letter(self.queries.len()).to_string();
        let mut dress = vec![
            ("unit", json!("suffix: min old")),
            ("decimals", json!(0)),
            ("mappings", words()),
            ("color", json!({ "mode": "fixed", "fixedColor": GREY })),
        ];
        if self.kind == Kind::BarGauge {
            // An age is no length of a bar: it stays empty.
            dress.push(("max", json!(1e9)));
        }
        self.ask(query(minutes_old(reports), "not known now").may_be_empty("the data are fresh")).dress(&place, dress)
    }
}
