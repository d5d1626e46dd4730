//! Labels and numbers as bytes. Of its labels a row tells what differs from those of the row before: the same agent, or
//! the next one, with another state.

/// Numbers of so many bits are written as integers where they are whole, exactly.
const WHOLE: f64 = 9_007_199_254_740_992.0;

/// A number that is written with all of its bits.
const WITH_BITS: u64 = 1;

/// Writes rows.
#[derive(Debug, Default)]
pub(super) struct Writing<'l> {
    bytes: Vec<u8>,
    before: &'l str,
}

impl<'l> Writing<'l> {
    pub(super) fn add(&mut self, labels: &'l str, number: f64) {
        let shared = self.before.bytes().zip(labels.bytes()).take_while(|(one, other)| one == other).count();
        let shared = labels.floor_char_boundary(shared);
        let own = labels.get(shared..).unwrap_or_default();
        write(&mut self.bytes, shared as u64);
        write(&mut self.bytes, own.len() as u64);
        self.bytes.extend_from_slice(own.as_bytes());
        self.before = labels;
        write_number(&mut self.bytes, number);
    }

    pub(super) fn finish(self) -> Box<[u8]> {
        self.bytes.into()
    }
}

/// Rows written anew one behind the other, their labels as they were.
#[derive(Debug)]
pub(super) struct Rewriting {
    bytes: Vec<u8>,
}

impl Rewriting {
    /// To be about as long as these.
    pub(super) fn of(bytes: &[u8]) -> Self {
        // Numbers grow by a digit now and then.
        Self { bytes: Vec::with_capacity(bytes.len() + bytes.len() / 16) }
    }

    pub(super) fn add(&mut self, row: Row<'_>, number: f64) {
        self.bytes.extend_from_slice(row.labels);
        write_number(&mut self.bytes, number);
    }

    /// The rows so far.
    pub(super) fn rows(&self) -> Rows<'_> {
        Rows::of(&self.bytes)
    }

    pub(super) fn finish(self) -> Box<[u8]> {
        self.bytes.into()
    }
}

#[inline]
fn write_number(bytes: &mut Vec<u8>, number: f64) {
    #[expect(clippy::cast_possible_truncation, reason = "compared with what it came from")]
    let integer = number as i64;
    #[expect(clippy::cast_precision_loss, reason = "exact, for it is compared")]
    let is_whole = number.is_sign_positive() && number < WHOLE && integer as f64 == number;
    if is_whole {
        write(bytes, integer.unsigned_abs() << 1);
    } else {
        write(bytes, WITH_BITS);
        bytes.extend_from_slice(&number.to_le_bytes());
    }
}

/// Seven bits a byte, the lowest first; the highest bit says that more follow.
fn write(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
}

/// Reads rows.
#[derive(Clone, Debug)]
pub(super) struct Rows<'b> {
    rest: &'b [u8],
    /// The labels of the row that was read last.
    labels: Vec<u8>,
}

/// A row that was read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'b> {
    /// The labels as they are written: what differs from those of the row before.
    labels: &'b [u8],
    pub(super) number: f64,
}

impl<'b> Rows<'b> {
    pub(super) fn of(bytes: &'b [u8]) -> Self {
        Self { rest: bytes, labels: Vec::new() }
    }

    /// The labels and the number of the next row.
    pub(super) fn next(&mut self) -> Option<(&str, f64)> {
        let row = self.read()?;
        Some((self.labels()?, row.number))
    }

    /// The labels of the row that was read last.
    pub(super) fn labels(&self) -> Option<&str> {
        std::str::from_utf8(&self.labels).ok()
    }

    /// Whether the row that was read last has these labels.
    pub(super) fn are_at(&self, labels: &str) -> bool {
        self.labels == labels.as_bytes()
    }

    /// Reads the next row.
    #[inline]
    pub(super) fn read(&mut self) -> Option<Row<'b>> {
        let begin = self.rest;
        let (shared, own) = (self.read_whole()?, self.read_whole()?);
        let (own, rest) = self.rest.split_at_checked(usize::try_from(own).ok()?)?;
        self.labels.truncate(usize::try_from(shared).ok()?);
        self.labels.extend_from_slice(own);
        self.rest = rest;
        let labels = begin.get(..begin.len() - rest.len())?;
        let number = match self.read_whole()? {
            WITH_BITS => {
                let (bits, rest) = self.rest.split_first_chunk()?;
                self.rest = rest;
                f64::from_le_bytes(*bits)
            }
            #[expect(clippy::cast_precision_loss, reason = "no larger number is written so")]
            whole => (whole >> 1).cast_signed() as f64,
        };
        Some(Row { labels, number })
    }

    #[inline]
    fn read_whole(&mut self) -> Option<u64> {
        let (mut number, mut shift) = (0, 0);
        loop {
            let (byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            number |= u64::from(byte & 0x7F).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(number);
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
        fn rows_are_read_as_they_were_written(
            rows in proptest::collection::vec(("[añ\u{1F600}]{0,5}|\\PC{0,300}", prop_oneof![any::<f64>(), (0..1_u64 << 54).prop_map(crate::samples::whole), Just(-0.0), Just(f64::NAN)]), 0..20),
        ) {
            let mut writing = Writing::default();
            for (labels, number) in &rows {
                writing.add(labels, *number);
            }
            let bytes = writing.finish();
            let mut reading = Rows::of(&bytes);
            for (labels, number) in &rows {
                let read = reading.next().map(|(labels, number)| (labels.to_owned(), number.to_bits()));
                prop_assert_eq!(read, Some((labels.clone(), number.to_bits())));
            }
            prop_assert_eq!(reading.next(), None);
        }
    }

    #[test]
    fn a_total_takes_few_bytes() {
        let labels: Vec<String> = (0..100)
            .flat_map(|agent| {
                ["ready", "inbound", "outbound", "acw", "ring", "aux"]
                    .map(|state| format!("agent_id=\"{}\",state=\"{state}\"", 12_000 + agent))
            })
            .collect();
        let mut writing = Writing::default();
        for labels in &labels {
            writing.add(labels, 17_345.0);
        }
        assert!(writing.finish().len() < 600 * 16);
    }
}
