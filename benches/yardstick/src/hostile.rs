//! Answers that no honest server gives, each without an end or with a very late one.

use std::fmt::Write as _;
use std::ops::Range;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::upstream::Pieces;

/// Bytes of one piece.
const PIECE: usize = 64 << 10;

/// Beyond this even a stream without an end ends, so that a client that reads all of it is measured too.
const LONGEST: usize = 600 << 20;

/// A long row: valid, and beyond all that a row of wolkvox can be.
const LONG_ROW: usize = 100 << 20;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hostile {
    /// A row of 100 MB.
    Row,
    /// Lists within lists.
    Nesting,
    /// A string that is never closed.
    Text,
    /// A row that is never closed, of fields upon fields.
    Fields,
    /// A number without an end.
    Number,
    /// Rows upon rows, beyond the limit of an answer.
    Flood,
    /// Gzip of 600 MB of blanks, in less than a megabyte.
    Bomb,
    /// Rows without a field.
    Empty,
    /// One object of a million keys, each another one.
    Keys,
    /// Agents upon agents, each with all hours of a day.
    Agents,
    /// Skills upon skills, each with a long name and 64 service levels.
    Skills,
    /// Agents' names upon names, each with a code of its own.
    Pairs,
    /// As many calls as an answer may have, each of a routing point, a skill and codes of its own.
    Unlike,
}

impl Hostile {
    /// All of them, by the words that the command line has for them.
    const ALL: [(&str, Self); 13] = [
        ("row", Self::Row),
        ("nesting", Self::Nesting),
        ("text", Self::Text),
        ("fields", Self::Fields),
        ("number", Self::Number),
        ("flood", Self::Flood),
        ("bomb", Self::Bomb),
        ("empty", Self::Empty),
        ("keys", Self::Keys),
        ("agents", Self::Agents),
        ("skills", Self::Skills),
        ("pairs", Self::Pairs),
        ("unlike", Self::Unlike),
    ];

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(word, _)| *word == name).map(|(_, hostile)| *hostile)
    }

    /// The body packed, where it comes so.
    pub(crate) fn packed(self, is_gzip: bool) -> Option<Bytes> {
        (is_gzip || self == Self::Bomb).then(|| packed(self.pieces()))
    }

    /// The body.
    pub(crate) fn pieces(self) -> Pieces {
        let endless = |head: &str, again: &str| -> Pieces {
            let piece = Bytes::from(again.repeat(PIECE / again.len()));
            let times = LONGEST / piece.len();
            Box::new(std::iter::once(Bytes::from(head.to_owned())).chain(std::iter::repeat_n(piece, times)))
        };
        match self {
            Self::Row => {
                let piece = Bytes::from("x".repeat(PIECE));
                let text = std::iter::repeat_n(piece, LONG_ROW / PIECE);
                let head = Bytes::from_static(br#"{"code":"200","data":[{"conn_id":"1","rp_id":"7","ani":""#);
                let tail = Bytes::from_static(br#""}]}"#);
                Box::new(std::iter::once(head).chain(text).chain(std::iter::once(tail)))
            }
            Self::Nesting => endless(r#"{"code":"200","data":["#, "["),
            Self::Text => endless(r#"{"code":"200","data":[{"conn_id":""#, "x"),
            Self::Fields => endless(r#"{"code":"200","data":[{"conn_id":"1""#, r#","field":"1""#),
            Self::Number => endless(r#"{"code":"200","data":["#, "1"),
            Self::Flood => {
                endless(r#"{"code":"200","data":["#, &format!(r#"{{"conn_id":"1","rp_id":"7","ani":"{:0>300}"}},"#, 1))
            }
            Self::Bomb => Box::new(std::iter::repeat_n(Bytes::from(vec![b' '; PIECE]), LONGEST / PIECE)),
            Self::Empty => endless(r#"{"code":"200","data":["#, "{},"),
            Self::Keys => {
                let head = Bytes::from_static(br#"{"code":"200","data":{"key":"""#);
                let tail = Bytes::from_static(b"}}");
                Box::new(std::iter::once(head).chain(numbered(0..1_000_000, key)).chain(std::iter::once(tail)))
            }
            Self::Agents => rows(agent),
            Self::Skills => rows(skill),
            Self::Pairs => rows(pair),
            Self::Unlike => {
                let head = Bytes::from_static(br#"{"code":"200","data":["#);
                // One less than at what an answer counts as cut.
                let tail = Bytes::from_static(br#"{"conn_id":"last","rp_id":"last"}]}"#);
                Box::new(std::iter::once(head).chain(numbered(0..59_998, call)).chain(std::iter::once(tail)))
            }
        }
    }
}

/// An answer of rows that are all different.
fn rows(write: fn(&mut String, usize)) -> Pieces {
    let head = Bytes::from_static(br#"{"code":"200","data":["#);
    Box::new(std::iter::once(head).chain(numbered(0..usize::MAX, write)).take(LONGEST / PIECE))
}

/// What is written of each number, in pieces.
fn numbered(mut numbers: Range<usize>, write: fn(&mut String, usize)) -> impl Iterator<Item = Bytes> + Send {
    std::iter::from_fn(move || {
        let mut piece = String::with_capacity(PIECE + 4096);
        while piece.len() < PIECE {
            write(&mut piece, numbers.next()?);
        }
        Some(piece.into())
    })
}

fn key(text: &mut String, number: usize) {
    let _ = write!(text, r#","k{number}":"1""#);
}

fn agent(text: &mut String, number: usize) {
    let (agent, hour) = (number / 24, number % 24);
    let _ = write!(
        text,
        r#"{{"hour":"{hour:02}:00","agent_id":"{agent}","agent_name":"AGENTE {agent:0>180}","calls_inbound":"3","calls_outbound":"2","calls_internal":"1","ready_time":"00:10:00","inbound_time":"00:20:00","outbound_time":"00:10:00","acw_time":"00:05:00","ring_time":"00:01:00","login_time":"00:58:00","aht":"00:07:00","occupancy":"60.3 %","aux_time":"00:10:00"}},"#
    );
}

fn skill(text: &mut String, number: usize) {
    let _ = write!(text, r#"{{"skill_id":"{number}","skill_name":"{number:0>190}","stat_inbound":"7""#);
    for seconds in 1..=64 {
        let _ = write!(text, r#","service_level_{seconds}seg":"50 %""#);
    }
    text.push_str("},");
}

fn pair(text: &mut String, number: usize) {
    let _ = write!(text, r#"{{"interactions":"1","agent_name":"{number:0>190}","cod_act":"{number:0>190}"}},"#);
}

fn call(text: &mut String, number: usize) {
    let _ = write!(
        text,
        r#"{{"conn_id":"{number}","time_on_rp":"00:00:05","rp_id":"{number}","time_on_skill":"00:00:03","skill_id":"{number}","skill_result":"ANSWER","go_to_agent":"yes","time_with_agent":"00:01:00","cod_act":"{number:0>90}","cod_act_2":"b{number}","type_interaction":"t{number}","total_time":"00:02:00"}},"#
    );
}

fn packed(pieces: Pieces) -> Bytes {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    for piece in pieces {
        // Writing to memory does not fail.
        let _ = std::io::Write::write_all(&mut packed, &piece);
    }
    packed.finish().map(Bytes::from).unwrap_or_default()
}
