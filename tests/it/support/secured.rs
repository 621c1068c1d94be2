//! A Kafka of a test's own that wants TLS, and a login.
use std::path::PathBuf;
use std::process::Command;

use rxtill::domain::secret::Secret;
use rxtill::stream::settings::{KafkaSettings, Sasl, SaslMechanism, Tls};
use tempfile::TempDir;

use super::certificates::{make_certificates, sign_again};
use super::server::own_folder;

/// The user that the broker knows, and the password.
const LOGIN: (&str, &str) = ("till", "s3cret-pass");

/// A private broker; it is stopped, and its data removed, with the test. Its certificate is for 127.0.0.1 only, so that
/// `localhost` is another host's name to it.
pub struct SecuredKafka {
    folder: PathBuf,
    port: u16,
    certificates: TempDir,
}

impl SecuredKafka {
    pub fn start() -> Self {
        Self::start_for(30)
    }

    /// One whose certificate expired yesterday.
    pub fn start_expired() -> Self {
        Self::start_for(-1)
    }

    fn start_for(days: i32) -> Self {
        let certificates = tempfile::tempdir().unwrap();
        make_certificates(certificates.path(), "other", "IP:127.0.0.1");
        make_certificates(certificates.path(), "authority", "IP:127.0.0.1");
        sign_again(certificates.path(), "authority", "IP:127.0.0.1", days);
        let read = |name: &str| std::fs::read_to_string(certificates.path().join(name)).unwrap();
        let pem = certificates.path().join("server.pem");
        std::fs::write(&pem, read("server-key.pem") + &read("server-cert.pem")).unwrap();
        let folder = own_folder("kafka");
        let started = script()
            .args(["start", "auto"])
            .arg(&folder)
            .arg("--secured")
            .arg(&pem)
            .args([LOGIN.0, LOGIN.1])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&started.stdout);
        let port = said.split(' ').next().and_then(|port| port.parse().ok());
        let port = port.unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&started.stderr)));
        Self {
            folder,
            port,
            certificates,
        }
    }

    /// By TLS without a login.
    pub fn by_tls(&self) -> KafkaSettings {
        let name = format!("rxtill-t-{:016x}", fastrand::u64(..));
        KafkaSettings {
            brokers: vec![format!("127.0.0.1:{}", self.port + 1)],
            topic: format!("{name}-sales"),
            audit_topic: format!("{name}-audit"),
            totals_topic: format!("{name}-totals"),
            partitions: 1,
            replication: 1,
            retention_days: None,
            tls: self.trusting("authority.pem"),
            sasl: None,
        }
    }

    /// By TLS with the right login.
    pub fn by_login(&self, mechanism: SaslMechanism) -> KafkaSettings {
        KafkaSettings {
            brokers: vec![format!("127.0.0.1:{}", self.port + 2)],
            sasl: Some(Sasl {
                mechanism,
                user: LOGIN.0.to_owned(),
                password: Secret::new(LOGIN.1),
            }),
            ..self.by_tls()
        }
    }

    /// Trust in an authority of this broker's: `authority.pem`, that of its certificate, or `other.pem`.
    pub fn trusting(&self, name: &str) -> Tls {
        let ca = Some(self.certificates.path().join(name));
        Tls::On { ca }
    }

    /// The same broker by a name that its certificate does not have.
    pub fn by_name(mut settings: KafkaSettings) -> KafkaSettings {
        for broker in &mut settings.brokers {
            *broker = broker.replace("127.0.0.1", "localhost");
        }
        settings
    }

    /// Its listener without TLS or login.
    pub fn plain_port(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

impl Drop for SecuredKafka {
    fn drop(&mut self) {
        let stopped = script().arg("stop").arg(&self.folder).status();
        // A server that still runs keeps its folder, by which dev/test finds it.
        if stopped.is_ok_and(|status| status.success()) {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

fn script() -> Command {
    Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/dev/kafka"))
}
