//! The answers that are made anew at each request: every report but the one of single calls.

use std::fmt::Write as _;

/// Hours of a day, each of which wolkvox tells of each agent.
const HOURS: u32 = 24;

/// The hour in which everybody begins.
const FIRST_HOUR: u32 = 8;

/// The hour in which everybody has left.
const LAST_HOUR: u32 = 16;

/// How large a contact centre is.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Agents that an answer tells of.
    pub agents: u32,
    /// All agents that there are: beyond `agents`, some come and some go from answer to answer.
    pub pool: u32,
    /// Skills that an answer tells of.
    pub skills: u32,
    /// Calls through the IVR that an answer tells of.
    pub calls: u32,
}

/// Which answer of which contact centre.
#[derive(Clone, Copy, Debug)]
pub struct Edition<'a> {
    /// The civil day, as `2026-06-05`.
    pub day: &'a str,
    /// Tells contact centres apart.
    pub seed: u32,
    /// Counts the answers; every total is higher in the next one.
    pub generation: u32,
}

/// Mixes two numbers to one that looks like chance.
pub(crate) const fn mix(one: u32, other: u32) -> u32 {
    let mixed = (one ^ other.rotate_left(16)).wrapping_mul(0x9E37_79B1);
    let mixed = (mixed ^ (mixed >> 15)).wrapping_mul(0x85EB_CA77);
    mixed ^ (mixed >> 13)
}

/// A duration as wolkvox spells it.
pub(crate) struct Clock(pub(crate) u32);

impl std::fmt::Display for Clock {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:02}:{:02}:{:02}", self.0 / 3600, self.0 / 60 % 60, self.0 % 60)
    }
}

/// Rows between the words around them, as wolkvox indents them.
pub(crate) struct Listed {
    text: String,
    rows: u32,
}

impl Listed {
    pub(crate) fn with_room_for(rows: u32, bytes_per_row: usize) -> Self {
        let mut text = String::with_capacity(rows as usize * bytes_per_row + 128);
        text.push_str(HEAD);
        Self { text, rows: 0 }
    }

    /// Writes one row of these fields.
    pub(crate) fn row(&mut self, fields: &[(&str, std::fmt::Arguments<'_>)]) {
        self.text.push_str(if self.rows == 0 { "\n        {" } else { ",\n        {" });
        self.rows += 1;
        for (position, (name, value)) in fields.iter().enumerate() {
            let comma = if position == 0 { "" } else { "," };
            // Writing to memory does not fail.
            let _ = write!(self.text, "{comma}\n            \"{name}\": \"{value}\"");
        }
        self.text.push_str("\n        }");
    }

    pub(crate) fn end(mut self) -> String {
        self.text.push_str(TAIL);
        self.text
    }
}

/// What stands before the first row.
pub(crate) const HEAD: &str =
    "{\n    \"code\": \"200\",\n    \"error\": null,\n    \"msg\": \"records were found\",\n    \"data\": [";

/// What stands behind the last row.
pub(crate) const TAIL: &str = "\n    ]\n}";

/// The report `agents`: a row for each agent and hour, zeros included.
///
/// All agents of one answer have the same login time, which is that of the answer before and a second: by it a reader of
/// metrics sees whether what stands together comes from one answer.
#[must_use]
pub fn agents(shape: Shape, edition: Edition<'_>) -> String {
    let mut listed = Listed::with_room_for(shape.agents * HOURS, 760);
    let Edition { day, seed, generation } = edition;
    let arrived = generation.wrapping_mul(shape.agents / 20 + 1);
    for position in 0..shape.agents {
        let number = if shape.pool > shape.agents { (arrived.wrapping_add(position)) % shape.pool } else { position };
        let id = 12_000 + number;
        let chance = mix(id, seed);
        for hour in 0..HOURS {
            let is_here = (FIRST_HOUR..LAST_HOUR).contains(&hour);
            let [ready, inbound, outbound, acw, ring, aux, login] = if is_here {
                // Only the first hour goes on growing, so that one answer differs from the next as little as it may.
                let more = if hour == FIRST_HOUR { generation } else { 0 };
                let part = |place: u32| 60 + (chance >> place) % 400 + more;
                [part(0), part(3), part(6), part(9), part(12), part(15), 3_000 + more]
            } else {
                [0; 7]
            };
            let [calls_in, calls_out, calls_internal] = if is_here {
                let more = if hour == FIRST_HOUR { generation } else { 0 };
                [1 + chance % 7 + more, 1 + chance % 3 + more, 1 + more]
            } else {
                [0; 3]
            };
            let occupancy = if is_here { 3_000 + mix(chance, generation) % 6_000 } else { 0 };
            listed.row(&[
                ("operation", format_args!("bench")),
                ("date", format_args!("{day}")),
                ("hour", format_args!("{hour:02}:00")),
                ("agent_id", format_args!("{id}")),
                ("agent_dni", format_args!("{}", 900_000_000 + id)),
                ("agent_name", format_args!("AGENTE NUMERO {number:05}")),
                ("calls", format_args!("{}", calls_in + calls_out + calls_internal)),
                ("calls_inbound", format_args!("{calls_in}")),
                ("calls_outbound", format_args!("{calls_out}")),
                ("calls_internal", format_args!("{calls_internal}")),
                ("ready_time", format_args!("{}", Clock(ready))),
                ("inbound_time", format_args!("{}", Clock(inbound))),
                ("outbound_time", format_args!("{}", Clock(outbound))),
                ("acw_time", format_args!("{}", Clock(acw))),
                ("ring_time", format_args!("{}", Clock(ring))),
                ("login_time", format_args!("{}", Clock(login))),
                ("aht", format_args!("{}", Clock(if is_here { 120 + chance % 240 } else { 0 }))),
                ("occupancy", format_args!("{}.{:02} %", occupancy / 100, occupancy % 100)),
                ("aux_time", format_args!("{}", Clock(aux))),
            ]);
        }
    }
    listed.end()
}

/// The report `skills`: a row for each.
#[must_use]
pub fn skills(shape: Shape, edition: Edition<'_>) -> String {
    let mut listed = Listed::with_room_for(shape.skills, 620);
    for position in 0..shape.skills {
        let id = 4_100 + position;
        let chance = mix(id, edition.seed);
        let inbound = 200 + chance % 2_000 + edition.generation;
        let abandoned = inbound / 11;
        let answered = inbound - abandoned;
        // Of the answered calls, in hundredths of a percent, rounded.
        let level = |share: u32| {
            let hundredths = (answered * share / 100 * 10_000 + answered / 2) / answered;
            format!("{}.{:02} %", hundredths / 100, hundredths % 100)
        };
        listed.row(&[
            ("skill_id", format_args!("{id}")),
            ("skill_name", format_args!("Línea {position:04}")),
            ("calls_in_queue_now", format_args!("{}", mix(chance, edition.generation) % 30)),
            ("stat_inbound", format_args!("{inbound}")),
            ("stat_answer", format_args!("{answered}")),
            ("stat_abandon", format_args!("{abandoned}")),
            ("service_level_10seg", format_args!("{}", level(61))),
            ("service_level_20seg", format_args!("{}", level(77))),
            ("service_level_30seg", format_args!("{}", level(89))),
            ("service_level_0seg", format_args!("0 %")),
            ("by_abandon", format_args!("9.09 %")),
        ]);
    }
    listed.end()
}

/// The report `closed_interactions`: a row for each agent.
#[must_use]
pub fn closed_interactions(shape: Shape, edition: Edition<'_>) -> String {
    let mut listed = Listed::with_room_for(shape.agents, 160);
    for number in 0..shape.agents {
        listed.row(&[
            ("agent_name", format_args!("AGENTE NUMERO {number:05}")),
            ("cod_act", format_args!("RESUELTO")),
            ("description_cod_act ", format_args!("Caso resuelto")),
            ("interactions", format_args!("{}", 1 + mix(number, edition.seed) % 40 + edition.generation)),
        ]);
    }
    listed.end()
}

/// The report `call_durations`: an object of five intervals.
#[must_use]
pub fn call_durations(edition: Edition<'_>) -> String {
    let mut text = HEAD.replace('[', "{");
    for (position, interval) in
        ["0_5_seg", "6_20_seg", "21_60_seg", "61_120_seg", "greater_than_121"].into_iter().enumerate()
    {
        let comma = if position == 0 { "" } else { "," };
        let calls = 100 + edition.generation;
        let _ = write!(
            text,
            "{comma}\"{interval}\": {{\"calls\": \"{calls}\", \"minutes\": \"{calls}\", \"cost\": \"{calls}\"}}"
        );
    }
    text.push_str("}}");
    text
}

/// The report `quota`: a limit that nobody reaches.
#[must_use]
pub fn quota(edition: Edition<'_>) -> String {
    let used = edition.generation;
    format!(
        "{{\"code\": \"\", \"error\": null, \"msg\": \" records were found\", \"data\": [{{\"token_limit\": \
         \"100,000,000\", \"token_use_today\": \"{used}\", \"all_token_today\": \"{used}\"}}]}}"
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    const SHAPE: Shape = Shape { agents: 20, pool: 50, skills: 3, calls: 0 };

    fn rows(text: &str) -> Vec<Value> {
        let answer: Value = serde_json::from_str(text).unwrap();
        answer["data"].as_array().unwrap().clone()
    }

    fn edition(generation: u32) -> Edition<'static> {
        Edition { day: "2026-06-05", seed: 1, generation }
    }

    #[test]
    fn every_answer_is_json_of_the_size_asked_for() {
        assert_eq!(rows(&agents(SHAPE, edition(0))).len(), 480);
        assert_eq!(rows(&skills(SHAPE, edition(0))).len(), 3);
        assert_eq!(rows(&closed_interactions(SHAPE, edition(0))).len(), 20);
        assert_eq!(rows(&quota(edition(0))).len(), 1);
        let durations: Value = serde_json::from_str(&call_durations(edition(0))).unwrap();
        assert_eq!(durations["data"].as_object().unwrap().len(), 5);
    }

    #[test]
    fn agents_come_and_go_out_of_a_pool() {
        let present = |generation| -> BTreeSet<String> {
            rows(&agents(SHAPE, edition(generation))).iter().map(|row| row["agent_id"].to_string()).collect()
        };
        assert_eq!(present(0).len(), 20);
        assert_ne!(present(0), present(1));
        let all: BTreeSet<String> = (0..200).flat_map(present).collect();
        assert_eq!(all.len(), 50);
    }

    #[test]
    fn totals_grow_from_answer_to_answer() {
        let logged_in = |generation| rows(&agents(SHAPE, edition(generation)))[8]["login_time"].to_string();
        assert_eq!([logged_in(0), logged_in(61)], ["\"00:50:00\"", "\"00:51:01\""]);
    }
}
