//! What the figures mean, each spelt once.
//!
//! Every one of them sums its parts first and divides once, says nothing where it would divide by zero, and reads the
//! raw series: whoever imports a dashboard need not have any rules.

/// What is chosen at the top for operations.
pub const OPERATION: &str = r#"operation=~"$operation""#;
/// What is chosen for skills.
pub const SKILL: &str = r#"operation=~"$operation", skill_id=~"$skill""#;
/// What is chosen for agents.
pub const AGENT: &str = r#"operation=~"$operation", agent_id=~"$agent""#;

/// The states of agents in which a customer is served.
pub const SERVING: &str = "inbound|outbound|acw";

/// The states of agents who serve a customer or could take one at once: those that Erlang C counts.
pub const AVAILABLE: &str = "ready|ring|inbound|outbound|acw";

/// From when on is counted.
#[derive(Clone, Copy, Debug)]
pub enum Since {
    /// The operation's midnight: the raw value of a total of the day.
    Midnight,
    /// So long ago, as Prometheus spells it: at least three polls.
    Ago(&'static str),
    /// So long before another moment, which is so long ago itself.
    Before(&'static str, &'static str),
}

/// One series of each thing, where two exporters or two scrapes tell of it: they would be counted twice in a sum.
#[must_use]
pub fn once(of: &str) -> String {
    format!("max without (instance, job) ({of})")
}

/// How much a counter has grown.
#[must_use]
pub fn grown(name: &str, matchers: &str, since: Since) -> String {
    once(&match since {
        Since::Midnight => format!("{name}{{{matchers}}}"),
        Since::Ago(window) => format!("increase({name}{{{matchers}}}[{window}])"),
        Since::Before(window, offset) => format!("increase({name}{{{matchers}}}[{window}] offset {offset})"),
    })
}

/// Calls that wait for an agent.
#[must_use]
pub fn waiting(by: &str) -> String {
    sum(by, &once(&format!("wolkvox_skill_calls_in_queue{{{SKILL}}}")))
}

/// The sum over everything but these labels; over all where there are none.
#[must_use]
pub fn sum(by: &str, of: &str) -> String {
    if by.is_empty() { format!("sum({of})") } else { format!("sum by ({by}) ({of})") }
}

/// One sum by another; no series where there is nothing to divide by.
#[must_use]
pub fn divided(one: &str, by: &str) -> String {
    format!("{one} / ({by} > 0)")
}

/// The share of calls that each operation has configured as its target.
pub const TARGET: &str =
    r#"max by (operation) (wolkvox_operation_service_level_target_ratio{operation=~"$operation"})"#;

/// The highest of the targets of the operations that are chosen.
pub const HIGHEST_TARGET: &str = r#"max(wolkvox_operation_service_level_target_ratio{operation=~"$operation"})"#;

/// Calls answered within the operation's configured threshold.
#[must_use]
pub fn within(by: &str, matchers: &str, since: Since) -> String {
    let counted = grown("wolkvox_skill_answered_within_calls_total", matchers, since);
    let configured = "wolkvox_operation_service_level_target_ratio{operation=~\"$operation\"}";
    sum(by, &format!("{counted} and on (operation, threshold_seconds) {configured}"))
}

/// Calls of the skills for which it is known how many were answered in time. A skill of which that is not known would
/// count as served late.
fn judged(name: &str, by: &str, matchers: &str, since: Since) -> String {
    let offset = if let Since::Before(_, offset) = since { format!(" offset {offset}") } else { String::new() };
    let counted = grown(name, matchers, since);
    let known = format!("wolkvox_skill_answered_within_calls_total{{{matchers}}}{offset}");
    sum(by, &format!("{counted} and on (operation, skill_id) {known}"))
}

/// Answered and abandoned calls, of skills whose service level is known: what the strict service level is a share of.
#[must_use]
pub fn offered_judged(by: &str, matchers: &str, since: Since) -> String {
    let answered = judged("wolkvox_skill_answered_calls_total", by, matchers, since);
    let abandoned = judged("wolkvox_skill_abandoned_calls_total", by, matchers, since);
    format!("({answered} + {abandoned})")
}

/// Answered calls.
#[must_use]
pub fn answered(by: &str, matchers: &str, since: Since) -> String {
    sum(by, &grown("wolkvox_skill_answered_calls_total", matchers, since))
}

/// Abandoned calls.
#[must_use]
pub fn abandoned(by: &str, matchers: &str, since: Since) -> String {
    sum(by, &grown("wolkvox_skill_abandoned_calls_total", matchers, since))
}

/// Calls that were answered or abandoned: those still waiting are not among them yet.
#[must_use]
pub fn offered(by: &str, matchers: &str, since: Since) -> String {
    format!("({} + {})", answered(by, matchers, since), abandoned(by, matchers, since))
}

/// Calls that have arrived.
#[must_use]
pub fn inbound(by: &str, matchers: &str, since: Since) -> String {
    sum(by, &grown("wolkvox_skill_inbound_calls_total", matchers, since))
}

/// Answered in time / (answered + abandoned). What is extrapolated to a window's edges may pass 1 by a hair.
#[must_use]
pub fn service_level(by: &str, matchers: &str, since: Since) -> String {
    format!("clamp_max({}, 1)", divided(&within(by, matchers, since), &offered_judged(by, matchers, since)))
}

/// Answered in time / answered: an abandoned call is nobody's fault.
#[must_use]
pub fn service_level_lenient(by: &str, matchers: &str, since: Since) -> String {
    let answered = judged("wolkvox_skill_answered_calls_total", by, matchers, since);
    format!("clamp_max({}, 1)", divided(&within(by, matchers, since), &answered))
}

/// The strict service level at each threshold that wolkvox told, over the skills of which it told that one: operations may
/// have thresholds of their own, and the calls of the others say nothing of those.
#[must_use]
pub fn service_level_at_each_threshold(matchers: &str, since: Since) -> String {
    let within = grown("wolkvox_skill_answered_within_calls_total", matchers, since);
    let answered = grown("wolkvox_skill_answered_calls_total", matchers, since);
    let abandoned = grown("wolkvox_skill_abandoned_calls_total", matchers, since);
    // 1 for each skill and threshold, with which the skill's calls are told once for each of its thresholds.
    let offered = format!("({answered} + {abandoned}) * on (operation, skill_id) group_right () ({within} * 0 + 1)");
    let by = "threshold_seconds";
    format!("clamp_max({}, 1)", divided(&sum(by, &within), &sum(by, &offered)))
}

/// The upper end of the 95 % interval (Wilson) of the strict service level: with few calls far above it.
#[must_use]
pub fn service_level_at_best(by: &str, matchers: &str, since: Since) -> String {
    let (within, offered) = (within(by, matchers, since), offered_judged(by, matchers, since));
    // z = 1.96; the constants are its square, and half and a quarter of that.
    let spread = format!("sqrt({within} * clamp_min({offered} - {within}, 0) / ({offered} > 0) + 0.9604)");
    format!("({within} + 1.9208 + 1.96 * {spread}) / ({offered} + 3.8416 > 0)")
}

/// How many calls in a row must now be answered in time until the day is on target again; 0 on target.
#[must_use]
pub fn calls_missing(by: &str, matchers: &str) -> String {
    let (within, offered) = (within(by, matchers, Since::Midnight), offered_judged(by, matchers, Since::Midnight));
    // Rounded first: 0.8 × 35 is a hair above 28, which is no call.
    format!(
        "ceil(round(clamp_min(({offered} * on (operation) group_left () {TARGET} - {within}) / on (operation) \
         group_left () ((1 - {TARGET}) > 0), 0), 0.001))"
    )
}

/// Abandoned / (answered + abandoned).
#[must_use]
pub fn abandonment(by: &str, matchers: &str, since: Since) -> String {
    divided(&abandoned(by, matchers, since), &offered(by, matchers, since))
}

/// Average speed of answer: the mean wait of answered calls that came through the IVR.
#[must_use]
pub fn speed_of_answer(by: &str, matchers: &str, since: Since) -> String {
    let of_answered = format!("{matchers}, outcome=\"answered\"");
    divided(
        &sum(by, &grown("wolkvox_skill_wait_seconds_sum", &of_answered, since)),
        &sum(by, &grown("wolkvox_skill_wait_seconds_count", &of_answered, since)),
    )
}

/// Seconds of agents in these states.
#[must_use]
pub fn state_seconds(by: &str, matchers: &str, states: &str, since: Since) -> String {
    sum(by, &grown("wolkvox_agent_state_seconds_total", &format!("{matchers}, state=~\"{states}\""), since))
}

/// Seconds of agents logged in.
#[must_use]
pub fn login_seconds(by: &str, matchers: &str, since: Since) -> String {
    sum(by, &grown("wolkvox_agent_login_seconds_total", matchers, since))
}

/// Calls of agents with customers.
#[must_use]
pub fn agent_calls(by: &str, matchers: &str, since: Since) -> String {
    sum(by, &grown("wolkvox_agent_calls_total", &format!("{matchers}, direction=~\"inbound|outbound\""), since))
}

/// (Inbound + outbound + after-call seconds) / (inbound + outbound calls): weighted by calls.
#[must_use]
pub fn handling_time(by: &str, matchers: &str, since: Since) -> String {
    divided(&state_seconds(by, matchers, SERVING, since), &agent_calls(by, matchers, since))
}

/// (Inbound + outbound + after-call seconds) / (login − auxiliary seconds).
#[must_use]
pub fn occupancy(by: &str, matchers: &str, since: Since) -> String {
    let available = format!("({} - {})", login_seconds(by, matchers, since), state_seconds(by, matchers, "aux", since));
    // Pauses are written down when they end and may fill a window to its last second: of less than a minute nothing is said.
    format!("{} / ({available} > 60)", state_seconds(by, matchers, SERVING, since))
}

/// (Inbound + outbound + after-call seconds) / login seconds.
#[must_use]
pub fn utilisation(by: &str, matchers: &str, since: Since) -> String {
    divided(&state_seconds(by, matchers, SERVING, since), &login_seconds(by, matchers, since))
}

/// Auxiliary seconds / login seconds: shrinkage of those who are in the office, as far as it is known.
#[must_use]
pub fn auxiliary_share(by: &str, matchers: &str, since: Since) -> String {
    divided(&state_seconds(by, matchers, "aux", since), &login_seconds(by, matchers, since))
}

/// A rate as it was on average at each of the last ten minutes. Agents' time comes in steps, of five or ten minutes:
/// from minute to minute a window holds one step more or less, and the bare rate over 15 minutes is a saw-tooth of
/// 40 % and more. A window of 30 minutes holds a whole number of them, and what is left of it evens out over the longest step.
fn smooth(rate: &str) -> String {
    format!("avg_over_time({rate}[10m:1m])")
}

/// Seconds of agents per second that wolkvox has told of in a window. The window's own length is the wrong divisor: in the
/// first half hour of a Prometheus it is not full, and people who are there would be missing; after an outage one answer
/// tells of hours.
fn per_second_told(by: &str, seconds: &str, window: &str) -> String {
    let end = format!("wolkvox_report_window_end_timestamp_seconds{{{OPERATION}, report=\"agents\"}}");
    let told = format!("(max by (operation) (delta({end}[{window}])) > 0)");
    let grown = once(&format!("increase({seconds}[{window}])"));
    smooth(&sum(by, &format!("{grown} / on (operation) group_left () {told}")))
}

/// How many agents were in these states on average over a window: seconds per second are heads.
#[must_use]
pub fn heads(by: &str, matchers: &str, states: &str, window: &str) -> String {
    let seconds = format!("wolkvox_agent_state_seconds_total{{{matchers}, state=~\"{states}\"}}");
    per_second_told(by, &seconds, window)
}

/// How many agents were logged in on average.
#[must_use]
pub fn logged_in(by: &str, window: &str) -> String {
    per_second_told(by, &format!("wolkvox_agent_login_seconds_total{{{OPERATION}}}"), window)
}

/// Calls through a routing point with this outcome; of any where it is empty.
#[must_use]
pub fn ivr_calls(by: &str, outcome: &str, since: Since) -> String {
    let matchers =
        if outcome.is_empty() { OPERATION.to_owned() } else { format!("{OPERATION}, outcome=\"{outcome}\"") };
    sum(by, &grown("wolkvox_ivr_calls_total", &matchers, since))
}

/// Calls that ended in the IVR / calls that entered it: hang-ups within seconds are among them.
#[must_use]
pub fn containment(by: &str, since: Since) -> String {
    divided(&ivr_calls(by, "contained", since), &ivr_calls(by, "", since))
}

/// A histogram's count up to a bound. Prometheus 3 writes the bound 10 as 10.0.
#[must_use]
pub fn up_to(name: &str, by: &str, matchers: &str, bound: &str, since: Since) -> String {
    sum(by, &grown(&format!("{name}_bucket"), &format!("{matchers}, le=~\"{bound}(\\\\.0)?\""), since))
}

/// A histogram's whole count.
#[must_use]
pub fn count_of(name: &str, by: &str, matchers: &str, since: Since) -> String {
    sum(by, &grown(&format!("{name}_count"), matchers, since))
}

/// A histogram's mean.
#[must_use]
pub fn mean_of(name: &str, by: &str, matchers: &str, since: Since) -> String {
    divided(&sum(by, &grown(&format!("{name}_sum"), matchers, since)), &count_of(name, by, matchers, since))
}

/// Something about the same stretch of each of the four weeks before, one behind the other as series: `of` gives it
/// for an offset.
#[must_use]
pub fn four_weeks(offsets: [&'static str; 4], of: impl Fn(&'static str) -> String) -> String {
    let weeks = offsets
        .iter()
        .zip(1..)
        .map(|(offset, week)| format!("label_replace({}, \"week\", \"{week}\", \"\", \"\")", of(offset)));
    weeks.collect::<Vec<_>>().join(" or ")
}

/// The same moment of the four weeks before.
pub const WEEKS: [&str; 4] = ["1w", "2w", "3w", "4w"];
