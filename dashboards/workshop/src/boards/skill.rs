//! The team lead's board: one skill, from the caller's first second to the agent's last.

use serde_json::json;

use super::verdict::{MISSING, VERDICTS, WAITING, verdicts};
use crate::dashboard::{Choice, Dashboard, Section};
use crate::formulas::{
    OPERATION, SKILL, Since, WEEKS, abandonment, calls_missing, count_of, divided, four_weeks, inbound, mean_of,
    offered, service_level_at_each_threshold, speed_of_answer, up_to, waiting as calls_waiting,
};
use crate::panel::{About, Kind, Panel, query};

const HALF_HOUR: Since = Since::Ago("30m");
const TODAY: Since = Since::Midnight;

pub(super) fn dashboard() -> Dashboard {
    Dashboard {
        name: "skill",
        title: "wolkvox / Skill",
        description: "For the team lead. How is my skill served, how long do callers wait, and is today a usual day?",
        choices: &[Choice::Skill],
        reports: "skills|ivr_calls",
        sections: vec![
            Section {
                title: "Now and today",
                panels: vec![waiting(), level(), missing(), calls(), given_up(), waits()],
            },
            Section { title: "Service", panels: vec![thresholds(), own_figures()] },
            Section { title: "How long callers wait", panels: vec![wait_shares(), patience(), asa()] },
            Section {
                title: "How much comes, and how long it takes",
                panels: vec![arrivals(), handling(), ivr_before()],
            },
        ],
    }
}

fn waiting() -> Panel {
    let about = About {
        shows: "Calls that wait for an agent of the chosen skills at this moment.",
        formula: "wolkvox's own count at its last answer.",
        unit: "calls.",
        act: "Above 0 while agents are in aux or after-call work: call them back.",
    };
    Panel::new(Kind::Stat, "Waiting now", about)
        .ask(query(calls_waiting(""), "waiting"))
        .whole()
        .aged("skills")
        .steps(&WAITING)
        .size(3, 5)
}

fn level() -> Panel {
    let about = About {
        shows: "The strict service level of today, and how it stands to the target.",
        formula: VERDICTS,
        unit: "share of calls, in per cent.",
        act: "Below target: see beside how many calls must be answered in time to make it good.",
    };
    verdicts(Panel::new(Kind::Stat, "Service level today", about), TODAY, "")
        .share()
        .aged("skills")
        .when_empty("no calls yet")
        .option("textMode", json!("value_and_name"))
        .size(5, 5)
}

fn missing() -> Panel {
    let about = About {
        shows: "How many calls in a row must now be answered in time until today is on target again, over the chosen \
                skills.",
        formula: "⌈(target × offered − in time) / (1 − target)⌉; offered = answered + abandoned.",
        unit: "calls.",
        act: "More than still come today: plan for tomorrow instead.",
    };
    Panel::new(Kind::Stat, "To make good", about)
        .ask(query(format!("sum({})", calls_missing("operation", SKILL)), "calls in a row"))
        .whole()
        .aged("skills")
        .when_empty("no calls yet")
        .steps(&MISSING)
        .size(4, 5)
}

fn calls() -> Panel {
    let about = About {
        shows: "Calls of today since midnight: all that have arrived, and those that have been answered or given up.",
        formula: "wolkvox's counts of the day, as they are.",
        unit: "calls.",
        act: "Their difference is waiting, or was passed on to another skill.",
    };
    Panel::new(Kind::Stat, "Calls today", about)
        .ask(query(inbound("", SKILL, TODAY), "arrived"))
        .ask(query(offered("", SKILL, TODAY), "answered or given up"))
        .whole()
        .aged("skills")
        .when_empty("no calls yet")
        .listed(26)
        .size(4, 5)
}

fn given_up() -> Panel {
    let about = About {
        shows: "Which share of the skill's callers gave up: last 30 minutes, and today.",
        formula: "abandoned / (answered + abandoned), gross: short ones are among them.",
        unit: "share of calls, in per cent.",
        act: "Above 5 % (customary): callers wait longer than they are willing to; see below how long that is.",
    };
    Panel::new(Kind::Stat, "Abandonment", about)
        .ask(query(abandonment("", SKILL, HALF_HOUR), "last 30 min").may_be_empty("no call in half an hour"))
        .ask(query(abandonment("", SKILL, TODAY), "today"))
        .share()
        .aged("skills")
        .when_empty("no calls yet")
        .steps(&[(0.0, "green"), (0.05, "orange"), (0.1, "red")])
        .listed(26)
        .size(4, 5)
}

fn waits() -> Panel {
    let about = About {
        shows: "How long answered callers have waited on average (ASA): last 30 minutes, and today.",
        formula: "sum of waits / number of waits, of answered calls that came through the IVR.",
        unit: "seconds.",
        act: "Compare with the threshold of your target: what is long is yours to say, so no colour says it here.",
    };
    Panel::new(Kind::Stat, "Speed of answer", about)
        .ask(query(speed_of_answer("", SKILL, HALF_HOUR), "last 30 min").may_be_empty("no call in half an hour"))
        .ask(query(speed_of_answer("", SKILL, TODAY), "today").may_be_empty("no calls yet"))
        .seconds()
        .aged("ivr_calls")
        .when_empty("no calls yet")
        .listed(26)
        .size(4, 5)
}

fn thresholds() -> Panel {
    let about = About {
        shows: "The strict service level of the last 30 minutes at each threshold that wolkvox is asked for.",
        formula: "answered within the threshold / (answered + abandoned) of the skills that have that threshold, for each \
                  threshold.",
        unit: "share of calls, in per cent.",
        act: "Lines close together: who is not served at once waits long. Lines far apart: a few seconds decide.",
    };
    let level = service_level_at_each_threshold(SKILL, HALF_HOUR);
    Panel::new(Kind::Lines, "Service level at each threshold", about)
        .ask(query(level, "within {{threshold_seconds}} s"))
        .ask(query(crate::formulas::HIGHEST_TARGET, "target"))
        .share()
        .at_most(1.0)
        .colour_named("within 10 s", "light-blue")
        .colour_named("within 20 s", "blue")
        .colour_named("within 30 s", "dark-blue")
        .as_target("B")
        .when_empty("no calls, or no data")
}

fn own_figures() -> Panel {
    let about = About {
        shows: "wolkvox's own percentages of today, skill by skill: service level at the configured threshold, and \
                abandonment.",
        formula: "as wolkvox computes them over the day; by which calls it divides is told on the dashboard Service level.",
        unit: "share of calls, in per cent.",
        act: "For comparison with wolkvox's own screens. They cannot be averaged over skills.",
    };
    let own = format!(
        "max by (operation, skill_id) (wolkvox_skill_service_level_ratio{{{SKILL}}} and on (operation, \
         threshold_seconds) wolkvox_operation_service_level_target_ratio{{{OPERATION}}})"
    );
    let name = format!("max by (operation, skill_id, skill_name) (wolkvox_skill_info{{{SKILL}}})");
    let named = |of: &str| format!("{of} * on (operation, skill_id) group_left (skill_name) {name}");
    let given_up = format!("max by (operation, skill_id) (wolkvox_skill_abandonment_ratio{{{SKILL}}})");
    Panel::new(Kind::Lines, "wolkvox's own percentages of today", about)
        .ask(query(named(&own), "service level: {{operation}} {{skill_name}}"))
        .ask(query(named(&given_up), "abandonment: {{operation}} {{skill_name}}"))
        .share()
        .at_most(1.0)
        .when_empty("no calls, or no data")
}

/// Shares of waits between bounds, of the day so far.
fn shares(panel: Panel, outcome: &str) -> Panel {
    let matchers = format!("{SKILL}, outcome=\"{outcome}\"");
    let name = "wolkvox_skill_wait_seconds";
    let whole = count_of(name, "", &matchers, TODAY);
    let below = |bound: &str| up_to(name, "", &matchers, bound, TODAY);
    let between = |low: &str, high: &str| divided(&format!("({} - {})", below(high), below(low)), &whole);
    panel
        .ask(query(divided(&below("10"), &whole), "up to 10 s"))
        .ask(query(between("10", "20"), "10 to 20 s"))
        .ask(query(between("20", "30"), "20 to 30 s"))
        .ask(query(between("30", "60"), "30 to 60 s"))
        .ask(query(between("60", "120"), "1 to 2 min"))
        .ask(query(between("120", "300"), "2 to 5 min"))
        .ask(query(divided(&format!("({whole} - {})", below("300")), &whole), "over 5 min"))
        .share()
        .at_most(1.0)
        .aged("ivr_calls")
        .when_empty("no calls yet")
        .size(8, 9)
}

fn wait_shares() -> Panel {
    let about = About {
        shows: "How long today's answered callers waited: which share of them waited how long.",
        formula: "waits between two bounds / all waits, of answered calls that came through the IVR.",
        unit: "share of answered calls, in per cent.",
        act: "A long tail at the bottom: some callers are forgotten while others are served at once.",
    };
    shares(Panel::new(Kind::BarGauge, "Waits of answered calls today", about), "answered").steps(&[(0.0, "green")])
}

fn patience() -> Panel {
    let about = About {
        shows: "How long those waited who gave up today.",
        formula: "waits between two bounds / all waits, of abandoned calls that came through the IVR.",
        unit: "share of abandoned calls, in per cent.",
        act: "Many within 10 s: wrong number or a confusing announcement, not missing agents.",
    };
    shares(Panel::new(Kind::BarGauge, "Waits of abandoned calls today", about), "abandoned").steps(&[(0.0, "orange")])
}

fn asa() -> Panel {
    let about = About {
        shows: "The mean wait of the last 30 minutes: of those who were answered, and of those who gave up.",
        formula: "sum of waits / number of waits, of calls that came through the IVR, by outcome.",
        unit: "seconds.",
        act: "When the answered wait as long as others give up after, every delay costs a caller.",
    };
    let matchers = SKILL;
    Panel::new(Kind::Lines, "Mean wait", about)
        .ask(query(mean_of("wolkvox_skill_wait_seconds", "outcome", matchers, HALF_HOUR), "{{outcome}}"))
        .seconds()
        .colour_named("answered", "green")
        .colour_named("abandoned", "red")
        .when_empty("no calls, or no data")
        .size(8, 9)
}

fn arrivals() -> Panel {
    let about = About {
        shows: "Calls that arrived in each half hour, beside the same half hours one week ago and the mean of the last \
                four weeks.",
        formula: "growth of the calls offered in 30 minutes; the same 1, 2, 3 and 4 weeks before, averaged over those \
                  weeks that there are.",
        unit: "calls per half hour.",
        act: "Far above the past: a campaign, an outage, a wrong invoice? Ask, before it is the whole day.",
    };
    let past = four_weeks(WEEKS, |offset| inbound("", SKILL, Since::Before("30m", offset)));
    Panel::new(Kind::Lines, "Arrivals against the same weekday", about)
        .ask(query(inbound("", SKILL, HALF_HOUR), "this week"))
        .ask(query(inbound("", SKILL, Since::Before("30m", "1w")), "a week ago").may_be_empty("no week of history"))
        .ask(query(format!("avg({past})"), "mean of four weeks").may_be_empty("no week of history"))
        .decimals(0)
        .as_target("C")
        .when_empty("no calls, or no data")
        .size(24, 8)
}

fn handling() -> Panel {
    let about = About {
        shows: "How long an answered call took with an agent, mean of the last 30 minutes; and which share took longer \
                than ten minutes.",
        formula: "sum of times with an agent / answered calls from the IVR; after-call work is not in it.",
        unit: "seconds; the share in per cent.",
        act: "A rise over days is a new process or new people. A sudden one is often a system that answers slowly.",
    };
    let name = "wolkvox_skill_handle_seconds";
    let whole = count_of(name, "", SKILL, HALF_HOUR);
    let long = divided(&format!("({whole} - {})", up_to(name, "", SKILL, "600", HALF_HOUR)), &whole);
    Panel::new(Kind::Lines, "Time with an agent", about)
        .ask(query(mean_of(name, "", SKILL, HALF_HOUR), "mean"))
        .ask(query(long, "longer than 10 min"))
        .seconds()
        .dress(
            "B",
            vec![
                ("unit", json!("percentunit")),
                ("decimals", json!(1)),
                ("custom.axisPlacement", json!("right")),
                ("min", json!(0)),
            ],
        )
        .when_empty("no calls, or no data")
}

fn ivr_before() -> Panel {
    let about = About {
        shows: "How long callers were in the IVR before anything else happened, mean of the last 30 minutes, by \
                routing point. wolkvox does not tell it by skill.",
        formula: "sum of seconds in the IVR / calls through the routing point.",
        unit: "seconds.",
        act: "Long menus wear patience out before the queue begins.",
    };
    Panel::new(Kind::Lines, "Time in the IVR before", about)
        .ask(query(
            mean_of("wolkvox_ivr_duration_seconds", "operation, routing_point_id", OPERATION, HALF_HOUR),
            "{{operation}}: routing point {{routing_point_id}}",
        ))
        .seconds()
        .when_empty("no calls, or no data")
}
