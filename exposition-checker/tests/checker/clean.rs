use exposition_checker::{Rules, check};

use super::RICH;

#[track_caller]
fn clean(text: &str, rules: &Rules) {
    assert_eq!(check(text, rules), []);
}

#[test]
fn clean_texts_have_no_faults() {
    clean("", &Rules::new());
    clean(RICH, &Rules::new());
    for value in ["0", "-1", "0.1", "1e+21", "1.5E-7", "-0", "18446744073709552000"] {
        clean(&format!("# HELP a b\n# TYPE a gauge\na {value}\n"), &Rules::new());
    }
    for labels in ["", "{}", r#"{a=""}"#, r#"{a="b"}"#, r#"{a="}",b=",",c="=\"x\"",d="\\",e="\n",f="ñ # 1 2"}"#] {
        clean(&format!("# HELP a b\n# TYPE a gauge\na{labels} 1\n"), &Rules::new());
    }
    // A name that only looks like a forbidden one.
    for name in ["terms", "sum", "count_of_calls", "permits", "total_calls", "process_open_fds", "information"] {
        clean(&format!("# HELP {name} b\n# TYPE {name} gauge\n{name} 2\n"), &Rules::new());
    }
}

#[test]
fn a_label_is_allowed_by_its_familys_name_or_everywhere() {
    let rules = Rules::new().allow_everywhere(["operation"]).allow("wolkvox_skill_*", ["skill_id", "skill_name"]);
    let rules = rules.allow("wolkvox_calls_total", ["skill_id"]).allow("*_seconds", ["skill_id"]);
    clean(RICH, &rules);
}

#[test]
fn bounds_may_differ_where_the_rules_let_them() {
    let text = "# HELP a b\n# TYPE a histogram\n\
        a_bucket{operation=\"x\",le=\"1\"} 0\na_bucket{operation=\"x\",le=\"+Inf\"} 0\na_sum{operation=\"x\"} 0\n\
        a_count{operation=\"x\"} 0\n\
        a_bucket{operation=\"y\",le=\"2\"} 0\na_bucket{operation=\"y\",le=\"+Inf\"} 0\na_sum{operation=\"y\"} 0\n\
        a_count{operation=\"y\"} 0\n";
    clean(text, &Rules::new().bounds_may_differ_by("operation"));
    assert_eq!(check(text, &Rules::new()).len(), 1);
}
