//! A panel as Grafana writes it down.

use serde_json::{Map, Value, json};

use crate::panel::{About, Kind, Panel, letter, thresholds};

/// The data source that the reader chooses at the top.
pub(crate) fn datasource() -> Value {
    json!({ "type": "prometheus", "uid": "${datasource}" })
}

/// What a panel says of itself, in Markdown.
pub(crate) fn description(about: About, is_aged: bool) -> String {
    let About { shows, formula, unit, act } = about;
    let old = if is_aged { " In grey, “min old”: the age of data that are too old to be shown." } else { "" };
    format!("**Shows:** {shows}{old}\n\n**Formula:** {formula}\n\n**Unit:** {unit}\n\n**What to do:** {act}")
}

/// The panel at its place, as JSON.
pub(crate) fn panel(panel: &Panel, id: u32, x: u32, y: u32) -> Value {
    let (width, height) = panel.size;
    let mut written = json!({
        "id": id,
        "type": plugin(panel.kind),
        // Without it Grafana takes the panel for one of version 6 and migrates it.
        "pluginVersion": "10.4.0",
        "title": panel.title,
        "description": description(panel.about, panel.is_aged),
        "gridPos": { "x": x, "y": y, "w": width, "h": height },
    });
    if panel.is_transparent {
        written["transparent"] = json!(true);
    }
    if panel.kind == Kind::Text {
        written["options"] = json!({ "mode": "markdown", "content": panel.text });
        return written;
    }
    written["datasource"] = datasource();
    written["interval"] = json!(panel.step);
    written["targets"] = Value::Array(targets(panel));
    written["fieldConfig"] = json!({ "defaults": defaults(panel), "overrides": overrides(panel) });
    written["options"] = options(panel);
    if !panel.transformations.is_empty() {
        written["transformations"] = json!(panel.transformations);
    }
    if !panel.links.is_empty() {
        written["links"] = json!(panel.links);
    }
    if let Some(time_from) = panel.time_from {
        written["timeFrom"] = json!(time_from);
    }
    written
}

const fn plugin(kind: Kind) -> &'static str {
    match kind {
        Kind::Stat => "stat",
        Kind::Lines | Kind::Bars | Kind::Areas => "timeseries",
        Kind::Table => "table",
        Kind::BarGauge => "bargauge",
        Kind::StateTimeline => "state-timeline",
        Kind::Text => "text",
    }
}

/// A number that stands for now is asked for now: the last one of a range would hide that there is none any more.
const fn is_of_now(kind: Kind) -> bool {
    matches!(kind, Kind::Stat | Kind::Table | Kind::BarGauge)
}

fn targets(panel: &Panel) -> Vec<Value> {
    let is_of_now = is_of_now(panel.kind);
    let written = panel.queries.iter().enumerate().map(|(place, query)| {
        json!({
            "refId": letter(place).to_string(),
            "datasource": datasource(),
            "editorMode": "code",
            "expr": query.expr,
            "legendFormat": query.legend,
            "format": if panel.kind == Kind::Table { "table" } else { "time_series" },
            "instant": is_of_now,
            "range": !is_of_now,
        })
    });
    written.collect()
}

fn defaults(panel: &Panel) -> Value {
    let mut defaults = json!({
        "unit": panel.unit,
        "noValue": panel.no_value,
        "color": { "mode": if is_of_now(panel.kind) { "thresholds" } else { "palette-classic" } },
        "thresholds": thresholds(panel.base, &panel.steps),
        "mappings": panel.mappings,
        "custom": custom(panel.kind),
    });
    if panel.unit == "percentunit" && matches!(panel.kind, Kind::Lines) {
        // All 0 would have an axis up to 10000 % else.
        defaults["custom"]["axisSoftMax"] = json!(0.1);
    }
    for (key, value) in [("min", panel.bounds.0), ("max", panel.bounds.1)] {
        if let Some(value) = value {
            defaults[key] = json!(value);
        }
    }
    if let Some(decimals) = panel.decimals {
        defaults["decimals"] = json!(decimals);
    }
    defaults
}

fn custom(kind: Kind) -> Value {
    match kind {
        Kind::Lines => json!({ "drawStyle": "line", "lineWidth": 2, "fillOpacity": 0, "lineInterpolation": "linear",
            "showPoints": "never", "spanNulls": false, "stacking": { "mode": "none", "group": "A" },
            "thresholdsStyle": { "mode": "off" } }),
        Kind::Areas => json!({ "drawStyle": "line", "lineWidth": 1, "fillOpacity": 50, "lineInterpolation": "linear",
            "showPoints": "never", "spanNulls": false, "stacking": { "mode": "normal", "group": "A" },
            "thresholdsStyle": { "mode": "off" } }),
        Kind::Bars => json!({ "drawStyle": "bars", "lineWidth": 0, "fillOpacity": 80, "barAlignment": -1,
            "axisSoftMax": 1,
            "showPoints": "never", "spanNulls": false, "stacking": { "mode": "normal", "group": "A" },
            "thresholdsStyle": { "mode": "off" } }),
        Kind::StateTimeline => json!({ "lineWidth": 0, "fillOpacity": 80, "spanNulls": false }),
        Kind::Table => json!({ "align": "auto", "cellOptions": { "type": "auto" }, "minWidth": 70 }),
        Kind::Stat | Kind::BarGauge | Kind::Text => json!({}),
    }
}

fn overrides(panel: &Panel) -> Vec<Value> {
    let written = panel.overrides.iter().map(|(matcher, of, properties)| {
        let properties: Vec<_> = properties.iter().map(|(id, value)| json!({ "id": id, "value": value })).collect();
        json!({ "matcher": { "id": matcher, "options": of }, "properties": properties })
    });
    written.collect()
}

fn options(panel: &Panel) -> Value {
    let reduced = json!({ "calcs": ["lastNotNull"], "fields": "", "values": false });
    let options = match panel.kind {
        Kind::Stat => json!({ "reduceOptions": reduced, "orientation": "auto", "textMode": "auto",
            "colorMode": "value", "graphMode": "none", "justifyMode": "auto", "wideLayout": false }),
        Kind::BarGauge => json!({ "reduceOptions": reduced, "orientation": "horizontal", "displayMode": "basic",
            "showUnfilled": true, "valueMode": "color", "namePlacement": "auto",
            // A single bar, or the words in its place, would fill the whole panel.
            "sizing": "manual", "minVizHeight": 16, "minVizWidth": 8, "maxVizHeight": 36,
            "text": { "titleSize": 12, "valueSize": 20 } }),
        Kind::Lines | Kind::Bars | Kind::Areas => json!({
            "legend": { "displayMode": "list", "placement": "bottom", "showLegend": true, "calcs": [] },
            "tooltip": { "mode": "multi", "sort": "desc" } }),
        Kind::Table => json!({ "showHeader": true, "cellHeight": "sm", "footer": { "show": false } }),
        Kind::StateTimeline => json!({ "mergeValues": true, "showValue": "auto", "alignValue": "left",
            "rowHeight": 0.9, "legend": { "displayMode": "list", "placement": "bottom", "showLegend": true },
            "tooltip": { "mode": "single", "sort": "none" } }),
        Kind::Text => json!({}),
    };
    let mut options = if let Value::Object(options) = options { options } else { Map::new() };
    for (key, value) in &panel.options {
        options.insert((*key).to_owned(), value.clone());
    }
    Value::Object(options)
}
