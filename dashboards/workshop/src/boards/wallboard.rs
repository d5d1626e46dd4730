//! The wall: six numbers and their targets, to be read across a room, that never look fresh when they are not.

use serde_json::json;

use super::age::{minutes_old, not_known, words};
use super::verdict::{MISSING, VERDICTS, WAITING, verdicts};
use crate::dashboard::{Choice, Dashboard, Section};
use crate::formulas::{
    HIGHEST_TARGET, OPERATION, SKILL, Since, abandonment, calls_missing, speed_of_answer, waiting as calls_waiting,
};
use crate::panel::{About, Kind, Panel, query};

const TODAY: Since = Since::Midnight;

pub(super) fn dashboard() -> Dashboard {
    Dashboard {
        name: "wallboard",
        title: "wolkvox / Wallboard",
        description: "For the wall. Six numbers with their targets. All grey: the data are old, and by how many minutes. \
                      Show it without menus: add ?kiosk to the address.",
        choices: &[Choice::Skill],
        reports: "skills|ivr_calls",
        sections: vec![Section {
            title: "",
            panels: vec![
                waiting(),
                level_now(),
                level_today(),
                beneath("Target: waiting", "0 calls"),
                target("Target, last 30 min"),
                target("Target, today"),
                missing(),
                given_up(),
                speed(),
                beneath("Target: to make good", "0 calls"),
                beneath("Target: gave up", "5 % at most (customary)"),
                threshold(),
            ],
        }],
    }
}

/// Takes a number away once the data of these reports are old, and puts their age in its place, on grey.
fn greyed(panel: Panel, reports: &str) -> Panel {
    let place = crate::panel::letter(panel.queries.len()).to_string();
    // Words that nothing happened are on grey too, not on the wall's brightest colour.
    Panel { base: "#4a4a4a", ..panel }
        .ask(query(minutes_old(reports), "DATA OLD").may_be_empty("the data are fresh"))
        .dress(
            &place,
            vec![
                ("unit", json!("suffix: min")),
                ("decimals", json!(0)),
                ("color", json!({ "mode": "fixed", "fixedColor": "#6e6e6e" })),
                ("mappings", words()),
            ],
        )
        .option("colorMode", json!("background"))
        .option("textMode", json!("value_and_name"))
        .option("justifyMode", json!("center"))
        .size(8, 7)
}

/// The condition under which a number is taken away.
fn unless_old(reports: &str) -> String {
    format!(" unless on () {}", not_known(reports))
}

fn waiting() -> Panel {
    let about = About {
        shows: "Calls waiting now. On grey: how many minutes old the data are; no number is shown then.",
        formula: "sum of the queues of the chosen skills at wolkvox's last answer. Taken away once any chosen operation \
                  has not answered for three intervals, or never.",
        unit: "calls.",
        act: "Above 0: whoever can, takes a call.",
    };
    let expr = format!("{}{}", calls_waiting(""), unless_old("skills"));
    greyed(
        Panel::new(Kind::Stat, "WAITING NOW", about)
            .ask(query(expr, "calls waiting").may_be_empty("the data are old"))
            .whole()
            .steps(&WAITING),
        "skills",
    )
}

fn level_now() -> Panel {
    let about = About {
        shows: "The strict service level of the last 30 minutes, and how it stands to the target. On grey: how many \
                minutes old the data are.",
        formula: VERDICTS,
        unit: "share of calls, in per cent.",
        act: "Red: callers wait too long now.",
    };
    let panel = Panel::new(Kind::Stat, "SERVICE LEVEL, LAST 30 MIN", about).share().when_empty("no calls in 30 min");
    greyed(verdicts(panel, Since::Ago("30m"), &unless_old("skills")), "skills")
}

fn level_today() -> Panel {
    let about = About {
        shows: "The strict service level of today, and how it stands to the target. On grey: how many minutes old the \
                data are.",
        formula: VERDICTS,
        unit: "share of calls, in per cent.",
        act: "Red: see “to make good”.",
    };
    let panel = Panel::new(Kind::Stat, "SERVICE LEVEL TODAY", about).share().when_empty("no calls yet");
    greyed(verdicts(panel, TODAY, &unless_old("skills")), "skills")
}

fn missing() -> Panel {
    let about = About {
        shows: "How many calls in a row must now be answered in time until today is on target again. On grey: how many \
                minutes old the data are.",
        formula: "⌈(target × offered − in time) / (1 − target)⌉ of today, per operation, added up; offered = answered \
                  + abandoned.",
        unit: "calls.",
        act: "0: the day is on target.",
    };
    let expr = format!("sum({}){}", calls_missing("operation", SKILL), unless_old("skills"));
    greyed(
        Panel::new(Kind::Stat, "TO MAKE GOOD TODAY", about)
            .ask(query(expr, "calls in a row").may_be_empty("the data are old"))
            .whole()
            .when_empty("no calls yet")
            .steps(&MISSING),
        "skills",
    )
}

fn given_up() -> Panel {
    let about = About {
        shows: "Which share of today's callers gave up. On grey: how many minutes old the data are.",
        formula: "abandoned / (answered + abandoned) since midnight, gross.",
        unit: "share of calls, in per cent.",
        act: "Above 5 %: too long waits, or too few of us.",
    };
    let expr = format!("{}{}", abandonment("", SKILL, TODAY), unless_old("skills"));
    greyed(
        Panel::new(Kind::Stat, "GAVE UP TODAY", about)
            .ask(query(expr, "of callers").may_be_empty("the data are old"))
            .share()
            .when_empty("no calls yet")
            .steps(&[(0.0, "green"), (0.05, "orange"), (0.1, "red")]),
        "skills",
    )
}

fn speed() -> Panel {
    let about = About {
        shows: "How long today's answered callers have waited on average. On grey: how many minutes old the data are.",
        formula: "sum of waits / number of waits since midnight, of answered calls that came through the IVR.",
        unit: "seconds.",
        act: "Far above the seconds beneath: some wait very long, however many are answered in time.",
    };
    let reports = "skills|ivr_calls";
    let expr = format!("{}{}", speed_of_answer("", SKILL, TODAY), unless_old(reports));
    greyed(
        Panel::new(Kind::Stat, "MEAN WAIT TODAY", about)
            .ask(query(expr, "until answered").may_be_empty("the data are old"))
            .seconds()
            .when_empty("no calls yet")
            .steps(&[(0.0, "blue")]),
        reports,
    )
}

fn beneath(title: &str, text: &'static str) -> Panel {
    let about = About {
        shows: "The target of the number above.",
        formula: "a custom of the field, or what the word means; not configured.",
        unit: "as above.",
        act: "If yours is another, change the name of the query and the colours of the panel above.",
    };
    // A name without its number: so it looks like the targets that are asked for.
    Panel::new(Kind::Stat, title, about)
        .ask(query("vector(0)", text))
        .option("textMode", json!("name"))
        .option("justifyMode", json!("center"))
        .transparent()
        .steps(&[])
        .size(8, 3)
}

fn target(title: &str) -> Panel {
    let about = About {
        shows: "The target of the service level above.",
        formula: "as the exporter is configured; the highest one of the chosen operations.",
        unit: "share of calls, in per cent.",
        act: "It changes with the configuration.",
    };
    Panel::new(Kind::Stat, title, about)
        .ask(query(HIGHEST_TARGET, "target"))
        .share()
        .decimals(0)
        .option("textMode", json!("value"))
        .option("justifyMode", json!("center"))
        .steps(&[])
        .transparent()
        .size(8, 3)
}

fn threshold() -> Panel {
    let about = About {
        shows: "Within how many seconds a call is to be answered, to compare the mean with. It is the threshold of the \
                service level: for the mean itself no target is configured.",
        formula: "as the exporter is configured, per operation.",
        unit: "seconds, in the name.",
        act: "A few very long waits lift the mean above it although the service level is good: somebody was forgotten.",
    };
    Panel::new(Kind::Stat, "Target: each call, within", about)
        .ask(query(
            format!(
                "max by (operation, threshold_seconds) (wolkvox_operation_service_level_target_ratio{{{OPERATION}}})"
            ),
            "{{operation}}: {{threshold_seconds}} s",
        ))
        .ask(
            query(format!("absent(wolkvox_operation_service_level_target_ratio{{{OPERATION}}})"), "not known")
                .may_be_empty("the exporter answers"),
        )
        .unit("percentunit")
        .dress("B", vec![("unit", json!("none"))])
        .option("textMode", json!("name"))
        .option("justifyMode", json!("center"))
        .steps(&[])
        .transparent()
        .size(8, 3)
}
