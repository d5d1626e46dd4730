use std::fmt::Write as _;

use exposition_checker::{Rules, assert_clean, check};
use proptest::prelude::*;

use super::RICH;

/// A family as a test wants it: its kind, its HELP, and for each label value what its series says.
type Wanted = (u8, String, Vec<(String, Vec<u16>)>);

fn wanted() -> impl Strategy<Value = Vec<Wanted>> {
    let series = prop::collection::btree_map(any::<String>(), prop::collection::vec(any::<u16>(), 3..=3), 1..4);
    let family = (0..3_u8, "[^\r]{1,20}", series.prop_map(|series| series.into_iter().collect()));
    prop::collection::vec(family, 0..6)
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n")
}

/// Writes families as an exposition that has no fault.
fn write(families: &[Wanted]) -> String {
    let mut text = String::new();
    for (position, (kind, help, series)) in families.iter().enumerate() {
        let (kind, suffix) = [("gauge", ""), ("counter", "_total"), ("histogram", "_seconds")][usize::from(*kind)];
        let name = format!("family_{position}{suffix}");
        write!(text, "# HELP {name} {}\n# TYPE {name} {kind}\n", escaped(help)).unwrap();
        for (label, values) in series {
            let label = format!("label=\"{}\"", escaped(label).replace('"', "\\\""));
            if kind == "histogram" {
                let mut count = 0;
                for (bound, value) in ["0.5", "20", "+Inf"].iter().zip(values) {
                    count += u32::from(*value);
                    writeln!(text, "{name}_bucket{{{label},le=\"{bound}\"}} {count}").unwrap();
                }
                write!(text, "{name}_sum{{{label}}} {count}\n{name}_count{{{label}}} {count}\n").unwrap();
            } else {
                writeln!(text, "{name}{{{label}}} {}", f64::from(values[0]) / 7.0).unwrap();
            }
        }
    }
    text
}

fn lines_of(text: &str) -> Vec<&str> {
    text.lines().collect()
}

fn joined(lines: &[&str]) -> String {
    lines.iter().flat_map(|line| [line, "\n"]).collect()
}

#[track_caller]
fn found(mutant: &str, how: &str) {
    assert!(!check(mutant, &Rules::new()).is_empty(), "{how} and nothing was found:\n{mutant}");
}

proptest! {
    #[test]
    fn what_is_written_well_has_no_fault_and_is_read_back(families in wanted()) {
        let exposition = assert_clean(&write(&families), &Rules::new());
        prop_assert_eq!(exposition.families.len(), families.len());
        for (family, (kind, help, series)) in exposition.families.iter().zip(&families) {
            prop_assert_eq!(&family.help, help);
            for (label, values) in series {
                let labels = [("label", label.as_str())];
                if *kind == 2 {
                    let count: u32 = values.iter().copied().map(u32::from).sum();
                    let name = format!("{}_count", family.name);
                    prop_assert_eq!(exposition.value(&name, &labels), Some(f64::from(count)));
                } else {
                    prop_assert_eq!(exposition.value(&family.name, &labels), Some(f64::from(values[0]) / 7.0));
                }
            }
        }
    }

    #[test]
    fn nothing_makes_it_panic(text in "(# HELP |# TYPE |a|_sum|_bucket|gauge|histogram|[{}\",=\\\\ \n]|le=\"|1|[^a]){0,40}") {
        let _ = check(&text, &Rules::new());
    }
}

#[test]
fn a_cut_is_found() {
    for end in (1..RICH.len()).filter(|end| RICH.is_char_boundary(*end)) {
        let (text, rest) = RICH.split_at(end);
        // A cut behind a whole family or series leaves an exposition that says less, and says it well.
        let is_between_families = text.ends_with('\n') && rest.starts_with("# HELP");
        let is_between_series = text.ends_with("_count{operation=\"acme\",skill_id=\"7\"} 3\n");
        if !is_between_families && !is_between_series {
            found(text, "the text was cut");
        }
    }
}

#[test]
fn a_dropped_line_is_found() {
    let lines = lines_of(RICH);
    for dropped in 0..lines.len() {
        let mut rest = lines.clone();
        // To drop the only sample of a family leaves its head; any other line is missed by the others.
        rest.remove(dropped);
        found(&joined(&rest), &format!("line {} was dropped", dropped + 1));
    }
}

#[test]
fn a_doubled_line_is_found_wherever_its_double_stands() {
    let lines = lines_of(RICH);
    for doubled in 0..lines.len() {
        for place in 0..=lines.len() {
            let mut more = lines.clone();
            more.insert(place, lines[doubled]);
            found(&joined(&more), &format!("line {} was doubled before line {}", doubled + 1, place + 1));
        }
    }
}

#[test]
fn swapped_lines_are_found_unless_they_are_of_the_same_histogram() {
    let lines = lines_of(RICH);
    let is_free = |line: &str| line.starts_with("wolkvox_wait_seconds");
    for first in 0..lines.len() {
        for second in first + 1..lines.len() {
            if is_free(lines[first]) && is_free(lines[second]) {
                continue;
            }
            let mut swapped = lines.clone();
            swapped.swap(first, second);
            found(&joined(&swapped), &format!("lines {} and {} were swapped", first + 1, second + 1));
        }
    }
}

#[test]
fn a_line_joined_with_the_next_is_found() {
    for (position, _) in RICH.match_indices('\n') {
        let mut joined = RICH.to_owned();
        joined.remove(position);
        // HELP takes whatever stands behind it; then TYPE is missing.
        found(&joined, &format!("the line feed at {position} was dropped"));
    }
}
