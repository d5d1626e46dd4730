//! The checker checked: every fault by the smallest text that has it, clean texts, and random ones.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod clean;
mod faults;
mod mutations;
mod questions;

/// A text without faults in which every line is needed: to drop, double or move one away is a fault.
const RICH: &str = r#"# HELP wolkvox_up Whether wolkvox answered, 1 or 0.
# TYPE wolkvox_up gauge
wolkvox_up{operation="acme"} 1
# HELP wolkvox_skill_info A skill.
# TYPE wolkvox_skill_info gauge
wolkvox_skill_info{operation="acme",skill_id="7",skill_name="say \"hi\" \\o/\nnow"} 1
# HELP wolkvox_calls_total Calls of today, with a \\ and a \n in the text.
# TYPE wolkvox_calls_total counter
wolkvox_calls_total{operation="acme",skill_id="7"} 12345.5
# HELP wolkvox_wait_seconds Waits.
# TYPE wolkvox_wait_seconds histogram
wolkvox_wait_seconds_bucket{operation="acme",skill_id="7",le="0.5"} 1
wolkvox_wait_seconds_bucket{operation="acme",skill_id="7",le="20"} 2
wolkvox_wait_seconds_bucket{operation="acme",skill_id="7",le="+Inf"} 3
wolkvox_wait_seconds_sum{operation="acme",skill_id="7"} 60.25
wolkvox_wait_seconds_count{operation="acme",skill_id="7"} 3
wolkvox_wait_seconds_bucket{operation="acme",skill_id="8",le="0.5"} 0
wolkvox_wait_seconds_bucket{operation="acme",skill_id="8",le="20"} 1
wolkvox_wait_seconds_bucket{operation="acme",skill_id="8",le="+Inf"} 2
wolkvox_wait_seconds_sum{operation="acme",skill_id="8"} 44
wolkvox_wait_seconds_count{operation="acme",skill_id="8"} 2
# HELP wolkvox_level_ratio Service level.
# TYPE wolkvox_level_ratio gauge
wolkvox_level_ratio 0.875
"#;
