use exposition_checker::{Kind, Rules, assert_clean};

use super::RICH;

#[test]
fn an_exposition_answers_questions() {
    let exposition = assert_clean(RICH, &Rules::new());
    let names: Vec<_> = exposition.names().collect();
    let expected =
        ["wolkvox_up", "wolkvox_skill_info", "wolkvox_calls_total", "wolkvox_wait_seconds", "wolkvox_level_ratio"];
    assert_eq!(names, expected);

    let calls = exposition.family("wolkvox_calls_total").unwrap();
    assert_eq!((calls.kind, calls.line), (Kind::Counter, 7));
    assert_eq!(calls.help, "Calls of today, with a \\ and a \n in the text.");
    let info = exposition.samples("wolkvox_skill_info", &[]).next().unwrap();
    assert_eq!(info.label("skill_name"), Some("say \"hi\" \\o/\nnow"));
    assert_eq!((info.label("le"), info.line), (None, 6));
    assert_eq!(exposition.family("wolkvox_wait_seconds_sum"), None);
}

#[test]
fn a_value_is_asked_for_by_all_its_labels_in_any_order() {
    let exposition = assert_clean(RICH, &Rules::new());
    let value = |name, labels: &[_]| exposition.value(name, labels);
    assert_eq!(value("wolkvox_level_ratio", &[]), Some(0.875));
    assert_eq!(value("wolkvox_calls_total", &[("skill_id", "7"), ("operation", "acme")]), Some(12345.5));
    assert_eq!(value("wolkvox_calls_total", &[("skill_id", "7")]), None);
    assert_eq!(value("wolkvox_calls_total", &[("skill_id", "8"), ("operation", "acme")]), None);
    let bucket = [("operation", "acme"), ("skill_id", "8"), ("le", "20")];
    assert_eq!(value("wolkvox_wait_seconds_bucket", &bucket), Some(1.0));
}

#[test]
fn a_sum_is_asked_for_by_some_labels_and_is_nothing_over_nothing() {
    let exposition = assert_clean(RICH, &Rules::new());
    assert_eq!(exposition.sum("wolkvox_wait_seconds_count", &[("operation", "acme")]), Some(5.0));
    assert_eq!(exposition.sum("wolkvox_wait_seconds_count", &[("operation", "umbrella")]), None);
    assert_eq!(exposition.count("wolkvox_wait_seconds_bucket", &[("skill_id", "7")]), 3);
    assert_eq!(exposition.all_samples().count(), 14);
}

#[test]
fn a_failure_shows_every_fault_with_its_line() {
    let text = "# HELP a b\n# TYPE a counter\na{x=\"1\"} -2\n";
    let outcome = std::panic::catch_unwind(|| assert_clean(text, &Rules::new()));
    let message = *outcome.unwrap_err().downcast::<String>().unwrap();
    let expected = "the exposition has 2 faults:\n\
        line 1: the counter `a` does not end in _total\n    # HELP a b\n\
        line 3: `a` is negative\n    a{x=\"1\"} -2\n";
    assert_eq!(message, expected);
}
