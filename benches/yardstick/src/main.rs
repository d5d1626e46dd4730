//! What `benches/compare` measures the exporter with. A program of its own, so that each part has a process whose time
//! and memory can be read off.
//!
//! - `upstream`: a stand-in for wolkvox, of any size;
//! - `baseline`: the same series as vectors of the `prometheus` crate, gathered and encoded at each scrape;
//! - `load`: a scraper that scrapes as fast as it is answered;
//! - `discard`, `whole`: clients that throw an answer away, or hold all of it before they read it.

mod baseline;
mod flags;
mod hostile;
mod load;
mod reading;
mod reply;
mod upstream;

use std::process::ExitCode;

use anyhow::bail;

use self::flags::Flags;

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let command = words.next().unwrap_or_default();
    match Flags::read(words).and_then(|flags| run(&command, &flags)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say_error(&format!("yardstick {command}: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(command: &str, flags: &Flags) -> anyhow::Result<()> {
    let runtime = || tokio::runtime::Builder::new_multi_thread().enable_all().build();
    match command {
        "upstream" => runtime()?.block_on(upstream::run(flags)),
        "baseline" => runtime()?.block_on(baseline::run(flags)),
        "discard" => runtime()?.block_on(reading::discard(flags)),
        "whole" => runtime()?.block_on(reading::whole(flags)),
        "load" => load::run(flags),
        _ => bail!("there are upstream, baseline, load, discard and whole"),
    }
}

/// Prints a line that the script reads.
#[expect(clippy::print_stdout, reason = "the script reads what is measured from standard output")]
pub(crate) fn say(line: &str) {
    println!("{line}");
}

#[expect(clippy::print_stderr, reason = "what goes wrong is for people")]
fn say_error(line: &str) {
    eprintln!("{line}");
}
