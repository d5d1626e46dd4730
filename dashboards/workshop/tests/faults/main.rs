//! The checker checked: each kind of fault is sown into good dashboards, one at a time, and must be found by its name
//! and nothing else with it, but for what follows from it of necessity.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use workshop::boards;
use workshop::check::{self, Kind, Vocabulary};

use queries::FAULTS_OF_QUERIES;

mod queries;

/// What the process says of itself stands on no page of the board, and so not in the golden exposition.
const PROCESS: &str = include_str!("process.txt");

fn exposition() -> String {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/demo.txt");
    fs::read_to_string(golden).unwrap() + PROCESS
}

fn vocabulary() -> Vocabulary {
    Vocabulary::of(&exposition_checker::read(&exposition()))
}

/// The kinds that are found in the dashboards once one of them is changed.
fn found(file: &str, sow: impl FnOnce(&mut Value)) -> BTreeSet<Kind> {
    let mut files = boards::texts();
    let (_, text) = files.iter_mut().find(|(name, _)| name == file).expect("there is such a dashboard");
    let mut dashboard: Value = serde_json::from_str(text).unwrap();
    let before = dashboard.clone();
    sow(&mut dashboard);
    assert_ne!(dashboard, before, "nothing was sown into {file}");
    *text = dashboard.to_string();
    check::dashboards(&files, &vocabulary()).iter().map(|finding| finding.kind).collect()
}

/// The panel of this title.
fn panel<'d>(dashboard: &'d mut Value, title: &str) -> &'d mut Value {
    let panels = dashboard["panels"].as_array_mut().unwrap();
    panels.iter_mut().find(|panel| panel["title"] == title).unwrap_or_else(|| panic!("there is no panel {title:?}"))
}

/// Puts an expression into the first query of a panel.
fn asking(title: &'static str, expr: &'static str) -> impl FnOnce(&mut Value) {
    move |dashboard| panel(dashboard, title)["targets"][0]["expr"] = json!(expr)
}

/// Changes one thing of a panel.
fn changing(title: &'static str, change: impl FnOnce(&mut Value)) -> impl FnOnce(&mut Value) {
    move |dashboard| change(panel(dashboard, title))
}

fn remove(value: &mut Value, key: &str) {
    value.as_object_mut().unwrap().remove(key);
}

#[test]
fn good_dashboards_have_no_fault() {
    let found = check::dashboards(&boards::texts(), &vocabulary());
    let told: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
}

type Sow = Box<dyn FnOnce(&mut Value)>;

/// Faults of the frame and of panels' dress: what is sown where, and by what name it must be found.
#[expect(clippy::too_many_lines, reason = "a table, one fault a line")]
fn faults_of_form() -> Vec<(Kind, &'static str, Sow)> {
    fn sown(kind: Kind, file: &'static str, sow: impl FnOnce(&mut Value) + 'static) -> (Kind, &'static str, Sow) {
        (kind, file, Box::new(sow))
    }
    const WAITING: &str = "Waiting now";
    const LEVELS: &str = "Service level and target";
    vec![
        sown(Kind::SchemaVersion, "calls", |d| d["schemaVersion"] = json!(36)),
        sown(Kind::TagMissing, "calls", |d| d["tags"] = json!(["calls"])),
        sown(Kind::InputsPresent, "calls", |d| d["__inputs"] = json!([])),
        sown(Kind::OwnId, "calls", |d| d["id"] = json!(42)),
        sown(Kind::DashboardUntitled, "calls", |d| d["description"] = json!("")),
        sown(Kind::TimeRange, "calls", |d| d["time"]["from"] = json!("now-7d")),
        sown(Kind::Refresh, "calls", |d| d["refresh"] = json!("5s")),
        sown(Kind::AnnotationMissing, "calls", |d| _ = d["annotations"]["list"].as_array_mut().unwrap().pop()),
        sown(Kind::DeadLink, "operations", |d| {
            let table = panel(d, "Skills, farthest from target first").to_string();
            *panel(d, "Skills, farthest from target first") =
                serde_json::from_str(&table.replace("/d/wolkvox-skill?", "/d/wolkvox-skills?")).unwrap();
        }),
        sown(Kind::LinkMissing, "calls", |d| _ = d["links"].as_array_mut().unwrap().pop()),
        sown(Kind::LinkForgets, "calls", |d| d["links"][0]["keepTime"] = json!(false)),
        sown(Kind::VariableNotMulti, "skill", |d| remove(&mut d["templating"]["list"][2], "allValue")),
        sown(Kind::StripMissing, "calls", |d| {
            panel(d, "Quota left today")["targets"][0]["expr"] =
                json!("max by (operation) (wolkvox_up{operation=~\"$operation\"})");
            panel(d, "Quota left today")["fieldConfig"]["defaults"]["unit"] = json!("short");
        }),
        sown(Kind::DuplicateId, "calls", |d| d["panels"][3]["id"] = json!(1)),
        sown(Kind::Overlap, "calls", |d| d["panels"][3]["gridPos"]["x"] = json!(16)),
        sown(Kind::GridGap, "calls", |d| d["panels"][3]["gridPos"]["w"] = json!(5)),
        sown(Kind::GridGap, "calls", |d| {
            let last = d["panels"].as_array_mut().unwrap().last_mut().unwrap();
            last["gridPos"]["y"] = json!(last["gridPos"]["y"].as_u64().unwrap() + 1);
        }),
        sown(Kind::VariableStale, "skill", |d| d["templating"]["list"][2]["refresh"] = json!(0)),
        sown(Kind::UnknownMetric, "skill", |d| {
            d["templating"]["list"][1]["query"]["query"] = json!("label_values(wolkvox_operations_info, operation)");
        }),
        sown(Kind::UnknownLabel, "skill", |d| {
            d["templating"]["list"][1]["query"]["query"] = json!("label_values(wolkvox_operation_info, center)");
        }),
        sown(Kind::OperationDropped, "skill", |d| {
            d["templating"]["list"][2]["query"]["query"] =
                json!("query_result(last_over_time(wolkvox_skill_info[1d]))");
        }),
        sown(Kind::LinkForgets, "operations", |d| {
            let table = panel(d, "Skills, farthest from target first").to_string();
            *panel(d, "Skills, farthest from target first") =
                serde_json::from_str(&table.replace("var-operation=${__data.fields.Operation}", "var-operation=acme"))
                    .unwrap();
        }),
        sown(Kind::DatasourceFixed, "calls", |d| {
            d["annotations"]["list"][1]["datasource"]["uid"] = json!("prometheus");
        }),
        sown(
            Kind::ThresholdsUnordered,
            "operations",
            changing(WAITING, |p| {
                p["fieldConfig"]["defaults"]["thresholds"]["steps"][1]["value"] = json!(50);
            }),
        ),
        sown(
            Kind::PercentOnRatio,
            "agents",
            changing("Most time in aux", |p| {
                p["fieldConfig"]["defaults"]["thresholds"]["steps"][3]["value"] = json!(35);
            }),
        ),
        sown(
            Kind::PercentOnRatio,
            "operations",
            changing(LEVELS, |p| p["fieldConfig"]["defaults"]["max"] = json!(100)),
        ),
        sown(
            Kind::LegendMissing,
            "operations",
            changing(LEVELS, |p| p["targets"][0]["legendFormat"] = json!("__auto")),
        ),
        sown(
            Kind::PointAlone,
            "operations",
            changing(LEVELS, |p| {
                p["targets"][0]["range"] = json!(false);
                p["targets"][0]["instant"] = json!(true);
            }),
        ),
        sown(
            Kind::IdleOverride,
            "operations",
            changing(LEVELS, |p| {
                p["fieldConfig"]["overrides"][0]["matcher"]["options"] = json!("Z");
            }),
        ),
        sown(
            Kind::BarsOverlap,
            "operations",
            changing("Answered and abandoned per half hour", |p| {
                p["interval"] = json!("5m");
            }),
        ),
        sown(
            Kind::InventedZero,
            "operations",
            changing(WAITING, |p| {
                p["fieldConfig"]["defaults"]["noValue"] = json!("0");
            }),
        ),
        sown(
            Kind::UnitMismatch,
            "operations",
            changing(WAITING, |p| p["fieldConfig"]["defaults"]["unit"] = json!("s")),
        ),
        sown(Kind::OutsideGrid, "calls", |d| d["panels"][3]["gridPos"]["w"] = json!(7)),
        sown(Kind::UnknownPanel, "exporter", changing("Memory", |p| p["type"] = json!("graph"))),
        sown(Kind::TitleMissing, "operations", changing(WAITING, |p| p["title"] = json!(""))),
        sown(
            Kind::DescriptionIncomplete,
            "operations",
            changing(WAITING, |p| {
                p["description"] = json!(p["description"].as_str().unwrap().replace("**Formula:**", ""));
            }),
        ),
        sown(Kind::DescriptionIncomplete, "calls", changing("Cost today", |p| remove(p, "description"))),
        sown(Kind::UnitMissing, "operations", changing(WAITING, |p| remove(&mut p["fieldConfig"]["defaults"], "unit"))),
        sown(
            Kind::NoValueMissing,
            "operations",
            changing(WAITING, |p| {
                remove(&mut p["fieldConfig"]["defaults"], "noValue");
            }),
        ),
        sown(
            Kind::ThresholdsMissing,
            "operations",
            changing(WAITING, |p| {
                p["fieldConfig"]["defaults"]["thresholds"]["steps"] = json!([]);
            }),
        ),
        sown(
            Kind::EmptyClaimed,
            "operations",
            changing(LEVELS, |p| {
                p["fieldConfig"]["defaults"]["noValue"] = json!("no calls yet");
            }),
        ),
        sown(
            Kind::EmptyClaimed,
            "operations",
            changing("Service level today", |p| {
                _ = p["targets"].as_array_mut().unwrap().pop();
            }),
        ),
        sown(
            Kind::AbsentJudged,
            "operations",
            changing(WAITING, |p| {
                p["fieldConfig"]["defaults"]["thresholds"]["steps"][0]["color"] = json!("green");
            }),
        ),
        sown(
            Kind::AbsentJudged,
            "service-level",
            changing("Weekday by hour, four weeks: points above or below target", |p| {
                *p = serde_json::from_str(&p.to_string().replace("transparent", "dark-red")).unwrap();
            }),
        ),
        sown(
            Kind::LabelAsNumber,
            "agents",
            changing("Agents today", |p| {
                let overrides = p["fieldConfig"]["overrides"].as_array_mut().unwrap();
                overrides.retain(|one| one["matcher"]["options"] != "Id");
            }),
        ),
        sown(
            Kind::TableTooWide,
            "exporter",
            changing("Reports", |p| {
                remove(&mut p["fieldConfig"]["defaults"]["custom"], "minWidth");
            }),
        ),
        sown(Kind::DeadLink, "calls", |d| d["links"][0]["tags"] = json!(["wolkbox"])),
        sown(Kind::ColourAlone, "operations", changing(WAITING, |p| p["options"]["textMode"] = json!("none"))),
        sown(
            Kind::ColourAlone,
            "exporter",
            changing("Success of reports", |p| {
                p["fieldConfig"]["defaults"]["mappings"] = json!([]);
            }),
        ),
        sown(
            Kind::DatasourceFixed,
            "operations",
            changing(WAITING, |p| {
                p["targets"][0]["datasource"]["uid"] = json!("PBFA97CFB590B2093");
            }),
        ),
        sown(Kind::DuplicateQuery, "operations", changing(LEVELS, |p| p["targets"][1]["refId"] = json!("A"))),
        sown(
            Kind::StaleReduction,
            "operations",
            changing(WAITING, |p| {
                p["targets"][0]["instant"] = json!(false);
                p["targets"][0]["range"] = json!(true);
            }),
        ),
        sown(
            Kind::GapHidden,
            "operations",
            changing(LEVELS, |p| {
                p["fieldConfig"]["defaults"]["custom"]["spanNulls"] = json!(true);
            }),
        ),
        sown(
            Kind::PercentOnRatio,
            "operations",
            changing(LEVELS, |p| {
                p["fieldConfig"]["defaults"]["unit"] = json!("percent");
            }),
        ),
        sown(
            Kind::UnitMismatch,
            "calls",
            changing("Billed today (h:mm:ss)", |p| {
                p["fieldConfig"]["defaults"]["unit"] = json!("percentunit");
            }),
        ),
        sown(Kind::UnitMismatch, "exporter", changing("Memory", |p| p["fieldConfig"]["defaults"]["unit"] = json!("s"))),
        sown(
            Kind::UnitMismatch,
            "agents",
            changing("Agents today", |p| {
                let overrides = p["fieldConfig"]["overrides"].as_array_mut().unwrap();
                let column = overrides.iter_mut().find(|one| one["matcher"]["options"] == "Handling time").unwrap();
                column["properties"][0]["value"] = json!("short");
            }),
        ),
        sown(
            Kind::LegendLabelGone,
            "operations",
            changing(LEVELS, |p| {
                p["targets"][0]["legendFormat"] = json!("{{skill_name}}");
            }),
        ),
    ]
}

/// Kinds that a fault brings along: a query that cannot be read uses no family, and so on.
fn follows(kind: Kind, other: Kind) -> bool {
    match kind {
        Kind::NotPromql | Kind::UnknownMetric | Kind::TooNew | Kind::GroupWithoutParens => {
            other == Kind::LegendLabelGone
        }
        // The query that is gone had a dress of its own.
        Kind::EmptyClaimed | Kind::DuplicateQuery => other == Kind::IdleOverride,
        // The panel that was moved onto another leaves its own place.
        Kind::Overlap => other == Kind::GridGap,
        // Any other window than the panel's own counts bars twice as well.
        Kind::RateInterval | Kind::ShortWindow | Kind::RangeNotSaid | Kind::TwoSamples => other == Kind::BarsOverlap,
        _ => false,
    }
}

fn assert_found(kind: Kind, what: &str, found: &BTreeSet<Kind>) {
    assert!(found.contains(&kind), "{kind:?} was sown and not found: {what}: {found:?}");
    let astray: Vec<_> = found.iter().filter(|other| **other != kind && !follows(kind, **other)).collect();
    assert!(astray.is_empty(), "{kind:?} was sown, and beside it was found {astray:?}: {what}");
}

#[test]
fn every_fault_of_form_is_found_by_its_name() {
    for (kind, file, sow) in faults_of_form() {
        assert_found(kind, file, &found(file, sow));
    }
}

#[test]
fn every_fault_of_a_query_is_found_by_its_name() {
    for (kind, file, title, expr) in FAULTS_OF_QUERIES {
        assert_found(*kind, expr, &found(file, asking(title, expr)));
    }
}

#[test]
fn faults_between_files_are_found() {
    let mut files = boards::texts();
    files[0].1.push('}');
    let kinds: BTreeSet<_> = check::dashboards(&files, &vocabulary()).iter().map(|finding| finding.kind).collect();
    assert!(kinds.contains(&Kind::NotJson), "{kinds:?}");

    let kinds = found("calls", |d| d["uid"] = json!("wolkvox-skill"));
    assert!(kinds.is_superset(&[Kind::WrongUid, Kind::DuplicateUid].into()), "{kinds:?}");

    // Whatever asks by a variable that is gone says so too.
    let kinds = found("calls", |d| _ = d["templating"]["list"].as_array_mut().unwrap().remove(1));
    assert!(kinds.contains(&Kind::VariableMissing), "{kinds:?}");

    let kinds = found("exporter", |d| panel(d, "Corrections")["targets"] = json!([]));
    assert_eq!(kinds, [Kind::NoQuery, Kind::FamilyUnused].into());
}

#[test]
fn every_kind_is_sown_somewhere() {
    let of_form = faults_of_form().into_iter().map(|(kind, ..)| kind);
    let of_queries = FAULTS_OF_QUERIES.iter().map(|(kind, ..)| *kind);
    let elsewhere = [
        Kind::NotJson,
        Kind::WrongUid,
        Kind::DuplicateUid,
        Kind::VariableMissing,
        Kind::NoQuery,
        Kind::FamilyUnused,
        Kind::NotRules,
        // Beside its list of excuses.
        Kind::ExcuseIdle,
    ];
    let sown: BTreeSet<Kind> = of_form.chain(of_queries).chain(elsewhere).collect();
    let missed: Vec<_> = Kind::ALL.iter().filter(|kind| !sown.contains(kind)).collect();
    assert!(missed.is_empty(), "never sown: {missed:?}");
}

#[test]
fn rules_are_held_to_the_same_measure() {
    let file = |text: &str| vec![("rules.yaml".to_owned(), text.to_owned())];
    let kinds = |text: &str| -> Vec<Kind> {
        check::rules(&file(text), &vocabulary()).iter().map(|finding| finding.kind).collect()
    };
    let good = "groups:\n  - name: g\n    rules:\n      - record: operation:queue:now\n        expr: sum by (operation) \
                (wolkvox_skill_calls_in_queue)\n      - alert: WolkvoxQueue\n        expr: |\n          \
                operation:queue:now > 5\n        labels: { severity: warning }\n";
    assert_eq!(kinds(good), []);
    assert_eq!(kinds(&good.replace("operation:queue:now > 5", "operation:queue:then > 5")), [Kind::UnknownMetric]);
    assert_eq!(kinds(&good.replace("wolkvox_skill_calls_in_queue", "wolkvox_skill_queue")), [Kind::UnknownMetric]);
    assert_eq!(kinds(&good.replace("by (operation)", "by (center)")), [Kind::UnknownLabel]);
    let short = good.replace("operation:queue:now > 5", "increase(wolkvox_skill_inbound_calls_total[5m]) > 5");
    assert_eq!(kinds(&short), [Kind::ShortWindow]);
    assert_eq!(kinds("groups: []\n"), [Kind::NotRules]);
    assert_eq!(kinds("groups: [\n"), [Kind::NotRules]);
}
