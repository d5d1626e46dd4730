//! The calls of a day, each once, in few bytes: what was told of a call last replaces what was told before.
//!
//! A busy line has tens of thousands of calls a day, and all of them are kept until the day is over. But they take few
//! different routes: each call keeps the number of its route, and four times.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::sync::Arc;

/// The calls of a day.
#[derive(Default)]
pub(in crate::reports) struct Calls {
    words: Numbered<str>,
    routes: Numbered<Stops>,
    /// By a hash of the call's `conn_id`. Of a million calls, two share one in 40 million days.
    by_id: HashMap<u64, Call>,
}

/// How a call went, as labels know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    route: u32,
    times: Times,
}

/// A route by the numbers of its words.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
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
        let route = self.route(route);
        self.by_id.insert(hash(conn_id), Call { route, times });
    }

    /// Takes in what was told later, of these calls or of others.
    pub(super) fn merge(&mut self, newer: Self) {
        let routes: Vec<u32> = newer.routes.all.iter().map(|stops| self.route(newer.told(stops))).collect();
        for (hash, call) in newer.by_id {
            if let Some(route) = routes.get(call.route as usize) {
                self.by_id.insert(hash, Call { route: *route, ..call });
            }
        }
    }

    /// How many different routes the calls may have taken.
    pub(super) fn routes(&self) -> impl Iterator<Item = Route<'_>> {
        self.routes.all.iter().map(|stops| self.told(stops))
    }

    /// The calls in no order: each one's route, by its position among [`Self::routes`], and its times.
    pub(super) fn each(&self) -> impl Iterator<Item = (usize, Times)> {
        self.by_id.values().map(|call| (call.route as usize, call.times))
    }

    fn route(&mut self, route: Route<'_>) -> u32 {
        let words = &mut self.words;
        let mut word = |text: &str| words.number(text, || Arc::from(text));
        let stops = Stops {
            routing_point: word(route.routing_point),
            outcome: route.outcome,
            skill: route.skill.map(&mut word),
            code: route.code.map(&mut word),
            second_code: route.second_code.map(&mut word),
            kind: route.kind.map(&mut word),
        };
        self.routes.number(&stops, || Arc::new(stops))
    }

    fn told(&self, stops: &Stops) -> Route<'_> {
        let word = |number: u32| self.words.all.get(number as usize).map(AsRef::as_ref).unwrap_or_default();
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

/// Things that come again and again, by number.
struct Numbered<T: ?Sized> {
    numbers: HashMap<Arc<T>, u32>,
    all: Vec<Arc<T>>,
}

impl<T: ?Sized> Default for Numbered<T> {
    fn default() -> Self {
        Self { numbers: HashMap::new(), all: Vec::new() }
    }
}

impl<T: ?Sized + Eq + Hash> Numbered<T> {
    /// The number of this thing, which is made only if it is new.
    fn number(&mut self, thing: &T, make: impl FnOnce() -> Arc<T>) -> u32 {
        if let Some(number) = self.numbers.get(thing) {
            return *number;
        }
        // No answer has so many rows.
        let number = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        let thing = make();
        self.all.push(Arc::clone(&thing));
        self.numbers.insert(thing, number);
        number
    }
}

/// The same for the same id in every answer.
fn hash(conn_id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    conn_id.hash(&mut hasher);
    hasher.finish()
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
        // A place in the table: the hash, the call, and the table's own byte.
        let place = size_of::<(u64, Call)>() + 1;
        assert!(place <= 33, "{place} bytes");
        for number in [1_000, 60_000, 130_000] {
            let mut calls = Calls::default();
            for id in 0..number {
                calls.put(&format!("1781180000.{id}"), route(["1", "2"][id % 2]), seconds(1.0));
                calls.put("1781180000.0", route("3"), seconds(1.0));
            }
            assert_eq!((calls.by_id.len(), calls.routes.all.len(), calls.words.all.len()), (number, 3, 3));
            // The table is filled to seven eighths before it doubles, so at worst it is a little less than half full.
            let bytes = calls.by_id.capacity() * 8 / 7 * place / number;
            assert!(bytes <= 76, "{bytes} bytes a call");
        }
    }
}
