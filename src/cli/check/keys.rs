//! `rxtill check --keys`: what each pressed key and a test scan arrive as.
use std::io::{self, IsTerminal as _, Write as _};

use crate::cli::context::Context;
use crate::cli::outcome::{Failure, Outcome};
use crate::cli::till;
use crate::runtime::interrupt::Interrupt;
use crate::runtime::keys;

pub(super) async fn run(context: &Context, mut interrupt: Interrupt) -> Result<Outcome, Failure> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(Failure::usage("--keys wants a terminal, to be pressed on"));
    }
    say("Press keys, and scan a label. Each line is what came in one read. Ctrl+C or Esc Esc ends it.")
        .map_err(Failure::failed)?;
    keys::watch(till::scanner(&context.config), interrupt.heard(), say)
        .await
        .map_err(Failure::failed)?;
    Ok(Outcome::Fine)
}

/// A line. In raw mode nothing goes to the left by itself.
fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    write!(out, "{line}\r\n")?;
    out.flush()
}
