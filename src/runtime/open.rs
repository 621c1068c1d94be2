//! From the configuration to what it speaks of: database, store, brokers, and where they keep things.
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::time::sleep;

use super::hands::Stores;
use crate::config::{Config, Kafka, Login, Mysql, MysqlTls, Relay, SaslMechanism};
use crate::domain::clock::Clock;
use crate::domain::secret::Secret;
use crate::store::engine::Engine;
use crate::store::error::{EngineError, StoreError};
use crate::store::journal::{Journal, JournalError};
use crate::store::migrate::{self, InitIds, InitReport, SchemaState};
use crate::store::mysql::{MySqlEngine, MySqlSettings, TlsMode};
use crate::store::ports::RelayMode;
use crate::store::sqlite::SqliteEngine;
use crate::store::star::Store;
use crate::stream::settings::{KafkaSettings, Sasl, SaslMechanism as StreamSasl, Tls};

/// For reaching one host and logging in.
const CONNECT: Duration = Duration::from_secs(5);
/// For one statement of a till: it has a journal to fall back on.
const CALL: Duration = Duration::from_secs(5);
/// For one statement of `init` and `import`, which may change a large table, and of `verify`, which reads them.
const LONG_CALL: Duration = Duration::from_mins(10);

/// How often and how many times a start waits for another one that makes the till's own file ready.
const LOOK_EVERY: Duration = Duration::from_millis(100);
const LOOKS: u32 = 50;

/// As whom the database is spoken to (PATH 3.10).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// The till: sells, and looks.
    Till,
    /// The till's account, for questions that read whole tables: `verify`.
    Auditor,
    /// The office: `init`, `import`.
    Office,
    /// The office, while somebody waits at a screen: pay.
    OfficeAtTill,
    /// A supervisor: looks, and writes notes on alerts.
    Watch,
}

/// Why a store cannot be used.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The data folder cannot be made.
    #[error("the data folder {}: {error}", .folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// The database does not answer as it should.
    #[error("database: {0}")]
    Store(#[from] StoreError),
    /// Whether a till is open on the data folder is not known.
    #[error("the data folder: {0}")]
    Lock(JournalError),
    /// It has no schema, or not this one.
    #[error("{0}")]
    Schema(String),
}

impl From<EngineError> for OpenError {
    fn from(error: EngineError) -> Self {
        Self::Store(error.into())
    }
}

/// The file of the embedded default's store.
pub fn store_file(data_dir: &Path) -> PathBuf {
    data_dir.join("store.sqlite")
}

/// Where the catalogue is kept, if the store of record is elsewhere.
pub fn cache_in(config: &Config) -> Option<&Path> {
    config.mysql.as_ref().map(|_| config.data_dir.as_path())
}

/// Makes a folder, and those above it, for this user only.
///
/// # Errors
/// When it is not there and cannot be made.
pub fn private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(folder)
}

/// The store of record's engine. A server is not spoken to yet.
///
/// # Errors
/// When the embedded store's file cannot be opened.
pub async fn engine(config: &Config, who: Who) -> Result<Arc<dyn Engine>, OpenError> {
    if let Some(mysql) = &config.mysql {
        return Ok(Arc::new(MySqlEngine::new(mysql_settings(mysql, who))));
    }
    private_folder(&config.data_dir).map_err(|error| OpenError::Folder {
        folder: config.data_dir.clone(),
        error,
    })?;
    Ok(Arc::new(SqliteEngine::open(&store_file(&config.data_dir)).await?))
}

/// The store of record, its schema in place: the embedded one is made where there is none, a server's by `init` only.
///
/// # Errors
/// When it cannot be reached, or its schema is missing, older or newer.
pub async fn store(config: &Config, who: Who, clock: &dyn Clock) -> Result<Store, OpenError> {
    let engine = engine(config, who).await?;
    match migrate::schema_state(engine.as_ref()).await? {
        SchemaState::Ready => {}
        SchemaState::Absent | SchemaState::Behind { .. } if config.mysql.is_none() => {
            init(config, engine.as_ref(), clock).await?;
        }
        SchemaState::Absent => {
            return Err(OpenError::Schema(
                "the database has no rxtill schema yet: run rxtill init".to_owned(),
            ));
        }
        SchemaState::Behind { .. } => {
            return Err(OpenError::Schema(
                "the database's schema is older than this rxtill, or not finished: run rxtill init".to_owned(),
            ));
        }
        SchemaState::Ahead { found } => {
            return Err(OpenError::Schema(format!(
                "the database has schema {found}, this rxtill knows {}: upgrade rxtill",
                migrate::KNOWN_SCHEMA
            )));
        }
    }
    Ok(over(config, engine))
}

/// Makes or upgrades the schema. The till's own file is changed with the till's lock held: an open till, whose program may
/// be an older one, would find another schema under its hands, and neither a viewer nor a verb beside it is to do that.
///
/// # Errors
/// When a till has the folder open for longer than another start needs, and what the engine says.
pub async fn init(config: &Config, engine: &dyn Engine, clock: &dyn Clock) -> Result<InitReport, OpenError> {
    if config.mysql.is_some() {
        return Ok(migrate::init(engine, init_ids(clock)).await?);
    }
    let mut looks = 0;
    loop {
        match Journal::lock(&config.data_dir, &config.till.id).await {
            Ok(_lock) => return Ok(migrate::init(engine, init_ids(clock)).await?),
            // Another start may be making it ready at this moment.
            Err(JournalError::InUse { .. }) if migrate::schema_state(engine).await? == SchemaState::Ready => {
                return Ok(migrate::init(engine, init_ids(clock)).await?);
            }
            Err(JournalError::InUse { .. }) if looks < LOOKS => {
                looks += 1;
                sleep(LOOK_EVERY).await;
            }
            Err(JournalError::InUse { till, pid }) => {
                return Err(OpenError::Schema(format!(
                    "the till's own file is to be upgraded, and {till} is open (pid {pid}): close it first"
                )));
            }
            Err(error) => return Err(OpenError::Lock(error)),
        }
    }
}

/// The file of a till's own store, from before there was a server; its schema is upgraded where it is older. The caller holds
/// the till's lock.
///
/// # Errors
/// When it cannot be opened, is no store of ours, or a newer one.
pub async fn embedded(file: &Path, clock: &dyn Clock) -> Result<Arc<dyn Engine>, OpenError> {
    let engine: Arc<dyn Engine> = Arc::new(SqliteEngine::open(file).await?);
    match migrate::schema_state(engine.as_ref()).await? {
        SchemaState::Ready => {}
        SchemaState::Behind { .. } => {
            migrate::init(engine.as_ref(), init_ids(clock)).await?;
        }
        SchemaState::Absent => {
            return Err(OpenError::Schema(format!("{} is no till's store", file.display())));
        }
        SchemaState::Ahead { found } => {
            return Err(OpenError::Schema(format!(
                "{} has schema {found}, this rxtill knows {}: upgrade rxtill",
                file.display(),
                migrate::KNOWN_SCHEMA
            )));
        }
    }
    Ok(engine)
}

/// The store over an engine, with the configured topics.
pub fn over(config: &Config, engine: Arc<dyn Engine>) -> Store {
    let store = Store::new(engine);
    match &config.kafka {
        Some(kafka) => store.with_sale_topic(&kafka.topic).with_audit_topic(&kafka.audit_topic),
        None => store,
    }
}

/// The accounts by which a screen reaches the store: `till` for all but pay. Nothing is spoken to yet.
pub fn stores(config: &Config, till: Store) -> Stores {
    let office = match &config.mysql {
        Some(mysql) if mysql.office != mysql.till => over(
            config,
            Arc::new(MySqlEngine::new(mysql_settings(mysql, Who::OfficeAtTill))),
        ),
        _ => till.clone(),
    };
    Stores { till, office }
}

/// Fresh ids for a run of `init`.
fn init_ids(clock: &dyn Clock) -> InitIds {
    InitIds {
        epoch: clock.new_id(),
        runner: clock.new_id(),
    }
}

/// How to reach the database and log in.
pub fn mysql_settings(mysql: &Mysql, who: Who) -> MySqlSettings {
    let Login { user, password } = match who {
        Who::Till | Who::Auditor => &mysql.till,
        Who::Office | Who::OfficeAtTill => &mysql.office,
        Who::Watch => &mysql.watch,
    };
    MySqlSettings {
        hosts: mysql.hosts.iter().map(|host| (host.host.clone(), host.port)).collect(),
        user: user.clone(),
        password: password.clone().unwrap_or_else(|| Secret::new("")),
        database: mysql.database.clone(),
        tls: match mysql.tls {
            MysqlTls::Off => TlsMode::Off,
            MysqlTls::Preferred => TlsMode::Preferred,
            MysqlTls::Required => TlsMode::Required,
            MysqlTls::VerifyCa => TlsMode::VerifyCa,
            MysqlTls::VerifyIdentity => TlsMode::VerifyIdentity,
        },
        ca: mysql.ca.clone(),
        connect_timeout: CONNECT,
        call_timeout: match who {
            Who::Till | Who::OfficeAtTill | Who::Watch => CALL,
            Who::Office | Who::Auditor => LONG_CALL,
        },
    }
}

/// How the fleet relays, by this configuration.
pub fn relay_mode(relay: Relay) -> RelayMode {
    match relay {
        Relay::On => RelayMode::On,
        Relay::Off => RelayMode::Off,
        Relay::Debezium => RelayMode::Debezium,
    }
}

/// How to reach the brokers and log in, and the topics there.
pub fn kafka_settings(kafka: &Kafka) -> KafkaSettings {
    KafkaSettings {
        brokers: kafka.brokers.iter().map(ToString::to_string).collect(),
        topic: kafka.topic.clone(),
        audit_topic: kafka.audit_topic.clone(),
        totals_topic: kafka.totals_topic.clone(),
        // Both are in range: the configuration was checked.
        partitions: i32::try_from(kafka.partitions).unwrap_or(1),
        replication: i16::try_from(kafka.replication).unwrap_or(1),
        retention_days: kafka.retention_days,
        tls: if kafka.tls {
            Tls::On { ca: kafka.ca.clone() }
        } else {
            Tls::Off
        },
        sasl: kafka.sasl.as_ref().map(|sasl| Sasl {
            mechanism: match sasl.mechanism {
                SaslMechanism::Plain => StreamSasl::Plain,
                SaslMechanism::ScramSha256 => StreamSasl::ScramSha256,
                SaslMechanism::ScramSha512 => StreamSasl::ScramSha512,
            },
            user: sasl.user.clone(),
            password: sasl.password.clone(),
        }),
    }
}
