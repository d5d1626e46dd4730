//! The documents held to the code: what they list exists, what exists is listed, what they show works.
//!
//! `UPDATE_DOCS=1` writes the tables of metrics anew instead of comparing them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use exposition_checker::Kind;
use jiff::Timestamp;
use wolkvox_exporter::cli::Arguments;
use wolkvox_exporter::config::{Config, Switches};
use wolkvox_exporter::family::Families;
use wolkvox_exporter::process::Process;
use wolkvox_exporter::row::Rejection;
use wolkvox_exporter::upstream::Cause;
use wolkvox_exporter::{reports, vitals};

use crate::promise;

/// One family as the documents tell it.
struct Told {
    name: String,
    kind: String,
    labels: Vec<String>,
    help: String,
}

impl Told {
    fn labels(&self) -> String {
        self.labels.iter().map(|label| format!("`{label}`")).collect::<Vec<_>>().join(", ")
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Every document, by its path in the project.
fn documents() -> BTreeMap<String, String> {
    let mut found: BTreeMap<String, String> = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md"]
        .map(|file| (file.to_owned(), read(file)))
        .into();
    for folder in ["docs", "docs/runbooks"] {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|ending| ending == "md") {
                let name = format!("{folder}/{}", path.file_name().unwrap().to_str().unwrap());
                found.insert(name.clone(), read(&name));
            }
        }
    }
    found
}

fn of_families(families: Families, before: &[&str]) -> Vec<Told> {
    let labels = |own: &[&'static str]| before.iter().chain(own).map(|label| (*label).to_owned()).collect();
    families
        .iter()
        .map(|family| Told {
            name: family.name().to_owned(),
            kind: family.kind().word().to_owned(),
            labels: labels(family.labels()),
            help: family.help().to_owned(),
        })
        .collect()
}

/// The process's own families, from what it really serves.
fn of_process() -> Vec<Told> {
    let exposition = promise::kept(&Process::new(Timestamp::UNIX_EPOCH).unwrap().text());
    let told = exposition.families.iter().map(|family| Told {
        name: family.name.clone(),
        kind: match family.kind {
            Kind::Gauge => "gauge",
            Kind::Counter => "counter",
            _ => panic!("{} is of another kind", family.name),
        }
        .to_owned(),
        labels: family.samples.first().unwrap().labels.iter().map(|(name, _)| name.clone()).collect(),
        help: family.help.clone(),
    });
    told.collect()
}

/// Every family there is, by the group that it is told in.
fn groups() -> Vec<(&'static str, Vec<Told>)> {
    let mut groups: Vec<_> =
        reports::ALL.iter().map(|report| (report.name, of_families(report.families, &["operation"]))).collect();
    groups.push(("operation", of_families(vitals::OPERATION_FAMILIES, &["operation"])));
    groups.push(("report", of_families(vitals::REPORT_FAMILIES, &["operation", "report"])));
    groups.push(("process", of_process()));
    groups
}

fn full_table(families: &[Told]) -> String {
    let mut table = "| family | type | labels | |\n|---|---|---|---|\n".to_owned();
    for told in families {
        let _ = writeln!(table, "| `{}` | {} | {} | {} |", told.name, told.kind, told.labels(), told.help);
    }
    table
}

/// The short table: what people look at, without what the exporter says of itself.
fn short_table(groups: &[(&str, Vec<Told>)]) -> String {
    let mut table = "| | family | type | labels beside `operation` |\n|---|---|---|---|\n".to_owned();
    for (group, families) in groups {
        let mut group = format!("`{group}`");
        for told in families {
            if told.name.starts_with("wolkvox_exporter_") || told.name.starts_with("process_") {
                continue;
            }
            let labels = told.labels().replacen("`operation`", "", 1);
            let labels = labels.trim_start_matches(", ");
            let _ = writeln!(table, "| {group} | `{}` | {} | {labels} |", told.name, told.kind);
            group.clear();
        }
    }
    table
}

/// Compares what stands between `<!-- metrics: NAME -->` and `<!-- end -->`, or writes it anew.
fn hold(file: &str, tables: &[(&str, String)]) {
    let mut text = read(file);
    for (name, table) in tables {
        let mark = format!("<!-- metrics: {name} -->\n");
        let start = text.find(&mark).unwrap_or_else(|| panic!("{file} has no {mark}")) + mark.len();
        let end = start + text[start..].find("<!-- end -->").unwrap_or_else(|| panic!("{file}: {name} has no end"));
        if std::env::var_os("UPDATE_DOCS").is_some() {
            text.replace_range(start..end, table);
            continue;
        }
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
        let (is, should) = (lines(&text[start..end]), lines(table));
        let wrong: Vec<_> = is.difference(&should).map(|line| format!("take out: {line}")).collect();
        let missing: Vec<_> = should.difference(&is).map(|line| format!("put in:   {line}")).collect();
        let changes = [wrong, missing].concat().join("\n");
        assert!(
            text[start..end] == **table,
            "{file}, table {name}, differs from the code; UPDATE_DOCS=1 tests/run documentation writes it\n{changes}"
        );
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(root().join(file), text).unwrap();
    }
}

#[test]
fn the_tables_of_metrics_are_what_the_code_serves() {
    let groups = groups();
    let full: Vec<_> = groups.iter().map(|(name, families)| (*name, full_table(families))).collect();
    hold("docs/metrics.md", &full);
    hold("README.md", &[("all", short_table(&groups))]);
}

#[test]
fn every_metric_that_is_spoken_of_exists() {
    let names: BTreeSet<String> =
        groups().into_iter().flat_map(|(_, families)| families).map(|told| told.name).collect();
    for (file, text) in documents() {
        for word in text.split(|letter: char| !(letter.is_ascii_alphanumeric() || matches!(letter, '_' | ':'))) {
            // A trailing _ is what stands before a star. What holds a colon is a recorded series.
            if !word.starts_with("wolkvox_") || word.ends_with('_') || word.contains(':') {
                continue;
            }
            let of_histogram = ["_bucket", "_sum", "_count"].iter().find_map(|suffix| word.strip_suffix(suffix));
            let is_there = names.contains(word) || of_histogram.is_some_and(|name| names.contains(name));
            assert!(is_there, "{file} speaks of {word}, which is not served");
        }
    }
}

#[test]
fn links_lead_somewhere() {
    for (file, text) in documents() {
        let folder = root().join(&file).parent().unwrap().to_owned();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.starts_with("https://") {
                continue;
            }
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if path.is_empty() { root().join(&file) } else { folder.join(path) };
            assert!(target.exists(), "{file} links to {link}, which is not there");
            if !anchor.is_empty() {
                let headings = fs::read_to_string(&target).unwrap();
                let found = headings.lines().filter(|line| line.starts_with('#')).any(|line| anchor_of(line) == anchor);
                assert!(found, "{file} links to {link}, and there is no such heading");
            }
        }
    }
}

/// A heading's anchor, as repositories make it.
fn anchor_of(heading: &str) -> String {
    let words = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = words.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
    kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect()
}

/// The words of a text that begin so, without what closes them.
fn words<'t>(text: &'t str, start: &str) -> BTreeSet<&'t str> {
    let inside = |letter: char| letter.is_ascii_alphanumeric() || "._-<>".contains(letter);
    let found = text.match_indices(start).map(|(at, _)| {
        let rest = &text[at..];
        rest[..rest.find(|letter| !inside(letter)).unwrap_or(rest.len())].trim_end_matches(['.', '<', '>'])
    });
    found.collect()
}

#[test]
fn flags_and_variables_are_those_of_the_help() {
    let help = Arguments::parse(["wolkvox-exporter", "--help"]).unwrap_err().to_string();
    let readme = read("README.md");
    let table: String = readme.lines().filter(|line| line.starts_with("| `--")).collect::<Vec<_>>().join("\n");
    let told: BTreeSet<_> = words(&table, "--").into_iter().filter(|flag| !flag.contains("collector")).collect();
    let usual = ["--help", "--version"];
    let real: BTreeSet<_> = words(&help, "--")
        .into_iter()
        .filter(|flag| !flag.contains("collector") && !usual.contains(flag) && flag.len() > 2)
        .collect();
    assert_eq!(told, real, "the flags of README.md and of --help");
    assert_eq!(words(&readme, "WOLKVOX_"), words(&help, "WOLKVOX_"), "the variables of README.md and of --help");
}

/// The blocks of this language in a text.
fn blocks<'t>(text: &'t str, language: &str) -> Vec<&'t str> {
    let fence = format!("```{language}\n");
    text.split(&*fence).skip(1).map(|rest| rest.split("```").next().unwrap_or_default()).collect()
}

#[test]
fn configurations_that_are_shown_are_right() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("acme.token"), "a-token").unwrap();
    let mut shown = 0;
    for (file, text) in documents() {
        for block in blocks(&text, "yaml").into_iter().filter(|block| block.starts_with("operations:")) {
            let path = folder.path().join("config.yaml");
            fs::write(&path, block).unwrap();
            if let Err(mistakes) = Config::load(Some(&path), &Switches::default(), &|_| None) {
                panic!("{file} shows a configuration that is wrong: {mistakes}");
            }
            shown += 1;
        }
    }
    assert!(shown > 0);
}

#[test]
fn what_check_says_is_what_the_readme_shows() {
    let readme = read("README.md");
    let (command, shown) = blocks(&readme, "console")[0].split_once('\n').unwrap();
    let words: Vec<_> = command.strip_prefix("$ wolkvox-exporter ").unwrap().split(' ').collect();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("acme.token"), "a-token").unwrap();
    let config = blocks(&readme, "yaml").into_iter().find(|block| block.starts_with("operations:")).unwrap();
    fs::write(folder.path().join("wolkvox-exporter.yaml"), config).unwrap();
    let mut check = Command::new(env!("CARGO_BIN_EXE_wolkvox-exporter"));
    let output = check.args(words).current_dir(folder.path()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), shown);
}

#[test]
fn every_cause_and_reason_is_explained() {
    let text = read("docs/operations.md");
    let causes = Cause::ALL.iter().map(|cause| cause.label());
    for label in causes.chain(Rejection::ALL.iter().map(|reason| reason.label())) {
        assert!(text.contains(&format!("| `{label}` |")), "docs/operations.md does not explain {label}");
    }
    let text = read("docs/wolkvox-api.md");
    for report in reports::ALL {
        let asked = format!("{}?api={}", report.endpoint.file, report.endpoint.api);
        assert!(text.contains(&asked), "docs/wolkvox-api.md does not speak of {asked}");
    }
}

fn promtool(arguments: &[&str], file: &Path) {
    let output = Command::new("promtool").args(arguments).arg(file).output();
    let output = output.expect("promtool is needed; tests/run installs it");
    let told = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&told));
}

#[test]
fn prometheus_understands_what_is_shown_to_it() {
    promtool(&["check", "config"], &root().join("deploy/prometheus.yml"));
    let folder = tempfile::tempdir().unwrap();
    let mut rules = "groups:\n- name: shown\n  rules:\n".to_owned();
    for (position, expression) in documents().values().flat_map(|text| blocks(text, "promql")).enumerate() {
        let _ = writeln!(rules, "  - record: shown:{position}\n    expr: {}", serde_json::json!(expression));
    }
    let path = folder.path().join("rules.yaml");
    fs::write(&path, rules.replace("shown:", "shown:number_")).unwrap();
    promtool(&["check", "rules"], &path);
}
