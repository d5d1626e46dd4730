//! The report `ivr_calls`, whose answers are large: a few blocks of rows, served again and again with new ids of calls.

use std::fmt::Write as _;

use crate::answers::{Clock, HEAD, TAIL, mix};

/// Rows of a block: about 64 KiB, so that many blocks make an answer and each is cheap to copy.
const ROWS: u32 = 96;

/// Digits of a call's id, so many that no answer has more calls.
const DIGITS: usize = 10;

/// Rows that are the same but for the ids.
#[derive(Clone, Debug)]
pub struct Block {
    text: Vec<u8>,
    /// Where each row's id begins.
    ids: Vec<usize>,
}

/// An answer of `ivr_calls` in pieces.
#[derive(Clone, Debug)]
pub struct Calls {
    block: Block,
    stage: Stage,
    /// Bytes that there is still room for.
    room: u64,
    next_id: u64,
    /// The id of the next call starts again from 0 here.
    ids: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Head,
    Rows,
    Over,
}

impl Block {
    /// The rows of this contact centre.
    #[must_use]
    pub fn new(seed: u32) -> Self {
        let (mut text, mut ids) = (String::new(), Vec::new());
        for position in 0..ROWS {
            let chance = mix(position, seed);
            text.push_str(",\n        {");
            ids.push(text.len() + "\n            \"conn_id\": \"".len());
            write_fields(&mut text, chance);
            text.push_str("\n        }");
        }
        Self { text: text.into_bytes(), ids }
    }

    /// The rows with ids that count from here.
    fn with_ids(&self, first: u64, ids: u64) -> Vec<u8> {
        let mut text = self.text.clone();
        for (number, at) in (first..).zip(&self.ids) {
            let id = format!("{:0DIGITS$}", number % ids);
            if let Some(place) = text.get_mut(*at..*at + DIGITS) {
                place.copy_from_slice(id.as_bytes());
            }
        }
        text
    }
}

/// The fields of one call: of eight calls four are answered, one is abandoned, and three end in the IVR.
fn write_fields(text: &mut String, chance: u32) {
    let waited = Clock(1 + chance % 90);
    let talked = Clock(20 + chance % 600);
    let skill = 4_100 + chance / 8 % 12;
    let agent = 12_000 + chance / 64 % 100;
    let none = "-".to_owned();
    let [on_skill, skill_id, result, go, agent_id, name, with_agent, code, kind] = match chance % 8 {
        0..4 => [
            waited.to_string(),
            skill.to_string(),
            "ANSWER".to_owned(),
            "yes".to_owned(),
            agent.to_string(),
            format!("AGENTE NUMERO {agent:05}"),
            talked.to_string(),
            format!("COD{}", chance / 512 % 6),
            "inbound".to_owned(),
        ],
        4 => [
            waited.to_string(),
            skill.to_string(),
            "ABANDON".to_owned(),
            "no".to_owned(),
            none.clone(),
            none.clone(),
            none.clone(),
            none.clone(),
            none.clone(),
        ],
        _ => [
            String::new(),
            none.clone(),
            none.clone(),
            "no".to_owned(),
            none.clone(),
            none.clone(),
            none.clone(),
            none.clone(),
            none.clone(),
        ],
    };
    let fields = [
        ("conn_id", "0".repeat(DIGITS)),
        ("time_on_rp", Clock(5 + chance % 120).to_string()),
        ("end_date_rp", "2026-06-05 09:13:27".to_owned()),
        ("rp_id", (700 + chance / 16 % 5).to_string()),
        ("ani", format!("3{:09}", chance % 1_000_000_000)),
        ("customer_id", format!("{}", 10_000_000 + chance % 90_000_000)),
        ("time_on_skill", on_skill),
        ("skill_id", skill_id),
        ("skill_result", result),
        ("go_to_agent", go),
        ("agent_id", agent_id),
        ("agent_name", name),
        ("time_with_agent", with_agent),
        ("cod_act", code),
        ("cod_act_2", none),
        ("type_interaction", kind),
        ("Total_time ", Clock(30 + chance % 900).to_string()),
    ];
    for (position, (name, value)) in fields.iter().enumerate() {
        let comma = if position == 0 { "" } else { "," };
        // Writing to memory does not fail.
        let _ = write!(text, "{comma}\n            \"{name}\": \"{value}\"");
    }
}

impl Calls {
    /// An answer of about so many bytes, whose calls have so many different ids.
    #[must_use]
    pub fn of_size(block: Block, size: u64, ids: u64) -> Self {
        let room = size.saturating_sub((HEAD.len() + TAIL.len()) as u64);
        Self { block, stage: Stage::Head, room, next_id: 0, ids: ids.max(1) }
    }

    /// An answer of at least so many rows, all of different calls.
    #[must_use]
    pub fn of_rows(block: Block, rows: u32) -> Self {
        let size = HEAD.len() + TAIL.len() + block.text.len() * rows.div_ceil(ROWS) as usize;
        Self::of_size(block, size as u64, u64::MAX)
    }

    /// All of it in one piece.
    #[must_use]
    pub fn text(self) -> Vec<u8> {
        self.flatten().collect()
    }

    /// The next rows, if there is still room for them.
    fn rows(&mut self) -> Option<Vec<u8>> {
        self.room = self.room.checked_sub(self.block.text.len() as u64)?;
        let mut rows = self.block.with_ids(self.next_id, self.ids);
        if self.next_id == 0 {
            // Before each row stands a comma, but before the first.
            rows.remove(0);
        }
        self.next_id += u64::from(ROWS);
        Some(rows)
    }
}

impl Iterator for Calls {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        match self.stage {
            Stage::Head => {
                self.stage = Stage::Rows;
                Some(HEAD.into())
            }
            Stage::Rows => {
                let rows = self.rows();
                if rows.is_none() {
                    self.stage = Stage::Over;
                }
                rows.or_else(|| Some(TAIL.into()))
            }
            Stage::Over => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    #[test]
    fn an_answer_is_json_of_the_size_asked_for() {
        let text = Calls::of_size(Block::new(1), 1_000_000, u64::MAX).text();
        assert!((900_000..1_000_000).contains(&text.len()), "{} bytes", text.len());
        let answer: Value = serde_json::from_slice(&text).unwrap();
        let rows = answer["data"].as_array().unwrap();
        let ids: BTreeSet<_> = rows.iter().filter_map(|row| row["conn_id"].as_str()).collect();
        assert_eq!(ids.len(), rows.len());
    }

    #[test]
    fn ids_may_come_again() {
        let answer: Value = serde_json::from_slice(&Calls::of_size(Block::new(1), 500_000, 100).text()).unwrap();
        let rows = answer["data"].as_array().unwrap();
        let ids: BTreeSet<_> = rows.iter().filter_map(|row| row["conn_id"].as_str()).collect();
        assert_eq!(ids.len(), 100);
    }

    #[test]
    fn an_answer_has_at_least_the_rows_asked_for() {
        let answer: Value = serde_json::from_slice(&Calls::of_rows(Block::new(1), 1_000).text()).unwrap();
        let rows = answer["data"].as_array().unwrap().len();
        assert!((1_000..1_100).contains(&rows), "{rows} rows");
    }
}
