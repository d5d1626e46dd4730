//! The program: arguments, logging, a runtime, a command, an exit code.

use std::process::ExitCode;

use wolkvox_exporter::cli::Arguments;
use wolkvox_exporter::{app, log};

fn main() -> ExitCode {
    let arguments = match Arguments::parse(std::env::args_os()) {
        Ok(arguments) => arguments,
        Err(error) => error.exit(),
    };
    log::start(arguments.log_level, arguments.log_format);
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(app::run(arguments)),
        Err(error) => {
            tracing::error!(%error, "the runtime could not be started");
            ExitCode::FAILURE
        }
    }
}
