//! A fresh database for one test, on whichever store the test is run.
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use mysql_async::Opts;
use rxtill::domain::secret::Secret;

use rxtill::store::engine::Engine;
use rxtill::store::migrate::{InitIds, init};
use rxtill::store::mysql::{MySqlEngine, MySqlSettings, TlsMode};
use rxtill::store::sqlite::SqliteEngine;
use rxtill::store::star::Store;
use tempfile::TempDir;
use tokio::sync::OnceCell;
use uuid::Uuid;

use super::proxy::Proxy;
use super::spare::{self, Loan};

/// A database of a test's own.
pub struct TestStore {
    /// The engine over it.
    pub engine: Arc<dyn Engine>,
    place: Place,
}

enum Place {
    Sqlite(TempDir),
    MySql {
        settings: MySqlSettings,
        /// Of a database with a schema: when the test has ended, another one may have it.
        _loan: Option<Loan>,
    },
}

/// A server that the tests were given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    MariaDb,
    MySql,
}

impl Server {
    /// How to log in to it as root, to a database of a fresh name that is not there yet.
    pub fn settings(self) -> MySqlSettings {
        let variable = match self {
            Self::MariaDb => "RXTILL_TEST_MARIADB",
            Self::MySql => "RXTILL_TEST_MYSQL",
        };
        let url = std::env::var(variable)
            .unwrap_or_else(|_| panic!("{variable} is not set; start servers: dev/test --servers-up"));
        let url = Opts::from_url(&url).unwrap();
        MySqlSettings {
            hosts: vec![(url.ip_or_hostname().to_owned(), url.tcp_port())],
            user: url.user().unwrap().to_owned(),
            password: Secret::new(url.pass().unwrap_or_default()),
            database: format!("rxtill_t_{:016x}", fastrand::u64(..)),
            tls: TlsMode::Preferred,
            ca: None,
            connect_timeout: Duration::from_secs(10),
            call_timeout: Duration::from_secs(20),
        }
    }

    /// A database with the schema that no test touches, made once a process.
    async fn template(self) -> &'static str {
        static TEMPLATES: [OnceCell<String>; 2] = [OnceCell::const_new(), OnceCell::const_new()];
        let make = async || {
            let store = TestStore::bare(self).await;
            init(store.engine.as_ref(), init_ids()).await.unwrap();
            store.settings().database.clone()
        };
        TEMPLATES[self as usize].get_or_init(make).await
    }
}

impl TestStore {
    /// A SQLite file with the schema.
    pub async fn sqlite() -> Self {
        let store = Self::sqlite_bare().await;
        let Place::Sqlite(folder) = &store.place else {
            unreachable!()
        };
        let file = database(folder.path());
        drop(store.engine);
        std::fs::write(&file, sqlite_template().await).unwrap();
        Self {
            engine: Arc::new(SqliteEngine::open(&file).await.unwrap()),
            place: store.place,
        }
    }

    /// An empty SQLite file.
    pub async fn sqlite_bare() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let engine = SqliteEngine::open(&database(folder.path())).await.unwrap();
        Self {
            engine: Arc::new(engine),
            place: Place::Sqlite(folder),
        }
    }

    /// A database with the schema on MariaDB.
    pub async fn mariadb() -> Self {
        Self::with_schema(Server::MariaDb).await
    }

    /// A database with the schema on MySQL.
    pub async fn mysql() -> Self {
        Self::with_schema(Server::MySql).await
    }

    /// An empty database on MariaDB.
    pub async fn mariadb_bare() -> Self {
        Self::bare(Server::MariaDb).await
    }

    /// An empty database on MySQL.
    pub async fn mysql_bare() -> Self {
        Self::bare(Server::MySql).await
    }

    async fn bare(server: Server) -> Self {
        let settings = server.settings();
        let engine = MySqlEngine::new(settings.clone());
        engine.create_database().await.unwrap();
        Self {
            engine: Arc::new(engine),
            place: Place::MySql { settings, _loan: None },
        }
    }

    async fn with_schema(server: Server) -> Self {
        let template = server.template().await;
        let mut settings = server.settings();
        if let Some(database) = spare::find(server, &settings, template).await {
            settings.database = database;
        } else {
            let store = Self::bare(server).await;
            init(store.engine.as_ref(), init_ids()).await.unwrap();
            settings = store.settings().clone();
        }
        Self {
            engine: Arc::new(MySqlEngine::new(settings.clone())),
            place: Place::MySql {
                _loan: Some(Loan::new(server, &settings.database)),
                settings,
            },
        }
    }

    /// Whether it is on a server.
    pub fn has_server(&self) -> bool {
        matches!(self.place, Place::MySql { .. })
    }

    /// How to reach the database, where it is on a server.
    pub fn settings(&self) -> &MySqlSettings {
        match &self.place {
            Place::MySql { settings, .. } => settings,
            Place::Sqlite(_) => panic!("SQLite has no server"),
        }
    }

    /// The same database on its server, through a proxy that reads what is sent; no answer is waited for longer than 3 s.
    pub async fn through_a_proxy(&self) -> (Store, Proxy) {
        let mut settings = self.settings().clone();
        let proxy = Proxy::before(&settings.hosts[0]).await;
        settings.hosts = vec![proxy.address()];
        settings.tls = TlsMode::Off;
        settings.call_timeout = Duration::from_secs(3);
        (Store::new(Arc::new(MySqlEngine::new(settings))), proxy)
    }

    /// Another engine over the same database, as another till or another program has.
    pub async fn another(&self) -> Arc<dyn Engine> {
        match &self.place {
            Place::Sqlite(folder) => Arc::new(SqliteEngine::open(&database(folder.path())).await.unwrap()),
            Place::MySql { settings, .. } => Arc::new(MySqlEngine::new(settings.clone())),
        }
    }
}

/// Ids for a run of `init` of a test's own.
pub fn init_ids() -> InitIds {
    InitIds {
        epoch: Uuid::from_u128(fastrand::u128(..)),
        runner: Uuid::from_u128(fastrand::u128(..)),
    }
}

fn database(folder: &Path) -> PathBuf {
    folder.join("store.sqlite")
}

/// The bytes of a file with the schema, made once a process.
async fn sqlite_template() -> &'static [u8] {
    static TEMPLATE: OnceCell<Vec<u8>> = OnceCell::const_new();
    TEMPLATE
        .get_or_init(|| async {
            let store = TestStore::sqlite_bare().await;
            init(store.engine.as_ref(), init_ids()).await.unwrap();
            let Place::Sqlite(folder) = &store.place else {
                unreachable!()
            };
            // The last connection that closes brings the WAL into the file.
            drop(store.engine);
            std::fs::read(database(folder.path())).unwrap()
        })
        .await
}

/// Runs each test on every store: `sqlite::name`, `mariadb::name`, `mysql::name`. The store is fresh and has the schema.
///
/// ```ignore
/// on_every_store! {
///     async fn a_sale_is_found_again(store: TestStore) { … }
/// }
/// ```
macro_rules! on_every_store {
    ($($tests:tt)*) => {
        $crate::support::store::on_every! { (sqlite mariadb mysql) $($tests)* }
    };
}

/// The same, on MariaDB and MySQL only.
macro_rules! on_every_server {
    ($(async fn $name:ident($store:ident: $kind:ty) $body:block)*) => {
        $(async fn $name($store: $kind) $body)*
        $crate::support::store::on_one! { mariadb mariadb $($name)* }
        $crate::support::store::on_one! { mysql mysql $($name)* }
    };
}

/// The same, on databases without a schema.
macro_rules! on_every_bare_store {
    ($($tests:tt)*) => {
        $crate::support::store::on_every! { (sqlite_bare mariadb_bare mysql_bare) $($tests)* }
    };
}

macro_rules! on_every {
    (($sqlite:ident $mariadb:ident $mysql:ident)
     $(async fn $name:ident($store:ident: $kind:ty) $body:block)*) => {
        $(async fn $name($store: $kind) $body)*
        $crate::support::store::on_one! { sqlite $sqlite $($name)* }
        $crate::support::store::on_one! { mariadb $mariadb $($name)* }
        $crate::support::store::on_one! { mysql $mysql $($name)* }
    };
}

macro_rules! on_one {
    ($module:ident $make:ident $($name:ident)*) => {
        mod $module {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::support::TestStore::$make().await).await;
            })*
        }
    };
}

pub(crate) use {on_every, on_every_bare_store, on_every_server, on_every_store, on_one};
