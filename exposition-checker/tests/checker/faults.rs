use exposition_checker::{Fault, Rules, Wrong, check};

/// Holds that the text has this fault on this line, and no other.
#[track_caller]
fn only_under(rules: &Rules, text: &str, line: usize, wrong: Wrong) {
    assert_eq!(check(text, rules), [Fault { line, wrong }], "in\n{text}");
}

#[track_caller]
fn only(text: &str, line: usize, wrong: Wrong) {
    only_under(&Rules::new(), text, line, wrong);
}

/// A family `a` of this kind, with these lines below its head, which are lines 3 and on.
fn family(kind: &str, samples: &str) -> String {
    format!("# HELP a b\n# TYPE a {kind}\n{samples}\n")
}

/// A histogram `a` with two series of one observation each, and these changes of lines 3 to 8.
fn histogram(from: &str, to: &str) -> String {
    let samples = "a_bucket{x=\"1\",le=\"5\"} 1\na_bucket{x=\"1\",le=\"+Inf\"} 1\na_sum{x=\"1\"} 4\na_count{x=\"1\"} 1\n\
        a_bucket{x=\"2\",le=\"5\"} 1\na_bucket{x=\"2\",le=\"+Inf\"} 1\na_sum{x=\"2\"} 4\na_count{x=\"2\"} 1";
    assert!(samples.contains(from), "{from} is not in the histogram");
    family("histogram", &samples.replacen(from, to, 1)).replace("\n\n", "\n")
}

fn a() -> String {
    "a".to_owned()
}

#[test]
fn lines_that_cannot_be_read() {
    for (line, why) in [
        ("# TYPE a", "a TYPE without a type"),
        ("a", "a sample without a value"),
        ("a ", "the value is not a number"),
        ("a  1", "something behind the value"),
        ("a 1 ", "something behind the value"),
        ("a 1 1.5", "something behind the value"),
        ("a\t1", "a sample without a value"),
        ("a 1\r", "a carriage return at the end of the line"),
        ("a one", "the value is not a number"),
        ("a 1,5", "the value is not a number"),
        ("a +1", "the value is not a number"),
        ("a .5", "the value is not a number"),
        ("a 0x10", "the value is not a number"),
        ("a Inf", "the value is not a number"),
        ("a inf", "the value is not a number"),
        ("a nan", "the value is not a number"),
        ("a{x=\"1\"}1", "no space before the value"),
        ("a{x=\"1\"", "neither , nor } behind a label"),
        ("a{x=\"1\",} 1", "a label without =\" behind its name"),
        ("a{,x=\"1\"} 1", "a label without =\" behind its name"),
        ("a{=\"1\"} 1", "a label without =\" behind its name"),
        ("a{x=1} 1", "a label without =\" behind its name"),
        ("a{x =\"1\"} 1", "a label without =\" behind its name"),
        ("a{x=\"1\" ,y=\"1\"} 1", "neither , nor } behind a label"),
        ("a{x=\"1\"y=\"1\"} 1", "neither , nor } behind a label"),
        ("a{x=\"1} 1", "a label value without its closing quote"),
        ("a{x=\"\\\"} 1", "a label value without its closing quote"),
        ("a{x=\"\\t\"} 1", "a backslash that escapes nothing"),
    ] {
        only(&family("gauge", line), 3, Wrong::Syntax(why));
        only(&format!("{line}\n"), 1, Wrong::Syntax(why));
    }
    only("# HELP a \\\"b\\\"\n", 1, Wrong::Syntax("a backslash that escapes nothing"));
}

#[test]
fn lines_that_have_no_place() {
    only("# HELP a b\n# TYPE a gauge\na 1", 3, Wrong::NoFinalNewline);
    only("\n", 1, Wrong::BlankLine);
    only(&family("gauge", "a 1\n"), 4, Wrong::BlankLine);
    for comment in ["# a comment", "#", "#HELP a b", "# EOF", "# UNIT a seconds", "# help a b"] {
        only(&format!("{comment}\n"), 1, Wrong::Comment);
    }
    for timestamp in ["0", "1395066363000", "-1"] {
        only(&family("gauge", &format!("a 1 {timestamp}")), 3, Wrong::Timestamp(a()));
    }
}

#[test]
fn names_that_are_none() {
    for name in ["", "7a", "a-b", "a.b", "a:b", "ñ"] {
        only(&format!("{name} 1\n"), 1, Wrong::MetricName(name.to_owned()));
        only(&format!("# HELP {name} b\n"), 1, Wrong::MetricName(name.to_owned()));
        only(&format!("# TYPE {name} gauge\n"), 1, Wrong::MetricName(name.to_owned()));
    }
    for label in ["7a", "a-b", "a:b", "ñ", "__a"] {
        only(&family("gauge", &format!("a{{{label}=\"1\"}} 1")), 3, Wrong::LabelName(label.to_owned()));
    }
    let twice = Wrong::DuplicateLabel { sample: a(), label: "x".to_owned() };
    only(&family("gauge", r#"a{x="1",y="1",x="2"} 1"#), 3, twice);
}

#[test]
fn families_in_disorder() {
    let other = "# HELP c d\n# TYPE c gauge\nc 1\n";
    let first = family("gauge", r#"a{x="1"} 1"#);
    only(&format!("{first}{other}a{{x=\"2\"}} 1\n"), 7, Wrong::SplitFamily(a()));
    only(&format!("{first}{other}{}", family("gauge", r#"a{x="2"} 1"#)), 7, Wrong::SplitFamily(a()));
    only(&format!("{first}{other}# HELP a b\n"), 7, Wrong::SplitFamily(a()));

    only("# TYPE a gauge\na 1\n", 1, Wrong::HelpMissing(a()));
    for help in ["# HELP a", "# HELP a "] {
        only(&format!("{help}\n# TYPE a gauge\na 1\n"), 1, Wrong::HelpEmpty(a()));
    }
    only("# HELP a b\n# HELP a b\n# TYPE a gauge\na 1\n", 2, Wrong::HelpRepeated(a()));
    only("# HELP a b\n# TYPE a gauge\na 1\n# HELP a c\n", 4, Wrong::HelpRepeated(a()));
    only("# TYPE a gauge\n# HELP a b\na 1\n", 2, Wrong::HelpLate(a()));
    only("# TYPE a gauge\na 1\n# HELP a b\n", 3, Wrong::HelpLate(a()));

    only("# HELP a b\na 1\n", 1, Wrong::TypeMissing(a()));
    only("# HELP a b\n# TYPE a gauge\n# TYPE a gauge\na 1\n", 3, Wrong::TypeRepeated(a()));
    only("# HELP a b\n# TYPE a gauge\na 1\n# TYPE a counter\n", 4, Wrong::TypeRepeated(a()));
    only("# HELP a b\na 1\n# TYPE a gauge\n", 3, Wrong::TypeLate(a()));
    for word in ["untyped", "summary", "Gauge", "", "gauge "] {
        only(&family(word, "a 1"), 2, Wrong::UnknownType { family: a(), word: word.to_owned() });
    }

    only("a 1\n", 1, Wrong::Unannounced(a()));
    only("a 1\n# HELP a b\n# TYPE a gauge\n", 1, Wrong::Unannounced(a()));
    only("a_sum 1\n", 1, Wrong::Unannounced("a_sum".to_owned()));
    only("# HELP a b\n# TYPE a gauge\n", 1, Wrong::EmptyFamily(a()));
    only(&format!("# HELP a b\n# TYPE a gauge\n{other}"), 1, Wrong::EmptyFamily(a()));
}

#[test]
fn names_that_say_something_else() {
    only(&family("counter", "a 1"), 1, Wrong::CounterSuffix(a()));
    let named = |name: &str, kind, rest: &str| family(kind, rest).replace(" a ", &format!(" {name} "));
    for kind in ["gauge", "histogram"] {
        let samples =
            if kind == "gauge" { "a_total 1" } else { "a_total_bucket{le=\"+Inf\"} 1\na_total_sum 1\na_total_count 1" };
        only(&named("a_total", kind, samples), 1, Wrong::TotalSuffix("a_total".to_owned()));
    }
    for part in ["a_bucket", "a_sum", "a_count"] {
        only(&named(part, "gauge", &format!("{part} 1")), 1, Wrong::PartSuffix(part.to_owned()));
        only(&family("gauge", &format!("{part} 1")), 3, Wrong::PartSuffix(part.to_owned()));
    }
    only(&histogram("a_sum", "a{x=\"1\"} 1\na_sum"), 5, Wrong::NotAPart(a()));
    for (name, unit) in [
        ("cpu_percent", "percent"),
        ("wait_minutes", "minutes"),
        ("wait_milliseconds", "milliseconds"),
        ("wait_ms", "ms"),
        ("login_hours", "hours"),
    ] {
        let text = named(name, "gauge", &format!("{name} 1"));
        only(&text, 1, Wrong::Unit { family: name.to_owned(), unit });
        let total = format!("{name}_total");
        only(&named(&total, "counter", &format!("{total} 1")), 1, Wrong::Unit { family: total, unit });
    }
}

#[test]
fn series_that_should_not_be() {
    let duplicate = |labels: &str| Wrong::DuplicateSeries { name: a(), labels: labels.to_owned(), first: 3 };
    only(&family("gauge", "a 1\na 2"), 4, duplicate(""));
    let pair = "a{x=\"1\",y=\"2\"} 1\na{y=\"2\",x=\"1\"} 1";
    only(&family("gauge", pair), 4, duplicate("y=\"2\",x=\"1\""));
    let empty = "a{x=\"1\",y=\"\"} 1\na{y=\"\",x=\"1\"} 1";
    only(&family("gauge", empty), 4, duplicate("y=\"\",x=\"1\""));

    let differ =
        |here: &str| Wrong::LabelNamesDiffer { name: a(), here: here.to_owned(), before: "x".to_owned(), first: 3 };
    only(&family("gauge", "a{x=\"1\"} 1\na{y=\"1\"} 1"), 4, differ("y"));
    only(&family("gauge", "a{x=\"1\"} 1\na 1"), 4, differ(""));
}

#[test]
fn labels_that_the_rules_do_not_allow() {
    let not_allowed = || Wrong::LabelNotAllowed { family: a(), label: "agent_dni".to_owned() };
    let text = family("gauge", "a{agent_dni=\"1\"} 1\na{agent_dni=\"2\"} 1");
    for rules in [Rules::new().allow_everywhere(["operation"]), Rules::new().allow("b*", ["agent_dni"])] {
        only_under(&rules, &text, 3, not_allowed());
    }
    only_under(&Rules::new().allow_everywhere(["x"]), &family("gauge", "a{le=\"1\"} 1"), 3, Wrong::LeMisplaced(a()));
}

#[test]
fn what_must_never_be_served() {
    let rules = Rules::new().forbid(["3001234567", "ANA"]);
    let forbidden =
        |place: &str, text: &str| Wrong::Forbidden { family: a(), place: place.to_owned(), text: text.to_owned() };
    only_under(&rules, &family("gauge", "a{x=\"+573001234567\"} 1"), 3, forbidden("the label x", "3001234567"));
    only_under(&rules, "# HELP a of ANA\n# TYPE a gauge\na{x=\"Ana\"} 1\n", 1, forbidden("HELP", "ANA"));
}

#[test]
fn values_that_say_nothing() {
    only(&family("gauge", "a NaN"), 3, Wrong::Nan(a()));
    only(&family("gauge", "a +Inf"), 3, Wrong::Infinite(a()));
    only(&family("gauge", "a -Inf"), 3, Wrong::Infinite(a()));
    let named = |name: &str, kind, value: &str| format!("# HELP {name} b\n# TYPE {name} {kind}\n{name} {value}\n");
    for (value, wrong) in [
        ("-1", Wrong::Negative("a_total".to_owned())),
        ("+Inf", Wrong::Infinite("a_total".to_owned())),
        ("NaN", Wrong::Nan("a_total".to_owned())),
    ] {
        only(&named("a_total", "counter", value), 3, wrong);
    }
    only(&named("a_ratio", "gauge", "-0.5"), 3, Wrong::Negative("a_ratio".to_owned()));
    for value in ["0", "2"] {
        only(&named("a_info", "gauge", value), 3, Wrong::InfoNotOne("a_info".to_owned()));
    }
    only(&histogram("a_sum{x=\"1\"} 4", "a_sum{x=\"1\"} NaN"), 5, Wrong::Nan("a_sum".to_owned()));
    only(&histogram("a_sum{x=\"1\"} 4", "a_sum{x=\"1\"} -4"), 5, Wrong::Negative("a_sum".to_owned()));
    only(&histogram("le=\"5\"} 1", "le=\"5\"} -1"), 3, Wrong::Negative("a_bucket".to_owned()));
}

#[test]
fn histograms_that_do_not_add_up() {
    let le = |le: &str| le.to_owned();
    only(
        &histogram("x=\"1\",le=\"5\"} 1", "x=\"1\",le=\"5\"} 2"),
        4,
        Wrong::NotCumulative { family: a(), le: le("+Inf") },
    );
    let fallen = "le=\"1\"} 1\na_bucket{x=\"1\",le=\"2\"} 0\na_bucket{x=\"1\",le=\"+Inf\"} 1";
    let one_series = format!("a_bucket{{x=\"1\",{fallen}\na_sum{{x=\"1\"}} 1\na_count{{x=\"1\"}} 1");
    only(&family("histogram", &one_series), 4, Wrong::NotCumulative { family: a(), le: le("2") });

    let not_ascending = |bound: &str| Wrong::BoundsNotAscending { family: a(), le: le(bound) };
    for (first, second) in [("9", "5"), ("5.0", "5"), ("+Inf", "5")] {
        let buckets = format!("a_bucket{{le=\"{first}\"}} 1\na_bucket{{le=\"{second}\"}} 1\n");
        let rest = if first == "+Inf" { "a_sum 1\na_count 1" } else { "a_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1" };
        only(&family("histogram", &format!("{buckets}{rest}")), 4, not_ascending(second));
    }

    let missing = |part| Wrong::PartMissing { family: a(), labels: "x=\"1\"".to_owned(), part };
    only(&histogram("a_bucket{x=\"1\",le=\"+Inf\"} 1\n", ""), 3, missing("bucket +Inf"));
    only(&histogram("a_sum{x=\"1\"} 4\n", ""), 3, missing("_sum"));
    only(&histogram("a_count{x=\"1\"} 1\n", ""), 3, missing("_count"));
    only(&histogram("a_bucket{x=\"1\",le=\"5\"} 1\na_bucket{x=\"1\",le=\"+Inf\"} 1\n", ""), 3, missing("_bucket"));
    let differs = Wrong::CountDiffers { family: a(), labels: "x=\"1\"".to_owned(), inf: 1.0, count: 2.0 };
    only(&histogram("a_count{x=\"1\"} 1", "a_count{x=\"1\"} 2"), 3, differs);

    let other_bounds = Wrong::BoundsDiffer { family: a(), labels: "x=\"2\"".to_owned(), first: 3 };
    only(&histogram("x=\"2\",le=\"5\"", "x=\"2\",le=\"6\""), 7, other_bounds.clone());
    only(&histogram("a_bucket{x=\"2\",le=\"5\"} 1\n", ""), 7, other_bounds);

    only(&histogram("a_sum", "a_bucket{x=\"1\"} 1\na_sum"), 5, Wrong::LeMissing(a()));
    only(&histogram("a_sum{x=\"1\"}", "a_sum{x=\"1\",le=\"5\"}"), 5, Wrong::LeMisplaced("a_sum".to_owned()));
    for bound in ["five", "Inf", "NaN", ""] {
        let text = histogram("a_sum", &format!("a_bucket{{x=\"1\",le=\"{bound}\"}} 1\na_sum"));
        only(&text, 5, Wrong::LeNotANumber { family: a(), le: le(bound) });
    }
}

#[test]
fn faults_come_in_the_order_of_the_lines_and_hide_none_of_the_others() {
    let text = "# HELP b c\n# TYPE b counter\nb -1\nb -1\n\n# HELP d e\n";
    let lines: Vec<_> = check(text, &Rules::new()).iter().map(|fault| fault.line).collect();
    assert_eq!(lines, [1, 3, 4, 4, 5, 6]);
}
