//! Writes the dashboards anew: `cargo run -p workshop`. With the name of a file that holds what an exporter serves,
//! holds the dashboards to it, and with names of files of rules those too.

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs, io};

use workshop::boards;
use workshop::check::{self, Vocabulary};

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
    let mut found = check::dashboards(&boards::texts(), &vocabulary);
    let rules = files.map(|file| Ok((file.clone(), fs::read_to_string(file)?))).collect::<io::Result<Vec<_>>>()?;
    found.extend(check::rules(&rules, &vocabulary));
    for finding in &found {
        io::Write::write_all(&mut io::stdout(), format!("{finding}\n").as_bytes())?;
    }
    Ok(if found.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
