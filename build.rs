//! Tells the binary what it was built from: the revision of the sources and the compiler's version.

use std::env;
use std::path::Path;
use std::process::Command;

/// The revision, for builds without a repository around them, such as an image's.
const REVISION: &str = "WOLKVOX_EXPORTER_REVISION";
/// The compiler's version.
const RUST_VERSION: &str = "WOLKVOX_EXPORTER_RUSTVERSION";

fn main() {
    // Without any of these lines every changed file would run this again, and with it compile everything again.
    tell("rerun-if-changed=build.rs");
    tell(&format!("rerun-if-env-changed={REVISION}"));
    let revision = given_revision().or_else(repository_revision);
    tell(&format!("rustc-env={REVISION}={}", revision.as_deref().unwrap_or("unknown")));
    let rust_version = env::var_os("RUSTC").and_then(|rustc| answer(Command::new(rustc).arg("--version")));
    // "rustc 1.91.0 (f8297e351 2025-10-28)": the number is what matters.
    let rust_version = rust_version.as_deref().and_then(|line| line.split(' ').nth(1));
    tell(&format!("rustc-env={RUST_VERSION}={}", rust_version.unwrap_or("unknown")));
}

/// The revision that whoever builds gives; an empty one is none.
fn given_revision() -> Option<String> {
    env::var_os(REVISION)?.into_string().ok().filter(|revision| !revision.is_empty())
}

/// The revision that is checked out, where these sources are the root of a repository and not a copy inside another.
fn repository_revision() -> Option<String> {
    let prefix = git(&["rev-parse", "--show-prefix"])?;
    if !prefix.is_empty() {
        return None;
    }
    // Every commit and checkout adds a line to the log of HEAD; a branch's own file may be packed away. A file that is
    // not there is not watched, because cargo takes it for changed every time.
    for file in ["HEAD", "logs/HEAD"] {
        let path = git(&["rev-parse", "--git-path", file])?;
        if Path::new(&path).exists() {
            tell(&format!("rerun-if-changed={path}"));
        }
    }
    git(&["rev-parse", "HEAD"])
}

fn git(arguments: &[&str]) -> Option<String> {
    answer(Command::new("git").args(arguments))
}

/// What a program prints, once it succeeds.
fn answer(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}

/// Talks to cargo.
fn tell(instruction: &str) {
    println!("cargo::{instruction}");
}
