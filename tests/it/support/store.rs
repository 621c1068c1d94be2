//! A fresh database for one test, on whichever store the test is run.
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rxtill::store::engine::Engine;
use rxtill::store::migrate::{InitIds, init};
use rxtill::store::sqlite::SqliteEngine;
use tempfile::TempDir;
use tokio::sync::OnceCell;
use uuid::Uuid;

/// A database of a test's own.
pub struct TestStore {
    /// The engine over it.
    pub engine: Arc<dyn Engine>,
    place: Place,
}

enum Place {
    Sqlite(TempDir),
}

impl TestStore {
    /// A SQLite file with the schema.
    pub async fn sqlite() -> Self {
        let store = Self::sqlite_bare().await;
        let Place::Sqlite(folder) = &store.place;
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

    /// Another engine over the same database, as another till or another program has.
    pub async fn another(&self) -> Arc<dyn Engine> {
        match &self.place {
            Place::Sqlite(folder) => Arc::new(SqliteEngine::open(&database(folder.path())).await.unwrap()),
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
            let Place::Sqlite(folder) = &store.place;
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
        $crate::support::store::on_every! { (sqlite) $($tests)* }
    };
}

/// The same, on databases without a schema.
macro_rules! on_every_bare_store {
    ($($tests:tt)*) => {
        $crate::support::store::on_every! { (sqlite_bare) $($tests)* }
    };
}

macro_rules! on_every {
    (($sqlite:ident) $(async fn $name:ident($store:ident: $kind:ty) $body:block)*) => {
        $(async fn $name($store: $kind) $body)*
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::support::TestStore::$sqlite().await).await;
            })*
        }
    };
}

pub(crate) use {on_every, on_every_bare_store, on_every_store};
