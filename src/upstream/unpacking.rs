//! Unpacks a body that comes as gzip, in large pieces, into one place of its own that stays in the processor's cache.

use bytes::{Buf as _, Bytes};
use flate2::{Decompress, FlushDecompress, Status};

/// Bytes unpacked at once: two hundred rows, which stay in the processor's cache while they are read.
const ROOM: usize = 128 << 10;

/// The window that gzip may look back over, as a power of two: its largest.
const WINDOW_BITS: u8 = 15;

/// The bytes are not gzip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Corrupt;

/// A body that is being unpacked.
pub(super) struct Unpacking {
    /// What arrived and is still packed.
    packed: Bytes,
    member: Decompress,
    stage: Stage,
    room: Box<[u8]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Between members, of which most bodies have one.
    Between,
    Within,
    /// What follows is no member; padding is passed over.
    Over,
}

impl Unpacking {
    pub(super) fn new() -> Self {
        Self {
            packed: Bytes::new(),
            member: Decompress::new_gzip(WINDOW_BITS),
            stage: Stage::Between,
            room: vec![0; ROOM].into(),
        }
    }

    /// Takes in what arrived, once [`Self::next`] has nothing more to say of what came before.
    pub(super) fn arrived(&mut self, packed: Bytes) {
        self.packed = packed;
    }

    /// Whether the body may end here.
    pub(super) fn may_end(&self) -> bool {
        self.stage != Stage::Within
    }

    /// Unpacks on, and answers how many bytes of [`Self::unpacked`] there are now; none until more has arrived.
    pub(super) fn next(&mut self) -> Result<usize, Corrupt> {
        loop {
            match self.stage {
                Stage::Between if self.packed.is_empty() => return Ok(0),
                Stage::Between => {
                    self.member = Decompress::new_gzip(WINDOW_BITS);
                    self.stage = Stage::Within;
                }
                Stage::Over => {
                    self.packed.clear();
                    return Ok(0);
                }
                Stage::Within => {}
            }
            let (read_before, written_before) = (self.member.total_in(), self.member.total_out());
            let status = self.member.decompress(&self.packed, &mut self.room, FlushDecompress::None);
            let [read, written] =
                [self.member.total_in() - read_before, self.member.total_out() - written_before].map(whole);
            self.packed.advance(read.min(self.packed.len()));
            match status {
                Ok(Status::StreamEnd) => {
                    const FIRST_OF_A_MEMBER: u8 = 0x1F;
                    let is_over = self.packed.first().is_some_and(|byte| *byte != FIRST_OF_A_MEMBER);
                    self.stage = if is_over { Stage::Over } else { Stage::Between };
                }
                // Nothing read and nothing written: there is no more to be had of what has arrived.
                Ok(_) if read == 0 && written == 0 => return if self.packed.is_empty() { Ok(0) } else { Err(Corrupt) },
                Ok(_) => {}
                Err(_) => return Err(Corrupt),
            }
            if written > 0 {
                return Ok(written);
            }
        }
    }

    /// What was unpacked last, so many bytes of it.
    pub(super) fn unpacked(&self, length: usize) -> &[u8] {
        self.room.get(..length).unwrap_or(&self.room)
    }
}

/// No call reads or writes more than fits into memory.
fn whole(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    /// What comes of bytes that arrive in pieces, and whether the body may end there.
    fn unpacked(packed: &[u8], piece: usize) -> Result<(Vec<u8>, bool), Corrupt> {
        let (mut unpacking, mut all) = (Unpacking::new(), Vec::new());
        for piece in packed.chunks(piece) {
            unpacking.arrived(Bytes::copy_from_slice(piece));
            loop {
                let length = unpacking.next()?;
                if length == 0 {
                    break;
                }
                all.extend_from_slice(unpacking.unpacked(length));
            }
        }
        Ok((all, unpacking.may_end()))
    }

    #[test]
    fn members_follow_one_another_and_padding_is_passed_over() {
        let two = [gzip(b"one "), gzip(b""), gzip(b"two")].concat();
        let padded = [two.clone(), vec![0; 700]].concat();
        for piece in [1, 7, 10_000] {
            assert_eq!(unpacked(&two, piece), Ok((b"one two".to_vec(), true)));
            assert_eq!(unpacked(&[], piece), Ok((Vec::new(), true)));
        }
        assert_eq!(unpacked(&padded, 10_000), Ok((b"one two".to_vec(), true)));
    }

    #[test]
    fn what_breaks_off_may_not_end_and_what_is_no_gzip_is_corrupt() {
        let packed = gzip(&b"row ".repeat(100_000));
        assert_eq!(unpacked(&packed, 100).unwrap().0.len(), 400_000);
        for cut in [1, 9, 15, packed.len() / 2, packed.len() - 1] {
            assert!(!unpacked(&packed[..cut], 50).unwrap().1, "{cut} bytes");
        }
        assert_eq!(unpacked(b"{\"data\":[]}", 100), Err(Corrupt));
        let mut wrong_sum = packed;
        let sum = wrong_sum.len() - 5;
        wrong_sum[sum] ^= 1;
        assert_eq!(unpacked(&wrong_sum, 1_000), Err(Corrupt));
    }

    proptest! {
        #[test]
        fn whatever_was_packed_is_unpacked(text in proptest::collection::vec("[a-d]{0,2000}", 0..100), piece in 1_usize..5_000) {
            let text = text.concat();
            prop_assert_eq!(unpacked(&gzip(text.as_bytes()), piece), Ok((text.into_bytes(), true)));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), piece in 1_usize..50) {
            let _ = unpacked(&[&[0x1F, 0x8B, 8, 0], &bytes[..]].concat(), piece);
        }
    }
}
