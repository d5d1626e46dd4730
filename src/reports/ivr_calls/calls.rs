//! The calls of a day, each once, in few bytes: what was told of a call last replaces what was told before.
//!
//! wolkvox's largest answer holds some 700,000 calls, and a busy line's are kept until the day is over, so every byte counts:
//! a call is sixteen of them, and lies in a list that has no gaps, sorted by the hashes of the calls' ids. New calls are
//! collected for a while, then sorted and merged into the list where it lies.

use std::hash::BuildHasher as _;
use std::sync::{Arc, LazyLock};

use foldhash::quality::RandomState;
use hashbrown::HashMap;

use super::packed::{Packed, Times};
use super::routes::{NO_WORD, Route, Routes, Stops};
use super::writings::Writings;
use crate::row::Word;

/// Calls beyond these are more than one day should have. An answer of 256 MB has fewer, with 340 bytes or more for each row.
const MOST_CALLS: usize = 800_000;
/// Nor should more than these have times that need more room than usual.
const MOST_LONG: usize = 100_000;

/// So many calls are collected before they are merged into the list: the list is moved for them once.
const COLLECTED: usize = 1 << 15;

/// The calls of a day.
#[derive(Default)]
pub(in crate::reports) struct Calls {
    routes: Routes,
    /// How rows of one answer write the words of routes.
    writings: Writings,
    /// Sorted by id, each once.
    sorted: Arc<Vec<Packed>>,
    /// What was told since, in the order in which it was told.
    newer: Vec<Packed>,
    /// Times that do not fit into a packed call, by its id.
    long: HashMap<u64, Times>,
    /// Calls that were known before. Of what is told of them only what differs is kept, and their routes have the same
    /// numbers here.
    known: Arc<Vec<Packed>>,
}

/// Hashes ids, so that nobody outside can tell which ones collide. All bits are of use: of twenty million ids, numbered or
/// with times in them, as many were alike in forty of theirs as chance would have it.
static IDS: LazyLock<RandomState> = LazyLock::new(RandomState::default);

impl Calls {
    /// Nothing yet, to be merged into these calls later: what is told of them again as it was told before takes no memory.
    pub(super) fn beside(known: &Self) -> Self {
        Self { routes: known.routes.clone(), known: Arc::clone(&known.sorted), ..Self::default() }
    }

    /// What a row says of its route, in the order of the fields.
    pub(super) fn stops<'a>(&mut self, words: impl Iterator<Item = Option<Word<'a>>>) -> Stops {
        let stop = |word: Option<Word<'_>>| {
            let Some(word) = word else { return NO_WORD };
            let known = word.writing().and_then(|writing| self.writings.number(writing));
            known.unwrap_or_else(|| self.stop(word))
        };
        words.map(stop).collect()
    }

    /// The number of a word, which is remembered by how it is written.
    #[inline(never)]
    fn stop(&mut self, word: Word<'_>) -> u32 {
        let number = word.text().map_or(NO_WORD, |text| self.routes.word(&text));
        if let Some(writing) = word.writing() {
            self.writings.remember(writing, number);
        }
        number
    }

    /// Takes in what is told of a call: its route and its times.
    pub(super) fn put(&mut self, conn_id: &str, stops: Stops, times: Times) {
        let route = self.routes.number(stops);
        self.enter(Packed::id_of(IDS.hash_one(conn_id)), route, times);
    }

    /// Takes in what was told later, of these calls or of others.
    pub(super) fn merge(&mut self, mut newer: Self) {
        // From here on the list of what was known before belongs to these calls alone, and can grow where it lies.
        newer.known = Arc::default();
        let numbers = self.routes.numbers_of(&newer.routes);
        newer.each_packed(|call| {
            // A call without a route is none of one answer: there were too many, and the answer is not used.
            if let Some(route) = numbers.get(call.route() as usize) {
                self.enter(call.id(), *route, newer.times(call));
            }
        });
    }

    /// Gives up how the words of this answer were written.
    pub(super) fn answer_is_over(&mut self) {
        self.writings = Writings::default();
    }

    /// Whether there are more calls, or calls of more kinds, than there should be.
    pub(super) fn is_full(&self) -> bool {
        let calls = self.known.len() + self.sorted.len() + self.newer.len();
        calls >= MOST_CALLS || self.long.len() >= MOST_LONG || self.routes.are_many()
    }

    /// How many different routes the calls may have taken.
    pub(super) fn routes(&self) -> impl Iterator<Item = Route<'_>> {
        self.routes.each()
    }

    /// Goes through the calls in no order: each one's route, by its position among [`Self::routes`], and its times.
    pub(super) fn each(&self, mut visit: impl FnMut(usize, Times)) {
        self.each_packed(|call| visit(call.route() as usize, self.times(call)));
    }

    fn enter(&mut self, id: u64, route: u32, times: Times) {
        let call = Packed::new(id, route, times).unwrap_or_else(|| {
            self.long.insert(id, times);
            Packed::long(id, route)
        });
        self.newer.push(call);
        if self.newer.len() >= COLLECTED {
            self.collect();
        }
    }

    fn times(&self, call: Packed) -> Times {
        call.times().or_else(|| self.long.get(&call.id()).copied()).unwrap_or_default()
    }

    fn each_packed(&self, mut visit: impl FnMut(Packed)) {
        let newer = newest(self.newer.clone());
        let mut replacing = newer.iter().peekable();
        for call in self.sorted.iter() {
            while replacing.next_if(|newer| newer.id() < call.id()).is_some() {}
            if replacing.peek().is_none_or(|newer| newer.id() != call.id()) {
                visit(*call);
            }
        }
        newer.into_iter().for_each(visit);
    }

    /// Merges what was told since into the list.
    fn collect(&mut self) {
        let mut newer = newest(std::mem::take(&mut self.newer));
        let sorted = Arc::make_mut(&mut self.sorted);
        if sorted.capacity() == 0 {
            // All the room that it may need, of which what nothing was written to takes no memory: a list that grew would be
            // copied now and then, and be there twice.
            sorted.reserve_exact(MOST_CALLS);
        }
        newer.retain(|call| !is_told_already(*call, sorted, &self.known));
        merge(sorted, &newer);
        newer.clear();
        self.newer = newer;
    }
}

/// Whether a call was known before as it is told now, and nothing else was told of it since.
fn is_told_already(call: Packed, sorted: &[Packed], known: &[Packed]) -> bool {
    let of_this_id = |calls: &[Packed]| calls.binary_search_by_key(&call.id(), |call| call.id()).ok();
    let before = of_this_id(known).and_then(|position| known.get(position).copied());
    before == Some(call) && call.times().is_some() && of_this_id(sorted).is_none()
}

/// Sorts calls by id, and keeps of each what was told last.
fn newest(mut calls: Vec<Packed>) -> Vec<Packed> {
    // Calls of one id stay in the order in which they were told.
    calls.sort_by_key(|call| call.id());
    calls.dedup_by(|later, kept| {
        let is_same = later.id() == kept.id();
        if is_same {
            *kept = *later;
        }
        is_same
    });
    calls
}

/// Merges sorted calls into a sorted list where it lies, from its end to its beginning; they replace those of their ids.
fn merge(list: &mut Vec<Packed>, newer: &[Packed]) {
    let mut left = list.len();
    let mut free = left + newer.len();
    list.resize(free, Packed::default());
    for call in newer.iter().rev() {
        let behind = list.iter().take(left).rev().take_while(|known| known.id() > call.id()).count();
        list.copy_within(left - behind..left, free - behind);
        (left, free) = (left - behind, free - behind - 1);
        if let Some(place) = list.get_mut(free) {
            *place = *call;
        }
        let is_replaced =
            left.checked_sub(1).and_then(|last| list.get(last)).is_some_and(|known| known.id() == call.id());
        left -= usize::from(is_replaced);
    }
    // Where calls were replaced there is a gap between those that kept their places and those that did not.
    if free > left {
        list.copy_within(free.., left);
        list.truncate(list.len() - (free - left));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::super::packed::Time;
    use super::*;
    use crate::row::{Layout, Row};

    fn seconds(seconds: f64) -> Times {
        Times { in_ivr: Time::of(Some(seconds)), ..Times::default() }
    }

    fn put(calls: &mut Calls, conn_id: &str, point: &str, times: Times) {
        let stops = Stops::at(&mut calls.routes, point, None);
        calls.put(conn_id, stops, times);
    }

    fn told(calls: &Calls) -> Vec<(String, Times)> {
        let routes: Vec<_> = calls.routes().map(|route| route.routing_point.to_owned()).collect();
        let mut told = Vec::new();
        calls.each(|route, times| told.push((routes[route].clone(), times)));
        told.sort_by_key(|call| format!("{call:?}"));
        told
    }

    #[test]
    fn a_call_takes_sixteen_bytes() {
        assert_eq!(size_of::<Packed>(), 16);
        let mut calls = Calls::default();
        for id in 0..600_000_u32 {
            put(&mut calls, &format!("1781180000.{id}"), ["1", "2"][id as usize % 2], seconds(1.0));
            put(&mut calls, "1781180000.0", "3", seconds(1.0));
        }
        assert_eq!(told(&calls).len(), 600_000);
        assert_eq!(calls.sorted.capacity(), MOST_CALLS, "the list was moved");
        assert!(!calls.is_full());
    }

    #[test]
    fn an_answer_is_full_before_its_calls_take_much_memory() {
        let puts = |times: Times| {
            let mut calls = Calls::default();
            let puts = (0..1_000_000).take_while(|number: &u32| {
                put(&mut calls, &number.to_string(), "1", times);
                !calls.is_full()
            });
            puts.count() + 1
        };
        assert_eq!(puts(seconds(1.0)), MOST_CALLS);
        assert_eq!(puts(seconds(0.5)), MOST_LONG);
    }

    #[test]
    fn how_words_are_written_is_forgotten_when_the_answer_is_over() {
        let stops = |calls: &mut Calls, written: &str| {
            let json = format!(r#"{{"rp_id": {written}, "more": "and whatever else is there"}}"#);
            let row = Row::of(&json, &["rp_id"], &mut Layout::default()).unwrap();
            calls.stops(row.words_from("rp_id", 1))
        };
        let mut calls = Calls::default();
        let seven = stops(&mut calls, r#""7""#);
        assert!(calls.writings.take_memory());
        calls.answer_is_over();
        assert!(!calls.writings.take_memory());
        for written in [r#""7""#, "7", r#"" 7 ""#, r#""7""#] {
            assert_eq!(stops(&mut calls, written), seven, "{written}");
        }
        assert_ne!(stops(&mut calls, "8"), seven);
    }

    #[test]
    fn what_was_known_before_takes_no_memory_when_it_is_told_again() {
        let mut day = Calls::default();
        let tell = |calls: &mut Calls, from: u32, times: Times| {
            for id in from..200_000 {
                put(calls, &id.to_string(), ["1", "2"][id as usize % 2], times);
            }
        };
        tell(&mut day, 0, seconds(1.0));
        let mut again = Calls::beside(&day);
        tell(&mut again, 0, seconds(1.0));
        // But for those that were not in the list yet.
        assert!(again.sorted.len() + again.newer.len() < 3 * COLLECTED, "{}", again.sorted.len());
        tell(&mut again, 190_000, seconds(2.0));
        let list = Arc::as_ptr(&day.sorted);
        day.merge(again);
        assert_eq!(Arc::as_ptr(&day.sorted), list, "the list was copied");
        let told = told(&day);
        assert_eq!(told.iter().filter(|(_, times)| *times == seconds(2.0)).count(), 10_000);
        assert_eq!(told.len(), 200_000);
    }

    /// What may be told of a call: an id, a route, and times that fit a packed call or do not.
    fn call() -> impl Strategy<Value = (u8, u8, f64)> {
        (0_u8..60, 0_u8..4, prop_oneof![Just(1.0), Just(1.0), 0_f64..20.0, 16_000_f64..17_000.0, Just(1e12)])
    }

    proptest! {
        /// However calls are told, again and in parts, collected late or early: they are what a map would hold.
        #[test]
        fn calls_are_what_a_map_would_hold(
            answers in proptest::collection::vec((any::<bool>(), proptest::collection::vec((call(), 0_u8..4), 0..80)), 1..5),
        ) {
            let mut expected: BTreeMap<u8, (String, Times)> = BTreeMap::new();
            let mut day = Calls::default();
            for (is_beside, answer) in answers {
                let mut arriving = if is_beside { Calls::beside(&day) } else { Calls::default() };
                for ((id, point, time), collect) in answer {
                    let point = point.to_string();
                    put(&mut arriving, &id.to_string(), &point, seconds(time));
                    expected.insert(id, (point, seconds(time)));
                    if collect == 0 {
                        arriving.collect();
                    }
                }
                day.merge(arriving);
                let mut expected: Vec<_> = expected.values().cloned().collect();
                expected.sort_by_key(|call| format!("{call:?}"));
                prop_assert_eq!(told(&day), expected);
                prop_assert!(day.sorted.is_sorted_by_key(|call| call.id()));
                day.collect();
            }
        }
    }
}
