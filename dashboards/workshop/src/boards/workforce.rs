//! The workforce analyst's board: the load, the people for it, and what the past says of what comes.

use serde_json::json;

use crate::dashboard::{Dashboard, Section};
use crate::formulas::{
    AVAILABLE, OPERATION, SERVING, Since, WEEKS, auxiliary_share, four_weeks, handling_time, heads, inbound, logged_in,
    occupancy, utilisation,
};
use crate::panel::{About, BELOW_ALL, Kind, Panel, query};

const HALF_HOUR: Since = Since::Ago("30m");
const HOUR: Since = Since::Ago("1h");

/// Why the required agents may be absent.
const TOO_LITTLE: &str = "too little is known yet";

pub(super) fn dashboard() -> Dashboard {
    Dashboard {
        name: "workforce",
        title: "wolkvox / Workforce",
        description: "For the workforce analyst. How much load is there, how many agents does it need, how many are \
                      there, and what comes next?",
        choices: &[],
        reports: "skills|agents",
        sections: vec![
            Section {
                title: "Load and people",
                panels: vec![load(), at_work(), required(), gap(), busy(), staffing(), gaps()],
            },
            Section { title: "What comes", panels: vec![forecast(), next()] },
            Section { title: "How the time is used", panels: vec![shares(), durations(), states()] },
            Section { title: "What cannot be computed", panels: vec![limits()] },
        ],
    }
}

fn offered_load() -> String {
    heads("operation", OPERATION, SERVING, "30m")
}

/// On calls, in after-call work, ringing or ready: whom Erlang C counts.
fn available() -> String {
    heads("operation", OPERATION, AVAILABLE, "30m")
}

fn needed() -> String {
    format!("max by (operation) (wolkvox_operation_required_agents{{{OPERATION}}})")
}

fn load() -> Panel {
    let about = About {
        shows: "The load that agents carry: work in progress at once, on average over the last 30 minutes.",
        formula: "(inbound + outbound + after-call seconds) / seconds told of. It is what was carried; callers who gave \
                  up would have been more.",
        unit: "Erlangs: agents busy at once.",
        act: "There must be more agents than this; how many more, Erlang C tells beside.",
    };
    Panel::new(Kind::Stat, "Load (Erlang)", about)
        .ask(query(offered_load(), "{{operation}}"))
        .decimals(1)
        .aged("agents")
        .when_empty("not told yet")
        .option("textMode", json!("value_and_name"))
        .size(5, 5)
}

fn at_work() -> Panel {
    let about = About {
        shows: "Agents on calls, in after-call work, ringing or ready, on average over the last 30 minutes.",
        formula: "seconds in these states / seconds told of; the mean of the last ten such values, so that a poll more or \
                  less in the window is not seen. wolkvox writes states down when they end.",
        unit: "agents (heads on average).",
        act: "Compare with the plan.",
    };
    Panel::new(Kind::Stat, "Available", about)
        .ask(query(available(), "{{operation}}"))
        .decimals(1)
        .aged("agents")
        .when_empty("not told yet")
        .option("textMode", json!("value_and_name"))
        .size(5, 5)
}

fn required() -> Panel {
    let about = About {
        shows: "How many agents the calls of the last 30 minutes would have needed to meet the configured service level.",
        formula: "Erlang C with the arrivals and the handling time of the last half hour and the operation's target; \
                  computed by the exporter. All agents as one group, nobody gives up: too high where many do. 0 where no \
                  call came.",
        unit: "agents.",
        act: "It is the floor: breaks and absence come on top.",
    };
    Panel::new(Kind::Stat, "Required", about)
        .ask(query(needed(), "{{operation}}").may_be_empty(TOO_LITTLE))
        .whole()
        .aged("skills|agents")
        .when_empty("not known yet")
        .option("textMode", json!("value_and_name"))
        .size(4, 5)
}

fn gap() -> Panel {
    let about = About {
        shows: "How many agents there are beyond those required; below 0 they are missing.",
        formula: "available − required, of the last 30 minutes.",
        unit: "agents; below 0: missing.",
        act: "Below 0: move breaks, call back from aux, ask the other teams. Far above 0: training, early leave.",
    };
    Panel::new(Kind::Stat, "Gap (agents)", about)
        .ask(query(format!("{} - {}", available(), needed()), "{{operation}}").may_be_empty(TOO_LITTLE))
        .decimals(1)
        .aged("skills|agents")
        .when_empty("not known yet")
        .steps(&[(BELOW_ALL, "red"), (0.0, "green"), (10.0, "blue")])
        .option("textMode", json!("value_and_name"))
        .size(5, 5)
}

fn busy() -> Panel {
    let about = About {
        shows: "Occupancy of the last hour, per operation.",
        formula: "(inbound + outbound + after-call) / (login − aux). A long state that ends within the hour may push it \
                  above 100 % for a while.",
        unit: "share of time, in per cent.",
        act: "Above 85 to 90 % for hours: too few. Well below 60 %: too many, in a team of twenty; a team of five must wait \
              so that callers need not. The gap beside tells which.",
    };
    Panel::new(Kind::Stat, "Occupancy", about)
        .ask(query(occupancy("operation", OPERATION, HOUR), "{{operation}}"))
        .share()
        .aged("agents")
        .when_empty("not told yet")
        .steps(&[(0.0, "blue"), (0.6, "green"), (0.85, "orange"), (0.9, "red")])
        .option("textMode", json!("value_and_name"))
        .size(5, 5)
}

fn staffing() -> Panel {
    let about = About {
        shows: "Load, available and required agents at each moment, over the last 30 minutes each.",
        formula: "load = serving seconds / seconds told of; available = those plus ready and ringing; required = Erlang C.",
        unit: "agents; the load in Erlangs.",
        act: "Available must run above required, and required above the load. Where it does not, that is the hour to \
              plan anew.",
    };
    Panel::new(Kind::Lines, "Load, available, required", about)
        .ask(query(offered_load(), "load: {{operation}}"))
        .ask(query(available(), "available: {{operation}}"))
        .ask(query(needed(), "required: {{operation}}").may_be_empty(TOO_LITTLE))
        .decimals(1)
        .as_target("C")
        .when_empty("nobody logged in, or no data")
}

fn gaps() -> Panel {
    let about = About {
        shows: "Available minus required agents at each moment: below 0 they were missing.",
        formula: "(serving + ready + ringing seconds) / seconds told of − Erlang C, of the last 30 minutes.",
        unit: "agents; below 0: missing.",
        act: "The same hour below 0 day after day is a schedule, not a bad day.",
    };
    Panel::new(Kind::Lines, "Gap (agents)", about)
        .ask(query(format!("{} - {}", available(), needed()), "{{operation}}").may_be_empty(TOO_LITTLE))
        .decimals(1)
        .from_the_bottom("red")
        .steps(&[(0.0, "green")])
        .below_zero_too()
        .dress("A", vec![("custom.thresholdsStyle", json!({ "mode": "area" }))])
        .when_empty("not known, or no data")
}

fn forecast() -> Panel {
    let about = About {
        shows: "Calls that arrived in each half hour, and what the last four weeks made one expect.",
        formula: "growth of the calls offered in 30 minutes; expected = the mean of the same half hours 1, 2, 3 and 4 \
                  weeks before, of those weeks that there are.",
        unit: "calls per half hour.",
        act: "Above the expectation since the morning: expect the afternoon higher by the same factor.",
    };
    let past = four_weeks(WEEKS, |offset| inbound("operation", OPERATION, Since::Before("30m", offset)));
    Panel::new(Kind::Lines, "Arrivals and expectation", about)
        .ask(query(inbound("operation", OPERATION, HALF_HOUR), "arrived: {{operation}}"))
        .ask(
            query(format!("avg by (operation) ({past})"), "expected: {{operation}}").may_be_empty("no week of history"),
        )
        .decimals(0)
        .as_target("B")
        .when_empty("no calls, or no data")
        .size(14, 9)
}

fn next() -> Panel {
    let about = About {
        shows: "How many calls to expect in each of the next half hours, over the chosen operations.",
        formula: "the mean of what arrived in that half hour 1, 2, 3 and 4 weeks ago, of those weeks that there are.",
        unit: "calls per half hour.",
        act: "Calls × handling time / 1800 s is the load to staff for.",
    };
    let stretches: [(&str, [&'static str; 4]); 6] = [
        ("next 30 min", ["6d23h30m", "13d23h30m", "20d23h30m", "27d23h30m"]),
        ("in 30 to 60 min", ["6d23h", "13d23h", "20d23h", "27d23h"]),
        ("in 1 to 1½ h", ["6d22h30m", "13d22h30m", "20d22h30m", "27d22h30m"]),
        ("in 1½ to 2 h", ["6d22h", "13d22h", "20d22h", "27d22h"]),
        ("in 2 to 2½ h", ["6d21h30m", "13d21h30m", "20d21h30m", "27d21h30m"]),
        ("in 2½ to 3 h", ["6d21h", "13d21h", "20d21h", "27d21h"]),
    ];
    let mut panel =
        Panel::new(Kind::BarGauge, "Calls to expect", about).whole().when_empty("no week of history yet").size(10, 9);
    for (when, offsets) in stretches {
        let past = four_weeks(offsets, |offset| inbound("", OPERATION, Since::Before("30m", offset)));
        panel = panel.ask(query(format!("avg({past})"), when).may_be_empty("no week of history"));
    }
    panel
}

fn shares() -> Panel {
    let about = About {
        shows: "Occupancy, utilisation and in-office shrinkage of the last hour at each moment.",
        formula: "occupancy = serving / (login − aux); utilisation = serving / login; in-office shrinkage = aux / login; \
                  serving = inbound + outbound + after-call work.",
        unit: "share of time, in per cent.",
        act: "Shrinkage above what the schedule takes for granted eats the plan, however well it was made.",
    };
    Panel::new(Kind::Lines, "Occupancy, utilisation, in-office shrinkage", about)
        .ask(query(occupancy("operation", OPERATION, HOUR), "occupancy: {{operation}}"))
        .ask(query(utilisation("operation", OPERATION, HOUR), "utilisation: {{operation}}"))
        .ask(query(auxiliary_share("operation", OPERATION, HOUR), "in-office shrinkage: {{operation}}"))
        .share()
        .when_empty("nobody logged in, or no data")
        .size(8, 8)
}

fn durations() -> Panel {
    let about = About {
        shows: "The average handling time of the last hour at each moment.",
        formula: "(inbound + outbound + after-call seconds) / (inbound + outbound calls), weighted by calls.",
        unit: "seconds.",
        act: "The plan was made with one handling time. If it drifts, so does everything.",
    };
    Panel::new(Kind::Lines, "Handling time", about)
        .ask(query(handling_time("operation", OPERATION, HOUR), "{{operation}}"))
        .seconds()
        .when_empty("no calls handled, or no data")
        .size(8, 8)
}

fn states() -> Panel {
    let about = About {
        shows: "How many agents were in each state, on average over the last 30 minutes; on top, in grey, \
                those of whose time wolkvox has not told a state yet. The height is all who were logged in.",
        formula: "seconds spent in the state / seconds told of, of 30 minutes, the mean of the last ten such values; grey: \
                  the same of login less all states. wolkvox writes a state's time down when it ends.",
        unit: "agents (heads on average).",
        act: "Much grey: long pauses or calls that have not ended. Wide aux at busy hours: move the breaks.",
    };
    let told = heads("", OPERATION, ".+", "30m");
    Panel::new(Kind::Areas, "Agents by state", about)
        .ask(query(heads("state", OPERATION, ".+", "30m"), "{{state}}"))
        .ask(query(format!("clamp_min({} - {told}, 0)", logged_in("", "30m")), "not told yet"))
        .decimals(1)
        .by_state()
        .colour("B", "#8e8e8e")
        .when_empty("nobody logged in, or no data")
        .size(8, 8)
}

fn limits() -> Panel {
    let about = About {
        shows: "Which of the usual figures wolkvox's reports cannot give.",
        formula: "none.",
        unit: "none.",
        act: "Take these from the schedule and the payroll.",
    };
    let mut panel = Panel::new(Kind::Text, "Not here, and why", about).size(24, 5);
    panel.text = "**Adherence** needs the schedule: who should have been where. wolkvox's reports do not hold it.\n\n\
                  **Full shrinkage** needs those who are absent: leave, illness, training elsewhere. Only time of \
                  agents who are logged in is known; that part is shown as *in-office shrinkage*.\n\n\
                  **First-contact resolution** needs callers to be known again over days. Their numbers are personal \
                  data and never leave wolkvox through this exporter.";
    panel
}
