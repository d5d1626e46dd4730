//! The calls of a day, each once, in few bytes: what was told of a call last replaces what was told before.
//!
//! A busy line has tens of thousands of calls a day, and all of them are kept until the day is over. But they take few
//! different routes: each call keeps the number of its route, and four times.

use std::hash::{BuildHasher as _, Hash, RandomState};
use std::sync::LazyLock;

use hashbrown::{DefaultHashBuilder, HashTable};

/// One answer is not read on beyond so many calls. wolkvox tells of 60,000 at most; a table of 4 MB holds these, too, and
/// has room for those in the bytes that have come already.
const MOST_CALLS: usize = 100_000;
/// Nor beyond so many routes, or so many bytes of words: a busy contact centre has some hundreds, of some kilobytes.
const MOST_ROUTES: usize = 1 << 15;
const MOST_BYTES_OF_WORDS: usize = 1 << 20;

/// The calls of a day.
#[derive(Default)]
pub(in crate::reports) struct Calls {
    words: Words,
    routes: Vec<Stops>,
    /// The routes' numbers by the hash of their words: the words of a known route are looked up once, all together.
    by_words: HashTable<u32>,
    hasher: DefaultHashBuilder,
    /// By a hash of the call's `conn_id`. Of a million calls, two share one in 40 million days.
    by_id: HashTable<Call>,
}

/// Hashes ids, so that nobody outside can tell which ones collide.
static IDS: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// How a call went, as labels know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Route<'w> {
    pub(super) routing_point: &'w str,
    pub(super) outcome: Outcome,
    pub(super) skill: Option<&'w str>,
    pub(super) code: Option<&'w str>,
    pub(super) second_code: Option<&'w str>,
    pub(super) kind: Option<&'w str>,
}

/// How a call through a routing point ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Outcome {
    Agent,
    Abandoned,
    Contained,
}

/// How long a call took, where it is told.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Times {
    pub(super) in_ivr: Time,
    pub(super) journey: Time,
    pub(super) waited: Time,
    pub(super) with_agent: Time,
}

/// A duration in whole milliseconds, or none. Whole numbers add up to the same in whatever order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Time(u32);

impl Time {
    const NONE: Self = Self(u32::MAX);

    /// From seconds. What passes 49 days, which no call of a day does, is taken for that.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
    pub(super) fn of(seconds: Option<f64>) -> Self {
        seconds.map_or(Self::NONE, |seconds| Self(((seconds * 1000.0).round() as u32).min(u32::MAX - 1)))
    }

    pub(super) fn milliseconds(self) -> Option<u32> {
        (self != Self::NONE).then_some(self.0)
    }
}

impl Default for Time {
    fn default() -> Self {
        Self::NONE
    }
}

/// One call. There are as many of them as the day has calls, so that every byte counts.
#[derive(Clone, Copy)]
struct Call {
    /// The hash of its id, in halves: as a whole it would leave four bytes unused.
    id: [u32; 2],
    route: u32,
    times: Times,
}

impl Call {
    fn hash(&self) -> u64 {
        let [high, low] = self.id;
        u64::from(high) << 32 | u64::from(low)
    }
}

/// A route by the numbers of its words.
#[derive(Clone, Copy)]
struct Stops {
    routing_point: u32,
    outcome: Outcome,
    skill: Option<u32>,
    code: Option<u32>,
    second_code: Option<u32>,
    kind: Option<u32>,
}

impl Calls {
    /// Takes in what is told of a call.
    pub(super) fn put(&mut self, conn_id: &str, route: Route<'_>, times: Times) {
        let hash = IDS.hash_one(conn_id);
        let route = self.route(&route);
        self.enter(Call { id: halves(hash), route, times });
    }

    /// Takes in what was told later, of these calls or of others.
    pub(super) fn merge(&mut self, newer: Self) {
        let routes: Vec<u32> = newer.routes.iter().map(|stops| self.route(&newer.told(stops))).collect();
        for call in newer.by_id {
            if let Some(route) = routes.get(call.route as usize) {
                self.enter(Call { route: *route, ..call });
            }
        }
    }

    /// Whether there are more calls, or calls of more kinds, than one answer should tell of.
    pub(super) fn is_full(&self) -> bool {
        self.by_id.len() >= MOST_CALLS || self.routes.len() >= MOST_ROUTES || self.words.bytes >= MOST_BYTES_OF_WORDS
    }

    fn enter(&mut self, call: Call) {
        match self.by_id.find_mut(call.hash(), |known| known.id == call.id) {
            Some(known) => *known = call,
            None => drop(self.by_id.insert_unique(call.hash(), call, Call::hash)),
        }
    }

    /// How many different routes the calls may have taken.
    pub(super) fn routes(&self) -> impl Iterator<Item = Route<'_>> {
        self.routes.iter().map(|stops| self.told(stops))
    }

    /// The calls in no order: each one's route, by its position among [`Self::routes`], and its times.
    pub(super) fn each(&self) -> impl Iterator<Item = (usize, Times)> {
        self.by_id.iter().map(|call| (call.route as usize, call.times))
    }

    /// The number of this route, which is made only if it is new.
    fn route(&mut self, route: &Route<'_>) -> u32 {
        let hash = self.hasher.hash_one(route);
        let is_it = |number: &u32| self.routes.get(*number as usize).is_some_and(|stops| self.told(stops) == *route);
        if let Some(number) = self.by_words.find(hash, is_it) {
            return *number;
        }
        let mut word = |text: &str| self.words.number(text);
        let stops = Stops {
            routing_point: word(route.routing_point),
            outcome: route.outcome,
            skill: route.skill.map(&mut word),
            code: route.code.map(&mut word),
            second_code: route.second_code.map(&mut word),
            kind: route.kind.map(&mut word),
        };
        let number = number_of(self.routes.len());
        self.routes.push(stops);
        let Self { words, routes, by_words, hasher, .. } = self;
        let rehash = |number: &u32| routes.get(*number as usize).map_or(0, |stops| hasher.hash_one(words.told(stops)));
        by_words.insert_unique(hash, number, rehash);
        number
    }

    fn told(&self, stops: &Stops) -> Route<'_> {
        self.words.told(stops)
    }
}

/// Words that come again and again, by number.
#[derive(Default)]
struct Words {
    all: Vec<Box<str>>,
    by_text: HashTable<u32>,
    hasher: DefaultHashBuilder,
    /// How long they are together.
    bytes: usize,
}

impl Words {
    /// The number of this word, which is kept only if it is new.
    fn number(&mut self, text: &str) -> u32 {
        let Self { all, by_text, hasher, bytes } = self;
        let hash = hasher.hash_one(text);
        let word = |number: &u32| all.get(*number as usize).map(AsRef::as_ref).unwrap_or_default();
        if let Some(number) = by_text.find(hash, |number| word(number) == text) {
            return *number;
        }
        let number = number_of(all.len());
        by_text.insert_unique(hash, number, |number| hasher.hash_one(word(number)));
        all.push(text.into());
        *bytes += text.len();
        number
    }

    fn told(&self, stops: &Stops) -> Route<'_> {
        let word = |number: u32| self.all.get(number as usize).map(AsRef::as_ref).unwrap_or_default();
        Route {
            routing_point: word(stops.routing_point),
            outcome: stops.outcome,
            skill: stops.skill.map(word),
            code: stops.code.map(word),
            second_code: stops.second_code.map(word),
            kind: stops.kind.map(word),
        }
    }
}

/// No answer has so many rows that this matters.
fn number_of(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}

#[expect(clippy::cast_possible_truncation, reason = "the halves are what is wanted")]
fn halves(hash: u64) -> [u32; 2] {
    [(hash >> 32) as u32, hash as u32]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(point: &str) -> Route<'_> {
        let (skill, code, second_code, kind) = (None, None, None, None);
        Route { routing_point: point, outcome: Outcome::Contained, skill, code, second_code, kind }
    }

    fn seconds(seconds: f64) -> Times {
        Times { in_ivr: Time::of(Some(seconds)), ..Times::default() }
    }

    fn told(calls: &Calls) -> Vec<String> {
        let routes: Vec<_> = calls.routes().collect();
        let each = calls
            .each()
            .map(|(route, times)| format!("{} {}", routes[route].routing_point, times.in_ivr.milliseconds().unwrap()));
        let mut each: Vec<_> = each.collect();
        each.sort();
        each
    }

    #[test]
    fn what_is_told_later_replaces_what_was_told_before_whatever_the_numbers_of_its_words() {
        let (mut earlier, mut later) = (Calls::default(), Calls::default());
        for (id, point) in [("a", "1"), ("b", "2"), ("c", "1")] {
            earlier.put(id, route(point), seconds(1.0));
        }
        earlier.put("c", route("2"), seconds(1.5));
        for (id, point) in [("d", "3"), ("b", "3"), ("a", "1")] {
            later.put(id, route(point), seconds(2.0));
        }
        assert_eq!(told(&earlier), ["1 1000", "2 1000", "2 1500"]);
        earlier.merge(later);
        assert_eq!(told(&earlier), ["1 2000", "2 1500", "3 2000", "3 2000"]);
    }

    #[test]
    fn times_are_told_to_the_millisecond_or_not_at_all() {
        let told = |seconds| Time::of(seconds).milliseconds();
        assert_eq!(told(None), None);
        assert_eq!(told(Some(0.0)), Some(0));
        assert_eq!(told(Some(12.5)), Some(12_500));
        assert_eq!(told(Some(1e12)), Some(u32::MAX - 1));
        assert_eq!(told(Some(-1.0)), Some(0));
    }

    #[test]
    fn a_call_takes_few_bytes() {
        // A place in the table: the call, and the table's own byte.
        let place = size_of::<Call>() + 1;
        assert!(place <= 29, "{place} bytes");
        for number in [1_000, 60_000, 130_000] {
            let mut calls = Calls::default();
            for id in 0..number {
                calls.put(&format!("1781180000.{id}"), route(["1", "2"][id % 2]), seconds(1.0));
                calls.put("1781180000.0", route("3"), seconds(1.0));
            }
            assert_eq!((calls.by_id.len(), calls.routes.len(), calls.words.all.len()), (number, 3, 3));
            // The table is filled to seven eighths before it doubles, so at worst it is a little less than half full.
            let bytes = calls.by_id.capacity() * 8 / 7 * place / number;
            assert!(bytes <= 67, "{bytes} bytes a call");
        }
    }

    #[test]
    fn an_answer_is_full_before_its_calls_its_routes_or_its_words_take_much_memory() {
        let filled = |route_of: &dyn Fn(usize) -> String, id_of: &dyn Fn(usize) -> String| {
            let mut calls = Calls::default();
            let puts = (0..1_000_000).take_while(|number| {
                calls.put(&id_of(*number), route(&route_of(*number)), seconds(1.0));
                !calls.is_full()
            });
            (puts.count() + 1, calls)
        };
        let (puts, calls) = filled(&|_| "1".to_owned(), &|number| number.to_string());
        assert_eq!(puts, MOST_CALLS);
        assert!(calls.by_id.allocation_size() < 8 << 20, "{} bytes", calls.by_id.allocation_size());
        let (puts, _) = filled(&|number| number.to_string(), &|_| "the same".to_owned());
        assert_eq!(puts, MOST_ROUTES);
        let (puts, calls) = filled(&|number| format!("{number:0200}"), &|_| "the same".to_owned());
        assert!(puts < MOST_ROUTES && calls.words.bytes < MOST_BYTES_OF_WORDS + 200, "{puts}");
    }
}
