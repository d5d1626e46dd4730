//! The Dockerfile read as what it promises: an image of one static binary that runs as nobody in particular.

use std::fs;
use std::path::{Path, PathBuf};

/// Instructions from one FROM to the next.
struct Stage {
    image: String,
    name: Option<String>,
    instructions: Vec<(String, String)>,
}

impl Stage {
    /// What stands behind each instruction of this name.
    fn all(&self, name: &str) -> Vec<&str> {
        self.instructions.iter().filter(|(word, _)| word == name).map(|(_, rest)| rest.as_str()).collect()
    }

    /// What stands behind the last instruction of this name, which is the one that counts.
    fn last(&self, name: &str) -> &str {
        self.all(name).pop().unwrap_or_else(|| panic!("the stage from {} has no {name}", self.image))
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The stages, with continued lines joined and comments gone.
fn stages() -> Vec<Stage> {
    let text = read("Dockerfile");
    let lines: Vec<_> = text.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
    let mut stages: Vec<Stage> = Vec::new();
    for line in lines.join("\n").replace("\\\n", " ").lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (word, rest) = line.split_once(' ').expect("an instruction has something behind it");
        if word == "FROM" {
            let (image, name) = rest.split_once(" AS ").map_or((rest, None), |(image, name)| (image, Some(name)));
            let (image, name) = (image.to_owned(), name.map(str::to_owned));
            stages.push(Stage { image, name, instructions: Vec::new() });
        } else {
            let stage = stages.last_mut().expect("the first instruction is FROM");
            stage.instructions.push((word.to_owned(), rest.trim().to_owned()));
        }
    }
    stages
}

/// The stage that becomes the image.
fn image() -> Stage {
    stages().pop().expect("there is a stage")
}

/// The words of an instruction in its form without a shell.
fn exec_form(instruction: &str) -> Vec<String> {
    serde_json::from_str(instruction)
        .unwrap_or_else(|_| panic!("not in exec form, which needs no shell: {instruction}"))
}

/// The value of a key of the manifest's `[package]`.
fn manifest(key: &str) -> String {
    let text = read("Cargo.toml");
    let value = text.lines().find_map(|line| line.strip_prefix(key)?.trim_start().strip_prefix('='));
    value.expect("the manifest has the key").trim().trim_matches('"').to_owned()
}

fn numbers(version: &str) -> Vec<u32> {
    version.split('.').map(|number| number.parse().expect("a version is of numbers")).collect()
}

#[test]
fn the_image_holds_nothing_but_what_is_copied_in() {
    let image = image();
    assert_eq!(image.image, "scratch");
    for word in ["RUN", "ADD", "SHELL"] {
        assert!(image.all(word).is_empty(), "{word} in an image without a shell");
    }
    let copied: Vec<_> = image.all("COPY").iter().flat_map(|copy| copy.split(' ')).collect();
    for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
        assert!(copied.contains(&licence), "{licence} is not in the image");
    }
}

#[test]
fn it_runs_as_a_user_that_needs_no_name() {
    let image = image();
    for id in image.last("USER").split(':') {
        let id: u32 = id.parse().expect("a number, because the image has no /etc/passwd");
        assert_ne!(id, 0, "root");
    }
}

#[test]
fn it_starts_and_asks_after_its_health_without_a_shell() {
    let image = image();
    let binary = format!("/{}", manifest("name"));
    assert_eq!(exec_form(image.last("ENTRYPOINT")), [binary.as_str()]);
    let (_, probe) = image.last("HEALTHCHECK").split_once("CMD ").expect("the health check is a command");
    assert_eq!(exec_form(probe), [binary.as_str(), "healthcheck"]);
    assert!(image.all("COPY").iter().any(|copy| copy.ends_with(&format!(" {binary}"))), "the binary is not there");
    assert_eq!(image.last("EXPOSE"), "19655");
}

#[test]
fn what_is_copied_exists() {
    let stages = stages();
    let ignored = read(".dockerignore");
    for (position, stage) in stages.iter().enumerate() {
        for copy in stage.all("COPY") {
            let (options, paths): (Vec<_>, Vec<_>) = copy.split_whitespace().partition(|word| word.starts_with("--"));
            let (_, sources) = paths.split_last().expect("COPY has a destination");
            if let Some(from) = options.iter().find_map(|option| option.strip_prefix("--from=")) {
                let is_before = stages.iter().take(position).any(|stage| stage.name.as_deref() == Some(from));
                assert!(is_before, "no stage {from} before: COPY {copy}");
                continue;
            }
            for source in sources {
                assert!(root().join(source).exists(), "{source} does not exist: COPY {copy}");
                assert!(!ignored.lines().any(|line| line == *source), "{source} is ignored: COPY {copy}");
            }
        }
    }
}

#[test]
fn the_repository_and_the_build_folder_stay_outside() {
    let ignored = read(".dockerignore");
    for folder in [".git", "target"] {
        assert!(ignored.lines().any(|line| line == folder), "{folder} goes into the build");
    }
}

#[test]
fn the_compiler_is_pinned_and_new_enough() {
    let stages = stages();
    let compilers: Vec<_> = stages.iter().filter_map(|stage| stage.image.strip_prefix("rust:")).collect();
    assert!(!compilers.is_empty(), "nothing compiles");
    for tag in compilers {
        let (version, system) = tag.split_once('-').expect("a tag names a version and a system");
        assert_eq!(numbers(version).len(), 3, "{tag} is not pinned");
        assert_eq!(system, "slim-bookworm", "{tag}: the C library that is linked in is the one that is tested with");
        assert!(numbers(version) >= numbers(&manifest("rust-version")), "{tag} is older than the manifest asks for");
    }
}

#[test]
fn the_binary_needs_no_library_of_the_system() {
    let build = stages().remove(0);
    assert!(build.all("RUN").iter().any(|run| run.contains("cargo static")), "an image from scratch has no libraries");
    let alias = read(".cargo/config.toml");
    let (_, alias) = alias.split_once("static = ").expect("there is the alias");
    assert!(alias.contains("--release") && alias.contains("-C target-feature=+crt-static"), "{alias}");
}

#[test]
fn the_layer_of_dependencies_knows_every_manifest() {
    let text = read("Cargo.toml");
    let (_, members) = text.split_once("members = [").expect("the manifest lists members");
    let (members, _) = members.split_once(']').expect("the list ends");
    let stages = stages();
    let compile = stages.first().unwrap();
    for member in members.split(',').map(|member| member.trim().trim_matches('"')) {
        let manifest = format!("{member}/Cargo.toml");
        assert!(Path::new(&root().join(&manifest)).exists(), "{manifest} does not exist");
        assert!(compile.all("COPY").iter().any(|copy| copy.contains(&manifest)), "{manifest} is not copied first");
    }
}
