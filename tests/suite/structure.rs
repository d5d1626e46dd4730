//! The sources read as the architecture promises them: which module may use which, and what stands in one place alone.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use wolkvox_exporter::reports;
use wolkvox_exporter::upstream::Cause;

/// Which modules of the crate each module may use, in the order of `lib.rs`. A new arrow is drawn here, on purpose.
const MAY_USE: &[(&str, &[&str])] = &[
    ("reports", &["family", "report", "row", "samples", "spelling", "terms", "value", "world"]),
    ("report", &["family", "row", "samples", "terms", "world"]),
    ("family", &[]),
    ("row", &["value"]),
    ("samples", &["family"]),
    ("terms", &[]),
    ("value", &[]),
    (
        "poll",
        &[
            "board", "clock", "config", "family", "lane", "ledger", "plan", "report", "reports", "samples", "staffing",
            "status", "storage", "tasks", "terms", "token", "upstream", "vitals",
        ],
    ),
    ("lane", &["report", "token"]),
    ("upstream", &["report", "row", "token"]),
    ("ledger", &["report", "samples"]),
    ("storage", &["samples"]),
    ("staffing", &["report"]),
    ("format", &["family"]),
    ("board", &["family", "format", "reports", "samples", "vitals"]),
    ("backfill", &["clock", "config", "family", "lane", "plan", "report", "reports", "samples", "token", "upstream"]),
    ("process", &["family", "format", "version", "vitals"]),
    ("status", &["upstream"]),
    ("vitals", &["family", "row", "samples", "storage", "upstream"]),
    ("web", &["board", "clock", "format", "process", "status", "tasks"]),
    ("config", &["plan", "report", "reports", "terms", "token"]),
    ("estimate", &["config", "family", "report"]),
    ("plan", &["config", "ledger", "report"]),
    ("token", &["config"]),
    ("simulator", &["report", "reports", "world"]),
    ("spelling", &[]),
    ("world", &[]),
    (
        "app",
        &[
            "backfill",
            "board",
            "cli",
            "clock",
            "config",
            "estimate",
            "lane",
            "listen",
            "plan",
            "poll",
            "process",
            "report",
            "reports",
            "simulator",
            "status",
            "storage",
            "tasks",
            "terms",
            "token",
            "upstream",
            "web",
            "world",
        ],
    ),
    ("cli", &["backfill", "config", "listen", "reports", "version"]),
    ("clock", &[]),
    ("listen", &[]),
    ("log", &["cli"]),
    ("tasks", &[]),
    ("version", &[]),
];

/// Words that stand in these places alone, and why. A place is a module, or a file below `src`.
const ONLY_IN: &[(&[&str], &[&str], &str)] = &[
    (&["reqwest"], &["upstream", "app/healthcheck.rs"], "only upstream speaks HTTP to wolkvox"),
    (&["axum"], &["upstream/transport.rs", "web", "simulator"], "only what serves knows how that is done"),
    (
        &["http::", "hyper::", "StatusCode"],
        &["upstream", "web", "simulator", "config/server.rs", "token.rs"],
        "HTTP is upstream's and the endpoints' matter",
    ),
    (&["Timestamp::now(", "Zoned::now(", "SystemTime"], &["clock.rs"], "wall time is read in one place"),
    (
        &["tokio::spawn(", "JoinSet", "thread::spawn", "spawn_local"],
        &["tasks.rs"],
        "every task has an owner and a name",
    ),
    (
        &["spawn_blocking"],
        &["tasks.rs", "web/metrics.rs", "poll/telling.rs", "poll/resume.rs", "upstream/apart.rs"],
        "long work off the runtime is the scrape's, an exposition's, the state's and a large answer's; threads of their own \
         are the tasks'",
    ),
    (&["env::var"], &["config/environment.rs"], "the environment is read in one place"),
    (&["prometheus::"], &["process.rs"], "series that carry labels from outside stand on pages of the board"),
    (&["print!(", "println!("], &["app/mod.rs"], "what is asked for is said in one place"),
    (
        &["Path::new(", "File::", "fs::"],
        &["config", "token.rs", "storage", "backfill", "app/backfill.rs"],
        "files are the configuration's, the state's and the history's matter",
    ),
];

/// Modules in which nothing waits: all they do follows from what they are given.
const PURE: &[&str] = &[
    "reports", "report", "family", "row", "samples", "terms", "value", "staffing", "vitals", "config", "estimate",
    "plan", "world",
];

/// The engine, which drives whatever report there is.
const ENGINE: &[&str] = &["poll", "lane", "upstream", "staffing", "board", "status", "vitals", "web"];

/// Lines of code, without comments and tests, beyond which a file has a second subject.
const LONGEST: usize = 400;

/// One file below `src`.
struct Source {
    /// Its path below `src`, such as `lane/gate.rs`.
    path: String,
    /// The module of the crate that it belongs to, such as `lane`.
    module: String,
    /// Without comments, and without its tests.
    code: String,
}

impl Source {
    fn is_in(&self, place: &str) -> bool {
        self.module == place || self.path == place
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// All files below a folder of the project, by their paths in it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.unwrap().path();
        if path.ends_with("node_modules") {
            // What npm has fetched is nobody's here.
        } else if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The sources of the crate that are part of the program: files of tests alone are left out.
fn sources() -> Vec<Source> {
    let folder = root().join("src");
    let mut sources = Vec::new();
    for file in files(&folder).into_iter().filter(|file| file.extension().is_some_and(|ending| ending == "rs")) {
        let path = file.strip_prefix(&folder).unwrap().to_str().unwrap().to_owned();
        if is_for_tests_alone(&file) {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        let module = path.split('/').next().unwrap().trim_end_matches(".rs").to_owned();
        sources.push(Source { path, module, code: code(&text) });
    }
    sources
}

/// Whether the file's module, or one that it is a part of, is declared behind `#[cfg(test)]`.
fn is_for_tests_alone(file: &Path) -> bool {
    let module = if file.ends_with("mod.rs") { file.parent().unwrap() } else { file };
    let (Some(name), Some(folder)) = (module.file_stem().and_then(OsStr::to_str), module.parent()) else {
        return false;
    };
    let Ok(parent) = fs::read_to_string(folder.join("mod.rs")) else { return false };
    parent.contains(&format!("#[cfg(test)]\nmod {name};")) || is_for_tests_alone(&folder.join("mod.rs"))
}

/// A file's lines of code: no comments, no blank lines, nothing from its tests on.
fn code(text: &str) -> String {
    let tests = text.find("#[cfg(test)]\nmod tests").unwrap_or(text.len());
    let lines = text[..tests].lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with("//"));
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// The crate's modules that some code uses: `crate::board`, `crate::{reports, version}`.
fn used(code: &str) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let names = rest.strip_prefix('{').and_then(|list| list.split('}').next()).unwrap_or(rest);
        let end = |name: &str| name.find(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'));
        if rest.starts_with('{') {
            used.extend(names.split(',').map(str::trim).map(|name| name[..end(name).unwrap_or(name.len())].to_owned()));
        } else {
            used.insert(names[..end(names).unwrap_or(names.len())].to_owned());
        }
    }
    used.remove("");
    used
}

/// The names behind `mod` in a file, in its order.
fn declared(text: &str) -> Vec<String> {
    let name = |line: &str| {
        let line = line.strip_prefix("pub ").unwrap_or(line);
        Some(line.strip_prefix("mod ")?.strip_suffix(';')?.to_owned())
    };
    text.lines().filter_map(name).collect()
}

#[test]
fn what_is_used_is_seen() {
    let text = "// crate::web is far\nuse crate::board::Page;\nuse crate::{reports, version};\nlet now = crate::samples::whole(1);\n\
                pub(crate) use self::x;\n#[cfg(test)]\nmod tests {\nuse crate::world;\n}\n";
    assert_eq!(used(&code(text)).into_iter().collect::<Vec<_>>(), ["board", "reports", "samples", "version"]);
    assert_eq!(declared("pub mod a;\n// mod b;\nmod c;\nmod tests {\n"), ["a", "c"]);
}

#[test]
fn modules_use_only_what_they_may() {
    let mut strays = Vec::new();
    for source in sources().iter().filter(|source| !["lib", "main"].contains(&source.module.as_str())) {
        let (_, allowed) = MAY_USE
            .iter()
            .find(|(module, _)| *module == source.module)
            .unwrap_or_else(|| panic!("say in MAY_USE what the new module {} may use", source.module));
        for used in used(&source.code) {
            if used != source.module && !allowed.contains(&used.as_str()) {
                strays.push(format!("{} uses {used}", source.path));
            }
        }
    }
    assert!(strays.is_empty(), "against the direction of things; if it is meant, draw it in MAY_USE: {strays:#?}");
}

#[test]
fn what_may_be_used_is_used() {
    let sources = sources();
    for (module, allowed) in MAY_USE {
        let of_module = sources.iter().filter(|source| source.module == *module);
        let used: BTreeSet<String> = of_module.flat_map(|source| used(&source.code)).collect();
        let idle: Vec<_> = allowed.iter().filter(|name| !used.contains(**name)).collect();
        assert!(idle.is_empty(), "{module} no longer uses {idle:?}: take them out of MAY_USE");
    }
}

#[test]
fn what_stands_in_one_place_stands_nowhere_else() {
    let sources = sources();
    for (words, places, why) in ONLY_IN {
        for word in *words {
            for source in &sources {
                let is_there = source.code.contains(word);
                let may_be = places.iter().any(|place| source.is_in(place));
                assert!(!is_there || may_be, "{} says {word}: {why}, in {places:?}", source.path);
            }
        }
        for place in *places {
            assert!(sources.iter().any(|source| source.is_in(place)), "there is no {place} any more");
        }
    }
}

#[test]
fn nothing_waits_where_all_follows_from_what_is_given() {
    for source in sources().iter().filter(|source| PURE.contains(&source.module.as_str())) {
        for word in ["async ", ".await", "tokio::", "tracing::"] {
            assert!(!source.code.contains(word), "{} says {word}", source.path);
        }
    }
    for source in sources().iter().filter(|source| source.module == "reports") {
        for word in ["Instant", "Timestamp", "Zoned", "TimeZone"] {
            assert!(!source.code.contains(word), "{} says {word}: a report knows no clock", source.path);
        }
    }
}

#[test]
fn the_engine_names_no_report() {
    for source in sources().iter().filter(|source| ENGINE.contains(&source.module.as_str())) {
        for report in reports::ALL {
            // One report has the name of a cause, which the engine may well speak of.
            let is_a_cause = Cause::ALL.iter().any(|cause| cause.label() == report.name);
            let is_named = source.code.contains(&format!("\"{}\"", report.name));
            assert!(!is_named || is_a_cause, "{} names {}", source.path, report.name);
            let is_used = source.code.contains(&format!("reports::{}", report.name));
            assert!(!is_used, "{} reaches into {}", source.path, report.name);
            for family in report.families {
                assert!(!source.code.contains(family.name()), "{} names {}", source.path, family.name());
            }
        }
    }
}

#[test]
fn every_file_is_declared_and_the_crate_is_read_in_the_order_that_it_tells() {
    let lib = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let modules = declared(&lib);
    let drawn: Vec<&str> = MAY_USE.iter().map(|(module, _)| *module).collect();
    assert_eq!(drawn, modules, "MAY_USE has the order of lib.rs");

    let (_, told) = lib.split_once("# Modules, in reading order").expect("the crate tells its modules");
    let (told, _) = told.split_once("# Invariants").expect("and then its invariants");
    let mut names = Vec::new();
    for line in told.lines().filter_map(|line| line.strip_prefix("//! - ")) {
        let (list, _) = line.split_once(": ").expect("a module is told what for");
        names.extend(list.split(", ").map(|name| name.trim_matches(['[', ']', '`']).to_owned()));
    }
    assert_eq!(names, modules, "the crate's documentation has the order of its modules");

    for file in files(&root().join("src")).iter().filter(|file| file.extension().is_some_and(|ending| ending == "rs")) {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        if ["lib", "main"].contains(&name.as_str()) {
            continue;
        }
        let (parent, name) = if name == "mod" {
            let folder = file.parent().unwrap();
            (folder.parent().unwrap(), folder.file_name().unwrap().to_str().unwrap().to_owned())
        } else {
            (file.parent().unwrap(), name)
        };
        let index = [parent.join("mod.rs"), parent.join("lib.rs")].into_iter().find(|index| index.exists());
        let text = fs::read_to_string(index.expect("a folder has a mod.rs")).unwrap();
        assert!(declared(&text).contains(&name), "{} is declared nowhere", file.display());
    }
}

#[test]
fn no_file_has_grown_a_second_subject() {
    let long: Vec<_> = sources()
        .iter()
        .map(|source| (source.code.lines().count(), source.path.clone()))
        .filter(|(lines, _)| *lines > LONGEST)
        .collect();
    assert!(long.is_empty(), "more than {LONGEST} lines of code; ask what the second subject is: {long:?}");
}

#[test]
fn every_file_says_what_it_is() {
    for folder in ["src", "tests", "benches", "exposition-checker/src", "dashboards/workshop", "rehearsal/src"] {
        for file in
            files(&root().join(folder)).iter().filter(|file| file.extension().is_some_and(|ending| ending == "rs"))
        {
            let text = fs::read_to_string(file).unwrap();
            assert!(text.starts_with("//! "), "{} begins without a word on what it is", file.display());
        }
    }
}

#[test]
fn nothing_is_left_undone_or_bound_to_one_machine() {
    // Written so that this file does not hold them itself.
    let marks = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X:"),
        concat!("dbg", "!("),
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
        concat!("/ho", "me/"),
        concat!("/ro", "ot/"),
        concat!("/Use", "rs/"),
        concat!("/wo", "rk/"),
    ];
    let mut texts: Vec<PathBuf> = [
        "src",
        "tests",
        "benches",
        "deploy",
        "docs",
        ".ci",
        "alerts",
        "exposition-checker/src",
        "dashboards",
        "rehearsal/src",
    ]
    .iter()
    .flat_map(|folder| files(&root().join(folder)))
    .collect();
    texts.extend(
        ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "Dockerfile", "Cargo.toml"]
            .map(|file| root().join(file)),
    );
    for file in texts {
        // Pictures and deliberately broken texts are not read.
        let Ok(text) = fs::read_to_string(&file) else { continue };
        for mark in marks {
            assert!(!text.contains(mark), "{} holds {mark}", file.display());
        }
    }
}
