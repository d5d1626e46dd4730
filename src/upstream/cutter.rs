//! Finds where one JSON value ends in a stream of bytes, without reading it.

/// How deep values may nest. wolkvox nests four deep at most; what goes on without end is hostile.
const DEEPEST: u32 = 64;

/// The value nests deeper than anything wolkvox says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooDeep;

/// The state in the middle of one JSON value.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cutter {
    depth: u32,
    in_string: bool,
    after_backslash: bool,
    /// Whether the value is a number or a word, which ends where something else begins.
    is_bare: bool,
}

impl Cutter {
    /// Starts at the first byte of a value, which is still to be scanned.
    pub(super) fn at(first: u8) -> Self {
        Self { is_bare: !matches!(first, b'"' | b'{' | b'['), ..Self::default() }
    }

    /// Scans on; answers how many of the bytes belong to the value when it ends within them.
    pub(super) fn scan(&mut self, bytes: &[u8]) -> Result<Option<usize>, TooDeep> {
        if self.is_bare {
            let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n');
            return Ok(bytes.iter().position(ends));
        }
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            if self.in_string {
                let Some(skipped) = self.scan_string(rest) else { return Ok(None) };
                at += skipped;
                if self.depth == 0 && !self.in_string {
                    return Ok(Some(at));
                }
                continue;
            }
            let Some(offset) = rest.iter().position(|byte| matches!(byte, b'"' | b'{' | b'}' | b'[' | b']')) else {
                return Ok(None);
            };
            at += offset + 1;
            match rest.get(offset) {
                Some(b'"') => self.in_string = true,
                Some(b'{' | b'[') => {
                    self.depth += 1;
                    if self.depth > DEEPEST {
                        return Err(TooDeep);
                    }
                }
                _ => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return Ok(Some(at));
                    }
                }
            }
        }
        Ok(None)
    }

    /// Goes on inside a string; answers how many bytes were passed up to the next backslash or quote.
    fn scan_string(&mut self, bytes: &[u8]) -> Option<usize> {
        if self.after_backslash {
            self.after_backslash = false;
            return Some(1);
        }
        let offset = memchr::memchr2(b'"', b'\\', bytes)?;
        if bytes.get(offset) == Some(&b'\\') {
            self.after_backslash = true;
        } else {
            self.in_string = false;
        }
        Some(offset + 1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_value_ends_where_it_ends() {
        for (text, expected) in [
            (r#"{"a":1},"#, Some(7)),
            (r#"{"a":"}\"{"}]"#, Some(12)),
            (r#"["x",[{}]] "#, Some(10)),
            (r#""te\\xt" : 1"#, Some(8)),
            ("12.5,", Some(4)),
            ("null}", Some(4)),
            (r#"{"a":"#, None),
            (r#""open"#, None),
            ("12", None),
        ] {
            assert_eq!(Cutter::at(text.as_bytes()[0]).scan(text.as_bytes()), Ok(expected), "{text}");
        }
    }

    #[test]
    fn nesting_without_end_is_refused() {
        assert_eq!(Cutter::at(b'[').scan("[".repeat(1_000).as_bytes()), Err(TooDeep));
    }

    proptest! {
        #[test]
        fn cutting_the_stream_anywhere_changes_nothing(strings in proptest::collection::vec("\\PC{0,8}", 0..4), cut in 0_usize..80) {
            let text = format!("{} ,", serde_json::to_string(&[strings]).unwrap());
            let whole = Cutter::at(b'[').scan(text.as_bytes()).unwrap();
            prop_assert_eq!(whole, Some(text.len() - 2));
            let cut = cut.min(text.len() - 2);
            let mut cutter = Cutter::at(b'[');
            let first = cutter.scan(&text.as_bytes()[..cut]).unwrap();
            let end = first.or_else(|| cutter.scan(&text.as_bytes()[cut..]).unwrap().map(|end| cut + end));
            prop_assert_eq!(end, whole);
        }
    }
}
