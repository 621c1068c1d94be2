//! The terminal, taken over and given back: on exit, on a panic, on a signal.
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::Once;

use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{cursor, execute};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;

/// The terminal that the till draws on.
pub type Screen = Terminal<CrosstermBackend<io::Stdout>>;

/// Holds the terminal in raw mode on its alternate screen for as long as it lives.
#[derive(Debug)]
pub struct Guard(());

impl Guard {
    /// Takes the terminal. A panic from here on gives it back first, then says where the log is.
    ///
    /// # Errors
    /// When standard output is no terminal, or one that refuses.
    pub fn enter(log: Option<PathBuf>) -> io::Result<(Self, Screen)> {
        give_back_on_panic(log);
        enable_raw_mode()?;
        let guard = Self(());
        execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste)?;
        let terminal = Terminal::new(CrosstermBackend::new(io::stdout()))?;
        Ok((guard, terminal))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        give_back();
    }
}

/// Gives the terminal back. What fails is left: after a hang-up there is nothing to give back to.
fn give_back() {
    let mut out = io::stdout();
    let _ = execute!(out, DisableBracketedPaste, LeaveAlternateScreen, cursor::Show);
    let _ = disable_raw_mode();
    let _ = out.flush();
}

fn give_back_on_panic(log: Option<PathBuf>) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            give_back();
            before(panic);
            if let Some(log) = &log {
                let _ = writeln!(
                    io::stderr(),
                    "rxtill stopped by a fault of its own. The log is {}",
                    log.display()
                );
            }
        }));
    });
}
