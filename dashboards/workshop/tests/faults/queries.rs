//! What is sown into the place of a good query, and by what name it must be found.

use workshop::check::Kind;

/// Faults of queries: an expression in the place of a good one.
pub(crate) const FAULTS_OF_QUERIES: &[(Kind, &str, &str, &str)] = &[
    (Kind::NotPromql, "operations", "Waiting now", "sum(wolkvox_skill_calls_in_queue{operation=~\"$operation\""),
    (Kind::UnknownMetric, "operations", "Waiting now", "sum(wolkvox_skill_call_in_queue{operation=~\"$operation\"})"),
    (
        Kind::UnknownLabel,
        "operations",
        "Waiting now",
        "sum(wolkvox_skill_calls_in_queue{operation=~\"$operation\", skill=~\"$skill\", skill_id=~\"$skill\"})",
    ),
    (
        Kind::UnknownLabel,
        "operations",
        "Waiting now",
        "sum by (skil_id) (wolkvox_skill_calls_in_queue{operation=~\"$operation\", skill_id=~\"$skill\"})",
    ),
    (
        Kind::UnknownLabelValue,
        "calls",
        "IVR funnel today",
        "sum(wolkvox_ivr_calls_total{operation=~\"$operation\", outcome=\"answered\"})",
    ),
    (
        Kind::UnknownLabelValue,
        "agents",
        "In aux",
        "sum(rate(wolkvox_agent_state_seconds_total{operation=~\"$operation\", agent_id=~\"$agent\", state=~\"aux|pause\"}[15m]))",
    ),
    (
        Kind::LiteralLe,
        "calls",
        "Connected and short calls",
        "sum(increase(wolkvox_call_duration_seconds_bucket{operation=~\"$operation\", le=\"5\"}[30m]))",
    ),
    (
        Kind::QuantileWithoutLe,
        "exporter",
        "Duration of requests",
        "histogram_quantile(0.9, sum by (report) (increase(wolkvox_exporter_api_request_duration_seconds_bucket{operation=~\"$operation\"}[30m])))",
    ),
    (
        Kind::RateOnGauge,
        "operations",
        "Waiting now",
        "sum(rate(wolkvox_skill_calls_in_queue{operation=~\"$operation\", skill_id=~\"$skill\"}[30m]))",
    ),
    (
        Kind::GaugeFunctionOnCounter,
        "exporter",
        "Corrections",
        "sum by (report) (delta(wolkvox_exporter_corrections_total{operation=~\"$operation\"}[30m]))",
    ),
    (
        Kind::RawCounter,
        "exporter",
        "Corrections",
        "sum by (report) (wolkvox_exporter_corrections_total{operation=~\"$operation\"})",
    ),
    (
        Kind::RateInterval,
        "exporter",
        "Corrections",
        "sum by (report) (increase(wolkvox_exporter_corrections_total{operation=~\"$operation\"}[$__rate_interval]))",
    ),
    (
        Kind::ShortWindow,
        "exporter",
        "Corrections",
        "sum by (report) (increase(wolkvox_exporter_corrections_total{operation=~\"$operation\"}[5m]))",
    ),
    (
        Kind::RangeNotSaid,
        "exporter",
        "Corrections",
        "sum by (report) (increase(wolkvox_exporter_corrections_total{operation=~\"$operation\"}[$__range]))",
    ),
    (
        Kind::UnguardedDivision,
        "operations",
        "Abandonment",
        "sum(wolkvox_skill_abandoned_calls_total{operation=~\"$operation\", skill_id=~\"$skill\"}) / sum(wolkvox_skill_inbound_calls_total{operation=~\"$operation\", skill_id=~\"$skill\"})",
    ),
    (
        Kind::AverageOfRatios,
        "skill",
        "Service level today",
        "avg(wolkvox_skill_service_level_ratio{operation=~\"$operation\", skill_id=~\"$skill\", threshold_seconds=\"20\"})",
    ),
    (
        Kind::AverageOfRatios,
        "operations",
        "Service level today",
        "avg(sum by (skill_id) (wolkvox_skill_abandoned_calls_total{operation=~\"$operation\", skill_id=~\"$skill\"}) / (sum by (skill_id) (wolkvox_skill_inbound_calls_total{operation=~\"$operation\", skill_id=~\"$skill\"}) > 0))",
    ),
    (
        Kind::MismatchedVectors,
        "operations",
        "Abandonment",
        "sum by (skill_id) (wolkvox_skill_abandoned_calls_total{operation=~\"$operation\", skill_id=~\"$skill\"}) / (sum by (operation) (wolkvox_skill_inbound_calls_total{operation=~\"$operation\", skill_id=~\"$skill\"}) > 0)",
    ),
    (
        Kind::ManyToOne,
        "operations",
        "Abandonment",
        "sum by (operation, skill_id) (wolkvox_skill_abandoned_calls_total{operation=~\"$operation\", skill_id=~\"$skill\"}) / on (operation) (sum by (operation) (wolkvox_skill_inbound_calls_total{operation=~\"$operation\", skill_id=~\"$skill\"}) > 0)",
    ),
    (
        Kind::GroupWithoutParens,
        "operations",
        "Abandonment",
        "sum by (operation, skill_id) (wolkvox_skill_abandoned_calls_total{operation=~\"$operation\", skill_id=~\"$skill\"}) / on (operation) group_left (sum by (operation) (wolkvox_skill_inbound_calls_total{operation=~\"$operation\", skill_id=~\"$skill\"}) > 0)",
    ),
    (Kind::OperationDropped, "operations", "Waiting now", "sum(wolkvox_skill_calls_in_queue{skill_id=~\"$skill\"})"),
    (
        Kind::VariableDropped,
        "operations",
        "Waiting now",
        "sum(wolkvox_skill_calls_in_queue{operation=~\"$operation\"})",
    ),
    (
        Kind::MultiValueEquality,
        "operations",
        "Waiting now",
        "sum(wolkvox_skill_calls_in_queue{operation=\"$operation\", skill_id=~\"$skill\"})",
    ),
    (
        Kind::UnknownVariable,
        "operations",
        "Waiting now",
        "sum(wolkvox_skill_calls_in_queue{operation=~\"$operation\", skill_id=~\"$skill|$queue\"})",
    ),
    (Kind::ForeignSeries, "exporter", "Memory", "process_resident_memory_bytes"),
    (
        Kind::TooNew,
        "exporter",
        "Series by report",
        "sort_by_label(sum by (report) (wolkvox_exporter_series{operation=~\"$operation\"}), \"report\")",
    ),
    (
        Kind::TooNew,
        "exporter",
        "Series by report",
        "limitk by (report) (3, wolkvox_exporter_series{operation=~\"$operation\"})",
    ),
    (
        Kind::UnlikeUnits,
        "exporter",
        "Duration of requests",
        "sum by (report) (wolkvox_report_duration_seconds{operation=~\"$operation\"}) + sum by (report) (wolkvox_report_rows{operation=~\"$operation\"})",
    ),
];
