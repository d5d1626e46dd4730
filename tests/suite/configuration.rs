//! The configuration as files: the example is right, and every kind of mistake is told as it should be.

#![expect(clippy::unwrap_used, reason = "what does not go well fails the test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::civil::{Weekday, date};
use wolkvox_exporter::config::{Base, Config, Switches};
use wolkvox_exporter::estimate::Estimate;
use wolkvox_exporter::plan::Plan;
use wolkvox_exporter::reports;
use wolkvox_exporter::token::TokenSource;

/// The environment of all of these tests.
fn environment(variable: &str) -> Option<String> {
    match variable {
        "ACME_TOKEN" | "UMBRELLA_TOKEN" => Some("7b69645f64".to_owned()),
        "EMPTY_TOKEN" => Some(" ".to_owned()),
        "TORN_TOKEN" => Some("7b69645f64\n7b69".to_owned()),
        _ => None,
    }
}

fn load(path: &Path) -> Result<Config, String> {
    Config::load(Some(path), &Switches::default(), &environment).map_err(|mistakes| mistakes.to_string())
}

/// What a configuration of this text means, or what is wrong with it, told of `f.yaml`.
fn written(text: &str) -> Result<Config, String> {
    written_with(text, &Switches::default())
}

fn written_with(text: &str, switches: &Switches) -> Result<Config, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.yaml");
    fs::write(&path, text).unwrap();
    let config = Config::load(Some(&path), switches, &environment);
    config.map_err(|mistakes| mistakes.to_string().replace(&path.display().to_string(), "f.yaml"))
}

fn files(folder: &str, extension: &str) -> BTreeSet<PathBuf> {
    let all = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    all.filter(|path| path.extension().is_some_and(|of| of == extension)).collect()
}

#[test]
fn every_kind_of_mistake_is_told_as_its_file_says() {
    const FOLDER: &str = "tests/config/invalid";
    let (wrong, expected) = (files(FOLDER, "yaml"), files(FOLDER, "txt"));
    assert!(wrong.len() >= 25, "{} kinds", wrong.len());
    let counterparts: BTreeSet<_> = wrong.iter().map(|path| path.with_extension("txt")).collect();
    assert_eq!(counterparts, expected, "each mistake has its text, and each text its mistake");
    let mut differences = Vec::new();
    for path in wrong {
        let told = match load(&path) {
            Ok(_) => "nothing is wrong".to_owned(),
            Err(told) => told.replace(&format!("{FOLDER}/"), "") + "\n",
        };
        let expected = fs::read_to_string(path.with_extension("txt")).unwrap();
        if told != expected {
            differences.push(format!("{}\n--- told\n{told}--- expected\n{expected}", path.display()));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn the_example_is_right() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("acme"), "7b69645f64\n").unwrap();
    let example = fs::read_to_string("deploy/wolkvox-exporter.example.yaml").unwrap();
    let path = folder.path().join("wolkvox-exporter.yaml");
    fs::write(&path, example.replace("/run/secrets/acme ", "acme ")).unwrap();

    let config = load(&path).unwrap();
    assert_eq!(config.series_per_report, 50_000);
    let [acme, umbrella] = config.operations.as_slice() else { panic!("two operations") };

    assert_eq!((acme.name.as_str(), acme.server.as_str()), ("acme", "0013"));
    assert_eq!(acme.base_url, "https://wv0013.wolkvox.com");
    assert_eq!(acme.token, TokenSource::File(folder.path().join("acme")));
    assert_eq!((acme.timezone_name.as_str(), acme.licenses, acme.quota_share), ("America/Bogota", Some(20), 0.8));
    assert_eq!((acme.service_level.threshold, acme.service_level.base), (20, Base::Auto));
    let hours = acme.open_hours.as_ref().unwrap();
    assert!(hours.is_open(date(2025, 6, 2).at(5, 0, 0, 0)), "Monday, from Sunday's window");
    assert_eq!(hours.seconds_open(Weekday::Saturday), 8 * 3600);
    let polls: Vec<_> = acme.polls.iter().map(|poll| (poll.report.name, poll.interval.as_secs())).collect();
    assert_eq!(
        polls,
        [("skills", 30), ("agents", 300), ("call_durations", 600), ("closed_interactions", 300), ("quota", 900)]
    );
    assert!(Plan::of(acme).fits());
    assert_ne!(acme.terms.agent_name("ANA"), "ANA");

    let estimate = Estimate::of(acme);
    assert!(estimate.reports().all(|(_, series)| series > 0 && series < 50_000), "{estimate}");
    assert_eq!(estimate.series_in_all(), estimate.reports().map(|(_, series)| series).sum::<u64>());
    assert!(estimate.to_string().ends_with("40 agents, 20 skills, 10 routing points, 40 activity codes"), "{estimate}");
    assert!(Estimate::of(umbrella).to_string().contains("16 agents, 3 skills"));

    assert_eq!(umbrella.server, "wv0042.wolkvox.com");
    assert_eq!(umbrella.timezone_name, "America/Mexico_City");
    assert!(umbrella.terms.wants_skill("0007") && umbrella.terms.wants_skill("1001"));
    assert!(!umbrella.terms.wants_skill("7"));
}

const BARE: &str = "{ name: a, server: 0013, token_env: ACME_TOKEN, timezone: UTC";

#[test]
fn what_is_not_written_has_its_usual_value() {
    let config = written(&format!("operations: [{BARE} }}]")).unwrap();
    let operation = &config.operations[0];
    assert_eq!(operation.server, "0013", "not the number 13, nor the octal 11");
    assert_eq!(config.series_per_report, 50_000);
    assert_eq!((operation.licenses, operation.quota_share, operation.open_hours.is_none()), (None, 0.8, true));
    assert_eq!((operation.service_level.target, operation.service_level.threshold), (0.8, 20));
    let intervals: Vec<_> = operation.polls.iter().map(|poll| (poll.report.name, poll.interval)).collect();
    assert_eq!(intervals, reports::ALL.iter().map(|report| (report.name, report.interval)).collect::<Vec<_>>());
}

#[test]
fn an_operations_own_keys_win_over_the_defaults_key_by_key() {
    let config = written(&format!(
        "defaults: {{ quota_share: 50%, service_level: {{ target: 90%, threshold: 30s, base: answered }},\n  \
           reports: {{ skills: {{ interval: 10s }}, agents: {{ enabled: false }} }} }}\n\
         operations: [{BARE}, service_level: {{ threshold: 15s }}, reports: {{ skills: {{ enabled: true }},\n  \
           agents: {{ interval: 1m }}, quota: {{ enabled: false }} }} }}]\n\
         privacy: {{ agent_names: show }}"
    ))
    .unwrap();
    let operation = &config.operations[0];
    assert_eq!(operation.quota_share, 0.5);
    assert_eq!((operation.service_level.target, operation.service_level.threshold), (0.9, 15));
    assert_eq!(operation.terms.level_base(), Some(wolkvox_exporter::terms::LevelBase::Answered));
    assert_eq!(operation.polls[0].interval, Duration::from_secs(10));
    assert!(operation.polls.iter().all(|poll| !["agents", "quota"].contains(&poll.report.name)));
    assert_eq!(operation.terms.agent_name("ANA"), "ANA");
}

#[test]
fn switches_win_over_the_configuration_and_the_plan_knows_of_them() {
    let (skills, quota) = (reports::named("skills").unwrap(), reports::named("quota").unwrap());
    let text = format!(
        "operations: [{BARE}, licenses: 4, reports: {{ skills: {{ interval: 5s }}, quota: {{ enabled: false }} }} }}]"
    );
    assert!(written(&text).unwrap_err().contains("but 3200 are allowed"));
    let mut switches = Switches::default();
    switches.set(skills, false);
    switches.set(quota, true);
    let config = written_with(&text, &switches).unwrap();
    let names: Vec<_> = config.operations[0].polls.iter().map(|poll| poll.report.name).collect();
    assert!(!names.contains(&"skills") && names.contains(&"quota"));
}

#[test]
fn anchors_repeat_what_they_mark_and_a_mistake_in_them_is_told_once() {
    let good = "operations:\n- { name: a, server: 1, token_env: ACME_TOKEN, timezone: &zone America/Lima }\n\
                - { name: b, server: 2, token_env: ACME_TOKEN, timezone: *zone }\n";
    assert_eq!(written(good).unwrap().operations[1].timezone_name, "America/Lima");
    let told = written(&good.replace("Lima", "Limma")).unwrap_err();
    assert_eq!(told.lines().count(), 2, "the paths differ: {told}");
}

#[test]
fn hostile_files_are_refused_soon() {
    let long = format!("operations: # {}", "x".repeat(1024 * 1024));
    assert_eq!(written(&long).unwrap_err(), "f.yaml: is longer than 1 MiB; is it the right file?");
    for text in ["[".repeat(100_000), "{a: ".repeat(100_000), "- ".repeat(100_000), "? ".repeat(100_000)] {
        let told = written(&text).unwrap_err();
        assert!(told.starts_with("f.yaml:1:") && told.contains("is not YAML"), "{told}");
    }
    let told = Config::load(Some(Path::new("nowhere.yaml")), &Switches::default(), &environment).unwrap_err();
    assert!(told.to_string().starts_with("nowhere.yaml: cannot be read"), "{told}");
}

#[test]
fn no_message_repeats_a_token() {
    let token = "7b69645f6469737472697d2d3230323130323131323132313231";
    for text in [
        format!("operations: [{{ token: {token} }}]"),
        format!("operations: [{{ token_env: {token} }}]"),
        format!("operations: [{{ token_file: {token} }}]"),
        format!("defaults: {{ token: {token} }}"),
        format!("token: {token}"),
    ] {
        let told = written(&text).unwrap_err();
        assert!(!told.contains(token), "{told}");
    }
}

mod environment_alone {
    use super::*;

    fn described(variables: &[(&str, &str)]) -> Result<Config, String> {
        let environment = |wanted: &str| {
            variables.iter().find(|(variable, _)| *variable == wanted).map(|(_, value)| (*value).to_owned())
        };
        Config::load(None, &Switches::default(), &environment).map_err(|mistakes| mistakes.to_string())
    }

    #[test]
    fn one_operation_needs_no_file() {
        let config = described(&[
            ("WOLKVOX_SERVER", "13"),
            ("WOLKVOX_TOKEN", "7b69645f64"),
            ("WOLKVOX_TIMEZONE", "America/Bogota"),
            ("WOLKVOX_LICENSES", "20"),
            ("WOLKVOX_BASE_URL", ""),
        ])
        .unwrap();
        let [operation] = config.operations.as_slice() else { panic!("one operation") };
        assert_eq!((operation.name.as_str(), operation.server.as_str()), ("wv0013", "0013"));
        assert_eq!(operation.token, TokenSource::Env("WOLKVOX_TOKEN".to_owned()));
        assert_eq!((operation.timezone_name.as_str(), operation.licenses), ("America/Bogota", Some(20)));
    }

    #[test]
    fn an_address_names_the_operation_unless_somebody_does() {
        let with = |name: &str, base_url: &str| {
            let variables = [
                ("WOLKVOX_OPERATION", name),
                ("WOLKVOX_BASE_URL", base_url),
                ("WOLKVOX_TOKEN", "x"),
                ("WOLKVOX_TIMEZONE", "UTC"),
            ];
            described(&variables).unwrap().operations.remove(0).name
        };
        assert_eq!(with("", "https://wv0042.wolkvox.com"), "wv0042");
        assert_eq!(with("", "http://127.0.0.1:19656"), "127-0-0-1");
        assert_eq!(with("acme", "https://wv0042.wolkvox.com"), "acme");
    }

    #[test]
    fn all_mistakes_are_told_and_name_their_variables() {
        assert_eq!(
            described(&[("WOLKVOX_LICENSES", "many"), ("WOLKVOX_TOKEN", "a b"), ("WOLKVOX_TIMEZONE", "Bogota")])
                .unwrap_err(),
            "WOLKVOX_LICENSES: \"many\" is not a whole number from 1 on; write digits alone, such as 20\n\
             WOLKVOX_SERVER: is missing; write the server's number, such as \"0013\", or WOLKVOX_BASE_URL\n\
             WOLKVOX_TIMEZONE: no time zone is called \"Bogota\"; did you mean America/Bogota?\n\
             WOLKVOX_TOKEN: the environment variable WOLKVOX_TOKEN holds blanks or control characters within the \
             token; put the token there alone, on one line"
        );
        assert_eq!(
            described(&[
                ("WOLKVOX_SERVER", "13"),
                ("WOLKVOX_BASE_URL", "https://wv0013.wolkvox.com"),
                ("WOLKVOX_TOKEN", "x"),
                ("WOLKVOX_TOKEN_FILE", "/nowhere"),
            ])
            .unwrap_err(),
            "WOLKVOX_BASE_URL: stands beside WOLKVOX_SERVER; keep one of the two\n\
             WOLKVOX_TIMEZONE: is missing; write the operation's IANA time zone, such as America/Bogota\n\
             WOLKVOX_TOKEN: stands beside WOLKVOX_TOKEN_FILE; keep one of the two"
        );
        let told = described(&[
            ("WOLKVOX_SERVER", "13"),
            ("WOLKVOX_TOKEN", "x"),
            ("WOLKVOX_TIMEZONE", "UTC"),
            ("WOLKVOX_LICENSES", "2"),
        ])
        .unwrap_err();
        assert!(told.starts_with("WOLKVOX_LICENSES: the plan of wv0013 makes"), "{told}");
        assert!(told.ends_with("; intervals are written in a --config.file"), "{told}");
        assert!(described(&[]).unwrap_err().starts_with("environment: there is neither a --config.file nor any of"));
    }
}
