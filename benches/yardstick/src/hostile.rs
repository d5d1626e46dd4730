//! Answers that no honest server gives, each without an end or with a very late one.

use std::io::Write as _;

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
}

impl Hostile {
    /// All of them, by the words that the command line has for them.
    const ALL: [(&str, Self); 7] = [
        ("row", Self::Row),
        ("nesting", Self::Nesting),
        ("text", Self::Text),
        ("fields", Self::Fields),
        ("number", Self::Number),
        ("flood", Self::Flood),
        ("bomb", Self::Bomb),
    ];

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(word, _)| *word == name).map(|(_, hostile)| *hostile)
    }

    pub(crate) fn is_gzip(self) -> bool {
        self == Self::Bomb
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
            Self::Flood => endless(r#"{"code":"200","data":["#, r#"{"conn_id":"1","rp_id":"7"},"#),
            Self::Bomb => Box::new(std::iter::once(bomb())),
        }
    }
}

fn bomb() -> Bytes {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    let blanks = vec![b' '; PIECE];
    for _ in 0..LONGEST / PIECE {
        // Writing to memory does not fail.
        let _ = packed.write_all(&blanks);
    }
    packed.finish().map(Bytes::from).unwrap_or_default()
}
