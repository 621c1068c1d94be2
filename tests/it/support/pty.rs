//! A program on a terminal of its own: a PTY, its bytes read by a terminal emulator.
use std::ffi::OsStr;
use std::io::{Read as _, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use vt100::{Parser, Screen};

/// For anything that must happen. Never reached unless it does not.
const BOUND: Duration = Duration::from_secs(30);
/// Between two looks at whether a process has ended.
const LOOK: Duration = Duration::from_millis(20);

/// A program at work on a terminal.
pub struct Pty {
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    glass: Arc<Glass>,
    reading: JoinHandle<()>,
    /// How the terminal's line discipline was set before the program.
    cooked: String,
}

/// What is on the terminal, and news of it.
struct Glass {
    parser: Mutex<Parser>,
    drawn: Condvar,
    /// Nobody looks any more.
    dark: AtomicBool,
}

/// How a program left its terminal.
pub struct Left {
    /// How it ended.
    pub status: ExitStatus,
    /// What can be read on the terminal now.
    pub text: String,
    /// What is wrong with the terminal: nothing, if it is as it was found.
    pub broken: Vec<String>,
}

/// A program with arguments, for [`Pty::start`], in an environment without settings of the tests' own machine.
pub fn program(path: impl AsRef<OsStr>, folder: &Path) -> CommandBuilder {
    let mut command = CommandBuilder::new(path);
    command.cwd(folder);
    for (name, _) in std::env::vars() {
        if name.starts_with("RXTILL_") || name.starts_with("LC_") || name == "NO_COLOR" {
            command.env_remove(name);
        }
    }
    command.env_remove("RUST_BACKTRACE");
    command.env("TERM", "xterm-256color");
    command.env("LANG", "C.UTF-8");
    command
}

impl Pty {
    /// Starts it on a terminal of 80x24.
    pub fn start(command: CommandBuilder) -> Self {
        let pair = native_pty_system().openpty(size(80, 24)).unwrap();
        let cooked = discipline(pair.master.as_ref());
        let child = pair.slave.spawn_command(command).unwrap();
        let mut bytes = pair.master.try_clone_reader().unwrap();
        let keys = pair.master.take_writer().unwrap();
        let glass = Arc::new(Glass {
            parser: Mutex::new(Parser::new(cells(24), cells(80), 0)),
            drawn: Condvar::new(),
            dark: AtomicBool::new(false),
        });
        let seen = Arc::clone(&glass);
        let reading = std::thread::spawn(move || {
            let mut piece = [0; 4096];
            // An error is the end too: nobody has the terminal open any more.
            while let Ok(length @ 1..) = bytes.read(&mut piece) {
                seen.parser
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .process(&piece[..length]);
                seen.drawn.notify_all();
                if seen.dark.load(Ordering::Relaxed) {
                    return;
                }
            }
        });
        Self {
            master: pair.master,
            keys,
            child,
            glass,
            reading,
            cooked,
        }
    }

    /// Keys, as the bytes that a terminal sends for them.
    pub fn press(&mut self, bytes: &str) {
        self.keys.write_all(bytes.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Any bytes.
    pub fn send(&mut self, bytes: &[u8]) {
        self.keys.write_all(bytes).unwrap();
        self.keys.flush().unwrap();
    }

    /// Keys as a scanner sends them: piece by piece, so long apart. On a loaded machine some arrive later, or together.
    pub fn burst(&mut self, pieces: &[&str], apart: Duration) {
        for piece in pieces {
            self.press(piece);
            std::thread::sleep(apart);
        }
    }

    /// Waits until these words can be read.
    pub fn shows(&self, words: &str) {
        self.until(words, |screen| screen.contents().contains(words));
    }

    /// Whether these words can be read now.
    pub fn reads(&self, words: &str) -> bool {
        let parser = self.glass.parser.lock().unwrap_or_else(PoisonError::into_inner);
        parser.screen().contents().contains(words)
    }

    /// Waits until the terminal is so.
    pub fn until(&self, what: &str, wanted: impl Fn(&Screen) -> bool) {
        let deadline = Instant::now() + BOUND;
        let mut parser = self.glass.parser.lock().unwrap_or_else(PoisonError::into_inner);
        while !wanted(parser.screen()) {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "waited for “{what}”:\n{}", parser.screen().contents());
            let news = self.glass.drawn.wait_timeout(parser, left);
            parser = news.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// The terminal has another size from now on.
    pub fn resize(&self, wide: u16, high: u16) {
        let mut parser = self.glass.parser.lock().unwrap_or_else(PoisonError::into_inner);
        parser.set_size(cells(high), cells(wide));
        self.master.resize(size(wide, high)).unwrap();
    }

    /// Whether the line discipline is another one than before the program.
    pub fn is_raw(&self) -> bool {
        discipline(self.master.as_ref()) != self.cooked
    }

    /// Sends a signal, by its name without SIG.
    pub fn signal(&self, name: &str) {
        let pid = self.child.process_id().unwrap().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status().unwrap();
        assert!(sent.success());
    }

    /// From now on no file of the program grows beyond so many bytes; none: as long as there is room. Where it does, the
    /// write fails, if the program was started to ignore SIGXFSZ.
    pub fn limit_files(&self, bytes: Option<u64>) {
        let pid = self.child.process_id().unwrap();
        let soft = bytes.map_or("unlimited".to_owned(), |bytes| bytes.to_string());
        let limited = Command::new("prlimit")
            .args([format!("--pid={pid}"), format!("--fsize={soft}:unlimited")])
            .status()
            .unwrap();
        assert!(limited.success());
    }

    /// Whether it has ended.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits until it has ended, pressing a key again and again.
    pub fn ends_pressing(mut self, key: &str) -> Left {
        let deadline = Instant::now() + BOUND;
        while !self.has_ended() {
            assert!(Instant::now() < deadline, "it does not end");
            // It may end while the key is on its way.
            let _ = self.keys.write_all(key.as_bytes());
            std::thread::sleep(LOOK);
        }
        self.ends()
    }

    /// Waits until it has ended.
    pub fn ends(mut self) -> Left {
        let status = wait(self.child.as_mut());
        // Its last words are read when nobody has the terminal open any more.
        self.reading.join().unwrap();
        let parser = self.glass.parser.lock().unwrap_or_else(PoisonError::into_inner);
        let screen = parser.screen();
        let wrong = [
            ("raw mode", discipline(self.master.as_ref()) != self.cooked),
            ("the alternate screen", screen.alternate_screen()),
            ("a hidden cursor", screen.hide_cursor()),
            ("bracketed paste", screen.bracketed_paste()),
            (
                "the mouse",
                screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None,
            ),
        ];
        let broken = wrong.into_iter().filter(|(_, wrong)| *wrong);
        Left {
            status,
            text: screen.contents(),
            broken: broken.map(|(what, _)| what.to_owned()).collect(),
        }
    }

    /// Takes the terminal away, as a closed window or a lost line does, and waits until the program has ended.
    pub fn hang_up(mut self) -> ExitStatus {
        // The reader has a handle of its own to the terminal. It lets go after the next frame, and one comes each second.
        self.glass.dark.store(true, Ordering::Relaxed);
        self.reading.join().unwrap();
        drop((self.master, self.keys));
        wait(self.child.as_mut())
    }
}

fn wait(child: &mut dyn Child) -> ExitStatus {
    let deadline = Instant::now() + BOUND;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        assert!(Instant::now() < deadline, "it does not end");
        std::thread::sleep(LOOK);
    }
}

/// All settings of a terminal's line discipline.
fn discipline(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios())
}

fn size(cols: u16, rows: u16) -> PtySize {
    PtySize {
        rows,
        cols,
        pixel_width: 0,
        pixel_height: 0,
    }
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).unwrap()
}
