//! The board of analysts and finance: what the calls were, what they cost, and what the IVR did.

use serde_json::json;

use crate::dashboard::{Dashboard, Section};
use crate::formulas::{OPERATION, Since, containment, count_of, divided, grown, ivr_calls, mean_of, sum, up_to};
use crate::panel::{About, Kind, Panel, column, query};

const TODAY: Since = Since::Midnight;
const HALF_HOUR: Since = Since::Ago("30m");

const LENGTHS: &str = "wolkvox_call_duration_seconds";

pub(super) fn dashboard() -> Dashboard {
    Dashboard {
        name: "calls",
        title: "wolkvox / Calls and IVR",
        description: "For analysts and finance. How long are calls, what do they cost, what does the IVR deal with alone, \
                      and what were they about?",
        choices: &[],
        reports: "call_durations|ivr_calls|closed_interactions",
        sections: vec![
            Section { title: "Money", panels: vec![cost(), run_rate(), minutes(), per_call(), costs()] },
            Section { title: "Connected calls", panels: vec![lengths(), short(), length_shares()] },
            Section { title: "The IVR", panels: vec![funnel(), contained(), containments(), times(), kinds()] },
            Section { title: "What it was about", panels: vec![codes(), closed()] },
        ],
    }
}

fn cost_today() -> String {
    sum("operation", &grown("wolkvox_call_cost_total", OPERATION, TODAY))
}

fn cost() -> Panel {
    let about = About {
        shows: "What today's calls have cost so far, per operation.",
        formula: "sum of the cost of all lengths of calls, as wolkvox tells it, since midnight.",
        unit: "the currency of the wolkvox account.",
        act: "Compare with the budget of the day; “Run rate” tells where the day will end.",
    };
    Panel::new(Kind::Stat, "Cost today", about)
        .ask(query(cost_today(), "{{operation}}"))
        .unit("locale")
        .decimals(2)
        .aged("call_durations")
        .when_empty("no calls yet")
        .option("textMode", json!("value_and_name"))
        .size(6, 5)
}

fn run_rate() -> Panel {
    let about = About {
        shows: "What today will have cost at midnight if the rest of the day goes like the last hour.",
        formula: "cost today + cost of the last hour × hours until the operation's midnight.",
        unit: "the currency of the wolkvox account.",
        act: "It overstates before a quiet evening. Far above other days at the same hour: look at the lengths below.",
    };
    let hour = sum("operation", &grown("wolkvox_call_cost_total", OPERATION, Since::Ago("1h")));
    let left =
        format!("(max by (operation) (wolkvox_exporter_budget_reset_timestamp_seconds{{{OPERATION}}}) - time())");
    Panel::new(Kind::Stat, "Run rate: cost at midnight", about)
        .ask(query(format!("{} + {hour} * {left} / 3600", cost_today()), "{{operation}}"))
        .unit("locale")
        .decimals(2)
        .aged("call_durations")
        .when_empty("no calls yet")
        .option("textMode", json!("value_and_name"))
        .size(6, 5)
}

fn minutes() -> Panel {
    let about = About {
        shows: "Minutes billed today, per operation.",
        formula: "sum of the billed time of all lengths of calls since midnight. wolkvox may round each call up to a \
                  minute: it is for the bill, not for talk time.",
        unit: "time, shown as hours and minutes.",
        act: "Check the carrier's bill against it.",
    };
    Panel::new(Kind::Stat, "Billed today (h:mm:ss)", about)
        .ask(query(sum("operation", &grown("wolkvox_call_billed_seconds_total", OPERATION, TODAY)), "{{operation}}"))
        .unit("dthms")
        .aged("call_durations")
        .when_empty("no calls yet")
        .option("textMode", json!("value_and_name"))
        .size(6, 5)
}

fn per_call() -> Panel {
    let about = About {
        shows: "What a connected call has cost on average today.",
        formula: "cost today / connected calls today.",
        unit: "the currency of the wolkvox account, per call.",
        act: "It moves with the length of calls and with their destinations.",
    };
    Panel::new(Kind::Stat, "Cost per call today", about)
        .ask(query(divided(&cost_today(), &count_of(LENGTHS, "operation", OPERATION, TODAY)), "{{operation}}"))
        .unit("locale")
        .decimals(2)
        .aged("call_durations")
        .when_empty("no calls yet")
        .option("textMode", json!("value_and_name"))
        .size(6, 5)
}

fn costs() -> Panel {
    let about = About {
        shows: "What the calls of each half hour have cost, by length of the call in seconds.",
        formula: "growth of the cost within each half hour.",
        unit: "the currency of the wolkvox account, per half hour.",
        act: "A wave of very short calls that cost: a dialler that reaches answering machines, or someone who attacks.",
    };
    Panel::new(Kind::Bars, "Cost per half hour, by length", about)
        .ask(query(sum("interval", &grown("wolkvox_call_cost_total", OPERATION, HALF_HOUR)), "{{interval}} s"))
        .every("30m")
        .colour_named("0-5 s", "orange")
        .colour_named("6-20 s", "yellow")
        .colour_named("21-60 s", "light-blue")
        .colour_named("61-120 s", "blue")
        .colour_named("121+ s", "dark-blue")
        .when_empty("no calls, or no data")
        .size(24, 7)
}

fn lengths() -> Panel {
    let about = About {
        shows: "Connected calls of each half hour: those of at most five seconds and, on top, the longer ones.",
        formula: "growth of the count of connected calls; of those up to 5 s.",
        unit: "calls per half hour.",
        act: "Short calls in step with all calls are normal; a rise of their share is not.",
    };
    let whole = count_of(LENGTHS, "", OPERATION, HALF_HOUR);
    Panel::new(Kind::Bars, "Connected and short calls", about)
        .ask(query(up_to(LENGTHS, "", OPERATION, "5", HALF_HOUR), "up to 5 s"))
        .ask(query(format!("clamp_min({whole} - {}, 0)", up_to(LENGTHS, "", OPERATION, "5", HALF_HOUR)), "longer"))
        .colour("A", "orange")
        .colour("B", "green")
        .whole()
        .every("30m")
        .when_empty("no calls, or no data")
        .size(10, 8)
}

fn short() -> Panel {
    let about = About {
        shows: "Which share of today's connected calls lasted five seconds or less, and twenty or less.",
        formula: "calls up to the bound / all connected calls, since midnight.",
        unit: "share of calls, in per cent.",
        act: "More than some per cent: audio that fails, a dialler that is too quick, agents who hang up.",
    };
    let whole = count_of(LENGTHS, "", OPERATION, TODAY);
    Panel::new(Kind::Stat, "Short calls today", about)
        .ask(query(divided(&up_to(LENGTHS, "", OPERATION, "5", TODAY), &whole), "up to 5 s"))
        .ask(query(divided(&up_to(LENGTHS, "", OPERATION, "20", TODAY), &whole), "up to 20 s"))
        .share()
        .aged("call_durations")
        .when_empty("no calls yet")
        .steps(&[(0.0, "green"), (0.1, "yellow"), (0.2, "red")])
        .listed(32)
        .size(4, 8)
}

fn length_shares() -> Panel {
    let about = About {
        shows: "Today's connected calls by length.",
        formula: "calls between two bounds / all connected calls, since midnight.",
        unit: "share of calls, in per cent.",
        act: "The shape is that of your business: look for the day on which it changes.",
    };
    let whole = count_of(LENGTHS, "", OPERATION, TODAY);
    let below = |bound: &str| up_to(LENGTHS, "", OPERATION, bound, TODAY);
    let between = |low: &str, high: &str| divided(&format!("({} - {})", below(high), below(low)), &whole);
    Panel::new(Kind::BarGauge, "Lengths of calls today", about)
        .ask(query(divided(&below("5"), &whole), "up to 5 s"))
        .ask(query(between("5", "20"), "6 to 20 s"))
        .ask(query(between("20", "60"), "21 to 60 s"))
        .ask(query(between("60", "120"), "1 to 2 min"))
        .ask(query(divided(&format!("({whole} - {})", below("120")), &whole), "over 2 min"))
        .share()
        .at_most(1.0)
        .aged("call_durations")
        .when_empty("no calls yet")
        .size(10, 8)
}

fn funnel() -> Panel {
    let about = About {
        shows: "What became of today's calls through the IVR.",
        formula: "calls by outcome since midnight: contained (ended in the IVR), agent (answered), abandoned (gave up \
                  while waiting); entered is all of them.",
        unit: "calls.",
        act: "The difference between contained and what you meant the IVR to solve is worth listening to.",
    };
    let mut panel = Panel::new(Kind::BarGauge, "IVR funnel today", about);
    for (outcome, name) in [
        ("", "entered"),
        ("contained", "ended in the IVR"),
        ("agent", "answered by an agent"),
        ("abandoned", "gave up waiting"),
    ] {
        panel = panel.ask(query(ivr_calls("", outcome, TODAY), name));
    }
    panel.whole().aged("ivr_calls").when_empty("no calls yet").size(8, 8)
}

fn contained() -> Panel {
    let about = About {
        shows: "Which share of today's callers the IVR dealt with alone: gross, and at the least; and of how many calls that is.",
        formula: "gross: ended in the IVR / entered it. At the least: those whose whole time in the IVR was under ten \
                  seconds are taken off, for they hung up; as wolkvox's outcome is not told by length, calls passed on \
                  within ten seconds are taken off too.",
        unit: "share of calls, in per cent.",
        act: "Speak of the figure between the two as self-service, not of the gross one.",
    };
    let hung_up = up_to("wolkvox_ivr_duration_seconds", "", OPERATION, "10", TODAY);
    let least =
        format!("clamp_min({} - {hung_up}, 0) / ({} > 0)", ivr_calls("", "contained", TODAY), ivr_calls("", "", TODAY));
    Panel::new(Kind::Stat, "Containment today", about)
        .ask(query(containment("", TODAY), "gross"))
        .ask(query(least, "at the least"))
        .ask(query(ivr_calls("", "", TODAY), "of calls"))
        .share()
        .aged("ivr_calls")
        .when_empty("no calls yet")
        .listed(28)
        .dress("C", vec![("unit", json!("short")), ("decimals", json!(0))])
        .size(4, 8)
}

fn containments() -> Panel {
    let about = About {
        shows: "Gross containment of the last hour at each moment, by routing point.",
        formula: "calls that ended in the IVR / calls that entered it.",
        unit: "share of calls, in per cent.",
        act: "A fall at one routing point: a menu was changed, or a service behind it fails.",
    };
    let by = "operation, routing_point_id";
    Panel::new(Kind::Lines, "Containment by routing point", about)
        .ask(query(containment(by, Since::Ago("1h")), "{{operation}}: {{routing_point_id}}"))
        .share()
        .at_most(1.0)
        .when_empty("no calls, or no data")
        .size(12, 8)
}

fn times() -> Panel {
    let about = About {
        shows: "How long calls took, mean of the last hour: in the IVR alone, and as a whole.",
        formula: "sum of seconds / number of calls. As a whole: IVR, waiting and agent together.",
        unit: "seconds.",
        act: "Time in the IVR that grows without more containment is only annoyance.",
    };
    let hour = Since::Ago("1h");
    Panel::new(Kind::Lines, "Time in the IVR and in all", about)
        .ask(query(mean_of("wolkvox_ivr_duration_seconds", "operation", OPERATION, hour), "in the IVR: {{operation}}"))
        .ask(query(mean_of("wolkvox_ivr_journey_seconds", "operation", OPERATION, hour), "in all: {{operation}}"))
        .seconds()
        .when_empty("no calls, or no data")
        .size(12, 8)
}

fn kinds() -> Panel {
    let about = About {
        shows: "Calls through routing points in each half hour, by the type of interaction that wolkvox gives.",
        formula: "growth of the count within each half hour; calls without a type are left out.",
        unit: "calls per half hour.",
        act: "A type that appears or vanishes: a channel was opened or has failed.",
    };
    Panel::new(Kind::Bars, "By type of interaction", about)
        .ask(query(
            sum("interaction_type", &grown("wolkvox_ivr_interactions_total", OPERATION, HALF_HOUR)),
            "{{interaction_type}}",
        ))
        .whole()
        .every("30m")
        .when_empty("no calls, or no data")
        .size(12, 8)
}

fn codes() -> Panel {
    let about = About {
        shows: "How agents have classified today's calls from the IVR.",
        formula: "calls by activity code since midnight; calls that nobody has classified are not here.",
        unit: "calls.",
        act: "What should not be a call at all? That is the next thing to put on the web or into the IVR.",
    };
    let by = "operation, activity_code, activity_code_2";
    Panel::new(Kind::Table, "Activity codes today", about)
        .ask(query(sum(by, &grown("wolkvox_ivr_coded_calls_total", OPERATION, TODAY)), ""))
        .columns(
            vec![
                column("operation", "Operation"),
                column("activity_code", "Activity"),
                column("activity_code_2", "Second code"),
                column("Value", "Calls").unit("short", 0),
            ],
            "Calls",
            true,
        )
        .when_empty("no figures: none yet, or data too old (see Age of the data)")
        .size(12, 10)
}

fn closed() -> Panel {
    let about = About {
        shows: "E-mails and posts closed today, by agent and activity code.",
        formula: "interactions closed since midnight. wolkvox gives no id here: two agents of one name are one.",
        unit: "interactions.",
        act: "Empty on servers that have no such channels.",
    };
    let by = "operation, agent_name, activity_code";
    Panel::new(Kind::Table, "E-mails and posts closed today", about)
        .ask(
            query(sum(by, &grown("wolkvox_closed_interactions_total", OPERATION, TODAY)), "")
                .may_be_empty("an operation without e-mails"),
        )
        .columns(
            vec![
                column("operation", "Operation"),
                column("agent_name", "Agent"),
                column("activity_code", "Activity"),
                column("Value", "Closed").unit("short", 0),
            ],
            "Closed",
            true,
        )
        .when_empty("no figures: none yet, or data too old (see Age of the data)")
        .size(12, 10)
}
