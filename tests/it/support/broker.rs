//! A Kafka broker of a test's own, behind a proxy: it may be killed, and what passes to it kept back.
use std::path::PathBuf;
use std::process::Command;

use rxtill::stream::settings::KafkaSettings;
use tokio::sync::{Mutex, MutexGuard};

use super::proxy::Proxy;
use super::server::own_folder;

/// One at a time: a broker wants as much of a machine as all the rest of the tests.
static TURN: Mutex<()> = Mutex::const_new(());

/// A private broker; it is stopped, and its data removed, with the test.
pub struct OwnBroker {
    folder: PathBuf,
    /// What stands before it: clients are told to come there.
    pub proxy: Proxy,
    _turn: MutexGuard<'static, ()>,
}

impl OwnBroker {
    /// Starts it.
    pub async fn start() -> Self {
        let turn = TURN.lock().await;
        let mut said = String::new();
        for _ in 0..5 {
            // It tells clients where to come, so the proxy is there first; the port may turn out to be taken.
            let port = fastrand::u16(15_000..30_000);
            let proxy = Proxy::before(&("127.0.0.1".to_owned(), port)).await;
            let folder = own_folder("kafka");
            let (host, door) = proxy.address();
            let started = script()
                .args(["start", &port.to_string()])
                .arg(&folder)
                .arg("auto.create.topics.enable=false")
                .arg("broker.session.timeout.ms=3000")
                .arg(format!("advertised.listeners=PLAINTEXT://{host}:{door}"))
                .output()
                .unwrap();
            if started.status.success() {
                return Self {
                    folder,
                    proxy,
                    _turn: turn,
                };
            }
            said = String::from_utf8_lossy(&started.stderr).into_owned();
        }
        panic!("no broker: {said}")
    }

    /// The same topics on this broker.
    pub fn settings(&self, like: KafkaSettings) -> KafkaSettings {
        let (host, port) = self.proxy.address();
        KafkaSettings {
            brokers: vec![format!("{host}:{port}")],
            ..like
        }
    }

    /// Bytes of records that it has written for a topic.
    pub fn written(&self, topic: &str) -> u64 {
        let data = std::fs::read_dir(self.folder.join("1/data")).unwrap();
        let of_topic = data
            .map(|folder| folder.unwrap().path())
            .filter(|folder| folder.file_name().unwrap().to_string_lossy().starts_with(topic));
        let logs = of_topic.flat_map(|folder| std::fs::read_dir(folder).unwrap());
        logs.map(|file| file.unwrap())
            .filter(|file| file.path().extension().is_some_and(|end| end == "log"))
            .map(|file| file.metadata().unwrap().len())
            .sum()
    }

    /// Kills it, as a power cut does.
    pub fn kill(&self) {
        let killed = script().arg("kill").arg(&self.folder).arg("1").status();
        assert!(killed.unwrap().success());
    }

    /// Starts it again.
    pub fn up(&self) {
        let up = script().arg("up").arg(&self.folder).output().unwrap();
        assert!(up.status.success(), "{}", String::from_utf8_lossy(&up.stderr));
    }
}

impl Drop for OwnBroker {
    fn drop(&mut self) {
        let stopped = script().arg("stop").arg(&self.folder).status();
        // A broker that still runs keeps its folder, by which dev/test finds it.
        if stopped.is_ok_and(|status| status.success()) {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

fn script() -> Command {
    Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/dev/kafka"))
}
