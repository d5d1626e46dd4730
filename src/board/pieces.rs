//! A text in pieces: long ones are shared with where they came from, short ones are copied together.

use bytes::Bytes;

/// A shorter piece is copied: handing it on by itself would cost more than its copy.
const SHARED_FROM: usize = 4096;

/// Copies are put together up to about this length.
const COPIED_UP_TO: usize = 64 * 1024;

/// A text no longer than this is copied into one piece: it is sent sooner so, and takes little memory.
pub(super) const COPIED_AS_A_WHOLE: usize = 1 << 20;

/// A text in pieces.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    whole: Vec<Bytes>,
    /// Copied, and not yet among the others.
    copied: Vec<u8>,
}

impl Pieces {
    /// Adds a copy.
    pub(super) fn copy(&mut self, text: &[u8]) {
        self.copied.extend_from_slice(text);
        if self.copied.len() >= COPIED_UP_TO {
            self.close();
        }
    }

    /// Adds what may be shared.
    pub(super) fn share(&mut self, text: Bytes) {
        if text.len() < SHARED_FROM {
            self.copy(&text);
        } else {
            self.close();
            self.whole.push(text);
        }
    }

    /// Puts what was copied among the others.
    pub(super) fn close(&mut self) {
        if !self.copied.is_empty() {
            let mut copied = std::mem::take(&mut self.copied);
            copied.shrink_to_fit();
            self.whole.push(copied.into());
        }
    }

    /// All of it, in one piece.
    pub(super) fn concat(mut self) -> Bytes {
        self.close();
        match &mut self.whole[..] {
            [only] => std::mem::take(only),
            pieces => pieces.concat().into(),
        }
    }

    /// The pieces, in order; copied into one where they are no longer than this.
    pub(super) fn into_vec(mut self, copied_as_a_whole: usize) -> Vec<Bytes> {
        self.close();
        if self.whole.iter().map(Bytes::len).sum::<usize>() <= copied_as_a_whole {
            return vec![self.concat()];
        }
        self.whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces_with(long: &Bytes) -> Vec<Bytes> {
        let mut pieces = Pieces::default();
        pieces.copy(b"head ");
        pieces.share(Bytes::from_static(b"short "));
        pieces.share(long.clone());
        pieces.share(Bytes::from_static(b"tail"));
        pieces.into_vec(COPIED_AS_A_WHOLE)
    }

    #[test]
    fn long_pieces_are_shared_and_short_ones_are_copied_together() {
        let long = Bytes::from(vec![b'l'; COPIED_AS_A_WHOLE]);
        let pieces = pieces_with(&long);
        assert_eq!(pieces, [Bytes::from_static(b"head short "), long.clone(), Bytes::from_static(b"tail")]);
        assert_eq!(pieces[1].as_ptr(), long.as_ptr());
    }

    #[test]
    fn a_short_text_is_one_piece() {
        let long = Bytes::from(vec![b'l'; SHARED_FROM]);
        assert_eq!(pieces_with(&long), [[&b"head short "[..], &long, b"tail"].concat()]);
    }
}
