//! A database server of a test's own, which it may spoil.
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use rxtill::domain::secret::Secret;
use rxtill::store::mysql::{MySqlSettings, TlsMode};

/// A private MariaDB; it is stopped, and its data removed, with the test.
pub struct OwnServer {
    folder: PathBuf,
    port: u16,
}

impl OwnServer {
    /// Starts it with further options of `mariadbd`.
    pub fn mariadb(options: &[String]) -> Self {
        let folder = own_folder("mariadb");
        let started = script()
            .args(["start", "auto"])
            .arg(&folder)
            .args(options)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&started.stdout);
        let port = said.split(' ').next().and_then(|port| port.parse().ok());
        let port = port.unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&started.stderr)));
        Self { folder, port }
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
        let stopped = script().arg("stop").arg(&self.folder).status();
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

fn script() -> Command {
    let mut script = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/dev/mariadb"));
    script.env_remove("RXTILL_ROOT_PASSWORD");
    script
}
