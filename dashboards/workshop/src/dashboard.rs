//! A dashboard: its variables, links and notes, and its panels laid out row by row.

use serde_json::{Value, json};

use crate::boards::strip;
use crate::grafana::{self, datasource};
use crate::panel::Panel;

/// How wide Grafana's grid is.
const COLUMNS: u32 = 24;

/// What can be chosen at the top beside the data source and the operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Skills, by name.
    Skill,
    /// Agents, by name.
    Agent,
}

/// Panels below a heading.
#[derive(Clone, Debug)]
pub struct Section {
    /// The heading; none for what stands at the top.
    pub title: &'static str,
    /// From left to right, then from top to bottom.
    pub panels: Vec<Panel>,
}

/// A dashboard.
#[derive(Clone, Debug)]
pub struct Dashboard {
    /// The file's name and the end of the uid.
    pub name: &'static str,
    /// What stands at its top.
    pub title: &'static str,
    /// For whom it is and what it answers.
    pub description: &'static str,
    /// What can be chosen.
    pub choices: &'static [Choice],
    /// The reports whose age the strip tells, as a regular expression.
    pub reports: &'static str,
    /// Its panels.
    pub sections: Vec<Section>,
}

/// The tag by which the dashboards find each other.
const TAG: &str = "wolkvox";

impl Dashboard {
    /// Its lasting id in Grafana.
    #[must_use]
    pub fn uid(&self) -> String {
        format!("wolkvox-{}", self.name)
    }

    /// The strip on top, and all panels below it.
    #[must_use]
    pub fn panels(&self) -> Vec<Panel> {
        let below = self.sections.iter().flat_map(|section| section.panels.clone());
        strip::strip(self.reports).into_iter().chain(below).collect()
    }

    /// The file's text.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{:#}\n", self.json())
    }

    fn json(&self) -> Value {
        json!({
            "uid": self.uid(),
            "title": self.title,
            "description": self.description,
            "tags": [TAG, "contact-centre"],
            "schemaVersion": 39,
            "editable": true,
            "graphTooltip": 1,
            "timezone": "browser",
            "time": { "from": "now-12h", "to": "now" },
            "timepicker": {},
            "refresh": "1m",
            "annotations": { "list": annotations() },
            "links": Self::links(),
            "templating": { "list": self.variables() },
            "panels": self.placed(),
        })
    }

    fn links() -> Value {
        // One list to choose from: seven links in a row need a second line.
        json!([{
            "type": "dashboards", "title": "Other dashboards", "tags": [TAG], "icon": "dashboard", "tooltip": "", "url": "",
            "asDropdown": true, "targetBlank": false, "keepTime": true, "includeVars": true,
        }])
    }

    fn variables(&self) -> Vec<Value> {
        let mut list = vec![
            json!({
                "name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus", "hide": 0,
                "current": {}, "options": [], "refresh": 1, "regex": "", "multi": false, "includeAll": false,
                "skipUrlSync": false, "description": "The Prometheus that scrapes the exporter.",
            }),
            variable(
                "operation",
                "Operation",
                "label_values(wolkvox_operation_info, operation)",
                "",
                "The contact centre, as the exporter's configuration names it.",
            ),
        ];
        // A name may hold quotation marks of its own, so it ends where the next label begins, or none follows.
        for choice in self.choices {
            list.push(match choice {
                Choice::Skill => variable(
                    "skill",
                    "Skill",
                    "query_result(last_over_time(wolkvox_skill_info{operation=~\"$operation\"}[1d]))",
                    r#"/skill_id="(?<value>[^"]+)".*skill_name="(?<text>.+?)"(?:,\w+="|})/"#,
                    "Skills by name; the queries use their ids.",
                ),
                Choice::Agent => variable(
                    "agent",
                    "Agent",
                    "query_result(last_over_time(wolkvox_agent_info{operation=~\"$operation\"}[1d]))",
                    r#"/agent_id="(?<value>[^"]+)".*agent_name="(?<text>.+?)"(?:,\w+="|})/"#,
                    "Agents by name, which is a pseudonym unless the exporter is configured to show names.",
                ),
            });
        }
        list
    }

    /// The panels with their headings, each at its place.
    fn placed(&self) -> Vec<Value> {
        let (mut written, mut y, mut id) = (Vec::new(), 0, 1);
        let top = Section { title: "", panels: strip::strip(self.reports) };
        for section in std::iter::once(&top).chain(&self.sections) {
            if !section.title.is_empty() {
                written.push(json!({
                    "id": id, "type": "row", "title": section.title, "collapsed": false, "panels": [],
                    "gridPos": { "x": 0, "y": y, "w": COLUMNS, "h": 1 },
                }));
                (y, id) = (y + 1, id + 1);
            }
            let (mut x, mut tallest) = (0, 0);
            for panel in &section.panels {
                let (width, height) = panel.size;
                if x + width > COLUMNS {
                    (x, y, tallest) = (0, y + tallest, 0);
                }
                written.push(grafana::panel(panel, id, x, y));
                (x, id, tallest) = (x + width, id + 1, tallest.max(height));
            }
            y += tallest;
        }
        written
    }
}

fn variable(name: &str, label: &str, query: &str, regex: &str, description: &str) -> Value {
    let kind = if query.starts_with("label_values") { 1 } else { 3 };
    json!({
        "name": name, "label": label, "description": description, "type": "query", "hide": 0,
        "datasource": datasource(), "definition": query,
        "query": { "qryType": kind, "query": query, "refId": "PrometheusVariableQueryEditor-VariableQuery" },
        "regex": regex, "refresh": 2, "sort": 1, "multi": true, "includeAll": true, "allValue": ".*",
        "current": { "selected": true, "text": ["All"], "value": ["$__all"] }, "options": [], "skipUrlSync": false,
    })
}

fn annotations() -> Vec<Value> {
    let note = |name: &str, expr: String, colour: &str, title: &str, text: &str, is_at_value: bool| {
        // The rest is drawn always: a switch for each would fill the bar.
        let has_switch = name == "Firing alerts";
        json!({
            "name": name, "enable": true, "hide": !has_switch, "iconColor": colour, "datasource": datasource(),
            "expr": expr, "step": "60s", "titleFormat": title, "textFormat": text, "tagKeys": "operation",
            "useValueForTime": is_at_value,
        })
    };
    vec![
        json!({
            "builtIn": 1, "name": "Annotations & Alerts", "type": "dashboard", "enable": true, "hide": true,
            "iconColor": "rgba(0, 211, 255, 1)", "datasource": { "type": "grafana", "uid": "-- Grafana --" },
        }),
        note("Firing alerts", strip::fired(), "red", "{{alertname}}", "{{operation}} {{severity}}", false),
        note(
            "Day start",
            "wolkvox_operation_day_start_timestamp_seconds{operation=~\"$operation\"} * 1000".to_owned(),
            "blue",
            "The day begins",
            "{{operation}}: totals of the day start from 0",
            true,
        ),
        note(
            "Exporter restart",
            "process_start_time_seconds * 1000 and on (instance, job) wolkvox_exporter_build_info".to_owned(),
            "orange",
            "Exporter started",
            "{{instance}}",
            true,
        ),
    ]
}
