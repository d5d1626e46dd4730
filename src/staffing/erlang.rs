//! Erlang C: how many agents it takes to answer a share of the calls within a threshold.

/// The load in Erlang beyond which nobody computes: no operation is as large, so the numbers are wrong.
const LARGEST_LOAD: f64 = 100_000.0;

/// An aim that is met exactly is met, whatever the last digits of a float say.
const ROUNDING: f64 = 1e-12;

/// The least number of agents with which the share `target` of the calls is answered within `threshold` seconds, for a
/// load in Erlang (calls per second times seconds of handling) and the mean seconds that a call is handled for.
///
/// Taken for granted: one pool of agents, calls that come independently of each other (Poisson), handling times that
/// are spread exponentially, and callers who wait however long it takes. Nothing is answered where no number of agents
/// is enough: for a target of 1, or numbers that make no sense.
#[must_use]
pub fn required_agents(load: f64, handling: f64, target: f64, threshold: f64) -> Option<u32> {
    let is_load = (0.0..=LARGEST_LOAD).contains(&load);
    let is_sound = handling > 0.0 && handling.is_finite() && threshold >= 0.0 && (0.0..1.0).contains(&target);
    if !is_load || !is_sound {
        return None;
    }
    if load == 0.0 {
        return Some(0);
    }
    // Erlang's B, the share of calls lost where nobody waits, agent by agent. Each step divides what is positive by
    // what is larger: unlike sums of powers and factorials nothing overflows, and errors do not grow.
    let mut lost = 1.0;
    for agents in 1..=u32::MAX {
        let number = f64::from(agents);
        lost = load * lost / (number + load * lost);
        // Without a free agent on average the queue only grows.
        if number > load && share_late(load, handling, threshold, number, lost) <= 1.0 - target + ROUNDING {
            return Some(agents);
        }
    }
    None
}

/// The share of calls that wait longer than the threshold.
fn share_late(load: f64, handling: f64, threshold: f64, agents: f64, lost: f64) -> f64 {
    let waiting = agents * lost / (agents - load * (1.0 - lost));
    waiting * (-(agents - load) * threshold / handling).exp()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Computed by `tests/staffing/erlang.py` in whole fractions, with another formula.
    const TABLE: &str = include_str!("../../tests/staffing/erlang.csv");

    #[test]
    fn it_is_what_exact_arithmetic_says() {
        let mut checked = 0;
        for line in TABLE.lines().skip(1) {
            let numbers: Vec<f64> = line.split(',').map(|number| number.parse().unwrap()).collect();
            let [load, handling, target, threshold, agents] = numbers[..] else { panic!("{line}") };
            assert_eq!(required_agents(load, handling, target, threshold).map(f64::from), Some(agents), "{line}");
            checked += 1;
        }
        assert!(checked > 1000, "{checked}");
    }

    #[test]
    fn it_is_what_text_books_say() {
        // 100 calls in half an hour of 180 s each, 80 % within 20 s: the example of many an introduction.
        assert_eq!(required_agents(10.0, 180.0, 0.8, 20.0), Some(14));
        assert_eq!(required_agents(10.0, 180.0, 0.9, 20.0), Some(15));
        assert_eq!(required_agents(0.0, 180.0, 0.8, 20.0), Some(0));
    }

    #[test]
    fn what_makes_no_sense_has_no_answer() {
        for (load, handling, target, threshold) in [
            (10.0, 180.0, 1.0, 20.0),
            (-1.0, 180.0, 0.8, 20.0),
            (f64::NAN, 180.0, 0.8, 20.0),
            (1e6, 180.0, 0.8, 20.0),
            (10.0, 0.0, 0.8, 20.0),
            (10.0, f64::INFINITY, 0.8, 20.0),
            (10.0, 180.0, 0.8, -1.0),
            (10.0, 180.0, f64::NAN, 20.0),
        ] {
            assert_eq!(
                required_agents(load, handling, target, threshold),
                None,
                "{load} {handling} {target} {threshold}"
            );
        }
    }

    /// The share answered in time by the sum of the queue's states, each by its logarithm.
    fn share_in_time(load: f64, handling: f64, threshold: f64, agents: u32) -> f64 {
        let states = (0..agents).scan(0.0, |power, state| {
            let now = *power;
            *power += load.ln() - f64::from(state + 1).ln();
            Some(now)
        });
        let states: Vec<f64> = states.collect();
        let number = f64::from(agents);
        let all: f64 = states[agents as usize - 1] + load.ln() - number.ln() + (number / (number - load)).ln();
        let share: f64 = states.iter().map(|state| (state - all).exp()).sum();
        1.0 - 1.0 / (1.0 + share) * (-(number - load) * threshold / handling).exp()
    }

    proptest! {
        #[test]
        fn it_is_enough_and_one_less_is_not(
            load in 0.1_f64..500.0,
            handling in 10.0_f64..1200.0,
            target in 0.5_f64..0.99,
            threshold in 0.0_f64..120.0,
        ) {
            let agents = required_agents(load, handling, target, threshold).unwrap();
            prop_assert!(share_in_time(load, handling, threshold, agents) >= target - 1e-9);
            if f64::from(agents - 1) > load {
                prop_assert!(share_in_time(load, handling, threshold, agents - 1) <= target + 1e-9);
            }
        }

        #[test]
        fn more_work_or_a_higher_aim_never_takes_fewer(
            load in 0.1_f64..500.0,
            more in 0.0_f64..100.0,
            handling in 10.0_f64..1200.0,
            target in 0.5_f64..0.98,
            higher in 0.0_f64..0.01,
            threshold in 0.0_f64..120.0,
        ) {
            let agents = required_agents(load, handling, target, threshold);
            prop_assert!(required_agents(load + more, handling, target, threshold) >= agents);
            prop_assert!(required_agents(load, handling, target + higher, threshold) >= agents);
            prop_assert!(required_agents(load, handling, target, threshold / 2.0) >= agents);
            prop_assert!(f64::from(agents.unwrap()) > load);
        }
    }
}
