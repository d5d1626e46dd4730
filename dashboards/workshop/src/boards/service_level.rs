//! The manager's board: the promise over the month, what is left of it, and when it is broken.

use serde_json::json;

use crate::dashboard::{Choice, Dashboard, Section};
use crate::formulas::{
    HIGHEST_TARGET, OPERATION, SKILL, Since, TARGET, divided, grown, offered_judged, service_level,
    service_level_lenient, sum, within,
};
use crate::panel::{ABSENT, About, BELOW_ALL, Kind, Panel, column, query};

/// Hundredths of all calls, as a difference of two shares.
const POINTS: &str = "suffix: pt";
/// The whole range of the panel: the month so far where the panel says so.
const RANGE: Since = Since::Ago("$__range");
const TODAY: Since = Since::Midnight;

pub(super) fn dashboard() -> Dashboard {
    Dashboard {
        name: "service-level",
        title: "wolkvox / Service level",
        description: "For the manager. Is the promise kept this month, how much of it may still be broken, and at which \
                      hours is it broken?",
        choices: &[Choice::Skill],
        reports: "skills",
        sections: vec![
            Section { title: "The month so far", panels: vec![month(), target(), budget(), spent(), days()] },
            Section { title: "How fast the budget goes", panels: vec![burn(), burns()] },
            Section { title: "At which hours", panels: vec![heat()] },
            Section { title: "What is a service level?", panels: vec![formulas(), base(), words()] },
        ],
    }
}

fn month() -> Panel {
    let about = About {
        shows: "The strict service level from the first of the month until now, per operation.",
        formula: "answered within the threshold / (answered + abandoned), summed over the whole range of this panel and \
                  divided once. It is not the mean of the days.",
        unit: "share of calls, in per cent.",
        act: "Compare with the target beside it. Needs a Prometheus that keeps a month.",
    };
    Panel::new(Kind::Stat, "Month so far, strict", about)
        .ask(query(service_level("operation", SKILL, RANGE), "{{operation}}"))
        .share()
        .decimals(2)
        .over("now/M")
        .aged("skills")
        .when_empty("no calls yet")
        .option("textMode", json!("value_and_name"))
        .size(6, 5)
}

fn target() -> Panel {
    let about = About {
        shows: "What is promised: which share of calls within how many seconds, per operation.",
        formula: "as the exporter is configured (`service_level`).",
        unit: "share of calls, in per cent.",
        act: "If it is not what the contract says, correct the configuration.",
    };
    Panel::new(Kind::Stat, "Target", about)
        .ask(query(
            format!(
                "max by (operation, threshold_seconds) (wolkvox_operation_service_level_target_ratio{{{OPERATION}}})"
            ),
            "{{operation}}: within {{threshold_seconds}} s",
        ))
        .share()
        .when_empty("no data")
        .option("textMode", json!("value_and_name"))
        .size(6, 5)
}

/// Calls that may be served late or lost: a share of all.
fn allowed() -> String {
    format!("{} * on (operation) group_left () (1 - {TARGET})", offered_judged("operation", SKILL, RANGE))
}

/// Calls that were.
fn missed() -> String {
    format!("({} - {})", offered_judged("operation", SKILL, RANGE), within("operation", SKILL, RANGE))
}

fn budget() -> Panel {
    let about = About {
        shows: "How many more calls of this month may be served late or lost before the month is off target. Below 0: \
                it is off by so many.",
        formula: "(1 − target) × offered − (offered − in time), over the range of this panel; offered = answered + abandoned.",
        unit: "calls.",
        act: "Each late call costs one, each call adds 1 − target. Below 0, see “To make good” for the day.",
    };
    Panel::new(Kind::Stat, "Budget left (calls)", about)
        .ask(query(format!("{} - {}", allowed(), missed()), "{{operation}}"))
        .whole()
        .over("now/M")
        .aged("skills")
        .when_empty("no calls yet")
        .steps(&[(BELOW_ALL, "red"), (0.0, "green")])
        .option("textMode", json!("value_and_name"))
        .size(6, 5)
}

fn spent() -> Panel {
    let about = About {
        shows: "Which share of the month's error budget so far is used up. Above 100 %: the month is off target.",
        formula: "(offered − in time) / ((1 − target) × offered), over the range of this panel.",
        unit: "share of the budget, in per cent.",
        act: "Above 100 % in the first week can be made good; in the last one it cannot.",
    };
    Panel::new(Kind::Stat, "Budget used", about)
        .ask(query(divided(&missed(), &allowed()), "{{operation}}"))
        .share()
        .over("now/M")
        .aged("skills")
        .when_empty("no calls yet")
        .steps(&[(0.0, "green"), (0.8, "yellow"), (1.0, "red")])
        .option("textMode", json!("value_and_name"))
        .size(6, 5)
}

fn days() -> Panel {
    let about = About {
        shows: "The service level of each day of the last 30: strict, lenient, and the target. Each point speaks of the \
                24 hours before it.",
        formula: "strict: in time / (answered + abandoned); lenient: in time / answered, of 24 hours.",
        unit: "share of calls, in per cent.",
        act: "Which weekdays break the promise? Below, the hours.",
    };
    let day = Since::Ago("24h");
    Panel::new(Kind::Lines, "Day by day", about)
        .ask(query(service_level("", SKILL, day), "strict"))
        .ask(query(service_level_lenient("", SKILL, day), "lenient"))
        .ask(query(HIGHEST_TARGET, "target"))
        .share()
        .at_most(1.0)
        .over("30d")
        .every("1h")
        .as_band()
        .as_target("C")
        .when_empty("no calls, or no data")
        .size(24, 8)
}

fn burning(window: &'static str) -> String {
    let since = Since::Ago(window);
    let missed = format!("({} - {})", offered_judged("operation", SKILL, since), within("operation", SKILL, since));
    let share = divided(&missed, &offered_judged("operation", SKILL, since));
    format!("clamp_min({share}, 0) / on (operation) group_left () ((1 - {TARGET}) > 0)")
}

fn burn() -> Panel {
    let about = About {
        shows: "How fast the error budget is burnt: 1 is exactly on target, 2 burns a month's budget in half a month.",
        formula: "(1 − service level) / (1 − target), of the last hour, six hours and day. With a target of 80 % it \
                  cannot be above 5.",
        unit: "times the rate that is just allowed.",
        act: "Above 2 over an hour, or above 1.1 over a day: it is not a moment's bad luck.",
    };
    let mut panel = Panel::new(Kind::Table, "Burn rate now", about);
    let steps = [(0.0, "green"), (1.1, "yellow"), (2.0, "red")];
    let mut columns = vec![column("operation", "Operation")];
    for (window, name, field) in [("1h", "1 h", "Value #A"), ("6h", "6 h", "Value #B"), ("1d", "1 day", "Value #C")] {
        panel = panel.ask(query(burning(window), "").may_be_empty("no call in that time"));
        columns.push(column(field, name).unit("short", 2).steps(&steps));
    }
    panel.columns(columns, "1 h", true).decimals(2).when_empty("no figures: no calls, or data too old").size(10, 8)
}

fn burns() -> Panel {
    let about = About {
        shows: "The burn rate of the last hour and of the last day at each moment.",
        formula: "(1 − service level) / (1 − target).",
        unit: "times the rate that is just allowed.",
        act: "The line of the day tells whether the peaks of the hours matter.",
    };
    Panel::new(Kind::Lines, "Burn rate", about)
        .ask(query(burning("1h"), "{{operation}}, 1 h"))
        .ask(query(burning("1d"), "{{operation}}, 1 d"))
        .decimals(2)
        .when_empty("no calls, or no data")
        .from_the_bottom("green")
        .steps(&[(1.1, "yellow"), (2.0, "red")])
        .dress("A", vec![("custom.thresholdsStyle", json!({ "mode": "line" }))])
        .size(14, 8)
}

/// The operation's own clock an hour ago, in seconds since 1970 as if it were UTC: its midnight tells how far it is
/// from UTC. A stretch that ends at 10:00 is the hour of nine.
fn local_hour_ago() -> String {
    let midnight = format!("max by (operation) (wolkvox_operation_day_start_timestamp_seconds{{{OPERATION}}})");
    format!("(time() - 3600 + 43200 - ({midnight} + 43200) % 86400)")
}

/// A sum over four weeks, split by the hour of the operation's clock, on one weekday alone.
fn by_hour(hourly: &str, weekday: u8) -> String {
    let clock = local_hour_ago();
    let hour = format!("count_values by (operation) (\"hour\", hour({clock} and (day_of_week({clock}) == {weekday})))");
    format!("sum by (hour) (sum_over_time(({hourly} * on (operation) group_right () ({hour} > 0))[4w:1h]))")
}

fn heat() -> Panel {
    let about = About {
        shows: "How far the strict service level of each hour of the week lay above or below the target, over the last \
                four weeks, by the operation's own clock. −23 pt: with a target of 80 %, 57 % were answered in time.",
        formula: "in time / (answered + abandoned), each summed over that hour of the last four such weekdays and divided \
                  once, less the configured target (the highest one, of several operations). An hour with fewer than ten \
                  calls in all is empty.",
        unit: "percentage points. Green: on target; yellow: up to 5 below; orange: up to 20 below; red: more.",
        act: "Red cells in a column: that weekday's schedule. In a row: that hour's. One cell alone: chance, or a meeting.",
    };
    let days = [(1, "Mon"), (2, "Tue"), (3, "Wed"), (4, "Thu"), (5, "Fri"), (6, "Sat"), (0, "Sun")];
    let steps = [(BELOW_ALL, "dark-red"), (-20.0, "orange"), (-5.0, "yellow"), (0.0, "green")];
    let hour = Since::Ago("1h");
    let mut panel =
        Panel::new(Kind::Table, "Weekday by hour, four weeks: points above or below target", about).steps(&steps);
    let mut columns = vec![column("hour", "Hour").width(70)];
    for (place, (weekday, name)) in days.into_iter().enumerate() {
        let within = by_hour(&within("operation", SKILL, hour), weekday);
        let offered = by_hour(&offered_judged("operation", SKILL, hour), weekday);
        // Two digits, so that they can be sorted as words.
        let padded = format!("label_replace({within} / ({offered} > 9), \"hour\", \"0$1\", \"hour\", \"(.)\")");
        let clock = format!("label_replace({padded}, \"hour\", \"$1:00\", \"hour\", \"(.+)\")");
        let points = format!("100 * (clamp_max({clock}, 1) - on () group_left () {HIGHEST_TARGET})");
        panel = panel.ask(query(points, "").may_be_empty("no such weekday in the history"));
        let field = format!("Value #{}", crate::panel::letter(place));
        columns.push(column(&field, name).unit(POINTS, 0).steps(&steps));
    }
    panel
        .columns(columns, "Hour", false)
        .unit(POINTS)
        .whole()
        .when_empty("no hour with ten calls yet, or no data")
        .size(24, 15)
}

fn formulas() -> Panel {
    let about = About {
        shows: "The same day under the two formulas that wolkvox's data give exactly, and wolkvox's own figure weighted \
                by calls.",
        formula: "strict = in time / (answered + abandoned); lenient = in time / answered; wolkvox's own = Σ(its \
                  percentage × the calls that it divides by) / Σ(those calls), over skills.",
        unit: "share of calls, in per cent.",
        act: "Before you compare with another report, ask which formula it uses.",
    };
    // By which calls wolkvox divides differs between operations, and the weight with it.
    let of_base = |name: &str, operator: &str| {
        format!(
            "{} and on (operation) wolkvox_skill_service_level_base_info{{{OPERATION}, base{operator}\"inbound\"}}",
            sum("operation, skill_id", &grown(name, SKILL, TODAY))
        )
    };
    let weights = format!(
        "({} or {})",
        of_base("wolkvox_skill_inbound_calls_total", "="),
        of_base("wolkvox_skill_answered_calls_total", "!=")
    );
    let own = format!(
        "max by (operation, skill_id) (wolkvox_skill_service_level_ratio{{{SKILL}}} and on (operation, \
         threshold_seconds) wolkvox_operation_service_level_target_ratio{{{OPERATION}}})"
    );
    let own = format!("sum({own} * {weights}) / (sum({weights} and on (operation, skill_id) {own}) > 0)");
    Panel::new(Kind::BarGauge, "Today, by formula", about)
        .ask(query(service_level("", SKILL, TODAY), "strict: of answered and abandoned"))
        .ask(query(own, "wolkvox's own, weighted by calls"))
        .ask(query(service_level_lenient("", SKILL, TODAY), "lenient: of answered"))
        .ask(query(HIGHEST_TARGET, "target"))
        .share()
        .decimals(2)
        .at_most(1.0)
        .colour("D", ABSENT)
        // High enough for the long names to stand above the bars.
        .option("maxVizHeight", json!(64))
        .aged("skills")
        .when_empty("no calls yet")
        .size(9, 10)
}

fn base() -> Panel {
    let about = About {
        shows: "By which calls wolkvox divides for its own percentage: the exporter finds it out from the numbers.",
        formula: "the base for which percentage × calls is nearly a whole number, skill by skill; or as configured.",
        unit: "inbound, answered, or unknown.",
        act: "Unknown for long: configure `service_level.base`. While it is unknown and matters, the counts of calls in \
              time are absent, and so are the figures above.",
    };
    Panel::new(Kind::Stat, "wolkvox divides by", about)
        .ask(query(
            format!("max by (operation, base) (wolkvox_skill_service_level_base_info{{{OPERATION}}})"),
            "{{operation}}: {{base}}",
        ))
        .aged("skills")
        .when_empty("not known yet")
        .option("textMode", json!("name"))
        .size(5, 10)
}

fn words() -> Panel {
    let about = About {
        shows: "The five formulas that are called service level, and why only two stand above.",
        formula: "in the text.",
        unit: "none.",
        act: "Agree on one with whoever pays, in writing.",
    };
    let mut panel = Panel::new(Kind::Text, "Five formulas, one day", about).size(10, 10);
    panel.text = "One example: 1000 answered, 860 of them in time; 60 abandoned, 20 of them in time, 10 of them short.\n\n\
                  | formula | result | here |\n|---|---|---|\n\
                  | in time / answered | 86.0 % | lenient, exact |\n\
                  | in time / (answered + abandoned) | 81.1 % | strict, exact |\n\
                  | in time / (answered + abandoned − abandoned in time) | 82.7 % | no |\n\
                  | (in time + abandoned in time) / (answered + abandoned) | 83.0 % | no |\n\
                  | in time / (answered + abandoned − short abandons) | 82.1 % | not from day totals |\n\n\
                  How long those waited who gave up is not part of wolkvox's totals of a day, so the last three cannot \
                  be computed from them. They lie between the two that are shown.";
    panel
}
