//! What the stream needs to know of the brokers and topics: `[kafka]`, validated.
use std::path::PathBuf;

use crate::domain::event::EventTopic;
use crate::domain::secret::Secret;

/// The brokers, the topics and how to log in.
#[derive(Debug, Clone)]
pub struct KafkaSettings {
    /// Where to begin, `host:port`; at least one.
    pub brokers: Vec<String>,
    /// The sale events.
    pub topic: String,
    /// Sign-ins, overrides, voids, drawer events.
    pub audit_topic: String,
    /// Running totals, compacted.
    pub totals_topic: String,
    /// Partitions of a topic that `init` makes.
    pub partitions: i32,
    /// Copies of each partition of a topic that `init` makes.
    pub replication: i16,
    /// Days after which the brokers delete events; `None`: never.
    pub retention_days: Option<u32>,
    /// Encryption.
    pub tls: Tls,
    /// Login.
    pub sasl: Option<Sasl>,
}

impl KafkaSettings {
    /// The name of a topic that people follow.
    pub fn name_of(&self, topic: EventTopic) -> &str {
        match topic {
            EventTopic::Sales => &self.topic,
            EventTopic::Audit => &self.audit_topic,
        }
    }
}

/// Encryption to the brokers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tls {
    /// Plain text.
    Off,
    /// TLS 1.2 or 1.3; the broker's certificate and host name are verified.
    On {
        /// PEM file of the authorities to trust; `None`: the public web's.
        ca: Option<PathBuf>,
    },
}

/// How to prove who we are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaslMechanism {
    /// The password itself, for use inside TLS.
    Plain,
    /// A challenge over SHA-256.
    ScramSha256,
    /// A challenge over SHA-512.
    ScramSha512,
}

impl SaslMechanism {
    /// The name registered with IANA, as Kafka spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha512 => "SCRAM-SHA-512",
        }
    }
}

/// A login.
#[derive(Debug, Clone)]
pub struct Sasl {
    /// How.
    pub mechanism: SaslMechanism,
    /// Who.
    pub user: String,
    /// The proof.
    pub password: Secret,
}
