//! Routes by how they are written: a route's words are read where they are written so for the first time.

use std::hash::BuildHasher as _;

use hashbrown::{DefaultHashBuilder, HashTable};

/// So many ways of writing are known, each of so many bytes at most: more than a contact centre has routes. What is written
/// in other ways is read each time.
const MOST_WRITINGS: usize = 4096;
const LONGEST_WRITING: usize = 256;

/// The numbers of routes by how they are written.
#[derive(Default)]
pub(super) struct Writings {
    known: HashTable<(Box<[u8]>, u32)>,
    hasher: DefaultHashBuilder,
}

impl Writings {
    /// The number of the route that is written so, where that is known.
    pub(super) fn number(&self, written: &[u8]) -> Option<u32> {
        let hash = self.hasher.hash_one(written);
        self.known.find(hash, |(known, _)| **known == *written).map(|(_, number)| *number)
    }

    /// Learns that the route of this number is written so.
    pub(super) fn learn(&mut self, written: &[u8], number: u32) {
        if self.known.len() < MOST_WRITINGS && written.len() <= LONGEST_WRITING && self.number(written).is_none() {
            let Self { known, hasher } = self;
            known.insert_unique(hasher.hash_one(written), (written.into(), number), |(known, _)| {
                hasher.hash_one(&**known)
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_learnt_is_known() {
        let mut writings = Writings::default();
        writings.learn(b"\"1\",\"2\",", 0);
        writings.learn(b"\"12\",,", 1);
        writings.learn(b"\"12\",,", 2);
        let numbers = ["\"1\",\"2\",", "\"12\",,", "\"1\",,"].map(|written| writings.number(written.as_bytes()));
        assert_eq!(numbers, [Some(0), Some(1), None]);
    }

    #[test]
    fn they_take_bounded_memory() {
        let mut writings = Writings::default();
        for (writing, number) in (0..=MOST_WRITINGS).zip(0..) {
            writings.learn(writing.to_string().as_bytes(), number);
        }
        assert_eq!(writings.number(b"4095"), Some(4095));
        assert_eq!(writings.number(b"4096"), None);
        let mut writings = Writings::default();
        writings.learn(&[b'1'; LONGEST_WRITING + 1], 0);
        assert_eq!(writings.number(&[b'1'; LONGEST_WRITING + 1]), None);
    }
}
