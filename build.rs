//! Notes what the program is built from and by, for `--version` and the build's metric.

use std::env;
use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=WOLKVOX_EXPORTER_REVISION");
    // Images are built without the repository: whoever builds them may say the revision.
    let given = env::var_os("WOLKVOX_EXPORTER_REVISION").and_then(|value| value.into_string().ok());
    let revision = given.or_else(|| first_line("git", &["rev-parse", "--short=12", "HEAD"])).unwrap_or_default();
    println!("cargo::rustc-env=WOLKVOX_EXPORTER_REVISION={revision}");
    // A file that is not there would make cargo run this every time.
    let log = first_line("git", &["rev-parse", "--git-path", "logs/HEAD"]);
    if let Some(path) = log.filter(|path| Path::new(path).exists()) {
        println!("cargo::rerun-if-changed={path}");
    }
    let rustc = env::var_os("RUSTC").and_then(|path| first_line(path.to_str()?, &["--version"]));
    println!("cargo::rustc-env=WOLKVOX_EXPORTER_RUSTC={}", rustc.unwrap_or_default());
}

/// What this command says first, if it goes well and says anything.
fn first_line(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.lines().next().map(str::to_owned).filter(|line| !line.is_empty())
}
