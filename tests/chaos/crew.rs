//! A crew of simulated tills in a process of its own: it is killed, and goes on.
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::disk::SmallDisk;
use super::servers::{Brokers, Database, ROOT_PASSWORD, TILL_PASSWORD, signal};

/// For whatever must happen without faults, on a slow machine.
const BOUND: Duration = Duration::from_mins(3);
const LOOK: Duration = Duration::from_millis(100);
/// Longer than any run of chaos.
const SECONDS: &str = "100000";

struct Work {
    child: Option<Child>,
    run: Option<String>,
    /// It is not to go on.
    is_over: bool,
    /// How often it went on.
    resumed: u32,
    /// How often it had ended by itself.
    ended: u32,
}

/// Tills in front of one database.
pub struct Crew {
    pub name: &'static str,
    folder: PathBuf,
    data: PathBuf,
    /// The disk of its tills, where that can be filled.
    pub disk: Option<SmallDisk>,
    topic: String,
    first: u32,
    tills: u32,
    rate: String,
    work: Mutex<Work>,
}

impl Crew {
    /// Configures it, makes schema and topics, and loads the sample pharmacy.
    pub fn new(
        database: &Database,
        brokers: &Brokers,
        (first, tills): (u32, u32),
        rate: f64,
        on_small_disk: bool,
    ) -> Self {
        let folder = super::servers::own_folder("chaos");
        std::fs::create_dir_all(folder.join("data")).unwrap();
        let data = folder.join("data");
        let disk = on_small_disk.then(|| SmallDisk::mount(&data)).flatten();
        let topic = format!("sales-{}", database.kind);
        let (host, port) = database.proxy.address();
        let text = format!(
            "[till]\noutlet = \"Mirema meds\"\n\
             [mysql]\nhosts = [\"{host}:{port}\"]\nuser = \"rxtill_till\"\npassword = \"{TILL_PASSWORD}\"\noffice_user = \"root\"\n\
             office_password = \"{ROOT_PASSWORD}\"\ndatabase = \"rxtill\"\n\
             [kafka]\nbrokers = {:?}\ntopic = {topic:?}\naudit_topic = \"audit-{kind}\"\ntotals_topic = \"totals-{kind}\"\n\
             partitions = 3\nreplication = 3\n",
            brokers.addresses(),
            kind = database.kind,
        );
        let file = folder.join("rxtill.toml");
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let crew = Self {
            name: database.kind,
            folder,
            data,
            disk,
            topic,
            first,
            tills,
            rate: rate.to_string(),
            work: Mutex::new(Work {
                child: None,
                run: None,
                is_over: false,
                resumed: 0,
                ended: 0,
            }),
        };
        crew.done(&["init"]);
        database.grant();
        let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/sample");
        for table in ["outlets", "employees", "drugs", "doctors"] {
            let file = sample.join(format!("{table}.csv"));
            if file.exists() {
                crew.done(&["import", table, file.to_str().unwrap()]);
            }
        }
        crew
    }

    fn work(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `rxtill` with these arguments.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rxtill"));
        for (name, _) in std::env::vars() {
            if name.starts_with("RXTILL_") {
                command.env_remove(name);
            }
        }
        command
            .current_dir(&self.folder)
            .args(["--data-dir", "data", "--config", "rxtill.toml"]);
        command.args(arguments).stdin(Stdio::null());
        command
    }

    fn output(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs a verb to its good end.
    pub fn done(&self, arguments: &[&str]) {
        let output = self.output(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}, {arguments:?}: {said}", self.name);
    }

    /// Its exit code, and what it printed as JSON.
    pub fn json(&self, arguments: &[&str]) -> (i32, Value) {
        let output = self.output(&[arguments, &["--json"]].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        let answer = serde_json::from_slice(&output.stdout);
        let answer = answer.unwrap_or_else(|error| panic!("{}, {arguments:?}: {error}; {said}", self.name));
        (output.status.code().unwrap_or(-1), answer)
    }

    /// Its tills' topic.
    pub fn topic(&self) -> &str {
        &self.topic
    }

    fn spawn(&self, arguments: &[&str]) -> Child {
        // Not on the small disk: what is told there must be heard while it is full.
        let log = |name: &str| -> File {
            let path = self.folder.join(name);
            OpenOptions::new().create(true).append(true).open(path).unwrap()
        };
        let out = File::create(self.folder.join("out")).unwrap();
        let mut command = self.command(&["--log-level", "info"]);
        command.args(arguments).arg("--json").stdout(out).stderr(log("err"));
        command.spawn().unwrap()
    }

    /// Begins to sell.
    pub fn begin(&self) {
        let (tills, first) = (self.tills.to_string(), self.first.to_string());
        let child = self.spawn(&[
            "simulate",
            "--tills",
            &tills,
            "--first",
            &first,
            "--rate",
            &self.rate,
            "--seconds",
            SECONDS,
            "--scenario",
            "fraud",
        ]);
        self.work().child = Some(child);
        let deadline = Instant::now() + BOUND;
        while self.run().is_none() || self.answers() < 5 {
            assert!(
                Instant::now() < deadline,
                "{} does not sell: {}",
                self.name,
                self.complaints()
            );
            std::thread::sleep(LOOK);
        }
        self.work().run = self.run();
    }

    /// The name of its run: it says so on its standard error.
    fn run(&self) -> Option<String> {
        let said = std::fs::read_to_string(self.folder.join("err")).ok()?;
        let named = said.lines().find_map(|line| line.strip_prefix("rxtill: run "))?;
        named.split_whitespace().next().map(str::to_owned)
    }

    fn named(&self) -> String {
        self.work().run.clone().unwrap()
    }

    /// What it complained of last.
    pub fn complaints(&self) -> String {
        let said = std::fs::read_to_string(self.folder.join("err")).unwrap_or_default();
        let lines: Vec<&str> = said.lines().collect();
        lines[lines.len().saturating_sub(5)..].join("\n")
    }

    /// How many answers its clerks were given.
    pub fn answers(&self) -> usize {
        let Some(run) = self.run() else { return 0 };
        let file = self.data.join("sim").join(run).join("answers.jsonl");
        std::fs::read_to_string(file).map_or(0, |text| text.lines().count())
    }

    /// Kills it, as a power cut would.
    pub fn kill(&self) {
        if let Some(child) = &mut self.work().child {
            // It may have ended a moment ago.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// It goes on, if it has ended.
    pub fn go_on(&self) {
        let mut work = self.work();
        let Some(child) = &mut work.child else { return };
        let Ok(Some(status)) = child.try_wait() else { return };
        if work.is_over {
            return;
        }
        // None: by a signal, which this run sent.
        work.ended += u32::from(status.code().is_some());
        work.resumed += 1;
        let run = work.run.clone().unwrap();
        work.child = Some(self.spawn(&["simulate", "--resume", &run]));
    }

    /// Waits until its clerks are answered again.
    pub fn sells(&self) {
        let (before, deadline) = (self.answers(), Instant::now() + BOUND);
        while self.answers() < before + 10 {
            assert!(
                Instant::now() < deadline,
                "{} does not sell: {}",
                self.name,
                self.complaints()
            );
            self.go_on();
            std::thread::sleep(LOOK);
        }
    }

    /// How often it went on, and how often of those it had ended by itself.
    pub fn resumed(&self) -> (u32, u32) {
        let work = self.work();
        (work.resumed, work.ended)
    }

    /// Closes its tills, once what they have is uploaded. What it said.
    pub fn close(&self) -> Value {
        self.work().is_over = true;
        let pid = self.work().child.as_ref().unwrap().id();
        signal(pid, "INT");
        let deadline = Instant::now() + BOUND;
        while !matches!(self.work().child.as_mut().unwrap().try_wait(), Ok(Some(_))) {
            assert!(
                Instant::now() < deadline,
                "{} does not end: {}",
                self.name,
                self.complaints()
            );
            std::thread::sleep(LOOK);
        }
        let said = std::fs::read(self.folder.join("out")).unwrap();
        serde_json::from_slice(&said).unwrap_or_else(|_| panic!("{}: {}", self.name, self.complaints()))
    }

    /// Judges all answers against store and topic.
    pub fn check(&self) -> (i32, Value) {
        self.json(&["simulate", "--check", &self.named()])
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.kill();
        drop(self.disk.take());
        if std::thread::panicking() {
            eprintln!(
                "{}: its journals and its log are kept in {}",
                self.name,
                self.folder.display()
            );
        } else {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}
