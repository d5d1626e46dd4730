//! The exporter's own process: version, configuration, scrapes, memory, processor, files.

use serde_json::json;

use crate::formulas::OPERATION;
use crate::panel::{About, Kind, Panel, query};

pub(super) fn panels() -> Vec<Panel> {
    vec![build(), configuration(), scrape(), samples(), memory(), cpu(), files()]
}

/// A series without the label `operation`, of the process that this exporter is.
fn own(name: &str) -> String {
    format!("{name} and on (instance, job) last_over_time(wolkvox_exporter_build_info[12h])")
}

fn build() -> Panel {
    let about = About {
        shows: "Which version of the exporter runs, where, and for how long.",
        formula: "now − start of the process, beside the version that it tells.",
        unit: "seconds, shown as hours or days.",
        act: "A short time that nobody meant: it was restarted. Its log says why.",
    };
    Panel::new(Kind::Stat, "Version and time since start", about)
        .ask(query(
            "(time() - process_start_time_seconds) * on (instance, job) group_left (version) wolkvox_exporter_build_info",
            "{{version}} at {{instance}}",
        ))
        .unit("s")
        .when_empty("the exporter does not answer")
        .steps(&[(0.0, "orange"), (3600.0, "green")])
        .option("textMode", json!("value_and_name"))
        .size(5, 7)
}

fn configuration() -> Panel {
    let about = About {
        shows: "Whether the configuration was read with success, and how long ago; and the operations that it names.",
        formula: "1 or 0, and now − the moment of the last success.",
        unit: "read or refused; seconds, shown as hours or days.",
        act: "Refused: the log names the line. `wolkvox-exporter check` names all mistakes at once.",
    };
    Panel::new(Kind::Stat, "Configuration", about)
        .ask(query("max by (instance) (wolkvox_exporter_config_last_reload_successful)", "{{instance}}"))
        .ask(query(
            "time() - max by (instance) (wolkvox_exporter_config_last_reload_success_timestamp_seconds)",
            "{{instance}} read so long ago",
        ))
        .ask(query(
            format!("max by (operation, server, timezone) (wolkvox_operation_info{{{OPERATION}}})"),
            "{{operation}} ({{server}}, {{timezone}})",
        ))
        .words(&[("0", "refused", "red"), ("1", "read", "green")])
        .dress("B", vec![("unit", json!("s")), ("mappings", json!([]))])
        .dress("C", vec![("mappings", json!([{ "type": "value", "options": { "1": { "text": "configured" } } }]))])
        .when_empty("the exporter does not answer")
        .steps(&[])
        .listed(18)
        .size(11, 7)
}

fn scrape() -> Panel {
    let about = About {
        shows: "How long Prometheus took to scrape the exporter.",
        formula: "as Prometheus itself measures it.",
        unit: "seconds.",
        act: "A scrape copies text and takes milliseconds. Above a second: the machine is starved.",
    };
    Panel::new(Kind::Lines, "Duration of a scrape", about)
        .ask(query(own("scrape_duration_seconds"), "{{instance}}"))
        .unit("s")
        .when_empty("not scraped")
        .size(8, 7)
}

fn samples() -> Panel {
    let about = About {
        shows: "How many samples a scrape brings.",
        formula: "as Prometheus itself counts them.",
        unit: "samples.",
        act: "It follows the series by report above.",
    };
    Panel::new(Kind::Lines, "Size of a scrape", about)
        .ask(query(own("scrape_samples_scraped"), "{{instance}}"))
        .unit("none")
        .when_empty("not scraped")
        .size(6, 7)
}

fn memory() -> Panel {
    let about = About {
        shows: "Memory of the exporter's process: what it holds, and what it has reserved.",
        formula: "resident and virtual memory, as the system tells.",
        unit: "bytes.",
        act: "Resident memory that only rises over days is a leak: report it.",
    };
    Panel::new(Kind::Lines, "Memory", about)
        .ask(query(own("process_resident_memory_bytes"), "resident: {{instance}}"))
        .ask(query(own("process_virtual_memory_bytes"), "virtual: {{instance}}"))
        .unit("bytes")
        .dress("B", vec![("custom.hideFrom", json!({ "legend": false, "tooltip": false, "viz": true }))])
        .when_empty("the exporter does not answer")
        .size(6, 7)
}

fn cpu() -> Panel {
    let about = About {
        shows: "Processor time of the exporter over the last 15 minutes.",
        formula: "seconds of processor time / seconds gone by; 100 % is one core.",
        unit: "share of one core, in per cent.",
        act: "Usually well below 5 %.",
    };
    Panel::new(Kind::Lines, "Processor", about)
        .ask(query(own("rate(process_cpu_seconds_total[15m])"), "{{instance}}"))
        .share()
        .decimals(2)
        .when_empty("the exporter does not answer")
        .size(6, 7)
}

fn files() -> Panel {
    let about = About {
        shows: "Open files and threads of the exporter, and how many files it may open.",
        formula: "as the system tells.",
        unit: "files; threads.",
        act: "Files near the limit: connections pile up. Report it.",
    };
    Panel::new(Kind::Lines, "Open files and threads", about)
        .ask(query(own("process_open_fds"), "open: {{instance}}"))
        .ask(query(own("process_max_fds"), "allowed: {{instance}}"))
        .ask(query(own("process_threads"), "threads: {{instance}}"))
        .whole()
        .dress("B", vec![("custom.hideFrom", json!({ "legend": false, "tooltip": false, "viz": true }))])
        .when_empty("the exporter does not answer")
        .size(6, 7)
}
