//! Which part of its day a report is asked for that tells every event: what can still change often, all of it now and
//! then, in windows that fit an answer.
//!
//! Rows come up to minutes late, and wolkvox completes and corrects them later (an activity code may come after hours).
//! So the last hours are asked for at every turn and the whole day each hour; what was answered before is kept.

use std::time::Duration;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, Zoned};

use super::closing::whole_second;
use crate::report::Window;

/// What is asked for at most turns: a row that is told half an hour late, after an hour without an answer, is still
/// among them.
pub const RECENT: Duration = Duration::from_hours(2);

/// How often the whole day is asked for, so that codes and corrections that came later are seen. Answers in between
/// leave no gap as long as this is shorter than [`RECENT`] by as much as rows may be late.
pub const WHOLE_EVERY: Duration = Duration::from_hours(1);

/// The most windows that one turn asks for, those among them that are cut: nearly four million rows, which are more than
/// any line has calls in a day. Without an end, a server that cuts whatever it is asked for would be asked for each
/// second of the day.
const MOST_WINDOWS: usize = 64;

/// The most windows that a turn begins with; there is room to halve them.
const MOST_PARTS: i64 = 32;

/// Every so many turns of this interval are for the whole day.
#[must_use]
pub fn turns_per_whole(interval: Duration) -> u64 {
    // The nearest turn: a moment later or earlier makes no difference.
    let (hour, interval) = (WHOLE_EVERY.as_nanos(), interval.as_nanos().max(1));
    u64::try_from((2 * hour).saturating_sub(interval).div_ceil(2 * interval)).unwrap_or(u64::MAX).max(1)
}

/// What is known of the newest day, and how large its answers are.
#[derive(Clone, Debug)]
pub struct Windows {
    interval: Duration,
    known: Option<Whole>,
    /// Windows of a whole day that were too large.
    too_long: Option<TooLong>,
    /// Windows of recent hours that were: those of a busy night are no reason to divide a quiet noon.
    too_long_recent: Option<TooLong>,
}

/// In this day, windows of more seconds than these were too large.
#[derive(Clone, Copy, Debug)]
struct TooLong {
    day: Date,
    longest: i64,
}

/// The newest answer about a whole day.
#[derive(Clone, Copy, Debug)]
struct Whole {
    day: Date,
    asked: Timestamp,
    rows: u64,
}

/// What one turn asks for: the stretch of its day, and the windows of it that are still to be asked for.
#[derive(Clone, Debug)]
pub struct Stretch {
    /// The stretch, within one civil day.
    pub window: Window,
    /// Whether it begins with the day, so that the answer is all that is known of it.
    pub is_whole: bool,
    /// The windows that are left, the next one last.
    left: Vec<Window>,
    taken: usize,
}

impl Windows {
    /// Nothing was asked yet, of a report with turns of this interval.
    #[must_use]
    pub fn new(interval: Duration) -> Self {
        Self { interval, known: None, too_long: None, too_long_recent: None }
    }

    /// What to ask for at this moment, when `day` is to be asked for, from its midnight on.
    #[must_use]
    pub fn stretch(&self, day: Window, local: &Zoned) -> Stretch {
        let recent = local.checked_sub(RECENT).map_or(day.from, |recent| whole_second(recent.datetime()));
        let is_whole = !self.is_recent_enough(day.to.date(), local) || recent <= day.from;
        if is_whole { self.whole(day) } else { divided(Window { from: recent, ..day }, false, self.too_long_recent) }
    }

    /// All of this day.
    #[must_use]
    pub fn whole(&self, day: Window) -> Stretch {
        divided(day, true, self.too_long)
    }

    /// Whether the rows of the day but the recent ones are known. Those of a day that is over are asked for as a whole.
    fn is_recent_enough(&self, day: Date, local: &Zoned) -> bool {
        self.known.is_some_and(|whole| {
            // Where the clock was set back, nobody knows how long ago it was.
            let since = Duration::try_from(local.timestamp().duration_since(whole.asked));
            whole.day == day && local.date() == day && since.is_ok_and(|since| since + self.interval / 2 < WHOLE_EVERY)
        })
    }

    /// The answer for this window was cut at the limit of rows: it is to be asked again in halves. Answers whether this
    /// turn can do so; if not, the next one begins with what was learnt.
    pub fn halve(&mut self, stretch: &mut Stretch, window: Window) -> bool {
        let too_long = if stretch.is_whole { &mut self.too_long } else { &mut self.too_long_recent };
        let seconds = seconds(window);
        if seconds < 2 {
            // What was learnt on the way led nowhere.
            *too_long = None;
            return false;
        }
        let (day, half) = (window.to.date(), seconds.midpoint(1));
        let longest = too_long.filter(|known| known.day == day).map_or(half, |known| known.longest.min(half));
        *too_long = Some(TooLong { day, longest });
        if stretch.taken + stretch.left.len() + 2 > MOST_WINDOWS {
            return false;
        }
        stretch.left.extend([part(window, half, seconds), part(window, 0, half)]);
        true
    }

    /// The whole stretch, asked for at `asked`, was answered with so many rows. Without rows nothing is known.
    pub fn answered(&mut self, stretch: &Stretch, rows: u64, asked: Timestamp) {
        if !stretch.is_whole {
            return;
        }
        let day = stretch.window.to.date();
        // Where rows have vanished it may have been a slip, which would hide calls until the next hour: asked once more.
        let has_shrunk = self.known.is_some_and(|whole| whole.day == day && rows < whole.rows);
        self.known = (rows > 0 && !has_shrunk).then_some(Whole { day, asked, rows });
    }
}

impl Stretch {
    /// All of this window, in one.
    #[must_use]
    pub fn whole(window: Window) -> Self {
        Self { window, is_whole: true, left: vec![window], taken: 0 }
    }

    /// Whether every window was taken.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.left.is_empty()
    }

    /// Takes the window to be asked for next; none once all were.
    pub fn take(&mut self) -> Option<Window> {
        let next = self.left.pop();
        self.taken += usize::from(next.is_some());
        next
    }
}

/// A stretch in equal windows that are not too long.
fn divided(window: Window, is_whole: bool, too_long: Option<TooLong>) -> Stretch {
    let longest = too_long.filter(|known| known.day == window.to.date()).map(|known| known.longest);
    Stretch { window, is_whole, left: in_parts(window, longest), taken: 0 }
}

/// The window in equal parts of at most so many seconds, the first one last.
fn in_parts(window: Window, longest: Option<i64>) -> Vec<Window> {
    let seconds = seconds(window);
    let parts = longest.map_or(1, |longest| seconds.saturating_add(longest - 1) / longest.max(1));
    let parts = parts.clamp(1, MOST_PARTS);
    (0..parts).rev().map(|at| part(window, seconds * at / parts, seconds * (at + 1) / parts)).collect()
}

/// The window's seconds from this one on and up to the one before `end`, counted from 0.
fn part(window: Window, first: i64, end: i64) -> Window {
    let at = |second: i64| window.from.saturating_add(SignedDuration::from_secs(second));
    Window { from: at(first), to: at(end - 1) }
}

/// How many seconds of the local clock the window has, the first and the last among them.
fn seconds(window: Window) -> i64 {
    window.to.duration_since(window.from).as_secs().saturating_add(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    fn at(text: &str) -> Zoned {
        text.parse().unwrap()
    }

    fn today(local: &Zoned) -> Window {
        Window { from: local.date().at(0, 0, 0, 0), to: whole_second(local.datetime()) }
    }

    fn text(window: Window) -> String {
        format!("{} {}", window.from.strftime("%d %T"), window.to.strftime("%T"))
    }

    fn all(mut stretch: Stretch) -> Vec<String> {
        std::iter::from_fn(|| stretch.take()).map(text).collect()
    }

    #[test]
    fn the_last_hours_are_asked_for_and_the_day_each_hour() {
        let mut windows = Windows::new(5 * MINUTE);
        let mut local = at("2026-03-02T12:00:07-05:00[America/Bogota]");
        let mut asked = Vec::new();
        for turn in 0..36 {
            let stretch = windows.stretch(today(&local), &local);
            asked.push(stretch.is_whole);
            assert_eq!(stretch.is_whole, turn % 12 == 0, "turn {turn}");
            assert_eq!(stretch.window.to, whole_second(local.datetime()));
            if !stretch.is_whole {
                assert_eq!(stretch.window.to.duration_since(stretch.window.from), SignedDuration::from_hours(2));
            }
            windows.answered(&stretch, 10, local.timestamp());
            local = local.checked_add(5 * MINUTE).unwrap();
        }
    }

    #[test]
    fn the_whole_day_is_asked_for_where_the_rest_of_it_is_not_known() {
        let local = at("2026-03-02T12:00:00-05:00[America/Bogota]");
        let later = |minutes: u32| local.checked_add(minutes * MINUTE).unwrap();
        let known = |rows: &[u64]| {
            let mut windows = Windows::new(5 * MINUTE);
            for (minutes, rows) in (0..).zip(rows) {
                windows.answered(&Stretch::whole(today(&local)), *rows, later(minutes).timestamp());
            }
            windows
        };
        let is_whole = |windows: &Windows, at: &Zoned| windows.stretch(today(at), at).is_whole;
        assert!(is_whole(&known(&[]), &local), "nothing was answered yet");
        assert!(is_whole(&known(&[0]), &later(5)), "nothing happened yet");
        assert!(!is_whole(&known(&[7]), &later(5)));
        assert!(is_whole(&known(&[7, 6]), &later(5)), "rows have vanished");
        assert!(!is_whole(&known(&[7, 6, 6]), &later(5)));
        assert!(is_whole(&known(&[7]), &later(180)), "a long time without an answer");
        let earlier = local.checked_sub(MINUTE).unwrap();
        assert!(is_whole(&known(&[7]), &earlier), "the clock was set back");
        // Before two in the morning the recent hours are the whole day; after midnight the day before is, to its end.
        let early = at("2026-03-02T01:59:00-05:00[America/Bogota]");
        assert!(is_whole(&known(&[7]), &early));
        let next = at("2026-03-03T00:05:00-05:00[America/Bogota]");
        let stretch = known(&[7]).stretch(Window { to: local.date().at(23, 59, 59, 0), ..today(&local) }, &next);
        assert_eq!(all(stretch), ["02 00:00:00 23:59:59"]);
    }

    #[test]
    fn two_hours_are_two_hours_when_the_clock_is_changed() {
        for (now, from) in [("2026-03-08T03:30:00-04:00", "08 00:30:00"), ("2026-11-01T02:30:00-05:00", "01 01:30:00")]
        {
            let local = at(&format!("{now}[America/New_York]"));
            let mut windows = Windows::new(MINUTE);
            windows.answered(&Stretch::whole(today(&local)), 1, local.timestamp());
            assert!(text(windows.stretch(today(&local), &local).window).starts_with(from));
        }
    }

    #[test]
    fn what_is_too_large_is_asked_in_halves_and_not_again_that_day() {
        let local = at("2026-03-02T07:59:59-05:00[America/Bogota]");
        let mut windows = Windows::new(5 * MINUTE);
        let mut stretch = windows.stretch(today(&local), &local);
        let whole = stretch.take().unwrap();
        assert!(windows.halve(&mut stretch, whole));
        let half = stretch.take().unwrap();
        assert_eq!(text(half), "02 00:00:00 03:59:59");
        assert_eq!(all(stretch.clone()), ["02 04:00:00 07:59:59"]);
        assert!(windows.halve(&mut stretch, half));
        assert_eq!(all(stretch), ["02 00:00:00 01:59:59", "02 02:00:00 03:59:59", "02 04:00:00 07:59:59"]);
        let next = at("2026-03-02T08:04:59-05:00[America/Bogota]");
        assert_eq!(
            all(windows.stretch(today(&next), &next)),
            [
                "02 00:00:00 01:36:59",
                "02 01:37:00 03:13:59",
                "02 03:14:00 04:50:59",
                "02 04:51:00 06:27:59",
                "02 06:28:00 08:04:59"
            ]
        );
        let tomorrow = at("2026-03-03T08:00:00-05:00[America/Bogota]");
        assert_eq!(all(windows.stretch(today(&tomorrow), &tomorrow)).len(), 1);
    }

    #[test]
    fn a_server_that_cuts_everything_is_given_up() {
        let local = at("2026-03-02T23:00:00-05:00[America/Bogota]");
        let mut windows = Windows::new(5 * MINUTE);
        for _ in 0..3 {
            let mut stretch = windows.stretch(today(&local), &local);
            let mut asked = 0;
            while let Some(window) = stretch.take() {
                asked += 1;
                if !windows.halve(&mut stretch, window) {
                    break;
                }
            }
            assert!((2..=MOST_WINDOWS).contains(&asked), "{asked}");
        }
    }

    #[test]
    fn turns_for_the_whole_day_are_an_hour_apart() {
        for (minutes, turns) in [(1, 60), (5, 12), (7, 9), (20, 3), (40, 1), (60, 1), (600, 1)] {
            assert_eq!(turns_per_whole(minutes * MINUTE), turns, "{minutes} min");
        }
    }

    proptest! {
        #[test]
        fn every_second_is_asked_for_once_however_it_is_cut(
            minutes in 0_i64..1_440,
            too_large in proptest::collection::vec(3_000_i64..90_000, 1..4),
        ) {
            let local = at("2026-03-02T00:00:07-05:00[America/Bogota]").saturating_add(SignedDuration::from_mins(minutes));
            let mut windows = Windows::new(5 * MINUTE);
            for too_large in too_large {
                let mut stretch = windows.stretch(today(&local), &local);
                let mut next = local.date().at(0, 0, 0, 0);
                while let Some(window) = stretch.take() {
                    if seconds(window) > too_large {
                        prop_assert!(windows.halve(&mut stretch, window));
                        continue;
                    }
                    prop_assert_eq!(window.from, next);
                    next = window.to.saturating_add(SignedDuration::from_secs(1));
                }
                prop_assert_eq!(next, whole_second(local.datetime()).saturating_add(SignedDuration::from_secs(1)));
            }
        }
    }
}
