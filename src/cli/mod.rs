//! The command line: what is to be done, and the flags, which may stand before and after the command.
//!
//! The command is a word among the flags rather than a clap subcommand: so every flag may stand on either side of it,
//! repeated flags add up over both sides, conflicts are seen across them, and there is one page of help.

mod arguments;
mod flags;

pub use arguments::{Arguments, Backfill, Command, LogFormat, Simulate};
