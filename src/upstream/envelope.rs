//! Takes wolkvox's answers apart as their bytes arrive: the envelope's few words, and each element of `data` in turn.
//!
//! `data` may be a list of rows, one object (then that is the only element), null or missing; the body may also be a bare
//! list. Nothing is held but the element that is arriving, so a large answer needs no more memory than a small one.

use serde::de::IgnoredAny;

use super::cutter::{Cutter, TooDeep};

/// The longest element held. A row is below one kilobyte; the largest single object tells of every agent's connection.
const LONGEST_ELEMENT: usize = 2 << 20;

/// The longest body that is looked at when it does not even begin like an answer.
const LONGEST_FOREIGN: usize = 4096;

/// Why bytes are not an answer of wolkvox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Malformed {
    /// The bytes are not JSON, or end before the JSON does.
    #[error("{0}")]
    NotJson(&'static str),
    /// The bytes are JSON of another shape.
    #[error("{0}")]
    BadShape(&'static str),
    /// One element is larger than anything wolkvox says.
    #[error("one row is larger than 2 MiB")]
    TooLarge,
}

impl From<TooDeep> for Malformed {
    fn from(_: TooDeep) -> Self {
        Self::BadShape("the answer nests more than 64 deep")
    }
}

/// What `data` was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Data {
    /// The answer had no `data`.
    #[default]
    Missing,
    /// `data` was null.
    Null,
    /// `data` was a list or an object, or the whole body was a list.
    Told,
}

/// The words around the data.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Words {
    /// `code`, as text; blank where it is null or missing.
    pub(super) code: String,
    /// `error` and `msg`, as text.
    pub(super) error: String,
    pub(super) msg: String,
    /// Whether any of the three was there at all: wolkvox's own answers have them.
    pub(super) are_there: bool,
    /// What `data` was.
    pub(super) data: Data,
}

/// Who takes the elements of the data.
pub(super) trait Elements {
    /// Takes one element, as JSON text.
    fn take(&mut self, json: &str) -> Result<(), Malformed>;

    /// Takes the element that `text` begins with, if it can say at once where that ends; answers where. Otherwise its
    /// end is looked for, and it is taken then.
    fn take_first(&mut self, _text: &str) -> Option<usize> {
        None
    }
}

/// Takes no element: of a refusal only the words are of interest.
pub(super) struct Nobody;

impl Elements for Nobody {
    fn take(&mut self, _json: &str) -> Result<(), Malformed> {
        Ok(())
    }
}

/// An answer that is arriving.
#[derive(Debug)]
pub(super) struct Envelope {
    state: State,
    cutter: Cutter,
    /// The beginning of the value that is being cut, from earlier chunks.
    held: Vec<u8>,
    is_bare_list: bool,
    words: Words,
}

/// What comes next in the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Start,
    /// The body begins like no answer; only its first bytes are kept.
    Foreign,
    Key {
        may_end: bool,
    },
    Colon(Field),
    Value(Field),
    AfterValue,
    Element {
        may_end: bool,
    },
    AfterElement,
    Cutting(Piece),
    End,
}

/// A field of the envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Code,
    Error,
    Msg,
    Data,
    Other,
}

/// What the value that is being cut is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    Key,
    Word(Field),
    Element,
    OnlyElement,
}

impl Envelope {
    pub(super) fn new() -> Self {
        Self {
            state: State::Start,
            cutter: Cutter::default(),
            held: Vec::new(),
            is_bare_list: false,
            words: Words::default(),
        }
    }

    /// Takes in the next bytes and hands out each element of the data that they complete.
    pub(super) fn feed(&mut self, bytes: &[u8], elements: &mut impl Elements) -> Result<(), Malformed> {
        let mut rest = bytes;
        let mut text = Text::default();
        while let Some((&byte, after)) = rest.split_first() {
            match self.state {
                State::Cutting(piece) => rest = self.cut(piece, rest, elements)?,
                State::Element { .. } if byte == b'{' => {
                    let begins = text.at(bytes, bytes.len() - rest.len());
                    if let Some(behind) = elements.take_first(begins).and_then(|end| rest.get(end..)) {
                        self.state = State::AfterElement;
                        rest = behind;
                    } else {
                        self.state = self.begin(byte, Piece::Element);
                    }
                }
                State::Foreign => {
                    self.hold(rest.get(..LONGEST_FOREIGN).unwrap_or(rest))?;
                    return if self.held.len() < LONGEST_FOREIGN { Ok(()) } else { Err(NOT_JSON) };
                }
                _ if matches!(byte, b' ' | b'\t' | b'\r' | b'\n') => rest = after,
                State::Start if matches!(byte, 0xEF | 0xBB | 0xBF) => rest = after,
                state => {
                    self.state = self.step(state, byte)?;
                    // The first byte of a value is a part of it; every other one is done with.
                    if !matches!(self.state, State::Cutting(_) | State::Foreign) {
                        rest = after;
                    }
                }
            }
        }
        Ok(())
    }

    /// The words of the answer, now that its last byte has come.
    pub(super) fn finish(self) -> Result<Words, Malformed> {
        match self.state {
            State::End => Ok(self.words),
            State::Start => Err(Malformed::NotJson("the answer is empty")),
            State::Foreign if serde_json::from_slice::<IgnoredAny>(&self.held).is_ok() => {
                Err(Malformed::BadShape("the answer is a single value"))
            }
            State::Foreign => Err(NOT_JSON),
            _ => Err(Malformed::NotJson("the answer ends in the middle")),
        }
    }

    /// One significant byte between values.
    fn step(&mut self, state: State, byte: u8) -> Result<State, Malformed> {
        Ok(match (state, byte) {
            (State::Start, b'{') => State::Key { may_end: true },
            (State::Start, b'[') => {
                self.is_bare_list = true;
                self.words.data = Data::Told;
                State::Element { may_end: true }
            }
            (State::Start, _) => State::Foreign,
            (State::Key { .. }, b'"') => self.begin(byte, Piece::Key),
            (State::Key { may_end: true } | State::AfterValue, b'}') => State::End,
            (State::Colon(field), b':') => State::Value(field),
            (State::Value(Field::Data), b'[') => {
                self.told()?;
                State::Element { may_end: true }
            }
            (State::Value(Field::Data), b'{') => {
                self.told()?;
                self.begin(byte, Piece::OnlyElement)
            }
            (State::Value(_), b',' | b'}' | b']' | b':') => return Err(NOT_JSON),
            (State::Value(field), _) => self.begin(byte, Piece::Word(field)),
            (State::AfterValue, b',') => State::Key { may_end: false },
            (State::Element { may_end: true } | State::AfterElement, b']') => {
                if self.is_bare_list {
                    State::End
                } else {
                    State::AfterValue
                }
            }
            (State::Element { .. }, b',' | b'}' | b']' | b':') => return Err(NOT_JSON),
            (State::Element { .. }, _) => self.begin(byte, Piece::Element),
            (State::AfterElement, b',') => State::Element { may_end: false },
            _ => return Err(NOT_JSON),
        })
    }

    fn begin(&mut self, first: u8, piece: Piece) -> State {
        self.cutter = Cutter::at(first);
        State::Cutting(piece)
    }

    fn told(&mut self) -> Result<(), Malformed> {
        if self.words.data == Data::Told {
            return Err(Malformed::BadShape("the answer has `data` twice"));
        }
        self.words.data = Data::Told;
        Ok(())
    }

    /// Cuts on at a value; gives back the bytes behind it, or none when it goes on in the next chunk.
    fn cut<'b>(&mut self, piece: Piece, bytes: &'b [u8], elements: &mut impl Elements) -> Result<&'b [u8], Malformed> {
        let Some(end) = self.cutter.scan(bytes)? else {
            if piece != Piece::Word(Field::Other) {
                self.hold(bytes)?;
            }
            return Ok(&[]);
        };
        let (tail, rest) = bytes.split_at(end);
        // A value that lies within one chunk, as nearly all do, is read where it is.
        if self.held.is_empty() {
            self.take(piece, tail, elements)?;
        } else {
            self.hold(tail)?;
            let mut held = std::mem::take(&mut self.held);
            self.take(piece, &held, elements)?;
            held.clear();
            self.held = held;
        }
        Ok(rest)
    }

    fn take(&mut self, piece: Piece, json: &[u8], elements: &mut impl Elements) -> Result<(), Malformed> {
        // Names in an old encoding are better shown with a mark than lost.
        let json = &*String::from_utf8_lossy(json);
        self.state = match piece {
            Piece::Key => State::Colon(Field::of(&text(json)?)),
            Piece::Word(field) => {
                self.word(field, json)?;
                State::AfterValue
            }
            Piece::Element => {
                elements.take(json)?;
                State::AfterElement
            }
            Piece::OnlyElement => {
                elements.take(json)?;
                State::AfterValue
            }
        };
        Ok(())
    }

    fn word(&mut self, field: Field, json: &str) -> Result<(), Malformed> {
        let slot = match field {
            Field::Code => &mut self.words.code,
            Field::Error => &mut self.words.error,
            Field::Msg => &mut self.words.msg,
            Field::Data => {
                let value = text(json)?;
                if value.is_empty() && !json.starts_with('"') {
                    self.words.data = Data::Null;
                    return Ok(());
                }
                return Err(Malformed::BadShape("`data` is neither a list nor an object"));
            }
            Field::Other => return Ok(()),
        };
        *slot = text(json)?;
        self.words.are_there = true;
        Ok(())
    }

    fn hold(&mut self, bytes: &[u8]) -> Result<(), Malformed> {
        if self.held.len() + bytes.len() > LONGEST_ELEMENT {
            return Err(Malformed::TooLarge);
        }
        self.held.extend_from_slice(bytes);
        Ok(())
    }
}

/// The part of a chunk that is known to be text.
#[derive(Default)]
struct Text<'b> {
    text: &'b str,
    /// Where it begins.
    start: usize,
}

impl<'b> Text<'b> {
    /// The text that begins here, up to where the chunk ends or is no text. A chunk is gone through once for all of its
    /// elements.
    fn at(&mut self, chunk: &'b [u8], at: usize) -> &'b str {
        let known = at.checked_sub(self.start).and_then(|skipped| self.text.get(skipped..));
        if let Some(text) = known.filter(|text| !text.is_empty()) {
            return text;
        }
        let rest = chunk.get(at..).unwrap_or_default();
        self.start = at;
        self.text = simdutf8::compat::from_utf8(rest).unwrap_or_else(|error| {
            rest.get(..error.valid_up_to()).and_then(|rest| std::str::from_utf8(rest).ok()).unwrap_or_default()
        });
        self.text
    }
}

impl Field {
    fn of(key: &str) -> Self {
        match key.trim().to_ascii_lowercase().as_str() {
            "code" => Self::Code,
            "error" => Self::Error,
            "msg" => Self::Msg,
            "data" => Self::Data,
            _ => Self::Other,
        }
    }
}

const NOT_JSON: Malformed = Malformed::NotJson("the answer is not JSON");

/// A value as text: a string's characters, nothing for null, and the JSON itself for anything else.
fn text(json: &str) -> Result<String, Malformed> {
    if json.starts_with('"') {
        return serde_json::from_str(json).map_err(|_| NOT_JSON);
    }
    serde_json::from_str::<IgnoredAny>(json).map_err(|_| NOT_JSON)?;
    Ok(if json == "null" { String::new() } else { json.to_owned() })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    impl Elements for Vec<String> {
        fn take(&mut self, json: &str) -> Result<(), Malformed> {
            self.push(json.to_owned());
            Ok(())
        }
    }

    fn read(body: &str, chunk: usize) -> Result<(Words, Vec<String>), Malformed> {
        let mut envelope = Envelope::new();
        let mut elements = Vec::<String>::new();
        for bytes in body.as_bytes().chunks(chunk) {
            envelope.feed(bytes, &mut elements)?;
        }
        Ok((envelope.finish()?, elements))
    }

    fn words(code: &str, msg: &str, data: Data) -> Words {
        Words { code: code.into(), error: String::new(), msg: msg.into(), are_there: true, data }
    }

    #[test]
    fn every_shape_of_an_answer_in_chunks_of_every_size() {
        let rows = |rows: &[&str]| rows.iter().map(|row| (*row).to_owned()).collect::<Vec<_>>();
        for (body, expected) in [
            (
                r#"{"code":200,"error":null,"msg":"ok","data":[{"a":"]"},{"b":2}]}"#,
                Ok((words("200", "ok", Data::Told), rows(&[r#"{"a":"]"}"#, r#"{"b":2}"#]))),
            ),
            (r#"{"data":{"a":{"b":"}"}},"code":"0"}"#, Ok((words("0", "", Data::Told), rows(&[r#"{"a":{"b":"}"}}"#])))),
            ("\u{feff} {\n  \"Code \": \"200\", \"data\": [ ] }\n", Ok((words("200", "", Data::Told), vec![]))),
            (r#"{"code":"","data":null,"new":{"x":[1,"]"]}}"#, Ok((words("", "", Data::Null), vec![]))),
            (
                r#"{"code":"404","error":"Not Found","msg":"Validate dates entered"}"#,
                Ok((
                    Words { error: "Not Found".into(), ..words("404", "Validate dates entered", Data::Missing) },
                    vec![],
                )),
            ),
            (
                r#"[{"a":1},2,"three",null]"#,
                Ok((Words { data: Data::Told, ..Words::default() }, rows(&[r#"{"a":1}"#, "2", r#""three""#, "null"]))),
            ),
            ("[]", Ok((Words { data: Data::Told, ..Words::default() }, vec![]))),
            ("{}", Ok((Words::default(), vec![]))),
            ("", Err(Malformed::NotJson("the answer is empty"))),
            ("  ", Err(Malformed::NotJson("the answer is empty"))),
            (r#"{"code":200,"data":[{"a":1},"#, Err(Malformed::NotJson("the answer ends in the middle"))),
            (r#"{"code":200,"data":[{"a":"#, Err(Malformed::NotJson("the answer ends in the middle"))),
            (r#"{"code":200,"data":[{"a":1}]"#, Err(Malformed::NotJson("the answer ends in the middle"))),
            (r#"{"code":200,"data":"[]"}"#, Err(Malformed::BadShape("`data` is neither a list nor an object"))),
            (r#"{"code":200,"data":""}"#, Err(Malformed::BadShape("`data` is neither a list nor an object"))),
            (r#"{"code":200,"data":12}"#, Err(Malformed::BadShape("`data` is neither a list nor an object"))),
            (r#"{"data":[],"data":[]}"#, Err(Malformed::BadShape("the answer has `data` twice"))),
            (r#"{"code":200,"data":[{}]} trailing"#, Err(NOT_JSON)),
            (r#"{"code":200,"data":[{},]}"#, Err(NOT_JSON)),
            (r#"{"code":200,}"#, Err(NOT_JSON)),
            (r#"{"code" 200}"#, Err(NOT_JSON)),
            (r#"{"code":}"#, Err(NOT_JSON)),
            (r#"{"code":nonsense}"#, Err(NOT_JSON)),
            ("<!DOCTYPE html><html></html>", Err(NOT_JSON)),
            ("true story", Err(NOT_JSON)),
            ("true", Err(Malformed::BadShape("the answer is a single value"))),
            (r#""a string""#, Err(Malformed::BadShape("the answer is a single value"))),
        ] {
            for chunk in [1, 2, 3, 7, 1_000] {
                assert_eq!(read(body, chunk), expected, "{body} in chunks of {chunk}");
            }
        }
    }

    #[test]
    fn hostile_streams_end_in_bounded_memory() {
        let feed_forever = |start: &str, again: &[u8]| {
            let mut envelope = Envelope::new();
            envelope.feed(start.as_bytes(), &mut Nobody).unwrap();
            (0..1_000_000)
                .find_map(|_| envelope.feed(again, &mut Nobody).err().map(|error| (error, envelope.held.len())))
        };
        let [deep, long, foreign] = [
            feed_forever(r#"{"data":["#, b"[[[[[[[["),
            feed_forever(r#"{"data":["unclosed"#, &[b'x'; 1024]),
            feed_forever("<html>", &[b'x'; 1024]),
        ];
        assert_eq!(deep.unwrap().0, Malformed::BadShape("the answer nests more than 64 deep"));
        let (error, held) = long.unwrap();
        assert_eq!(error, Malformed::TooLarge);
        assert!(held <= LONGEST_ELEMENT);
        assert_eq!(foreign.unwrap().0, NOT_JSON);
    }

    #[test]
    fn an_old_encoding_is_read_with_a_mark() {
        let mut envelope = Envelope::new();
        let mut names = Vec::<String>::new();
        envelope.feed(b"[{\"name\":\"T\xe9cnico\"}]", &mut names).unwrap();
        assert_eq!(names, ["{\"name\":\"T\u{fffd}cnico\"}"]);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), chunk in 1_usize..50) {
            let mut envelope = Envelope::new();
            if bytes.chunks(chunk).try_for_each(|bytes| envelope.feed(bytes, &mut Nobody)).is_ok() {
                let _ = envelope.finish();
            }
        }
    }
}
