//! The supervisor's board: who is doing what, and who needs help.

use crate::dashboard::{Choice, Dashboard, Section};
use crate::formulas::{
    AGENT, OPERATION, SERVING, Since, agent_calls, auxiliary_share, divided, grown, handling_time, heads,
    login_seconds, occupancy, state_seconds, sum, utilisation,
};
use crate::panel::{About, Kind, Panel, SECONDS, column, query};

const TODAY: Since = Since::Midnight;
const HOUR: Since = Since::Ago("1h");

/// The label set of a row of the table.
const BY: &str = "operation, agent_id";

pub(super) fn dashboard() -> Dashboard {
    Dashboard {
        name: "agents",
        title: "wolkvox / Agents",
        description: "For the supervisor. What is the team doing, and who stands out?",
        choices: &[Choice::Agent],
        reports: "agents|closed_interactions",
        sections: vec![
            Section {
                title: "The team",
                panels: vec![serving(), free(), away(), busy(), aht(), in_states(), shares()],
            },
            Section { title: "Each agent, today", panels: vec![table()] },
            Section { title: "Who stands out", panels: vec![slow(), on_break(), ringing(), hour(), hour_aht()] },
        ],
    }
}

fn headcount(title: &str, states: &str, colour: &'static str, about: About) -> Panel {
    Panel::new(Kind::Stat, title, about)
        .ask(query(heads("", AGENT, states, "30m"), "agents"))
        .decimals(1)
        .aged("agents")
        .when_empty("not told yet")
        .steps(&[(0.0, colour)])
        .size(4, 5)
}

fn serving() -> Panel {
    headcount(
        "With customers",
        SERVING,
        "green",
        About {
            shows: "How many agents were on calls or in after-call work, on average over the last 30 minutes.",
            formula: "seconds in inbound, outbound and after-call work / seconds told of.",
            unit: "agents (heads on average: 12.5 is possible).",
            act: "It is the load that the team carries. Compare with the agents that are free.",
        },
    )
}

fn free() -> Panel {
    headcount(
        "Free",
        "ready|ring",
        "blue",
        About {
            shows: "How many agents were ready for a call or had one ringing, on average over the last 30 minutes.",
            formula: "seconds in ready and ring / seconds told of. wolkvox writes a state down when it ends, so a long \
                      wait shows late.",
            unit: "agents (heads on average).",
            act: "0 while callers wait: the floor is full. Many, for long: plan breaks and training now.",
        },
    )
}

fn away() -> Panel {
    headcount(
        "In aux",
        "aux",
        "orange",
        About {
            shows: "How many agents were in auxiliary states (pause, training), on average over the last 30 minutes.",
            formula: "seconds in aux / seconds told of. A long pause shows when it ends, all at once.",
            unit: "agents (heads on average).",
            act: "More than the plan allows while callers wait: call them back.",
        },
    )
}

fn busy() -> Panel {
    let about = About {
        shows: "Occupancy and utilisation of the team in the last hour.",
        formula: "occupancy = (inbound + outbound + after-call) / (login − aux); utilisation = the same above / login. \
                  A long state that ends within the hour may push occupancy above 100 % for a while.",
        unit: "share of time, in per cent.",
        act: "Occupancy above 85 to 90 % for hours burns people out. Well below 60 % in a team of twenty there are too many on \
              the floor; a team of five must wait so that callers need not.",
    };
    Panel::new(Kind::Stat, "Occupancy and utilisation, last hour", about)
        .ask(query(occupancy("", AGENT, HOUR), "occupancy"))
        .ask(query(utilisation("", AGENT, HOUR), "utilisation"))
        .share()
        .aged("agents")
        .when_empty("not told yet")
        .steps(&[(0.0, "blue"), (0.6, "green"), (0.85, "orange"), (0.9, "red")])
        .size(7, 5)
}

fn aht() -> Panel {
    let about = About {
        shows: "The average handling time of the team: last hour, and today.",
        formula: "(inbound + outbound + after-call seconds) / (inbound + outbound calls), weighted by calls.",
        unit: "seconds.",
        act: "If the last hour lies far above today, something has become slow: a system, a new kind of question.",
    };
    Panel::new(Kind::Stat, "Handling time", about)
        .ask(query(handling_time("", AGENT, HOUR), "last hour"))
        .ask(query(handling_time("", AGENT, TODAY), "today"))
        .seconds()
        .aged("agents")
        .when_empty("no calls handled yet")
        .size(5, 5)
}

fn in_states() -> Panel {
    let about = About {
        shows: "How many agents were in each state, on average over the last 30 minutes, at each moment.",
        formula: "seconds spent in the state / seconds told of, of 30 minutes; the mean of the last ten such values, \
                  so that a poll more or less in the window is not seen. wolkvox writes a state's time down when it ends.",
        unit: "agents (heads on average).",
        act: "Look for the hour at which aux widens or ready vanishes.",
    };
    Panel::new(Kind::Areas, "Agents by state", about)
        .ask(query(heads("state", AGENT, ".+", "30m"), "{{state}}"))
        .decimals(1)
        .by_state()
        .when_empty("nobody logged in, or no data")
}

fn shares() -> Panel {
    let about = About {
        shows: "Occupancy, utilisation and the share of aux in the last hour, at each moment.",
        formula: "occupancy = serving / (login − aux); utilisation = serving / login; aux share = aux / login, with \
                  serving = inbound + outbound + after-call work.",
        unit: "share of time, in per cent.",
        act: "Utilisation falling while occupancy stays: people have gone into aux.",
    };
    Panel::new(Kind::Lines, "Occupancy, utilisation, aux", about)
        .ask(query(occupancy("", AGENT, HOUR), "occupancy"))
        .ask(query(utilisation("", AGENT, HOUR), "utilisation"))
        .ask(query(auxiliary_share("", AGENT, HOUR), "aux share"))
        .share()
        .when_empty("nobody logged in, or no data")
}

fn table() -> Panel {
    let about = About {
        shows: "Each agent's day so far. Where names are pseudonyms, the id beside is wolkvox's own.",
        formula: "occupancy = (inbound + outbound + after-call) / (login − aux); utilisation = the same above / login; \
                  handling time = the same above / (inbound + outbound calls); ring = ringing seconds / inbound calls; \
                  aux = aux / login. mails closed: e-mails and posts, which \
                  wolkvox tells by name alone, so two agents of one name share theirs.",
        unit: "hours, seconds, calls; shares in per cent. A hyphen: nothing yet.",
        act: "Sort by a column with a click on its head. Compare agents of the same skill only; a click on the id \
              shows that agent alone.",
    };
    let ringing = divided(&state_seconds(BY, AGENT, "ring", TODAY), &inbound_calls());
    let names = format!("max by (operation, agent_id, agent_name) (wolkvox_agent_info{{{AGENT}}})");
    let closed = format!(
        "sum by ({BY}) ({names} * on (operation, agent_name) group_left () {})",
        sum("operation, agent_name", &grown("wolkvox_closed_interactions_total", OPERATION, TODAY))
    );
    Panel::new(Kind::Table, "Agents today", about)
        .ask(query(names, ""))
        .ask(query(login_seconds(BY, AGENT, TODAY), ""))
        .ask(query(format!("max by ({BY}) (wolkvox_agent_occupancy_ratio{{{AGENT}}})"), ""))
        .ask(query(utilisation(BY, AGENT, TODAY), ""))
        .ask(query(format!("max by ({BY}) (wolkvox_agent_aht_seconds{{{AGENT}}})"), ""))
        .ask(query(agent_calls(BY, AGENT, TODAY), ""))
        .ask(query(ringing, ""))
        .ask(query(auxiliary_share(BY, AGENT, TODAY), ""))
        .ask(query(closed, "").may_be_empty("no e-mail closed yet, or not by these agents"))
        .columns(
            vec![
                column("agent_name", "Agent").width(180),
                column("agent_id", "Id").width(80).link(
                    "This agent alone",
                    "/d/wolkvox-agents?${datasource:queryparam}&${operation:queryparam}\
                     &var-agent=${__value.raw}&${__url_time_range}",
                ),
                column("operation", "Operation").width(100),
                column("Value #B", "Logged in").unit("dthms", 0),
                column("Value #C", "Occupancy").unit("percentunit", 1).steps(&[(0.9, "orange")]),
                column("Value #D", "Utilisation").unit("percentunit", 1),
                column("Value #E", "Handling time").unit(SECONDS, 0),
                column("Value #F", "Calls").unit("short", 0),
                column("Value #G", "Ring per call").unit(SECONDS, 1),
                column("Value #H", "Aux").unit("percentunit", 1).steps(&[(0.2, "yellow"), (0.35, "orange")]),
                column("Value #I", "Mails closed").unit("short", 0),
            ],
            "Calls",
            true,
        )
        .when_empty("no figures: nobody logged in, or data too old (see Age of the data)")
        .size(24, 14)
}

/// Inbound calls of each agent today.
fn inbound_calls() -> String {
    sum(BY, &grown("wolkvox_agent_calls_total", &format!("{AGENT}, direction=\"inbound\""), TODAY))
}

fn slow() -> Panel {
    let about = About {
        shows: "Agents whose handling time of today lies highest above their operation's, of those with ten calls or more.",
        formula: "the agent's (inbound + outbound + after-call seconds) / calls, divided by the same of all agents of \
                  the operation. 1.0 is the mean.",
        unit: "times the mean of the operation.",
        act: "Above 1.5: sit beside them. Often it is one tool or one kind of call.",
    };
    let own = handling_time(BY, AGENT, TODAY);
    let team = handling_time("operation", OPERATION, TODAY);
    let enough = format!("{} >= 10", agent_calls(BY, AGENT, TODAY));
    let ratio = format!("{own} / on (operation) group_left () ({team} > 0)");
    Panel::new(Kind::BarGauge, "Longest handling times", about)
        .ask(
            query(
                named(&format!("topk(10, ({ratio}) and on (operation, agent_id) ({enough}))")),
                "{{agent_name}} ({{agent_id}})",
            )
            .may_be_empty("nobody has ten calls yet"),
        )
        .decimals(2)
        .aged("agents")
        .when_empty("nobody has ten calls yet")
        .steps(&[(0.0, "green"), (1.25, "yellow"), (1.5, "red")])
        .size(8, 9)
}

/// An agent's figure with the name beside it.
fn named(of: &str) -> String {
    format!(
        "{of} * on (operation, agent_id) group_left (agent_name) max by (operation, agent_id, agent_name) \
         (wolkvox_agent_info{{{AGENT}}})"
    )
}

fn on_break() -> Panel {
    let about = About {
        shows: "Agents with the largest share of today's login in aux, of those logged in for an hour or more.",
        formula: "aux seconds / login seconds.",
        unit: "share of login time, in per cent.",
        act: "Training and meetings are aux too: look into the plan before you ask.",
    };
    let long_enough = format!("{} >= 3600", login_seconds(BY, AGENT, TODAY));
    let share = auxiliary_share(BY, AGENT, TODAY);
    Panel::new(Kind::BarGauge, "Most time in aux", about)
        .ask(
            query(
                named(&format!("topk(10, ({share}) and on (operation, agent_id) ({long_enough}))")),
                "{{agent_name}} ({{agent_id}})",
            )
            .may_be_empty("nobody is logged in for an hour yet"),
        )
        .share()
        .aged("agents")
        .when_empty("nobody is logged in for an hour yet")
        .steps(&[(0.0, "green"), (0.2, "yellow"), (0.35, "red")])
        .size(8, 9)
}

fn ringing() -> Panel {
    let about = About {
        shows: "Agents at whose desk a call rings longest before it is taken, today, of those with ten calls or more.",
        formula: "ringing seconds / inbound calls.",
        unit: "seconds per call.",
        act: "Above 10 s: away from the desk while ready, or a headset that does not ring.",
    };
    let calls = inbound_calls();
    let ring = divided(&state_seconds(BY, AGENT, "ring", TODAY), &calls);
    Panel::new(Kind::BarGauge, "Longest ringing", about)
        .ask(
            query(
                named(&format!("topk(10, ({ring}) and on (operation, agent_id) ({calls} >= 10))")),
                "{{agent_name}} ({{agent_id}})",
            )
            .may_be_empty("nobody has ten calls yet"),
        )
        .unit(SECONDS)
        .decimals(1)
        .aged("agents")
        .when_empty("nobody has ten calls yet")
        .steps(&[(0.0, "green"), (5.0, "yellow"), (10.0, "red")])
        .size(8, 9)
}

fn hour() -> Panel {
    let about = About {
        shows: "Occupancy in the newest hour, as wolkvox itself computes it: the ten highest now.",
        formula: "wolkvox's own figure, per agent; it begins anew with each hour.",
        unit: "share of time, in per cent.",
        act: "To compare with wolkvox's own screens, and to see who has had no pause for hours.",
    };
    let own = format!("max by ({BY}) (wolkvox_agent_current_hour_occupancy_ratio{{{AGENT}}})");
    Panel::new(Kind::BarGauge, "Highest occupancy in the current hour", about)
        .ask(query(named(&format!("topk(10, {own})")), "{{agent_name}} ({{agent_id}})"))
        .share()
        .at_most(1.0)
        .aged("agents")
        .when_empty("nobody logged in yet")
        .steps(&[(0.0, "blue"), (0.6, "green"), (0.85, "orange"), (0.9, "red")])
        .size(12, 9)
}

fn hour_aht() -> Panel {
    let about = About {
        shows: "Handling time in the newest hour, as wolkvox itself computes it: the ten longest now.",
        formula: "wolkvox's own figure, per agent; it begins anew with each hour and is absent before the first call.",
        unit: "seconds.",
        act: "One bar far above the others: a difficult call, or one that was not ended.",
    };
    let own = format!("max by ({BY}) (wolkvox_agent_current_hour_aht_seconds{{{AGENT}}})");
    Panel::new(Kind::BarGauge, "Longest handling times in the current hour", about)
        .ask(
            query(named(&format!("topk(10, {own})")), "{{agent_name}} ({{agent_id}})")
                .may_be_empty("no call in this hour"),
        )
        .seconds()
        .aged("agents")
        .when_empty("no call in this hour yet")
        .size(12, 9)
}
