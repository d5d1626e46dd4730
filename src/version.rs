//! What this program was built from, and by what.

/// The version of the package.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The revision of the sources, empty where it was not known.
pub const REVISION: &str = env!("WOLKVOX_EXPORTER_REVISION");
/// The compiler, such as `rustc 1.91.0 (f8297e351 2025-10-28)`; empty where it was not known.
pub const COMPILER: &str = env!("WOLKVOX_EXPORTER_RUSTC");

/// The compiler's version alone, such as `1.91.0`.
#[must_use]
pub fn rust_version() -> &'static str {
    COMPILER.split(' ').nth(1).unwrap_or("")
}

/// What `--version` says behind the name.
pub(crate) fn line() -> String {
    let revision = if REVISION.is_empty() { String::new() } else { format!(" (revision {REVISION})") };
    let compiler = if COMPILER.is_empty() { String::new() } else { format!(", built by {COMPILER}") };
    format!("{VERSION}{revision}{compiler}")
}
