//! Databases that a test has left, emptied for the next one: on a server, making the schema takes a second or two of
//! the processor, emptying it a tenth of that.
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, OptsBuilder};
use rxtill::store::mysql::MySqlSettings;
use tokio::time::{Instant, sleep};

use super::store::Server;

/// What nobody uses now. A test that failed leaves its database as it is.
static SPARE: Mutex<Vec<(Server, String)>> = Mutex::new(Vec::new());

/// How long the sessions of the test before may take to end.
const PATIENCE: Duration = Duration::from_secs(2);

/// Tables whose rows come with the schema; emptied to what the template has. `dim_date` is only counted.
const SEEDED: [&str; 6] = [
    "change_seq",
    "dim_doctor",
    "dim_tender",
    "schema_version",
    "stock_batch",
    "tax_code",
];

/// A database in use; when it is dropped, another test may have it.
pub struct Loan {
    server: Server,
    database: String,
}

impl Loan {
    /// Of a database with a schema.
    pub fn new(server: Server, database: &str) -> Self {
        Self {
            server,
            database: database.to_owned(),
        }
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let mut spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner);
            spare.push((self.server, std::mem::take(&mut self.database)));
        }
    }
}

/// A left database that is like a new one again, if there is one.
pub async fn find(server: Server, settings: &MySqlSettings, template: &str) -> Option<String> {
    loop {
        let database = {
            let mut spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner);
            let index = spare.iter().position(|(of, _)| *of == server)?;
            spare.swap_remove(index).1
        };
        if let Ok(true) = renew(settings, &database, template).await {
            return Some(database);
        }
    }
}

async fn renew(settings: &MySqlSettings, database: &str, template: &str) -> mysql_async::Result<bool> {
    let (host, port) = settings.hosts[0].clone();
    let login = OptsBuilder::default()
        .ip_or_hostname(host)
        .tcp_port(port)
        .user(Some(settings.user.clone()))
        .pass(Some(settings.password.expose().to_owned()))
        .prefer_socket(false);
    let mut conn = Conn::new(login).await?;
    if !is_quiet(&mut conn, database).await? || !is_like(&mut conn, database, template).await? {
        return Ok(false);
    }
    empty(&mut conn, database, template).await?;
    conn.disconnect().await?;
    Ok(true)
}

/// Whether no session is in the database any more: none can write into it later.
async fn is_quiet(conn: &mut Conn, database: &str) -> mysql_async::Result<bool> {
    let sessions = "SELECT COUNT(*) FROM information_schema.processlist WHERE db = ?";
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if conn.exec_first(sessions, (database,)).await? == Some(0) {
            return Ok(true);
        }
        sleep(Duration::from_millis(10)).await;
    }
    Ok(false)
}

/// Whether it has the template's columns and triggers still.
async fn is_like(conn: &mut Conn, database: &str, template: &str) -> mysql_async::Result<bool> {
    let shape = "SELECT COUNT(*), SUM(CRC32(CONCAT_WS(':', table_name, column_name, column_type, is_nullable)))
        FROM information_schema.columns WHERE table_schema = ?
        UNION ALL SELECT COUNT(*), 0 FROM information_schema.triggers WHERE trigger_schema = ?";
    let mut shapes = Vec::new();
    for name in [database, template] {
        let rows: Vec<(i64, Option<String>)> = conn.exec(shape, (name, name)).await?;
        let days: Option<i64> = conn
            .query_first(format!("SELECT COUNT(*) FROM {name}.dim_date"))
            .await?;
        shapes.push((rows, days));
    }
    Ok(shapes[0] == shapes[1])
}

/// Numbers go on from where the test before has left them: no test may expect its rows to begin at 1.
async fn empty(conn: &mut Conn, database: &str, template: &str) -> mysql_async::Result<()> {
    let tables = "SELECT table_name FROM information_schema.tables
        WHERE table_schema = ? AND table_type = 'BASE TABLE' AND table_name <> 'dim_date'";
    let tables: Vec<String> = conn.exec(tables, (template,)).await?;
    let mut steps = vec![
        format!("USE {database}"),
        "SET SESSION foreign_key_checks = 0".to_owned(),
    ];
    for table in tables {
        steps.push(format!("DELETE FROM {table}"));
        if SEEDED.contains(&table.as_str()) {
            steps.push(format!("INSERT INTO {table} SELECT * FROM {template}.{table}"));
        }
    }
    conn.query_drop(steps.join("; ")).await
}
