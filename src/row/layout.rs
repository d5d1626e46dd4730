//! A row that is written like rows before it: read in one pass, without knowing beforehand where it ends.
//!
//! wolkvox writes the rows of an answer alike: the same keys in the same order with the same blanks. So what stood before
//! each value, the quotes of texts included, is only compared the next time, and nothing but the values is looked at; mostly it
//! is what stood there in the row before, and where it is not, as in a row with fewer keys, it is looked for among all that
//! stood before values. What is written in any other way is not read here at all.
//!
//! A large answer has ten million values, and each begins where the one before ends. So what is in the way from one end to the
//! next is as short as can be: a look at sixteen bytes for a quote. All else is compared beside it.

use wide::u8x16;

use super::Extent;
use super::opening::Opening;

/// More than this is not remembered, in number and in bytes: no report's rows have so many keys, or so long ones.
const MOST_LEADS: usize = 128;
const LONGEST_LEADS: usize = 8 << 10;

/// How rows were written: what stood before each value, between two, and behind the last one.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// All of it in one piece.
    text: String,
    leads: Vec<Lead>,
    /// What rows began with.
    first: Next,
    /// What was learnt last of the row that is being learnt.
    before: Option<usize>,
    /// Whether there was something that had no room.
    is_full: bool,
}

/// What stood before a value, or behind the last one. The quotes around a text belong to what stands before it and behind it.
#[derive(Clone, Copy, Debug)]
struct Lead {
    /// What tells quickly whether it stands somewhere, if it is short, as nearly all are, and no bare value follows.
    opening: Option<Opening>,
    start: usize,
    length: usize,
    /// Whether a row begins with it.
    is_head: bool,
    behind: Behind,
    /// Which of the fields that the report knows its key is, or `NOWHERE`.
    place: usize,
    /// Where its key stands within it.
    key: (usize, usize),
    next: Next,
}

/// What may stand behind a lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Behind {
    /// What is between the quotes of a text.
    Text,
    /// A value without quotes.
    Bare,
    /// The end of the row.
    Nothing,
}

/// Which leads came next the last time, and before that another.
#[derive(Clone, Copy, Debug)]
struct Next {
    last: usize,
    other: usize,
}

/// Where no lead is, and no field.
const NOWHERE: usize = usize::MAX;

impl Default for Next {
    fn default() -> Self {
        Self { last: NOWHERE, other: NOWHERE }
    }
}

impl Next {
    fn remember(&mut self, next: usize) {
        if self.last != next {
            *self = Self { last: next, other: self.last };
        }
    }
}

impl Layout {
    /// A row begins that is to be learnt.
    pub(super) fn begin(&mut self) {
        self.before = None;
        // Rows that have little in common are not worth more than the last ones.
        if std::mem::take(&mut self.is_full) {
            *self = Self::default();
        }
    }

    /// Learns what stood before a value, as it was written: whether the row begins with it, where its key stands in it, which
    /// field that is, and what follows.
    pub(super) fn add(&mut self, is_head: bool, text: &str, key: (usize, usize), place: Option<usize>, behind: Behind) {
        let Some(at) = self.learn(is_head, text, key, place.unwrap_or(NOWHERE), behind) else { return self.skip() };
        if is_head || self.before.is_some() {
            self.follow(self.before, at);
        }
        self.before = Some(at);
    }

    /// Which lead this is, a new one if need be and if there is room.
    fn learn(&mut self, is_head: bool, text: &str, key: (usize, usize), place: usize, behind: Behind) -> Option<usize> {
        let is_it = |lead: &Lead| (lead.is_head, lead.behind) == (is_head, behind) && lead.text(&self.text) == text;
        let known = self.leads.iter().position(is_it);
        if known.is_some() {
            return known;
        }
        if self.leads.len() >= MOST_LEADS || self.text.len() + text.len() > LONGEST_LEADS {
            self.is_full = true;
            return None;
        }
        let (start, length) = (self.text.len(), text.len());
        self.text.push_str(text);
        let opening = if behind == Behind::Bare { None } else { Opening::of(text) };
        self.leads.push(Lead { opening, start, length, is_head, behind, place, key, next: Next::default() });
        Some(self.leads.len() - 1)
    }

    /// Passes over something that cannot be compared as it was written.
    pub(super) fn skip(&mut self) {
        self.before = None;
    }

    /// What came behind this, or at the beginning.
    fn next(&mut self, before: Option<usize>) -> Option<&mut Next> {
        match before {
            None => Some(&mut self.first),
            Some(before) => self.leads.get_mut(before).map(|lead| &mut lead.next),
        }
    }

    /// Remembers what came behind this, or at the beginning.
    fn follow(&mut self, before: Option<usize>, next: usize) {
        if let Some(nexts) = self.next(before) {
            nexts.remember(next);
        }
    }

    #[cfg(test)]
    pub(super) fn allocated(&self) -> usize {
        self.text.capacity() + self.leads.capacity() * size_of::<Lead>()
    }

    /// Reads the row that `text` begins with and hands out its fields: which of the known ones it is, or `NOWHERE`, where its
    /// key stands and where its value. Answers how long the row is, or nothing where it is written otherwise or not all there;
    /// what was handed out is then to be forgotten.
    pub(super) fn read(
        &mut self,
        text: &str,
        mut file: impl FnMut(usize, Extent, Extent) -> Option<()>,
    ) -> Option<usize> {
        let mut rest = text.as_bytes();
        let (mut before, mut expected) = (None, self.first.last);
        loop {
            let (current, lead) = match self.leads.get(expected) {
                Some(lead) if lead.stands(&self.text, rest) => (expected, lead),
                _ => {
                    let current = self.found(before, text.get(text.len() - rest.len()..)?)?;
                    (current, self.leads.get(current)?)
                }
            };
            let behind = rest.get(lead.length..)?;
            let start = text.len() - behind.len();
            let (length, quote) = match lead.behind {
                Behind::Text => (length_of_text(behind)?, 1),
                Behind::Bare => (length_of_bare(behind)?, 0),
                Behind::Nothing => return Some(start),
            };
            let at = start - lead.length;
            let key = Extent::of(at + lead.key.0, at + lead.key.1);
            file(lead.place, key, Extent::of(start - quote, start + length + quote))?;
            rest = behind.get(length..)?;
            (before, expected) = (Some(current), lead.next.last);
        }
    }

    /// What stands here, behind this or at the beginning, of all that is known. What stood there before the last time is tried
    /// first.
    #[cold]
    fn found(&mut self, before: Option<usize>, text: &str) -> Option<usize> {
        let other = self.next(before)?.other;
        let stands = |lead: &Lead| lead.is_head == before.is_none() && lead.stands(&self.text, text.as_bytes());
        let known = match self.leads.get(other) {
            Some(lead) if stands(lead) => Some(other),
            _ => self.leads.iter().position(stands),
        };
        let found = known.or_else(|| self.found_but_for_quotes(before, text))?;
        self.follow(before, found);
        Some(found)
    }

    /// The same, where a text is before or behind it instead of a bare value, or the other way round.
    fn found_but_for_quotes(&mut self, before: Option<usize>, text: &str) -> Option<usize> {
        let follows_text =
            before.and_then(|before| self.leads.get(before)).is_some_and(|lead| lead.behind == Behind::Text);
        let opened = usize::from(follows_text);
        let rest = text.get(opened..)?;
        let is_it = |lead: &&Lead| lead.is_head == before.is_none() && rest.starts_with(lead.core(&self.text));
        let lead = *self.leads.iter().find(is_it)?;
        let (core, quote) = (lead.core(&self.text), lead.text(&self.text).starts_with('"'));
        let goes_on = rest.get(core.len()..)?;
        let behind = match lead.behind {
            Behind::Nothing => Behind::Nothing,
            _ if goes_on.starts_with('"') => Behind::Text,
            _ => Behind::Bare,
        };
        let length = opened + core.len() + usize::from(behind == Behind::Text);
        let key = |end: usize| end - usize::from(quote) + opened;
        let key = if behind == Behind::Nothing { lead.key } else { (key(lead.key.0), key(lead.key.1)) };
        self.learn(lead.is_head, text.get(..length)?, key, lead.place, behind)
    }
}

impl Lead {
    /// This, of what is known.
    fn text<'k>(&self, known: &'k str) -> &'k str {
        known.get(self.start..self.start + self.length).unwrap_or_default()
    }

    /// The same without the quotes of texts before and behind it.
    fn core<'k>(&self, known: &'k str) -> &'k str {
        let text = self.text(known);
        let text = text.strip_prefix('"').unwrap_or(text);
        if self.behind == Behind::Text { text.strip_suffix('"').unwrap_or(text) } else { text }
    }

    /// Whether this, of what is known, stands here.
    #[inline]
    fn stands(&self, known: &str, bytes: &[u8]) -> bool {
        match (&self.opening, bytes.first_chunk()) {
            (Some(opening), Some(bytes)) => opening.opens(bytes),
            _ => self.is_found(known, bytes),
        }
    }

    /// The same, of a long one, before a bare value, or where bytes are nearly over.
    #[inline(never)]
    fn is_found(&self, known: &str, bytes: &[u8]) -> bool {
        // What is before a text goes on with its quote.
        bytes
            .strip_prefix(self.text(known).as_bytes())
            .is_some_and(|behind| self.behind != Behind::Bare || !behind.starts_with(b"\""))
    }
}

/// How long what is between the quotes of a text is, if it is well written and ends. Its last quote is looked at, but does
/// not count.
#[inline]
fn length_of_text(bytes: &[u8]) -> Option<usize> {
    if let Some(sixteen) = bytes.first_chunk::<16>() {
        let sixteen = u8x16::new(*sixteen);
        let quotes = sixteen.simd_eq(u8x16::splat(b'"')).to_bitmask();
        let others = (sixteen.simd_eq(u8x16::splat(b'\\')) | sixteen.simd_le(u8x16::splat(0x1F))).to_bitmask();
        // None of the others up to the first quote.
        if quotes != 0 && others & (quotes ^ (quotes - 1)) == 0 {
            return Some(quotes.trailing_zeros() as usize);
        }
    }
    length_of_long_text(bytes)
}

/// The same, where it is longer than sixteen bytes or has escapes, or is the last that there is.
#[inline(never)]
fn length_of_long_text(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += plain_characters(bytes.get(at..)?);
        match bytes.get(at)? {
            b'"' => return Some(at),
            b'\\' => match bytes.get(at + 1)? {
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => at += 2,
                b'u' if bytes.get(at + 2..at + 6)?.iter().all(u8::is_ascii_hexdigit) => at += 6,
                _ => return None,
            },
            // A control character, which JSON does not have in a text.
            _ => return None,
        }
    }
}

/// How long the number, or one of JSON's three words, is that these bytes begin with.
#[inline(never)]
fn length_of_bare(bytes: &[u8]) -> Option<usize> {
    let length = bytes.iter().position(|byte| matches!(byte, b',' | b'}' | b' ' | b'\t' | b'\r' | b'\n'))?;
    let bare = bytes.get(..length)?;
    (matches!(bare, b"null" | b"true" | b"false") || is_plain_number(bare)).then_some(length)
}

/// Whether these bytes are a number without an exponent, as JSON has it.
fn is_plain_number(bytes: &[u8]) -> bool {
    let digits = bytes.strip_prefix(b"-").unwrap_or(bytes);
    let point = digits.iter().position(|byte| *byte == b'.');
    let (whole, fraction) = point.map_or((digits, None), |point| {
        let (whole, fraction) = digits.split_at(point);
        (whole, fraction.get(1..))
    });
    let are_digits = |bytes: &[u8]| !bytes.is_empty() && bytes.iter().all(u8::is_ascii_digit);
    are_digits(whole) && (whole == b"0" || !whole.starts_with(b"0")) && fraction.is_none_or(are_digits)
}

/// Which of the bytes are quotes, backslashes or control characters, a bit for each.
fn marks(bytes: &[u8; 16]) -> u32 {
    let bytes = u8x16::new(*bytes);
    let found =
        bytes.simd_eq(u8x16::splat(b'"')) | bytes.simd_eq(u8x16::splat(b'\\')) | bytes.simd_le(u8x16::splat(0x1F));
    found.to_bitmask()
}

/// How many bytes come before the first quote, backslash or control character, sixteen at a time: most values are shorter,
/// so that it takes one step to pass one.
fn plain_characters(bytes: &[u8]) -> usize {
    let mut passed = 0;
    let mut rest = bytes;
    while let Some((sixteen, behind)) = rest.split_first_chunk::<16>() {
        let found = marks(sixteen);
        if found != 0 {
            return passed + found.trailing_zeros() as usize;
        }
        passed += 16;
        rest = behind;
    }
    passed + rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20)).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::row::Row;

    const FIELDS: &[&str] = &["conn_id", "rp_id", "ani", "total_time"];

    /// The known words, the others by key, and the length of the text.
    type Told = (Vec<Option<String>>, Vec<(String, String)>, usize);

    /// What a row says, with the length of its text.
    fn told(row: &Row<'_>, length: usize) -> Told {
        let words = row
            .words
            .iter()
            .take(FIELDS.len())
            .map(|word| row.word_at(*word).map(|word| word.written().to_owned()))
            .collect();
        let others = row.others.iter().map(|(key, word)| (key.to_string(), word.written().to_owned())).collect();
        (words, others, length)
    }

    fn alike(text: &str, layout: &mut Layout) -> Option<Told> {
        let mut row = Row::empty(FIELDS);
        row.fill_alike(text, layout).map(|length| told(&row, length))
    }

    fn layout_of(json: &str) -> Layout {
        let mut layout = Layout::default();
        Row::of(json, FIELDS, &mut layout).unwrap();
        layout
    }

    const FIRST: &str = "{\n  \"conn_id\": \"1\",\n  \"RP_ID \": \"2\",\n  \"new\": \"x\",\n  \"Total_time \": 12\n}";

    #[test]
    fn a_row_written_alike_is_read_with_whatever_is_behind_it() {
        let mut layout = layout_of(FIRST);
        for behind in ["", ",", " ]", "{", "\u{e9}"] {
            let second = FIRST.replace("\"1\"", r#""ñ \"\u00e9\" ""#).replace("12", "null");
            let (words, others, length) = alike(&format!("{second}{behind}"), &mut layout).unwrap();
            assert_eq!(
                words,
                [Some(r#""ñ \"\u00e9\" ""#), Some("\"2\""), None, Some("null")].map(|word| word.map(str::to_owned))
            );
            assert_eq!(others, [("new".to_owned(), "\"x\"".to_owned())]);
            assert_eq!(length, second.len());
        }
    }

    #[test]
    fn what_is_written_otherwise_is_left_alone() {
        let mut layout = layout_of(FIRST);
        for (from, to) in [
            ("conn_id", "con_id"),
            ("\n", ""),
            ("\"1\"", "[1]"),
            ("\"1\"", "{}"),
            ("\"1\"", "1e3"),
            ("\"1\"", "01"),
            ("\"1\"", "1."),
            ("\"1\"", "-"),
            ("\"1\"", "nul"),
            ("\"1\"", ""),
            ("\"1\"", "\"a\tb\""),
            ("\"1\"", r#""\x""#),
            ("\"1\"", r#""\u12g4""#),
            ("\"1\"", "\"never closed"),
            ("}", ", \"more\": 1}"),
            ("}", ""),
        ] {
            assert_eq!(alike(&FIRST.replacen(from, to, 1), &mut layout), None, "{from} as {to}");
        }
        for end in 0..FIRST.len() {
            assert_eq!(alike(&FIRST[..end], &mut layout), None, "{end} bytes");
        }
        assert_eq!(alike("{}", &mut Layout::default()), None);
    }

    #[test]
    fn rows_that_no_report_has_are_not_remembered() {
        for json in [
            "{}".to_owned(),
            r#"{"conn_i\u0064": "1"}"#.to_owned(),
            format!("{{\"{}\": 1}}", "x".repeat(LONGEST_LEADS)),
            format!("{{{}}}", (0..=MOST_LEADS).map(|key| format!("\"{key}\": 1")).collect::<Vec<_>>().join(", ")),
        ] {
            assert_eq!(alike(&json, &mut layout_of(&json)), None, "{json:.40}");
        }
    }

    #[test]
    fn rows_with_fewer_keys_or_in_another_order_are_read_as_soon_as_all_keys_are_known() {
        let mut layout = Layout::default();
        let rows = [
            r#"{"conn_id": "1", "rp_id": "2", "new": "3", "total_time": "4"}"#,
            r#"{"conn_id": "1", "total_time": "4"}"#,
            r#"{"rp_id": "2", "conn_id": "1", "total_time": 4}"#,
        ];
        Row::of(rows[0], FIELDS, &mut layout).unwrap();
        assert!(alike(rows[0], &mut layout).is_some() && alike(rows[1], &mut layout).is_some());
        assert_eq!(alike(rows[2], &mut layout), None, "nothing began so");
        Row::of(rows[2], FIELDS, &mut layout).unwrap();
        for row in rows.iter().cycle().take(20) {
            let anew = Row::of(row, FIELDS, &mut Layout::default()).unwrap();
            assert_eq!(alike(row, &mut layout), Some(told(&anew, row.len())));
        }
    }

    #[test]
    fn texts_that_are_null_or_numbers_now_and_then_are_read_all_the_same() {
        let mut layout = Layout::default();
        let values = ["null", "\"1\"", "2"];
        let row = |first: &str, second: &str| format!(r#"{{"conn_id":{first},"rp_id":{second},"new":"x"}}"#);
        let rows: Vec<_> = values.iter().flat_map(|first| values.map(|second| row(first, second))).collect();
        Row::of(&rows[0], FIELDS, &mut layout).unwrap();
        for row in rows.iter().cycle().take(40) {
            let anew = Row::of(row, FIELDS, &mut Layout::default()).unwrap();
            assert_eq!(alike(row, &mut layout), Some(told(&anew, row.len())));
        }
        assert_eq!(layout.leads.len(), 2 + 4 + 2 + 1, "one for each of what may stand before and behind");
    }

    #[test]
    fn what_had_no_room_makes_room_for_the_rows_to_come() {
        let mut layout = Layout::default();
        for round in 0..3 {
            let row = |key: usize| format!(r#"{{"{}": 1, "rp_id": 2}}"#, 1_000 * round + key);
            for key in 0..MOST_LEADS {
                Row::of(&row(key), FIELDS, &mut layout).unwrap();
            }
            assert!(alike(&row(MOST_LEADS - 1), &mut layout).is_some(), "{round}");
            assert!(layout.leads.len() <= MOST_LEADS, "{round}");
        }
    }

    #[test]
    fn a_text_ends_at_its_quote_wherever_that_lies_among_sixteen_bytes() {
        for before in 0..20 {
            for behind in 0..20 {
                let text = format!("{}\"{}", "\u{e9}".repeat(before), "x".repeat(behind));
                assert_eq!(length_of_text(text.as_bytes()), Some(2 * before));
            }
        }
    }

    /// A piece of JSON, or of what is none.
    fn value() -> impl Strategy<Value = String> {
        prop_oneof![
            8 => "\\PC{0,12}".prop_map(|text| serde_json::to_string(&text).unwrap()),
            2 => any::<char>().prop_map(|one| format!("\"\\u{:04x}\"", u32::from(one) & 0xFFFF)),
            1 => r#""[ -~]{0,10}""#,
            1 => "[\"\\\\\u{0}-\u{30}a-f]{0,10}",
            2 => any::<f64>().prop_map(|number| number.to_string()),
            2 => "-?[0-9]{0,4}[.]?[0-9]{0,3}(e[0-9])?",
            1 => Just("null".to_owned()),
            1 => Just("true".to_owned()),
            1 => Just(r#"{"a": [1, "}"]}"#.to_owned()),
        ]
    }

    fn key() -> impl Strategy<Value = String> {
        prop_oneof![
            4 => prop::sample::select(vec!["conn_id", "RP_ID ", " ani", "Total_time", "new", "conn_id "]).prop_map(str::to_owned),
            1 => "[a-zñ]{0,5}",
            1 => r"[a-z]\\u00[46][0-9]",
        ]
    }

    fn written(fields: &[(String, String)], blank: &str) -> String {
        let fields: Vec<_> = fields.iter().map(|(key, value)| format!("{blank}\"{key}\":{blank}{value}")).collect();
        format!("{{{}{blank}}}", fields.join(","))
    }

    proptest! {
        /// Whatever the row before and the one now: what is read this way is what serde_json reads.
        #[test]
        fn reading_alike_never_differs_from_reading_anew(
            keys in proptest::collection::vec(key(), 1..6),
            before in proptest::collection::vec(value(), 6),
            now in proptest::collection::vec(value(), 6),
            blank in prop::sample::select(vec!["", " ", "\n    "]),
            behind in prop::sample::select(vec!["", ",", "}", "  ]", "x", ",           \n          {"]),
        ) {
            let row = |values: &[String]| written(&keys.iter().cloned().zip(values.iter().cloned()).collect::<Vec<_>>(), blank);
            let (before, now) = (row(&before), row(&now));
            let mut layout = Layout::default();
            if Row::of(&before, FIELDS, &mut layout).is_err() {
                return Ok(());
            }
            let quick = alike(&format!("{now}{behind}"), &mut layout);
            if let Some((words, others, length)) = quick {
                let text = format!("{now}{behind}");
                let anew = Row::of(&text[..length], FIELDS, &mut Layout::default());
                prop_assert!(anew.is_ok(), "{now}");
                prop_assert_eq!((words, others, length), told(&anew.unwrap(), length));
            } else {
                // Only what was not to be read so is not: escapes in keys, nesting, exponents, and what is no JSON.
                let is_flat = !now.contains("[1,") && !keys.iter().any(|key| key.contains('\\'));
                let is_json = Row::of(&now, FIELDS, &mut Layout::default()).is_ok();
                let has_exponent = now.contains('e');
                prop_assert!(!(is_flat && is_json && !has_exponent), "{now} after {before}");
            }
        }

        /// What was learnt of some rows, put together in any order: what is read so is what serde_json reads.
        #[test]
        fn no_order_of_what_is_known_is_taken_for_a_row_that_is_none(
            values in proptest::collection::vec(value(), 6),
            pieces in proptest::collection::vec(
                prop::sample::select(vec![
                    r#"{"conn_id":"#, r#"{"new":"#, r#","rp_id":"#, r#", "rp_id": "#, r#","new":"#, r#","conn_id":"#, "}", " }",
                    r#""x""#, "1", "null", ",", "{", "\"", "x", r#"","rp_id":"y""#, r#"{"new":"z"#,
                ]),
                0..12,
            ),
        ) {
            let mut layout = Layout::default();
            for (values, [head, one, other, tail]) in values.chunks(3).zip([
                [r#"{"conn_id":"#, r#","rp_id":"#, r#","new":"#, "}"],
                [r#"{"new":"#, r#","conn_id":"#, r#", "rp_id": "#, " }"],
            ]) {
                let row = format!("{head}{}{one}{}{other}{}{tail}", values[0], values[1], values[2]);
                let _ = Row::of(&row, FIELDS, &mut layout);
            }
            let text = pieces.concat();
            if let Some(read) = alike(&text, &mut layout) {
                let anew = Row::of(&text[..read.2], FIELDS, &mut Layout::default());
                prop_assert!(anew.is_ok(), "{}", text);
                prop_assert_eq!(&read, &told(&anew.unwrap(), read.2));
            }
        }

        #[test]
        fn no_bytes_make_it_panic(before in "[{}\":,a1 \\\\]{0,20}", now in "[{}\":,a1 \\\\\u{e9}]{0,20}") {
            let mut layout = Layout::default();
            let _ = Row::of(&before, FIELDS, &mut layout);
            let _ = alike(&now, &mut layout);
        }
    }
}
