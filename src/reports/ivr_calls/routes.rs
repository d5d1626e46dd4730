//! The routes that calls take, each kept once: a busy contact centre has some hundreds.

use std::hash::BuildHasher as _;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::packed::NO_ROUTE;

/// So many routes, or so many words or bytes of them, are more than one answer should tell of: it has fewer rows. With those
/// of another answer, and of what has arrived with it, they still have numbers.
const MOST_ROUTES: usize = 65_000;
const MOST_WORDS: usize = 4 * MOST_ROUTES;
const MOST_BYTES_OF_WORDS: usize = 8 << 20;

/// How many fields of a row say how a call went: `rp_id`, `skill_id`, `skill_result`, `go_to_agent`, `cod_act`, `cod_act_2`
/// and `type_interaction`.
pub(super) const WORDS_OF_A_ROUTE: usize = 7;

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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Agent,
    Abandoned,
    Contained,
}

/// A route by the numbers of its words, in the order of the fields. They count from one; 0 is for a field that is blank.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Stops(u128);

/// What stands for a word where there is none.
pub(super) const NO_WORD: u32 = 0;

/// How many bits a word's number takes in a route: so many that seven fit, and the most words that there may be.
const WORD_BITS: u32 = 18;
const LAST_WORD: u32 = (1 << WORD_BITS) - 1;

impl Stops {
    pub(super) fn have_a_routing_point(self) -> bool {
        let [routing_point, ..] = self.words();
        routing_point != NO_WORD
    }

    /// The numbers of the words.
    fn words(self) -> [u32; WORDS_OF_A_ROUTE] {
        let bits = |behind| self.0 >> (behind * WORD_BITS) & u128::from(LAST_WORD);
        [6, 5, 4, 3, 2, 1, 0].map(|behind| u32::try_from(bits(behind)).unwrap_or(NO_WORD))
    }
}

impl FromIterator<u32> for Stops {
    fn from_iter<I: IntoIterator<Item = u32>>(words: I) -> Self {
        words.into_iter().fold(Self::default(), |Self(before), word| Self(before << WORD_BITS | u128::from(word)))
    }
}

/// Routes by number.
#[derive(Clone, Default)]
pub(super) struct Routes {
    words: Words,
    all: Vec<Stops>,
    by_stops: HashTable<u32>,
    hasher: DefaultHashBuilder,
    /// Whether there was a route, or a word, that has no number any more.
    has_lost: bool,
}

impl Routes {
    /// The number of this word, which is kept only if it is new.
    pub(super) fn word(&mut self, text: &str) -> u32 {
        let number = self.words.number(text);
        self.has_lost |= number.is_none();
        number.unwrap_or(NO_WORD)
    }

    /// The number of the route of these words, which is made only if it is new. It fits where a call keeps it.
    pub(super) fn number(&mut self, stops: Stops) -> u32 {
        let Self { all, by_stops, hasher, .. } = self;
        let hash = hasher.hash_one(stops);
        if let Some(number) = by_stops.find(hash, |number| all.get(*number as usize) == Some(&stops)) {
            return *number;
        }
        let number = u32::try_from(all.len()).unwrap_or(NO_ROUTE).min(NO_ROUTE);
        if number == NO_ROUTE {
            self.has_lost = true;
            return NO_ROUTE;
        }
        all.push(stops);
        let rehash = |number: &u32| all.get(*number as usize).map_or(0, |stops| hasher.hash_one(stops));
        by_stops.insert_unique(hash, number, rehash);
        number
    }

    /// The numbers that the routes of others have among these, in the order of their own. Those that are new are made.
    pub(super) fn numbers_of(&mut self, others: &Self) -> Vec<u32> {
        let words: Vec<u32> = others.words.all.iter().map(|word| self.word(word)).collect();
        let word = |number| position(number).and_then(|position| words.get(position).copied()).unwrap_or(NO_WORD);
        others.all.iter().map(|stops| self.number(stops.words().into_iter().map(word).collect())).collect()
    }

    /// The routes, in the order of their numbers.
    pub(super) fn each(&self) -> impl Iterator<Item = Route<'_>> {
        self.all.iter().map(|stops| self.words.told(*stops))
    }

    /// Whether there are more of them than one answer should tell of.
    pub(super) fn are_many(&self) -> bool {
        self.has_lost
            || self.all.len() >= MOST_ROUTES
            || self.words.all.len() >= MOST_WORDS
            || self.words.bytes >= MOST_BYTES_OF_WORDS
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
    /// The number of this word, if it is known or can have one.
    fn number(&mut self, text: &str) -> Option<u32> {
        let Self { all, by_text, hasher, bytes } = self;
        let hash = hasher.hash_one(text);
        if let Some(number) = by_text.find(hash, |number| text_of(all, *number) == Some(text)) {
            return Some(*number);
        }
        let number = u32::try_from(all.len() + 1).ok().filter(|number| *number <= LAST_WORD)?;
        *bytes += text.len();
        all.push(text.into());
        by_text.insert_unique(hash, number, |number| hasher.hash_one(text_of(all, *number).unwrap_or_default()));
        Some(number)
    }

    fn told(&self, stops: Stops) -> Route<'_> {
        let [point, skill, result, went_to_agent, code, second_code, kind] =
            stops.words().map(|number| text_of(&self.all, number));
        Route {
            routing_point: point.unwrap_or_default(),
            outcome: outcome(result.unwrap_or_default(), went_to_agent.unwrap_or_default(), skill.is_some()),
            skill,
            code,
            // A second code classifies nothing without the first.
            second_code: code.and(second_code),
            kind,
        }
    }
}

fn text_of(words: &[Box<str>], number: u32) -> Option<&str> {
    words.get(position(number)?).map(AsRef::as_ref)
}

/// Where the word of this number stands.
fn position(number: u32) -> Option<usize> {
    number.checked_sub(NO_WORD + 1).map(|position| position as usize)
}

/// The skill's result decides; without one, whether the call went to an agent, or at least to a skill.
fn outcome(result: &str, went_to_agent: &str, has_skill: bool) -> Outcome {
    let begins = |word: &str| result.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    let went = || ["yes", "si", "sí", "sÍ", "true", "1"].iter().any(|yes| went_to_agent.eq_ignore_ascii_case(yes));
    if begins("answer") {
        Outcome::Agent
    } else if begins("abandon") {
        Outcome::Abandoned
    } else if went() {
        Outcome::Agent
    } else if has_skill {
        Outcome::Abandoned
    } else {
        Outcome::Contained
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WORD: std::ops::RangeInclusive<u32> = NO_WORD..=LAST_WORD;

    impl Stops {
        /// The stops of a call that ended in the IVR, with this skill.
        pub(in super::super) fn at(routes: &mut Routes, point: &str, skill: Option<&str>) -> Self {
            let [point, skill] = [Some(point), skill].map(|word| word.map_or(NO_WORD, |word| routes.word(word)));
            [point, skill, NO_WORD, NO_WORD, NO_WORD, NO_WORD, NO_WORD].into_iter().collect()
        }
    }

    fn route(point: &str) -> Route<'_> {
        let (skill, code, second_code, kind) = (None, None, None, None);
        Route { routing_point: point, outcome: Outcome::Contained, skill, code, second_code, kind }
    }

    fn number(routes: &mut Routes, point: &str, skill: Option<&str>) -> u32 {
        let stops = Stops::at(routes, point, skill);
        routes.number(stops)
    }

    #[test]
    fn a_route_has_one_number_by_all_of_its_words() {
        let mut routes = Routes::default();
        let told = [("1", None), ("1", Some("1")), ("1", None), ("2", None), ("1", Some("1"))];
        let numbers = told.map(|(point, skill)| number(&mut routes, point, skill));
        assert_eq!(numbers, [0, 1, 0, 2, 1]);
        let other = Route { skill: Some("1"), outcome: Outcome::Abandoned, ..route("1") };
        assert_eq!(routes.each().collect::<Vec<_>>(), [route("1"), other, route("2")]);
        assert_eq!(routes.words.all.len(), 2);
    }

    #[test]
    fn however_many_there_are_each_has_one_number() {
        let mut routes = Routes::default();
        for _ in 0..3 {
            for position in 0..10_000 {
                let skill = (position / 100).to_string();
                assert_eq!(number(&mut routes, &(position % 100).to_string(), Some(&skill)), position);
            }
        }
        assert_eq!((routes.all.len(), routes.words.all.len()), (10_000, 100));
    }

    #[test]
    fn the_routes_of_others_have_numbers_of_their_own() {
        let [mut routes, mut others] = [Routes::default(), Routes::default()];
        for (point, skill) in [("1", None), ("2", Some("1"))] {
            number(&mut routes, point, skill);
        }
        for (point, skill) in [("2", Some("3")), ("2", Some("1")), ("1", None)] {
            number(&mut others, point, skill);
        }
        assert_eq!(routes.numbers_of(&others), [2, 1, 0]);
        let told: Vec<_> = routes.each().map(|route| (route.routing_point, route.skill)).collect();
        assert_eq!(told, [("1", None), ("2", Some("1")), ("2", Some("3"))]);
    }

    #[test]
    fn routes_are_many_before_they_or_their_words_take_much_memory() {
        let filled = |point: &dyn Fn(usize) -> String| {
            let mut routes = Routes::default();
            let puts = (0..100_000).take_while(|position| {
                number(&mut routes, &point(*position), None);
                !routes.are_many()
            });
            (puts.count() + 1, routes)
        };
        assert_eq!(filled(&|position| position.to_string()).0, MOST_ROUTES);
        let (puts, routes) = filled(&|position| format!("{position:0200}"));
        assert!(puts < MOST_ROUTES && routes.words.bytes < MOST_BYTES_OF_WORDS + 200, "{puts}");
        let mut routes = Routes::default();
        let words = (0..1_000_000).take_while(|position: &u32| {
            routes.word(&position.to_string());
            !routes.are_many()
        });
        assert_eq!(words.count() + 1, MOST_WORDS);
    }

    #[test]
    fn what_has_no_number_any_more_is_not_taken_for_another_route() {
        let mut routes = Routes::default();
        for position in 0..NO_ROUTE + 10 {
            number(&mut routes, &(position % 1_000).to_string(), Some(&(position / 1_000).to_string()));
        }
        assert_eq!(routes.each().count(), NO_ROUTE as usize);
        assert!(routes.has_lost && routes.are_many());
    }

    #[test]
    fn a_word_that_has_no_number_any_more_is_none() {
        let mut routes = Routes::default();
        for word in 1..=LAST_WORD {
            assert_eq!(routes.word(&word.to_string()), word);
        }
        assert!(!routes.has_lost);
        assert_eq!([routes.word("one more"), routes.word("7")], [NO_WORD, 7]);
        assert!(routes.has_lost && routes.are_many());
    }

    proptest! {
        #[test]
        fn a_route_is_known_by_each_of_its_words(words in [WORD; 7], at in 0_usize..7, other in WORD) {
            let mut others = words;
            others[at] = other;
            let [one, another] = [words, others].map(|words| words.into_iter().collect::<Stops>());
            prop_assert_eq!(one.words(), words);
            prop_assert_eq!(one == another, words == others);
            prop_assert_eq!(one.have_a_routing_point(), words[0] != NO_WORD);
        }
    }
}
