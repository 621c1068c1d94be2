//! The terminal, taken over and given back: on exit, on a panic, on a signal.
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::style::Print;
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{cursor, execute};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use tokio::sync::Notify;

/// The terminal that the till draws on.
pub type Screen = Terminal<CrosstermBackend<Out>>;

/// Clicks and the wheel, with columns beyond 223 (xterm's modes 1000 and 1006). Not with each move of the mouse, as
/// crossterm's own command asks for: nothing here wants them, and over a slow link they stand before the keys.
const CLICKS_ON: &str = "\x1b[?1000h\x1b[?1006h";
const CLICKS_OFF: &str = "\x1b[?1006l\x1b[?1000l";

/// Whether the terminal is held.
static HELD: AtomicBool = AtomicBool::new(false);
/// Told of each panic.
static FAULT: Notify = Notify::const_new();

/// Standard output for as long as the terminal is held. What is drawn after it was given back goes nowhere.
#[derive(Debug)]
pub struct Out(io::Stdout);

impl io::Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if HELD.load(Ordering::Relaxed) {
            self.0.write(bytes)
        } else {
            Ok(bytes.len())
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Holds the terminal in raw mode on its alternate screen for as long as it lives.
#[derive(Debug)]
pub struct Guard(());

impl Guard {
    /// Takes the terminal, with its mouse or without. A panic from here on gives it back first, then says where the log is.
    ///
    /// # Errors
    /// When standard output is no terminal, or one that refuses.
    pub fn enter(mouse: bool, log: Option<PathBuf>) -> io::Result<(Self, Screen)> {
        give_back_on_panic(log);
        enable_raw_mode()?;
        HELD.store(true, Ordering::Relaxed);
        let guard = Self(());
        execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste)?;
        if mouse {
            execute!(io::stdout(), Print(CLICKS_ON))?;
        }
        let terminal = Terminal::new(CrosstermBackend::new(Out(io::stdout())))?;
        Ok((guard, terminal))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        give_back();
    }
}

/// Holds the terminal in raw mode without a screen of its own, for as long as it lives.
#[derive(Debug)]
pub struct Raw(());

impl Raw {
    /// Takes the keys as they are pressed.
    ///
    /// # Errors
    /// When it is no terminal, or one that refuses.
    pub fn enter() -> io::Result<Self> {
        enable_raw_mode()?;
        let raw = Self(());
        execute!(io::stdout(), EnableBracketedPaste)?;
        Ok(raw)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // After a hang-up there is nothing to give back to.
        let _ = execute!(io::stdout(), DisableBracketedPaste);
        let _ = disable_raw_mode();
    }
}

/// Ready when a task panicked: the terminal was given back, so what works on without it has to end.
pub async fn fault() {
    FAULT.notified().await;
}

/// Gives the terminal back, once. What fails is left: after a hang-up there is nothing to give back to.
fn give_back() {
    if !HELD.swap(false, Ordering::Relaxed) {
        return;
    }
    let mut out = io::stdout();
    let _ = execute!(
        out,
        Print(CLICKS_OFF),
        DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::Show
    );
    let _ = disable_raw_mode();
    let _ = out.flush();
}

/// Rings the bell, if the terminal is held. What fails is left: it is no more than a sound.
pub fn ring() {
    if HELD.load(Ordering::Relaxed) {
        let mut out = io::stdout();
        let _ = out.write_all(b"\x07");
        let _ = out.flush();
    }
}

fn give_back_on_panic(log: Option<PathBuf>) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            give_back();
            FAULT.notify_one();
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
