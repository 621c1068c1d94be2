//! The configuration: command line over environment over file over defaults, checked as a whole before anything starts.
//!
//! A file has the shape in [`raw`]; what it says is checked key by key in [`resolve`], so that each fault names its line.
//! Every key can also come from the environment as `$RXTILL_TABLE_KEY`, such as `$RXTILL_TILL_ID`. `config.example.toml`
//! holds every key with its default.
mod address;
mod alerts;
mod error;
mod file;
mod layers;
mod raw;
mod resolve;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::time::Duration;

use tracing::level_filters::LevelFilter;

pub use self::address::Address;
pub use self::error::{ConfigError, Place};
pub use self::layers::Environment;
use crate::domain::sale::TillId;
use crate::domain::secret::Secret;
use crate::domain::supervision::Thresholds;

/// What the command line says over the rest.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// The file to read; it must be there.
    pub file: Option<PathBuf>,
    /// The embedded default, whatever the configuration says of servers.
    pub local: bool,
    /// The data folder.
    pub data_dir: Option<PathBuf>,
    /// How much is logged.
    pub log_level: Option<LevelFilter>,
}

/// All settings, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The file they were read from, if any.
    pub file: Option<PathBuf>,
    /// Where journal, embedded store and logs are kept.
    pub data_dir: PathBuf,
    /// This till.
    pub till: Till,
    /// The database; none: everything is kept in the till's own files.
    pub mysql: Option<Mysql>,
    /// The stream; none: no stream but the till's own.
    pub kafka: Option<Kafka>,
    /// Rules of selling.
    pub oversell: OversellRule,
    /// How the screen looks.
    pub screen: Screen,
    /// What scanners send.
    pub scanner: Scanner,
    /// The device that passes a pulse on to the drawer, such as a receipt printer's; none: it is opened by its key.
    pub drawer: Option<PathBuf>,
    /// Changed key bindings, in the file's order of names.
    pub keys: Vec<Binding>,
    /// What a supervisor is told of.
    pub alerts: Alerts,
    /// How much is logged.
    pub log_level: LevelFilter,
}

/// `[till]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Till {
    /// Unique in the company.
    pub id: TillId,
    /// Name or id of the outlet; none: the only one, or the one that the till asks for.
    pub outlet: Option<String>,
    /// How long a clerk waits for the database before the sale is "queued".
    pub commit_wait: Duration,
}

/// `[mysql]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mysql {
    /// Tried in this order: the first that answers and can write.
    pub hosts: Vec<Address>,
    /// The till's login.
    pub till: Login,
    /// The login of `init`, `import` and pay (PATH 3.10); the till's where none is given.
    pub office: Login,
    /// The login of `watch`, which reads and writes notes; the till's where none is given.
    pub watch: Login,
    /// The schema's name.
    pub database: String,
    /// How the connection is encrypted.
    pub tls: MysqlTls,
    /// The certificate authority's file; none: the public ones.
    pub ca: Option<PathBuf>,
}

/// A user and their password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The user's name.
    pub user: String,
    /// None: the server asks for none.
    pub password: Option<Secret>,
}

/// How a database connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MysqlTls {
    /// In the clear.
    Off,
    /// Encrypted where the server can, in the clear where not.
    Preferred,
    /// Encrypted; the certificate is not checked.
    Required,
    /// Encrypted; the certificate is of the authority.
    VerifyCa,
    /// Encrypted; the certificate is of the authority and for this host.
    VerifyIdentity,
}

/// `[alerts]`
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Alerts {
    /// Whether the terminal's bell rings for an alert.
    pub sound: bool,
    /// Which rules are asked, and their numbers (docs/alerts.md).
    pub thresholds: Thresholds,
}

/// `[kafka]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kafka {
    /// Where a client asks first.
    pub brokers: Vec<Address>,
    /// Sales.
    pub topic: String,
    /// Sign-ins, overrides, voids, cancelled baskets, drawer events.
    pub audit_topic: String,
    /// Running totals, compacted.
    pub totals_topic: String,
    /// Partitions of a topic that `init` makes.
    pub partitions: u32,
    /// Copies of each partition of a topic that `init` makes.
    pub replication: u16,
    /// Days that events are kept in a topic that `init` makes; none: for ever.
    pub retention_days: Option<u32>,
    /// Days that published events stay in the database's outbox; none: for ever.
    pub outbox_days: Option<u32>,
    /// Who carries the outbox to the broker.
    pub relay: Relay,
    /// Whether the connection is encrypted, certificate and host name checked.
    pub tls: bool,
    /// The certificate authority's file; none: the public ones.
    pub ca: Option<PathBuf>,
    /// The login; none: the broker asks for none.
    pub sasl: Option<Sasl>,
}

/// A login at a broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sasl {
    /// How it is proved.
    pub mechanism: SaslMechanism,
    /// The user's name.
    pub user: String,
    /// Their password.
    pub password: Secret,
}

/// How a broker's login is proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaslMechanism {
    /// The password itself is sent.
    Plain,
    /// By challenge, SHA-256.
    ScramSha256,
    /// By challenge, SHA-512.
    ScramSha512,
}

/// Who carries the outbox to the broker (PATH 4.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relay {
    /// The tills.
    On,
    /// Nobody: events are kept.
    Off,
    /// Debezium reads the outbox table.
    Debezium,
}

/// What happens when the book says that there is too little (COUNTER 1.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OversellRule {
    /// The clerk is asked whether they hold the goods.
    Ask,
    /// It sells.
    Allow,
    /// It does not sell.
    Refuse,
}

/// `[screen]`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Screen {
    /// Its colours.
    pub theme: ScreenTheme,
    /// Whether the till takes clicks and the wheel; else the terminal has them, to mark text with.
    pub mouse: bool,
}

/// Which colours repeat what words and shapes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScreenTheme {
    /// Green, yellow, red.
    Usual,
    /// Colours that stay apart for people who tell red from green badly, or blue from yellow.
    ColourBlind,
    /// None.
    Plain,
}

/// `[scanner]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scanner {
    /// What they send before a code; empty: nothing.
    pub prefix: String,
    /// What they send behind it.
    pub suffix: ScannerSuffix,
    /// Whether the terminal's bell rings for a scan that did not do what was meant.
    pub bell: bool,
}

/// What scanners send behind a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScannerSuffix {
    /// CR, LF, both, or Tab.
    Any,
    /// CR, or CR and LF.
    CarriageReturn,
    /// LF.
    LineFeed,
    /// Tab.
    Tab,
    /// Nothing: a code ends when no key follows.
    Nothing,
}

impl Default for Scanner {
    fn default() -> Self {
        Self {
            prefix: String::new(),
            suffix: ScannerSuffix::Any,
            bell: true,
        }
    }
}

/// `command = "key"` or `command = ["key", …]` of `[keys]`, in raw words: the keymap knows the commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The command's name.
    pub command: String,
    /// Its keys.
    pub keys: Vec<String>,
    /// Where it was given.
    pub place: Place,
}

impl Default for Till {
    fn default() -> Self {
        Self {
            id: TillId::default(),
            outlet: None,
            commit_wait: Duration::from_millis(1500),
        }
    }
}

impl Default for Screen {
    fn default() -> Self {
        Self {
            theme: ScreenTheme::Usual,
            mouse: true,
        }
    }
}

impl Default for Mysql {
    fn default() -> Self {
        let login = Login {
            user: "rxtill_till".to_owned(),
            password: None,
        };
        Self {
            hosts: vec![Address {
                host: "127.0.0.1".to_owned(),
                port: 3306,
            }],
            office: login.clone(),
            watch: login.clone(),
            till: login,
            database: "rxtill".to_owned(),
            tls: MysqlTls::Preferred,
            ca: None,
        }
    }
}

impl Default for Kafka {
    fn default() -> Self {
        Self {
            brokers: vec![Address {
                host: "127.0.0.1".to_owned(),
                port: 9092,
            }],
            topic: "pharmacy-sales".to_owned(),
            audit_topic: "pharmacy-till-audit".to_owned(),
            totals_topic: "pharmacy-sales-totals".to_owned(),
            partitions: 6,
            replication: 1,
            retention_days: None,
            outbox_days: Some(30),
            relay: Relay::On,
            tls: false,
            ca: None,
            sasl: None,
        }
    }
}

impl Config {
    /// The built-in defaults, with their data in `data_dir`.
    pub fn new(data_dir: PathBuf) -> Self {
        Self {
            file: None,
            data_dir,
            till: Till::default(),
            mysql: None,
            kafka: None,
            oversell: OversellRule::Ask,
            screen: Screen::default(),
            scanner: Scanner::default(),
            drawer: None,
            keys: Vec::new(),
            alerts: Alerts::default(),
            log_level: LevelFilter::INFO,
        }
    }

    /// Finds, reads and checks the configuration.
    ///
    /// # Errors
    /// The first fault, with its file and line or its variable.
    pub fn load(overrides: Overrides, environment: Environment<'_>) -> Result<Self, ConfigError> {
        let file = file::ConfigFile::find(overrides.file.as_deref())?;
        let mut config = resolve::resolve(file.as_ref(), overrides.data_dir, overrides.local, environment)?;
        if let Some(level) = overrides.log_level {
            config.log_level = level;
        }
        Ok(config)
    }
}
