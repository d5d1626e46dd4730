//! Routes by how they are written: a route's words are read where they are written so for the first time.

use std::hash::{BuildHasher as _, Hasher as _};

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::row::are_same;

/// So many ways of writing are known, each of so many bytes at most: more than a contact centre has routes. What is written
/// in other ways is read each time.
const MOST_WRITINGS: usize = 4096;
const LONGEST_WRITING: usize = 256;

/// The numbers of routes by how they are written.
#[derive(Default)]
pub(super) struct Writings {
    known: HashTable<Writing>,
    hasher: DefaultHashBuilder,
}

/// A way of writing: JSON values, as many for each.
struct Writing {
    /// One behind the other, each with a comma behind it: those of another writing are never the same text.
    values: Box<[u8]>,
    hash: u64,
    number: u32,
}

impl Writings {
    /// The number of the route that is written so, where that is known.
    pub(super) fn number(&self, values: &[&str]) -> Option<u32> {
        self.known.find(self.hash(values), |known| known.is(values)).map(|known| known.number)
    }

    /// Learns that the route of this number is written so.
    pub(super) fn learn(&mut self, values: &[&str], number: u32) {
        let length: usize = values.iter().map(|value| value.len() + 1).sum();
        if self.known.len() < MOST_WRITINGS && length <= LONGEST_WRITING && self.number(values).is_none() {
            let hash = self.hash(values);
            let values = values.iter().flat_map(|value| [value, ","]).collect::<String>().into_bytes().into();
            self.known.insert_unique(hash, Writing { values, hash, number }, |known| known.hash);
        }
    }

    fn hash(&self, values: &[&str]) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        for value in values {
            hasher.write(value.as_bytes());
            hasher.write_u8(b',');
        }
        hasher.finish()
    }
}

impl Writing {
    fn is(&self, values: &[&str]) -> bool {
        let mut rest = &*self.values;
        values.iter().all(|value| {
            let Some((written, [b',', behind @ ..])) = rest.split_at_checked(value.len()) else { return false };
            rest = behind;
            are_same(written, value.as_bytes())
        }) && rest.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_learnt_is_known() {
        let mut writings = Writings::default();
        let learnt = [["\"1\"", "\"2\""], ["\"1,\"", ""], ["", "\"1\""], ["\"1\"", "\"2,\""]];
        for (values, number) in learnt.iter().zip(0..) {
            assert_eq!(writings.number(values), None);
            writings.learn(values, number);
            writings.learn(values, 100);
        }
        assert_eq!(learnt.map(|values| writings.number(&values)), [0, 1, 2, 3].map(Some));
        for values in [&["\"1\""][..], &["\"1\"", "\"2\"", ""], &["\"1\",\"2\""], &["\"1\"", "\"2"]] {
            assert_eq!(writings.number(values), None, "{values:?}");
        }
    }

    #[test]
    fn they_take_bounded_memory() {
        let mut writings = Writings::default();
        for (writing, number) in (0..=MOST_WRITINGS).zip(0..) {
            writings.learn(&[&writing.to_string()], number);
        }
        assert_eq!(writings.number(&["4095"]), Some(4095));
        assert_eq!(writings.number(&["4096"]), None);
        let mut writings = Writings::default();
        let long = "1".repeat(LONGEST_WRITING);
        writings.learn(&[&long], 0);
        assert_eq!(writings.number(&[&long]), None);
        writings.learn(&[&long[1..]], 0);
        assert_eq!(writings.number(&[&long[1..]]), Some(0));
    }
}
