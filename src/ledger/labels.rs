//! Labels as bytes. Of its labels a row tells what differs from those of the row before: the same agent, or the next
//! one, with another state.

/// Writes the labels of rows.
#[derive(Debug, Default)]
pub(super) struct Writing<'l> {
    bytes: Vec<u8>,
    before: &'l str,
}

impl<'l> Writing<'l> {
    pub(super) fn add(&mut self, labels: &'l str) {
        let shared = self.before.bytes().zip(labels.bytes()).take_while(|(one, other)| one == other).count();
        let shared = labels.floor_char_boundary(shared);
        let own = labels.get(shared..).unwrap_or_default();
        self.write(shared);
        self.write(own.len());
        self.bytes.extend_from_slice(own.as_bytes());
        self.before = labels;
    }

    pub(super) fn finish(self) -> Box<[u8]> {
        self.bytes.into()
    }

    /// Seven bits a byte, the lowest first; the highest bit says that more follow.
    fn write(&mut self, mut length: usize) {
        while length >= 0x80 {
            self.bytes.push(length.to_le_bytes()[0] | 0x80);
            length >>= 7;
        }
        self.bytes.push(length.to_le_bytes()[0]);
    }
}

/// Reads the labels of rows.
#[derive(Debug)]
pub(super) struct Labels<'b> {
    rest: &'b [u8],
    /// Those of the row that was read last.
    newest: Vec<u8>,
}

impl<'b> Labels<'b> {
    pub(super) fn of(bytes: &'b [u8]) -> Self {
        Self { rest: bytes, newest: Vec::new() }
    }

    /// The labels of the next row.
    pub(super) fn next(&mut self) -> Option<&str> {
        let (shared, own) = (self.read()?, self.read()?);
        let (own, rest) = self.rest.split_at_checked(own)?;
        self.newest.truncate(shared);
        self.newest.extend_from_slice(own);
        self.rest = rest;
        std::str::from_utf8(&self.newest).ok()
    }

    /// The labels of the row behind so many others.
    pub(super) fn nth(&mut self, others: usize) -> Option<&str> {
        for _ in 0..others {
            self.next()?;
        }
        self.next()
    }

    fn read(&mut self) -> Option<usize> {
        let (mut length, mut shift) = (0, 0);
        loop {
            let (byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            length |= usize::from(byte & 0x7F).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(length);
            }
            shift += 7;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn labels_are_read_as_they_were_written(
            rows in proptest::collection::vec("[añ\u{1F600}]{0,5}|\\PC{0,300}", 0..20),
        ) {
            let mut writing = Writing::default();
            for labels in &rows {
                writing.add(labels);
            }
            let bytes = writing.finish();
            let mut reading = Labels::of(&bytes);
            for labels in &rows {
                prop_assert_eq!(reading.next(), Some(labels.as_str()));
            }
            prop_assert_eq!(reading.next(), None);
        }
    }

    #[test]
    fn labels_take_few_bytes() {
        let labels: Vec<String> = (0..100)
            .flat_map(|agent| {
                ["ready", "inbound", "outbound", "acw", "ring", "aux"]
                    .map(|state| format!("agent_id=\"{}\",state=\"{state}\"", 12_000 + agent))
            })
            .collect();
        let mut writing = Writing::default();
        for labels in &labels {
            writing.add(labels);
        }
        // Beside eight for the number.
        assert!(writing.finish().len() < 600 * 10);
    }
}
