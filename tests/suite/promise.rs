//! What every exposition is held to: clean text, the catalogue's labels and no others, and no token.

use exposition_checker::{Exposition, Kind, Rules, assert_clean, check};
use jiff::Timestamp;
use wolkvox_exporter::process::Process;

use crate::asking::TOKEN;

/// The labels of the catalogue beside `operation`. A label that is not here identifies a person or a call, or can take
/// any number of values, until somebody has thought about it.
const LABELS: [(&str, &[&str]); 15] = [
    ("wolkvox_skill_*", &["skill_id", "outcome", "threshold_seconds"]),
    ("wolkvox_skill_info", &["skill_name"]),
    ("wolkvox_skill_service_level_base_info", &["base"]),
    ("wolkvox_agent_*", &["agent_id", "direction", "state"]),
    ("wolkvox_agent_info", &["agent_name"]),
    ("wolkvox_agents", &["state"]),
    ("wolkvox_call_*", &["interval"]),
    ("wolkvox_ivr_*", &["routing_point_id", "outcome", "activity_code", "activity_code_2", "interaction_type"]),
    ("wolkvox_closed_interactions_total", &["agent_name", "activity_code"]),
    ("wolkvox_campaign_*", &["campaign_id", "result"]),
    ("wolkvox_campaign_info", &["campaign_name"]),
    ("wolkvox_operation_*", &["server", "timezone", "threshold_seconds"]),
    ("wolkvox_report_*", &["report"]),
    ("wolkvox_exporter_*", &["report", "cause", "reason"]),
    ("wolkvox_exporter_build_info", &["version", "revision", "rustversion"]),
];

/// The rules that any exposition of this exporter keeps.
pub(crate) fn rules() -> Rules {
    let rules = Rules::new().allow_everywhere(["operation"]).bounds_may_differ_by("operation").forbid([TOKEN]);
    LABELS.iter().fold(rules, |rules, (families, labels)| rules.allow(families, labels.iter().copied()))
}

/// Holds that a text keeps the promise, and gives what it says.
#[track_caller]
pub(crate) fn kept(text: &str) -> Exposition {
    assert_clean(text, &rules())
}

#[test]
fn the_process_keeps_it_too() {
    let process = Process::new(Timestamp::UNIX_EPOCH).expect("a process");
    let exposition = kept(&process.text());
    let build = exposition.family("wolkvox_exporter_build_info").expect("the build is told");
    assert_eq!((build.kind, build.samples.len()), (Kind::Gauge, 1));
    assert!(exposition.value("process_resident_memory_bytes", &[]).is_some_and(|bytes| bytes > 0.0));
}

#[test]
fn a_callers_number_and_a_token_break_it() {
    for label in ["customer=\"1\"".to_owned(), format!("operation=\"{TOKEN}\"")] {
        let text = format!("# HELP wolkvox_up Up.\n# TYPE wolkvox_up gauge\nwolkvox_up{{{label}}} 1\n");
        assert_eq!(check(&text, &rules()).len(), 1, "{label}");
    }
}
