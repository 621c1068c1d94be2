//! The servers of a run, each behind a proxy, to be killed, frozen and cut off.
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::runtime::Runtime;

use super::proxy::Proxy;

/// Of the databases' root.
pub const ROOT_PASSWORD: &str = "chaos-root";
/// Of the till's own account.
pub const TILL_PASSWORD: &str = "chaos-till";

/// A script in `dev`.
fn script(name: &str) -> Command {
    let mut script = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("dev").join(name));
    script.env("RXTILL_ROOT_PASSWORD", ROOT_PASSWORD);
    script
}

fn well(what: &str, output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{what}: {said}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Sends a signal to a process that this run started.
pub fn signal(pid: u32, name: &str) {
    // It may be gone already.
    let _ = Command::new("kill").args(["-s", name, &pid.to_string()]).status();
}

/// A fresh folder for a server, where `dev/test` finds and stops it should this run die.
pub fn own_folder(server: &str) -> PathBuf {
    let servers = std::env::var_os("RXTILL_TEST_SERVERS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/servers"),
        PathBuf::from,
    );
    servers.join(format!("{server}-{:08x}", fastrand::u32(..)))
}

/// A database server.
pub struct Database {
    /// `mariadb` or `mysql`.
    pub kind: &'static str,
    folder: PathBuf,
    port: u16,
    pid: AtomicU32,
    /// What stands before it.
    pub proxy: Proxy,
}

impl Database {
    /// Starts it, with an empty database and the till's account.
    pub fn start(kind: &'static str, runtime: &Runtime) -> Self {
        let folder = own_folder(kind);
        let (port, pid) = launch(kind, "auto", &folder);
        let proxy = runtime.block_on(Proxy::before(&("127.0.0.1".to_owned(), port)));
        let database = Self {
            kind,
            folder,
            port,
            pid: AtomicU32::new(pid),
            proxy,
        };
        database.sql(&format!(
            "CREATE USER rxtill_till@'%' IDENTIFIED BY '{TILL_PASSWORD}'; CREATE USER rxtill_watch@'%' IDENTIFIED BY '{TILL_PASSWORD}'"
        ));
        database
    }

    /// Runs SQL as root.
    pub fn sql(&self, sql: &str) -> String {
        let mut client = script(self.kind);
        let output = client.arg("sql").arg(&self.folder).args(["-N", "-e", sql]).output();
        well(sql, &output.unwrap())
    }

    /// Gives the till's account what it may have, once the schema is there.
    pub fn grant(&self) {
        let grants = concat!(env!("CARGO_MANIFEST_DIR"), "/sql/mysql/grants.sql");
        self.sql(&format!("USE rxtill; {}", std::fs::read_to_string(grants).unwrap()));
    }

    /// Kills it, as a power cut does.
    pub fn kill(&self) {
        signal(self.pid.load(Ordering::SeqCst), "KILL");
    }

    /// Starts it again.
    pub fn up(&self) {
        let (_, pid) = launch(self.kind, &self.port.to_string(), &self.folder);
        self.pid.store(pid, Ordering::SeqCst);
    }

    /// It hangs, or goes on.
    pub fn freeze(&self, frozen: bool) {
        signal(self.pid.load(Ordering::SeqCst), if frozen { "STOP" } else { "CONT" });
    }
}

fn launch(kind: &str, port: &str, folder: &Path) -> (u16, u32) {
    let mut options = vec![
        "--max-connections=200",
        "--innodb-buffer-pool-size=64M",
        "--innodb-flush-log-at-trx-commit=1",
    ];
    if kind == "mysql" {
        options.extend(["--performance-schema=OFF", "--skip-log-bin"]);
    }
    // After a kill the last one's port may be held by the dying a moment longer.
    let mut said = String::new();
    for _ in 0..20 {
        let output = script(kind)
            .args(["start", port])
            .arg(folder)
            .args(&options)
            .output()
            .unwrap();
        if output.status.success() {
            said = String::from_utf8_lossy(&output.stdout).into_owned();
            break;
        }
        said = String::from_utf8_lossy(&output.stderr).into_owned();
        std::thread::sleep(std::time::Duration::from_millis(500));
    }
    let place = said
        .trim()
        .split_once(' ')
        .and_then(|(port, pid)| Some((port.parse().ok()?, pid.parse().ok()?)));
    place.unwrap_or_else(|| panic!("{kind}: {said}"))
}

impl Drop for Database {
    fn drop(&mut self) {
        self.freeze(false);
        stop(self.kind, &self.folder);
    }
}

fn stop(kind: &str, folder: &Path) {
    let stopped = script(kind).arg("stop").arg(folder).status();
    // A server that still runs keeps its folder, by which dev/test finds it.
    if stopped.is_ok_and(|status| status.success()) {
        let _ = std::fs::remove_dir_all(folder);
    }
}

/// A cluster of three brokers.
pub struct Brokers {
    folder: PathBuf,
    /// What stands before each.
    pub proxies: Vec<Proxy>,
}

impl Brokers {
    /// Starts them. They tell clients where to come, so the proxies are there first.
    pub fn start(runtime: &Runtime) -> Self {
        let folder = own_folder("kafka");
        let mut said = String::new();
        for _ in 0..5 {
            // The ports may turn out to be taken.
            let port = fastrand::u16(15_000..30_000);
            let before = |n: u16| runtime.block_on(Proxy::before(&("127.0.0.1".to_owned(), port + n)));
            let proxies: Vec<Proxy> = (0..3).map(before).collect();
            let doors: Vec<String> = proxies.iter().map(|proxy| proxy.address().1.to_string()).collect();
            let started = script("kafka")
                .args(["start", &port.to_string()])
                .arg(&folder)
                .args(["--brokers", "3", "--doors", &doors.join(",")])
                .args(["auto.create.topics.enable=false", "broker.session.timeout.ms=6000"])
                .output()
                .unwrap();
            if started.status.success() {
                return Self { folder, proxies };
            }
            said = String::from_utf8_lossy(&started.stderr).into_owned();
            let _ = std::fs::remove_dir_all(&folder);
        }
        panic!("no brokers: {said}")
    }

    /// Where clients begin.
    pub fn addresses(&self) -> Vec<String> {
        let address = |proxy: &Proxy| format!("{}:{}", proxy.address().0, proxy.address().1);
        self.proxies.iter().map(address).collect()
    }

    fn verb(&self, verb: &str, more: &[&str]) -> Output {
        script("kafka").arg(verb).arg(&self.folder).args(more).output().unwrap()
    }

    /// Kills one, 1 to 3.
    pub fn kill(&self, broker: u8) {
        // It may be down.
        self.verb("kill", &[&broker.to_string()]);
    }

    /// Starts again what is down.
    pub fn up(&self) {
        well("brokers", &self.verb("up", &[]));
    }

    /// One hangs, or goes on.
    pub fn freeze(&self, broker: u8, frozen: bool) {
        let pid = self.verb("pid", &[&broker.to_string()]);
        if let Ok(pid) = String::from_utf8_lossy(&pid.stdout).trim().parse() {
            signal(pid, if frozen { "STOP" } else { "CONT" });
        }
    }

    /// Deletes a topic with all that is in it.
    pub fn delete(&self, topic: &str) {
        let class = "org.apache.kafka.tools.TopicCommand";
        well("delete", &self.verb("tool", &[class, "--delete", "--topic", topic]));
    }
}

impl Drop for Brokers {
    fn drop(&mut self) {
        (1..=3).for_each(|broker| self.freeze(broker, false));
        stop("kafka", &self.folder);
    }
}
