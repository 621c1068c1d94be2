//! Parses the command line, loads the configuration, starts logging, runs, and ends with an honest exit code.
use std::process::ExitCode;

use clap::Parser as _;
use rxtill::cli;

fn main() -> ExitCode {
    cli::run(cli::Arguments::parse())
}
