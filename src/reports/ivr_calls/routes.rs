//! The routes that calls take, each kept once: a busy contact centre has some hundreds.

use std::hash::BuildHasher as _;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::packed::NO_ROUTE;

/// So many routes, or so many bytes of words, are more than one answer should tell of: it has fewer rows. With those of
/// another answer, and of what has arrived with it, they still have numbers.
const MOST_ROUTES: usize = 65_000;
const MOST_BYTES_OF_WORDS: usize = 8 << 20;

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

/// Routes by number.
#[derive(Clone, Default)]
pub(super) struct Routes {
    words: Words,
    all: Vec<Stops>,
    /// The routes' numbers by the hash of their words: the words of a known route are looked up once, all together.
    by_words: HashTable<u32>,
    hasher: DefaultHashBuilder,
    /// Whether there was a route that has no number any more.
    has_lost: bool,
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

impl Routes {
    /// The number of this route, which is made only if it is new. It fits where a call keeps it.
    pub(super) fn number(&mut self, route: &Route<'_>) -> u32 {
        let hash = self.hasher.hash_one(route);
        if let Some(number) = self.by_words.find(hash, |number| self.at(*number) == Some(*route)) {
            return *number;
        }
        let number = u32::try_from(self.all.len()).unwrap_or(NO_ROUTE).min(NO_ROUTE);
        if number == NO_ROUTE {
            self.has_lost = true;
            return NO_ROUTE;
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
        self.all.push(stops);
        let Self { words, all, by_words, hasher, .. } = self;
        let rehash = |number: &u32| all.get(*number as usize).map_or(0, |stops| hasher.hash_one(words.told(stops)));
        by_words.insert_unique(hash, number, rehash);
        number
    }

    /// The routes, in the order of their numbers.
    pub(super) fn each(&self) -> impl Iterator<Item = Route<'_>> {
        self.all.iter().map(|stops| self.words.told(stops))
    }

    /// Whether there are more of them than one answer should tell of.
    pub(super) fn are_many(&self) -> bool {
        self.has_lost || self.all.len() >= MOST_ROUTES || self.words.bytes >= MOST_BYTES_OF_WORDS
    }

    fn at(&self, number: u32) -> Option<Route<'_>> {
        self.all.get(number as usize).map(|stops| self.words.told(stops))
    }
}

/// Words that come again and again, by number.
#[derive(Clone, Default)]
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
        // There are at most five for each of the routes.
        let number = u32::try_from(all.len()).unwrap_or(u32::MAX);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn route(point: &str) -> Route<'_> {
        let (skill, code, second_code, kind) = (None, None, None, None);
        Route { routing_point: point, outcome: Outcome::Contained, skill, code, second_code, kind }
    }

    #[test]
    fn a_route_has_one_number_by_all_of_its_words() {
        let mut routes = Routes::default();
        let other = Route { skill: Some("1"), ..route("1") };
        let numbers = [route("1"), other, route("1"), route("2"), other].map(|route| routes.number(&route));
        assert_eq!(numbers, [0, 1, 0, 2, 1]);
        assert_eq!(routes.each().collect::<Vec<_>>(), [route("1"), other, route("2")]);
        assert_eq!(routes.words.all.len(), 2);
    }

    #[test]
    fn routes_are_many_before_they_or_their_words_take_much_memory() {
        let filled = |point: &dyn Fn(usize) -> String| {
            let mut routes = Routes::default();
            let puts = (0..100_000).take_while(|number| {
                routes.number(&route(&point(*number)));
                !routes.are_many()
            });
            (puts.count() + 1, routes)
        };
        assert_eq!(filled(&|number| number.to_string()).0, MOST_ROUTES);
        let (puts, routes) = filled(&|number| format!("{number:0200}"));
        assert!(puts < MOST_ROUTES && routes.words.bytes < MOST_BYTES_OF_WORDS + 200, "{puts}");
    }

    #[test]
    fn what_has_no_number_any_more_is_not_taken_for_another_route() {
        let mut routes = Routes::default();
        for point in 0..NO_ROUTE + 10 {
            routes.number(&route(&point.to_string()));
        }
        assert_eq!(routes.each().count(), NO_ROUTE as usize);
        assert!(routes.has_lost && routes.are_many());
    }
}
