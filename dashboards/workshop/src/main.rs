//! Writes the dashboards anew: `cargo run -p workshop`.

use std::io;
use std::path::Path;

fn main() -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for dashboard in workshop::boards::all() {
        std::fs::write(folder.join(format!("{}.json", dashboard.name)), dashboard.text())?;
    }
    Ok(())
}
