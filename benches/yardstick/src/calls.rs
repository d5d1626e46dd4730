//! The report `ivr_calls`, whose answers are large: many blocks of rows, served again and again with new ids of calls.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::answers::{Clock, HEAD, TAIL, mix};

/// Rows of a block: about 64 KiB, so that many blocks make an answer and each is cheap to copy.
const ROWS: u32 = 96;

/// Blocks that are different: so many rows that no processor knows what comes next because it has come before.
const BLOCKS: u32 = 128;

/// Digits of a call's id, so many that no answer has more calls.
const DIGITS: usize = 10;

/// What stands around the keys and values of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// A line for each, as wolkvox writes them.
    Indented,
    /// No blanks at all.
    Dense,
    /// No blanks, and no keys for what there is nothing to tell of.
    Sparse,
}

/// Rows of a contact centre in blocks, which are made once.
#[derive(Clone, Debug)]
pub struct Blocks(Arc<[Block]>);

/// Rows that are the same each time but for the ids.
#[derive(Clone, Debug)]
struct Block {
    text: Vec<u8>,
    /// Where each row's id begins.
    ids: Vec<usize>,
}

/// An answer of `ivr_calls` in pieces.
#[derive(Clone, Debug)]
pub struct Calls {
    blocks: Blocks,
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

impl Blocks {
    /// The rows of this contact centre, spelled so.
    #[must_use]
    pub fn new(seed: u32, spelling: Spelling) -> Self {
        Self((0..BLOCKS).map(|number| Block::new(number, seed, spelling)).collect())
    }

    /// The block that begins with the call of this number.
    fn at(&self, first: u64) -> Option<&Block> {
        let number = first / u64::from(ROWS) % u64::from(BLOCKS);
        self.0.get(usize::try_from(number).ok()?)
    }
}

impl Block {
    fn new(number: u32, seed: u32, spelling: Spelling) -> Self {
        let (mut text, mut ids) = (String::new(), Vec::new());
        for position in 0..ROWS {
            let chance = mix(number * ROWS + position, seed);
            let (before, end) = match spelling {
                Spelling::Indented => (",\n        {\n            \"conn_id\": \"", "\n        }"),
                Spelling::Dense | Spelling::Sparse => (",{\"conn_id\":\"", "}"),
            };
            text.push_str(before);
            ids.push(text.len());
            let _ = write!(text, "{:0DIGITS$}\"", 0);
            for (name, value) in fields(chance) {
                // Writing to memory does not fail.
                let _ = match spelling {
                    Spelling::Sparse if matches!(value.as_str(), "" | "-") => Ok(()),
                    Spelling::Indented => write!(text, ",\n            \"{name}\": \"{value}\""),
                    Spelling::Dense | Spelling::Sparse => write!(text, ",\"{name}\":\"{value}\""),
                };
            }
            text.push_str(end);
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

/// The fields of one call behind its id: of eight calls four are answered, one is abandoned, and three end in the IVR.
fn fields(chance: u32) -> [(&'static str, String); 16] {
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
            format!("{} {agent}", ["AGENTE", "María Núñez", "J. Peña"][chance as usize / 64 % 3]),
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
    [
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
    ]
}

impl Calls {
    /// An answer of about so many bytes, whose calls have so many different ids.
    #[must_use]
    pub fn of_size(blocks: Blocks, size: u64, ids: u64) -> Self {
        let room = size.saturating_sub((HEAD.len() + TAIL.len()) as u64);
        Self { blocks, stage: Stage::Head, room, next_id: 0, ids: ids.max(1) }
    }

    /// An answer of at least so many rows, all of different calls.
    #[must_use]
    pub fn of_rows(blocks: Blocks, rows: u32) -> Self {
        let ids = (0..u64::from(rows)).step_by(ROWS as usize);
        let rows: usize = ids.filter_map(|first| blocks.at(first)).map(|block| block.text.len()).sum();
        Self::of_size(blocks, (HEAD.len() + rows + TAIL.len()) as u64, u64::MAX)
    }

    /// All of it in one piece.
    #[must_use]
    pub fn text(self) -> Vec<u8> {
        self.flatten().collect()
    }

    /// The next rows, if there is still room for them.
    fn rows(&mut self) -> Option<Vec<u8>> {
        let block = self.blocks.at(self.next_id)?;
        self.room = self.room.checked_sub(block.text.len() as u64)?;
        let mut rows = block.with_ids(self.next_id, self.ids);
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
        for spelling in [Spelling::Indented, Spelling::Dense, Spelling::Sparse] {
            let text = Calls::of_size(Blocks::new(1, spelling), 10_000_000, u64::MAX).text();
            assert!((9_900_000..10_000_000).contains(&text.len()), "{} bytes", text.len());
            let answer: Value = serde_json::from_slice(&text).unwrap();
            let rows = answer["data"].as_array().unwrap();
            let ids: BTreeSet<_> = rows.iter().filter_map(|row| row["conn_id"].as_str()).collect();
            assert_eq!(ids.len(), rows.len());
        }
    }

    #[test]
    fn ids_may_come_again() {
        let answer: Value =
            serde_json::from_slice(&Calls::of_size(Blocks::new(1, Spelling::Indented), 500_000, 100).text()).unwrap();
        let rows = answer["data"].as_array().unwrap();
        let ids: BTreeSet<_> = rows.iter().filter_map(|row| row["conn_id"].as_str()).collect();
        assert_eq!(ids.len(), 100);
    }

    #[test]
    fn an_answer_has_at_least_the_rows_asked_for() {
        let answer: Value =
            serde_json::from_slice(&Calls::of_rows(Blocks::new(1, Spelling::Indented), 1_000).text()).unwrap();
        let rows = answer["data"].as_array().unwrap().len();
        assert!((1_000..1_100).contains(&rows), "{rows} rows");
    }
}
