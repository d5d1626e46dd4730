//! One row of an answer: its words by field, read lazily.
//!
//! A row keeps each value as the JSON text that wolkvox wrote and reads it when a report asks, so that fields nobody
//! needs (telephone numbers, customers) are never decoded. Keys match without regard to case and outer blanks, because
//! wolkvox itself is not steady in them.
//!
//! [`Row::of`] reads any row whose end is known; [`Row::fill_alike`] reads one that is written like rows before it, which nearly
//! all are, several times faster and while its end is still to be found.

mod layout;
mod opening;
mod writing;

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use smallvec::SmallVec;

use crate::value;

use self::layout::Behind;
pub use self::layout::Layout;
pub use self::writing::Writing;

/// Why a row was not counted. The word is the metric's label `reason`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rejection {
    /// The field that says whom or what the row is about is blank or missing.
    NoId,
    /// A count or an amount that is not one.
    BadNumber,
    /// A percentage that is not one.
    BadRatio,
    /// A duration that is not one.
    BadDuration,
    /// A day or an hour that is not one.
    BadTime,
    /// The row is about another day than the one that was asked for.
    OtherDay,
    /// The row is not an object.
    NotAnObject,
}

impl Rejection {
    /// Every reason, for the metric that counts them.
    pub const ALL: [Self; 7] = [
        Self::NoId,
        Self::BadNumber,
        Self::BadRatio,
        Self::BadDuration,
        Self::BadTime,
        Self::OtherDay,
        Self::NotAnObject,
    ];

    /// The value of the label `reason`.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::NoId => "no_id",
            Self::BadNumber => "bad_number",
            Self::BadRatio => "bad_ratio",
            Self::BadDuration => "bad_duration",
            Self::BadTime => "bad_time",
            Self::OtherDay => "other_day",
            Self::NotAnObject => "not_an_object",
        }
    }
}

/// A value as wolkvox wrote it: one JSON value, not read yet.
#[derive(Clone, Copy, Debug)]
pub struct Word<'a> {
    /// The row that it stands in, and whatever is behind that.
    text: &'a str,
    extent: Extent,
}

impl<'a> Word<'a> {
    /// The JSON value itself.
    fn written(self) -> &'a str {
        self.text.get(self.extent.start()..self.extent.end()).unwrap_or_default()
    }

    /// How the value is written, if that is short and something stands behind it. What is written alike says the same.
    #[must_use]
    pub fn writing(self) -> Option<Writing> {
        Writing::of(
            self.text.as_bytes().get(self.extent.start()..)?,
            self.extent.end().wrapping_sub(self.extent.start()),
        )
    }

    /// The text of a string, number or boolean, tidied; nothing for null and for the marks of "nothing". A list or an
    /// object is given as its JSON text, which no reader of values takes for one.
    #[must_use]
    pub fn text(self) -> Option<Cow<'a, str>> {
        let raw = self.written();
        let Some(quoted) = raw.strip_prefix('"') else {
            return value::name(raw);
        };
        let plain = quoted.strip_suffix('"').unwrap_or(quoted);
        if let Some(name) = value::plain_name(plain) {
            return name.map(Cow::Borrowed);
        }
        if !plain.contains('\\') {
            return value::name(plain);
        }
        // Only escapes that name no character (a lone half of a surrogate pair) fail here; the text stays as written.
        let decoded = serde_json::from_str::<String>(raw).unwrap_or_else(|_| plain.to_owned());
        value::name(&decoded).map(|text| Cow::Owned(text.into_owned()))
    }

    /// A share, from its percentage; nothing where the word is blank.
    ///
    /// # Errors
    ///
    /// [`Rejection::BadRatio`] where it is not one.
    pub fn ratio(self) -> Result<Option<f64>, Rejection> {
        self.read(value::ratio, Rejection::BadRatio)
    }

    /// A duration in seconds; nothing where the word is blank.
    ///
    /// # Errors
    ///
    /// [`Rejection::BadDuration`] where it is not one.
    pub fn seconds(self) -> Result<Option<f64>, Rejection> {
        self.clock()
            .map_or_else(|| self.read(value::seconds, Rejection::BadDuration), |seconds| Ok(Some(seconds.into())))
    }

    /// A duration in seconds, where it is written as it stands on a clock, which nearly all are, and need not be tidied.
    #[must_use]
    #[inline]
    pub fn clock(self) -> Option<u32> {
        let [b'"', clock @ .., b'"'] = self.text.as_bytes().get(self.extent.start()..self.extent.end())? else {
            return None;
        };
        value::clock(clock.first_chunk().filter(|_| clock.len() == 8)?)
    }

    /// The row inside this word, when it is an object.
    #[must_use]
    pub fn row(self, fields: &'static [&'static str]) -> Option<Row<'a>> {
        Row::of(self.written(), fields, &mut Layout::default()).ok()
    }

    fn read<T>(self, reader: impl Fn(&str) -> Option<T>, rejection: Rejection) -> Result<Option<T>, Rejection> {
        self.text().map(|text| reader(&text).ok_or(rejection)).transpose()
    }
}

/// One row of an answer.
#[derive(Debug)]
pub struct Row<'a> {
    fields: &'static [&'static str],
    text: &'a str,
    /// Where the word of each field in `fields` stands, where the row had it.
    words: [Extent; MOST_FIELDS],
    /// The place behind the field that was read last: large answers are read in the order of the list.
    next: Cell<usize>,
    /// What else the row had, as far as it is worth being looked at.
    others: SmallVec<[(Cow<'a, str>, Word<'a>); 4]>,
    /// How many fields it had beyond those.
    overlooked: usize,
}

/// From where to where something stands in a row. No value is empty; so nothing is where there is none.
#[derive(Clone, Copy, Debug, Default)]
struct Extent {
    start: u32,
    end: u32,
}

impl Extent {
    const NOTHING: Self = Self { start: 0, end: 0 };

    /// Of a text that no row is longer than.
    #[expect(clippy::cast_possible_truncation, reason = "no answer is so long")]
    fn of(start: usize, end: usize) -> Self {
        Self { start: start as u32, end: end as u32 }
    }

    fn start(self) -> usize {
        self.start as usize
    }

    fn end(self) -> usize {
        self.end as usize
    }

    fn is_nothing(self) -> bool {
        self.end == 0
    }
}

/// No report knows more fields.
const MOST_FIELDS: usize = 24;

/// No report has so many fields that it does not know beforehand; a row of more is hostile, and they are only counted.
const MOST_OTHERS: usize = 256;

impl<'a> Row<'a> {
    /// Reads one JSON value, and remembers how it was written. `fields` are the lower-case names that the report knows,
    /// needed or not, best in the order in which it reads them.
    ///
    /// # Errors
    ///
    /// Fails with the JSON error where the text is not a JSON object.
    pub fn of(json: &'a str, fields: &'static [&'static str], layout: &mut Layout) -> Result<Self, serde_json::Error> {
        let mut row = Row { text: json, ..Row::empty(fields) };
        layout.begin();
        let mut reader = serde_json::Deserializer::from_str(json);
        (&mut reader).deserialize_map(Filling { row: &mut row, json, layout })?;
        reader.end()?;
        Ok(row)
    }

    /// A row of a report with these fields, of which nothing is known yet.
    #[must_use]
    pub fn empty(fields: &'static [&'static str]) -> Self {
        debug_assert!(fields.len() <= MOST_FIELDS, "{fields:?}");
        Self {
            fields,
            text: "",
            words: [Extent::NOTHING; MOST_FIELDS],
            next: Cell::new(0),
            others: SmallVec::new(),
            overlooked: 0,
        }
    }

    /// Fills this empty row with the one that `text` begins with, if that is written as `layout` says, and answers how many
    /// bytes it takes. Otherwise it is to be thrown away. (A row is large: handing it out would cost as much as reading it.)
    pub fn fill_alike(&mut self, text: &'a str, layout: &mut Layout) -> Option<usize> {
        self.text = text;
        layout.read(text, |place, key, word| {
            match self.words.get_mut(place) {
                Some(slot) => *slot = word,
                None => self.put_other(Cow::Borrowed(text.get(key.start()..key.end())?), Word { text, extent: word }),
            }
            Some(())
        })
    }

    fn put_other(&mut self, key: Cow<'a, str>, word: Word<'a>) {
        if self.others.len() < MOST_OTHERS {
            self.others.push((key, word));
        } else {
            self.overlooked += 1;
        }
    }

    /// How many of the row's fields nobody knows.
    #[must_use]
    pub fn unknown(&self) -> usize {
        self.others.len() + self.overlooked
    }

    /// Goes through the fields that are not in the list; those that `know` answers true for are known from then on.
    pub fn claim(&mut self, mut know: impl FnMut(&str, Word<'a>) -> bool) {
        self.others.retain(|(key, word)| !know(key, *word));
    }

    /// The tidied text of a field, where it is not blank.
    #[must_use]
    pub fn text(&self, field: &str) -> Option<Cow<'a, str>> {
        self.word(field)?.text()
    }

    /// So many fields of the list, from this one on.
    pub fn words_from(&self, first: &str, count: usize) -> impl Iterator<Item = Option<Word<'a>>> {
        let words = self.place(first).and_then(|place| self.words.get(place..place + count)).unwrap_or_default();
        self.next.set(self.next.get() + count - 1);
        words.iter().map(|extent| self.word_at(*extent))
    }

    /// The tidied text of the field that says whom or what the row is about.
    ///
    /// # Errors
    ///
    /// [`Rejection::NoId`] where it is blank.
    pub fn id(&self, field: &str) -> Result<Cow<'a, str>, Rejection> {
        self.text(field).ok_or(Rejection::NoId)
    }

    /// A count; nothing where the field is blank.
    ///
    /// # Errors
    ///
    /// [`Rejection::BadNumber`] where it is not one.
    pub fn count(&self, field: &str) -> Result<Option<u64>, Rejection> {
        self.read(field, value::count, Rejection::BadNumber)
    }

    /// An amount with decimals; nothing where the field is blank.
    ///
    /// # Errors
    ///
    /// [`Rejection::BadNumber`] where it is not one.
    pub fn amount(&self, field: &str) -> Result<Option<f64>, Rejection> {
        self.read(field, value::amount, Rejection::BadNumber)
    }

    /// A share, from its percentage; nothing where the field is blank.
    ///
    /// # Errors
    ///
    /// [`Rejection::BadRatio`] where it is not one.
    pub fn ratio(&self, field: &str) -> Result<Option<f64>, Rejection> {
        self.read(field, value::ratio, Rejection::BadRatio)
    }

    /// A duration in seconds; nothing where the field is blank.
    ///
    /// # Errors
    ///
    /// [`Rejection::BadDuration`] where it is not one.
    pub fn seconds(&self, field: &str) -> Result<Option<f64>, Rejection> {
        self.word(field).map_or(Ok(None), Word::seconds)
    }

    /// An hour of the day; nothing where the field is blank.
    ///
    /// # Errors
    ///
    /// [`Rejection::BadTime`] where it is not one.
    pub fn hour(&self, field: &str) -> Result<Option<i8>, Rejection> {
        self.read(field, value::hour, Rejection::BadTime)
    }

    /// A day; nothing where the field is blank.
    ///
    /// # Errors
    ///
    /// [`Rejection::BadTime`] where it is not one.
    pub fn day(&self, field: &str) -> Result<Option<jiff::civil::Date>, Rejection> {
        self.read(field, value::day, Rejection::BadTime)
    }

    fn read<T>(
        &self,
        field: &str,
        reader: impl Fn(&str) -> Option<T>,
        rejection: Rejection,
    ) -> Result<Option<T>, Rejection> {
        self.word(field).map_or(Ok(None), |word| word.read(reader, rejection))
    }

    fn word(&self, field: &str) -> Option<Word<'a>> {
        self.word_at(*self.words.get(self.place(field)?)?)
    }

    fn word_at(&self, extent: Extent) -> Option<Word<'a>> {
        (!extent.is_nothing()).then_some(Word { text: self.text, extent })
    }

    /// Where a field stands in the list, from where the next one is looked for.
    fn place(&self, field: &str) -> Option<usize> {
        let is_it = |known: &&str| are_same(known.as_bytes(), field.as_bytes());
        let next = self.next.get();
        let place = match self.fields.get(next) {
            Some(known) if is_it(known) => next,
            _ => {
                let place = self.fields.iter().position(is_it);
                debug_assert!(place.is_some(), "{field} is not in the report's list of fields");
                place?
            }
        };
        self.next.set(place + 1);
        Some(place)
    }

    /// Files a word under its key; answers which of the known fields it is. Rows often come in the order of the list, so
    /// the place after the last one is tried first.
    fn file(&mut self, key: Cow<'a, str>, word: Extent, expected: usize) -> Option<usize> {
        let trimmed = key.trim();
        let is_it = |known: &&str| known.eq_ignore_ascii_case(trimmed);
        let place = match self.fields.get(expected) {
            Some(known) if is_it(known) => Some(expected),
            _ => self.fields.iter().position(is_it),
        };
        match place.and_then(|place| self.words.get_mut(place)) {
            Some(slot) => *slot = word,
            None => self.put_other(key, Word { text: self.text, extent: word }),
        }
        place
    }
}

/// Whether two short texts are the same: calling the C library for them would take longer than looking.
fn are_same(one: &[u8], other: &[u8]) -> bool {
    fn both_ends<const N: usize>(one: &[u8], other: &[u8]) -> bool {
        one.first_chunk::<N>() == other.first_chunk() && one.last_chunk::<N>() == other.last_chunk()
    }
    one.len() == other.len()
        && match one.len() {
            0..4 => one.iter().eq(other),
            4..8 => both_ends::<4>(one, other),
            8..=16 => both_ends::<8>(one, other),
            _ => one == other,
        }
}

struct Filling<'r, 'a> {
    row: &'r mut Row<'a>,
    json: &'a str,
    layout: &'r mut Layout,
}

impl<'de> Visitor<'de> for Filling<'_, 'de> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a row, which is an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let offset = |text: &str| text.as_ptr().addr() - self.json.as_ptr().addr();
        let (mut expected, mut end, mut is_head) = (0, 0, true);
        while let Some(Key(key)) = map.next_key()? {
            let raw: &'de RawValue = map.next_value()?;
            let raw = raw.get();
            let word = Extent::of(offset(raw), offset(raw) + raw.len());
            let (behind, quote) = if raw.starts_with('"') { (Behind::Text, 1) } else { (Behind::Bare, 0) };
            let lead = self.json.get(end..word.start() + quote).unwrap_or_default();
            // A key with escapes is another text than the one that was written.
            let written = if let Cow::Borrowed(written) = key { Some(offset(written) - end) } else { None };
            let length = key.len();
            let place = self.row.file(key, word, expected);
            match written {
                Some(start) => self.layout.add(is_head, lead, (start, start + length), place, behind),
                None => self.layout.skip(),
            }
            (end, is_head) = (word.end() - quote, false);
            expected = place.map_or(expected, |place| place + 1);
        }
        // A row without a key has nothing that stands behind a value.
        if !is_head {
            self.layout.add(false, self.json.get(end..).unwrap_or_default(), (0, 0), None, Behind::Nothing);
        }
        Ok(())
    }
}

/// A key, borrowed from the answer where it has no escapes.
#[derive(serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FIELDS: &[&str] = &["skill_id", "skill_name", "calls", "share", "time", "hour", "date"];

    fn row(json: &str) -> Row<'_> {
        Row::of(json, FIELDS, &mut Layout::default()).expect("the test's row is JSON")
    }

    proptest! {
        #[test]
        fn texts_are_the_same_where_they_are(one in "[ab]{0,20}", at in 0_usize..20) {
            let mut other = one.clone().into_bytes();
            prop_assert!(are_same(one.as_bytes(), &other));
            if let Some(byte) = other.get_mut(at) {
                *byte = b'x';
                prop_assert!(!are_same(one.as_bytes(), &other));
            }
            prop_assert!(!are_same(one.as_bytes(), &[one.as_bytes(), b"a"].concat()));
        }
    }

    #[test]
    fn keys_match_without_case_and_outer_blanks_in_any_order() {
        let row = row(r#"{"CALLS ": "12", "Skill_Name": "Ventas", " skill_id": 4101, "new": 1}"#);
        assert_eq!(row.id("skill_id").as_deref(), Ok("4101"));
        assert_eq!(row.count("calls"), Ok(Some(12)));
        assert_eq!(row.text("skill_name").as_deref(), Some("Ventas"));
        assert_eq!(row.unknown(), 1);
    }

    #[test]
    fn blanks_are_nothing_and_nonsense_is_rejected() {
        for blank in [r#""""#, r#"" ""#, r#""-""#, r#""--""#, "null"] {
            let json =
                format!(r#"{{"skill_id":{blank},"calls":{blank},"share":{blank},"time":{blank},"hour":{blank}}}"#);
            let row = row(&json);
            assert_eq!(row.id("skill_id"), Err(Rejection::NoId));
            assert_eq!(row.count("calls"), Ok(None));
            assert_eq!(row.ratio("share"), Ok(None));
            assert_eq!(row.seconds("time"), Ok(None));
            assert_eq!(row.hour("hour"), Ok(None));
        }
        for nonsense in [r#""x""#, "[]", "{}", "true", r#""1e999""#] {
            let json = format!(r#"{{"calls":{nonsense},"share":{nonsense},"time":{nonsense},"hour":{nonsense}}}"#);
            let row = row(&json);
            assert_eq!(row.count("calls"), Err(Rejection::BadNumber), "{nonsense}");
            assert_eq!(row.ratio("share"), Err(Rejection::BadRatio), "{nonsense}");
            assert_eq!(row.seconds("time"), Err(Rejection::BadDuration), "{nonsense}");
            assert_eq!(row.hour("hour"), Err(Rejection::BadTime), "{nonsense}");
        }
    }

    #[test]
    fn escapes_are_read_and_a_lone_surrogate_harms_nothing() {
        assert_eq!(
            row(r#"{"skill_name":"T\u00e9cnico \"A\" \\ B"}"#).text("skill_name").as_deref(),
            Some(r#"Técnico "A" \ B"#)
        );
        assert_eq!(row(r#"{"skill_name":"a\ud800b"}"#).text("skill_name").as_deref(), Some(r"a\ud800b"));
    }

    #[test]
    fn a_row_of_fields_without_end_is_counted_and_not_held() {
        let json = format!("{{{}\"calls\": 7}}", r#""new": "x", "#.repeat(100_000));
        let mut layout = Layout::default();
        let row = Row::of(&json, FIELDS, &mut layout).unwrap();
        assert_eq!((row.unknown(), row.count("calls")), (100_000, Ok(Some(7))));
        assert!(row.others.len() <= MOST_OTHERS && layout.allocated() < 64 << 10);
    }

    #[test]
    fn what_is_not_an_object_is_no_row() {
        for json in ["[1]", "3", "\"text\"", "null", "{", "{\"a\":}", ""] {
            assert!(Row::of(json, FIELDS, &mut Layout::default()).is_err(), "{json}");
        }
    }
}
