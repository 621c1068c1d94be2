//! The real binary: headless verbs over a data folder of a test's own.
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use rxtill::store::mysql::MySqlSettings;
use rxtill::stream::settings::KafkaSettings;
use serde_json::Value;
use tempfile::TempDir;

/// For anything that must happen. Never reached unless it does not.
const BOUND: Duration = Duration::from_secs(30);
/// Between two looks at whether a process has ended.
const LOOK: Duration = Duration::from_millis(20);

/// A till's machine: configuration and data folder.
pub struct Program {
    folder: TempDir,
}

/// A verb at work. Dropped, it is killed.
pub struct Verb {
    child: Child,
    out: Receiver<String>,
    err: Receiver<String>,
}

impl Program {
    /// With this text as `rxtill.toml`.
    pub fn configured(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("rxtill.toml");
        std::fs::write(&file, text).unwrap();
        // It may hold a password.
        #[cfg(unix)]
        std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        Self { folder }
    }

    /// A till of the sample's first outlet on its own files.
    pub fn embedded() -> Self {
        Self::configured("[till]\noutlet = \"Mirema meds\"\n")
    }

    /// The same, whose events go to this topic.
    pub fn on_kafka(kafka: &KafkaSettings) -> Self {
        Self::configured(&format!(
            "[till]\noutlet = \"Mirema meds\"\n[kafka]\nbrokers = {:?}\ntopic = {:?}\naudit_topic = {:?}\ntotals_topic = {:?}\n",
            kafka.brokers, kafka.topic, kafka.audit_topic, kafka.totals_topic
        ))
    }

    /// A till over this database, whose office is another user.
    pub fn on_mysql(till: &MySqlSettings, office: &MySqlSettings) -> Self {
        let (host, port) = &till.hosts[0];
        let quoted = |text: &str| format!("{text:?}");
        Self::configured(&format!(
            "[till]\noutlet = \"Mirema meds\"\n[mysql]\nhosts = [\"{host}:{port}\"]\ndatabase = {}\nuser = {}\npassword = {}\noffice_user = {}\noffice_password = {}\n",
            quoted(&till.database),
            quoted(&till.user),
            quoted(till.password.expose()),
            quoted(&office.user),
            quoted(office.password.expose()),
        ))
    }

    /// Where the configuration is, and `data` below it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The data folder.
    pub fn data(&self) -> std::path::PathBuf {
        self.folder().join("data")
    }

    /// `rxtill` with these arguments, separated by spaces.
    pub fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rxtill"));
        for (name, _) in std::env::vars() {
            if name.starts_with("RXTILL_") {
                command.env_remove(name);
            }
        }
        command.current_dir(self.folder()).args(["--data-dir", "data"]);
        command.args(arguments.split_whitespace()).stdin(Stdio::null());
        command
    }

    /// Runs it to its end.
    pub fn run(&self, arguments: &str) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs it to its end, which must be a good one, and gives what it printed.
    pub fn done(&self, arguments: &str) -> String {
        let output = self.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments}: {said}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Its exit code, and what it printed as JSON.
    pub fn json(&self, arguments: &str) -> (i32, Value) {
        let output = self.run(&format!("{arguments} --json"));
        let answer = serde_json::from_slice(&output.stdout);
        let said = String::from_utf8_lossy(&output.stderr);
        (
            output.status.code().unwrap(),
            answer.unwrap_or_else(|error| panic!("{arguments}: {error}; {said}")),
        )
    }

    /// Loads what a sale needs of the sample pharmacy.
    pub fn load_sample(&self) {
        let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/sample");
        for table in ["outlets", "employees", "drugs"] {
            self.done(&format!("import {table} {}/{table}.csv", sample.display()));
        }
    }

    /// Starts it; what it says can be read while it runs.
    pub fn start(&self, arguments: &str) -> Verb {
        let mut command = self.command(arguments);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        Verb {
            out: lines(child.stdout.take().unwrap()),
            err: lines(child.stderr.take().unwrap()),
            child,
        }
    }
}

/// Lines as they come. A receiver that is dropped closes the pipe with the next line.
fn lines(from: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

impl Verb {
    /// The next line that it prints.
    pub fn line(&self) -> String {
        self.out.recv_timeout(BOUND).unwrap_or_else(|none| {
            // What it said last, and where its pipe is closed, all of it.
            let said: Vec<String> = match none {
                RecvTimeoutError::Timeout => self.err.try_iter().collect(),
                RecvTimeoutError::Disconnected => self.err.iter().collect(),
            };
            panic!("a line: {none}; it said {said:#?}")
        })
    }

    /// The next line that it prints, as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.line()).unwrap()
    }

    /// Waits until it says this, beside what it prints.
    pub fn says(&self, words: &str) {
        self.says_line(words);
    }

    /// The line in which it says this, beside what it prints.
    pub fn says_line(&self, words: &str) -> String {
        loop {
            let line = self.err.recv_timeout(BOUND).expect(words);
            if line.contains(words) {
                return line;
            }
        }
    }

    /// Kills it, as a power cut would.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Gives it a line to read.
    pub fn write(&mut self, line: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    /// Nothing more to read for it.
    pub fn end_input(&mut self) {
        self.child.stdin = None;
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// As Ctrl+C does.
    pub fn interrupt(&self) {
        let pid = self.pid().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    }

    /// Its exit code, once it has ended by itself.
    pub fn ends(&mut self) -> i32 {
        let deadline = Instant::now() + BOUND;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code().expect("ended by itself");
            }
            assert!(Instant::now() < deadline, "it does not end");
            std::thread::sleep(LOOK);
        }
    }
}

impl Drop for Verb {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
