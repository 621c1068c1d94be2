//! A database server of a test's own, which it may spoil.
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use rxtill::domain::secret::Secret;
use rxtill::store::mysql::{MySqlSettings, TlsMode};

/// A private database server; it is stopped, and its data removed, with the test.
pub struct OwnServer {
    kind: &'static str,
    folder: PathBuf,
    port: u16,
    pid: u32,
}

impl OwnServer {
    /// A MariaDB with further options of `mariadbd`.
    pub fn mariadb(options: &[String]) -> Self {
        Self::start("mariadb", options)
    }

    /// A MySQL with further options of `mysqld`.
    pub fn mysql(options: &[String]) -> Self {
        Self::start("mysql", options)
    }

    fn start(kind: &'static str, options: &[String]) -> Self {
        let folder = own_folder(kind);
        let started = script(kind)
            .args(["start", "auto"])
            .arg(&folder)
            .args(options)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&started.stdout);
        let (port, pid) = said
            .trim()
            .split_once(' ')
            .unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&started.stderr)));
        let (port, pid) = (port.parse().unwrap(), pid.parse().unwrap());
        Self {
            kind,
            folder,
            port,
            pid,
        }
    }

    /// It hangs from now on, with its connections open: it takes no word in, and answers none.
    pub fn freeze(&self) {
        self.signal("STOP");
    }

    /// It goes on as if nothing had been.
    pub fn thaw(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.pid.to_string()]).status();
        assert!(sent.unwrap().success());
    }

    /// How its root logs in, to database `rxtill`.
    pub fn settings(&self) -> MySqlSettings {
        MySqlSettings {
            hosts: vec![("127.0.0.1".to_owned(), self.port)],
            user: "root".to_owned(),
            password: Secret::new(""),
            database: "rxtill".to_owned(),
            tls: TlsMode::Preferred,
            ca: None,
            connect_timeout: Duration::from_secs(10),
            call_timeout: Duration::from_secs(10),
        }
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        // Frozen, it would not hear that it is to stop.
        let _ = Command::new("kill")
            .args(["-s", "CONT", &self.pid.to_string()])
            .status();
        let stopped = script(self.kind).arg("stop").arg(&self.folder).status();
        // A server that still runs keeps its folder, by which dev/test finds it.
        if stopped.is_ok_and(|status| status.success()) {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// A fresh folder for a server of a test's own, where dev/test finds and stops it should the test die.
pub fn own_folder(server: &str) -> PathBuf {
    let servers = std::env::var_os("RXTILL_TEST_SERVERS").map_or_else(
        || concat!(env!("CARGO_MANIFEST_DIR"), "/target/servers").into(),
        PathBuf::from,
    );
    servers.join(format!("{server}-{:08x}", fastrand::u32(..)))
}

fn script(kind: &str) -> Command {
    let mut script = Command::new(format!("{}/dev/{kind}", env!("CARGO_MANIFEST_DIR")));
    script.env_remove("RXTILL_ROOT_PASSWORD");
    script
}
