//! Writes the dashboards anew: `cargo run -p workshop`. With the name of a file that holds what an exporter serves,
//! holds the dashboards to it, or those that are named; and with names of files of rules those too.

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs, io};

use workshop::boards;
use workshop::check::{self, Kind, Vocabulary};

fn main() -> io::Result<ExitCode> {
    let mut files = env::args().skip(1);
    let Some(exposition) = files.next() else {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for dashboard in boards::all() {
            fs::write(folder.join(format!("{}.json", dashboard.name)), dashboard.text())?;
        }
        return Ok(ExitCode::SUCCESS);
    };
    let vocabulary = Vocabulary::of(&exposition_checker::read(&fs::read_to_string(exposition)?));
    let named = files.map(|file| Ok((file.clone(), fs::read_to_string(file)?))).collect::<io::Result<Vec<_>>>()?;
    let (own, rules): (Vec<_>, Vec<_>) = named.into_iter().partition(|(file, _)| is_json(file));
    let own: Vec<_> = own.into_iter().map(|(file, text)| (name(&file), text)).collect();
    let is_own = !own.is_empty();
    let mut found = check::dashboards(&if is_own { own } else { boards::texts() }, &vocabulary);
    if is_own {
        // The families are there for the eight as a whole.
        found.retain(|finding| finding.kind != Kind::FamilyUnused);
    }
    found.extend(check::rules(&rules, &vocabulary));
    for finding in &found {
        io::Write::write_all(&mut io::stdout(), format!("{finding}\n").as_bytes())?;
    }
    Ok(if found.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn is_json(file: &str) -> bool {
    Path::new(file).extension().is_some_and(|ending| ending == "json")
}

/// The name of a dashboard's file without folder and ending.
fn name(file: &str) -> String {
    Path::new(file).file_stem().map_or_else(|| file.to_owned(), |stem| stem.to_string_lossy().into_owned())
}
