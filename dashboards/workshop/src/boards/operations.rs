//! The floor manager's board: must I act, where, and how far are we from the target?

use serde_json::json;

use super::verdict::{MISSING, VERDICTS, WAITING, verdicts};
use crate::dashboard::{Choice, Dashboard, Section};
use crate::formulas::{
    HIGHEST_TARGET, OPERATION, SKILL, Since, TARGET, abandoned, abandonment, answered, calls_missing, heads, inbound,
    offered, service_level, service_level_lenient, speed_of_answer, waiting as calls_waiting,
};
use crate::panel::{About, Kind, Panel, column, query};

const HALF_HOUR: Since = Since::Ago("30m");
const TODAY: Since = Since::Midnight;

pub(super) fn dashboard() -> Dashboard {
    Dashboard {
        name: "operations",
        title: "wolkvox / Operations now",
        description: "For the floor manager. Must I act, where, and how many calls are missing to the target?",
        choices: &[Choice::Skill],
        reports: "skills|agents|ivr_calls",
        sections: vec![
            Section {
                title: "Must I act?",
                panels: vec![waiting(), level_now(), level_today(), missing(), abandonment_now(), speed()],
            },
            Section { title: "Where?", panels: vec![skills()] },
            Section {
                title: "How the last hours went",
                panels: vec![levels(), volumes(), states(), abandonments(), queues()],
            },
        ],
    }
}

fn waiting() -> Panel {
    let about = About {
        shows: "Calls that wait for an agent at this moment, over the chosen skills.",
        formula: "sum of the queues of the skills, as wolkvox told at its last answer (usually a minute ago or less).",
        unit: "calls.",
        act: "Above 0 for longer than a few minutes: look below in which skill, and move agents there.",
    };
    Panel::new(Kind::Stat, "Waiting now", about)
        .ask(query(calls_waiting(""), "waiting"))
        .whole()
        .aged("skills")
        .when_empty("no data")
        .steps(&WAITING)
        .size(3, 5)
}

fn level_now() -> Panel {
    let about = About {
        shows: "The strict service level of the last 30 minutes, and how it stands to the target.",
        formula: VERDICTS,
        unit: "share of calls, in per cent.",
        act: "Red: callers are waiting too long now. The table below shows in which skill.",
    };
    verdicts(Panel::new(Kind::Stat, "Service level, last 30 min", about), HALF_HOUR, "")
        .share()
        .aged("skills")
        .when_empty("no calls in 30 min")
        .option("textMode", json!("value_and_name"))
        .size(5, 5)
}

fn level_today() -> Panel {
    let about = About {
        shows: "The strict service level of today since midnight, and how it stands to the target.",
        formula: VERDICTS,
        unit: "share of calls, in per cent.",
        act: "Below target: “To make good” tells how far it is still to go today.",
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
        shows: "How many calls in a row must now be answered in time until today is on target again. 0: it is.",
        formula: "⌈(target × offered − in time) / (1 − target)⌉ of today, per operation, added up; offered = answered \
                  + abandoned.",
        unit: "calls.",
        act: "Compare it with the calls that still come today: more than those, and the day cannot be saved.",
    };
    Panel::new(Kind::Stat, "To make good", about)
        .ask(query(format!("sum({})", calls_missing("operation", SKILL)), "calls in a row"))
        .whole()
        .aged("skills")
        .when_empty("no calls yet")
        .steps(&MISSING)
        .size(3, 5)
}

fn abandonment_now() -> Panel {
    let about = About {
        shows: "Which share of callers gave up: in the last 30 minutes, and today since midnight.",
        formula: "abandoned / (answered + abandoned). Gross: those who hang up within seconds are among them, wolkvox's \
                  day totals do not tell them apart.",
        unit: "share of calls, in per cent.",
        act: "Above 5 % (customary; your contract may say otherwise): more agents, or a recorded word on the wait.",
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

fn speed() -> Panel {
    let about = About {
        shows: "How long answered callers have waited on average (ASA): in the last 30 minutes, and today.",
        formula: "sum of waits / number of waits, of answered calls that came through the IVR.",
        unit: "seconds.",
        act: "It rises before the service level falls. Compare with the threshold of your target: what is long is yours to \
              say, so no colour says it here.",
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

fn skills() -> Panel {
    let by = "operation, skill_id";
    let about = About {
        shows: "Each skill now and today; the one that is farthest from its target on top.",
        formula: "in time / (answered + abandoned), of today and of the last 30 minutes; to make good = ⌈(target × \
                  offered − in time) / (1 − target)⌉; abandonment = abandoned / offered; a hyphen is a skill without calls. \
                  “To make good” of the skills adds up to more than that of all together, where calls of one skill make \
                  up for those of another.",
        unit: "calls; shares in per cent.",
        act: "Move agents to the skill at the top that still has calls waiting. A click on its name opens the skill.",
    };
    Panel::new(Kind::Table, "Skills, farthest from target first", about)
        .ask(query(format!("max by (operation, skill_id, skill_name) (wolkvox_skill_info{{{SKILL}}})"), ""))
        .ask(query(calls_waiting(by), ""))
        .ask(query(offered(by, SKILL, TODAY), ""))
        .ask(query(service_level(by, SKILL, HALF_HOUR), "").may_be_empty("no call in half an hour"))
        .ask(query(service_level(by, SKILL, TODAY), ""))
        .ask(query(format!("{} * 0 + on (operation) group_left () {TARGET}", offered(by, SKILL, TODAY)), ""))
        .ask(query(calls_missing(by, SKILL), ""))
        .ask(query(abandonment(by, SKILL, TODAY), ""))
        .columns(
            vec![
                column("skill_name", "Skill").width(220).link(
                    "Open this skill",
                    "/d/wolkvox-skill?${datasource:queryparam}&var-operation=${__data.fields.Operation}\
                     &var-skill=${__data.fields.Id}&${__url_time_range}",
                ),
                column("operation", "Operation").width(110),
                column("skill_id", "Id").width(80),
                column("Value #B", "Waiting").unit("short", 0).steps(&WAITING[1..]),
                column("Value #C", "Offered today").unit("short", 0),
                column("Value #D", "In time, 30 min").unit("percentunit", 1),
                column("Value #E", "In time, today").unit("percentunit", 1),
                column("Value #F", "Target").unit("percentunit", 0),
                column("Value #G", "To make good").unit("short", 0).steps(&MISSING[1..]),
                column("Value #H", "Abandoned, today").unit("percentunit", 1),
            ],
            "To make good",
            true,
        )
        .when_empty("no figures: none yet, or data too old (see Age of the data)")
        .size(24, 7)
}

fn levels() -> Panel {
    let about = About {
        shows: "The service level of the last 30 minutes at each moment, as a band: the strict one below, the lenient \
                one above; and the target.",
        formula: "strict: in time / (answered + abandoned); lenient: in time / answered. The wider the band, the more \
                  callers have given up.",
        unit: "share of calls, in per cent.",
        act: "When the band lies below the target: what was different at that hour, calls or agents? Both stand beside it.",
    };
    Panel::new(Kind::Lines, "Service level and target", about)
        .ask(query(service_level("", SKILL, HALF_HOUR), "strict"))
        .ask(query(service_level_lenient("", SKILL, HALF_HOUR), "lenient"))
        .ask(query(HIGHEST_TARGET, "target"))
        .share()
        .at_most(1.0)
        .when_empty("no calls, or no data")
        .as_band()
        .as_target("C")
}

fn volumes() -> Panel {
    let about = About {
        shows: "Calls of each half hour: answered and, on top, abandoned.",
        formula: "growth of the counts of answered and of abandoned calls within each half hour.",
        unit: "calls per half hour.",
        act: "A wave of calls explains a low service level; a flat line with a low one means missing agents.",
    };
    Panel::new(Kind::Bars, "Answered and abandoned per half hour", about)
        .ask(query(answered("", SKILL, HALF_HOUR), "answered"))
        .ask(query(abandoned("", SKILL, HALF_HOUR), "abandoned"))
        .whole()
        .every("30m")
        .when_empty("no calls, or no data")
        .colour("A", "green")
        .colour("B", "red")
}

fn states() -> Panel {
    let about = About {
        shows: "How many agents were in each state, on average over the last 30 minutes, over all skills.",
        formula: "seconds spent in a state / seconds told of, of 30 minutes; the mean of the last ten such values, \
                  so that a poll more or less in the window is not seen. wolkvox writes a state's time down when the state ends: a \
                  long pause shows late and all at once.",
        unit: "agents.",
        act: "Callers waiting while many are in aux or after-call work: ask the team leads.",
    };
    Panel::new(Kind::Areas, "Agents by state", about)
        .ask(query(heads("state", OPERATION, ".+", "30m"), "{{state}}"))
        .decimals(1)
        .by_state()
        .when_empty("nobody logged in, or no data")
}

fn abandonments() -> Panel {
    let about = About {
        shows: "Which share of callers gave up within the last 30 minutes, at each moment, by operation.",
        formula: "abandoned / (answered + abandoned), gross.",
        unit: "share of calls, in per cent.",
        act: "Peaks follow long waits by some minutes: compare with the queue beside.",
    };
    Panel::new(Kind::Lines, "Abandonment", about)
        .ask(query(abandonment("operation", SKILL, HALF_HOUR), "{{operation}}"))
        .share()
        .when_empty("no calls, or no data")
        .steps(&[(0.0, "green"), (0.05, "orange"), (0.1, "red")])
        .size(12, 8)
}

fn queues() -> Panel {
    let about = About {
        shows: "Calls waiting for an agent, by skill, and calls that arrived within the last 15 minutes.",
        formula: "wolkvox's queue at each answer; growth of the count of calls offered.",
        unit: "calls.",
        act: "A queue that stays while nothing arrives: nobody takes those calls.",
    };
    let name = format!("max by (operation, skill_id, skill_name) (wolkvox_skill_info{{{SKILL}}})");
    let waiting = calls_waiting("operation, skill_id");
    Panel::new(Kind::Lines, "Waiting and arriving", about)
        .ask(query(
            format!("{waiting} * on (operation, skill_id) group_left (skill_name) {name}"),
            "waiting: {{operation}} {{skill_name}}",
        ))
        .ask(query(inbound("", SKILL, Since::Ago("15m")), "arrived in 15 min, all"))
        .whole()
        .as_target("B")
        .when_empty("no data")
        .size(24, 8)
}
