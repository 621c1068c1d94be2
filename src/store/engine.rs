//! The port to a database engine: statements with `?` parameters, transactions, and the few words that differ.
//!
//! Everything above this line (sale, outbox, lease, dimensions, migrations) is written once and runs on SQLite, MariaDB
//! and MySQL. Decimals have four places: DECIMAL(18,4) in MySQL, INTEGER ten-thousandths in SQLite, so that sums in SQL
//! are exact in both. Times are UTC to the millisecond: DATETIME(3) in MySQL, TEXT `YYYY-MM-DD HH:MM:SS.mmm` in SQLite.
use async_trait::async_trait;
use jiff::{Timestamp, civil};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::error::EngineError;

/// Places after the point of every decimal column.
pub const DECIMAL_PLACES: u32 = 4;

/// The decimal as whole ten-thousandths: what SQLite keeps, and what no engine may round or cut in silence.
///
/// # Errors
/// [`EngineError::Constraint`] when it has more than four places, or more than fourteen digits before them.
pub fn ten_thousandths(decimal: Decimal) -> Result<i64, EngineError> {
    const LIMIT: i64 = 10_i64.pow(18);
    let refused = || EngineError::Constraint(format!("{decimal} does not fit a column of 14 digits and 4 places"));
    let exact = decimal.normalize();
    if exact.scale() > DECIMAL_PLACES {
        return Err(refused());
    }
    exact
        .checked_mul(Decimal::from(10_i64.pow(DECIMAL_PLACES)))
        .and_then(|whole| i64::try_from(whole).ok())
        .filter(|whole| (-LIMIT + 1..LIMIT).contains(whole))
        .ok_or_else(refused)
}

/// A parameter of a statement, or a field of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// SQL NULL.
    Null,
    /// A whole number or a truth value.
    Int(i64),
    /// An exact decimal of at most four places and fourteen whole digits.
    Decimal(Decimal),
    /// Text.
    Text(String),
    /// Bytes, carried verbatim.
    Bytes(Vec<u8>),
    /// A moment, to the millisecond.
    Time(Timestamp),
    /// A date and time of the outlet's clock.
    Local(civil::DateTime),
    /// A date.
    Date(civil::Date),
}

macro_rules! value_from {
    ($($from:ty => $make:expr),* $(,)?) => {$(
        impl From<$from> for Value {
            fn from(value: $from) -> Self {
                #[allow(clippy::redundant_closure_call, reason = "the table above reads better than twelve impls")]
                ($make)(value)
            }
        }
    )*};
}

value_from! {
    i64 => Value::Int,
    u32 => |n| Value::Int(i64::from(n)),
    bool => |b| Value::Int(i64::from(b)),
    Decimal => Value::Decimal,
    String => Value::Text,
    &str => |s: &str| Value::Text(s.to_owned()),
    &String => |s: &String| Value::Text(s.clone()),
    Vec<u8> => Value::Bytes,
    Uuid => |id: Uuid| Value::Text(id.to_string()),
    Timestamp => Value::Time,
    civil::DateTime => Value::Local,
    civil::Date => Value::Date,
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Parameters of a statement: `params![sale_id, 3_i64]`.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => { vec![$($crate::store::engine::Value::from($value)),*] };
}

/// One row of an answer; fields are read by position, in the order of the SELECT.
#[derive(Debug, Clone, PartialEq)]
pub struct Row(pub Vec<Value>);

impl Row {
    /// The field at `index` as a `T`.
    ///
    /// # Errors
    /// When there is no such field or it is of another type: a fault of the program, or a table changed from outside.
    pub fn get<T: FromValue>(&self, index: usize) -> Result<T, EngineError> {
        let value = self.0.get(index).unwrap_or(&Value::Null);
        T::from_value(value).ok_or_else(|| {
            EngineError::Permanent(format!(
                "field {index} of the answer is {value:?}, which was not expected"
            ))
        })
    }
}

/// What a field of a row can be read as. Engines give text for what SQLite keeps as text, so the readers parse.
pub trait FromValue: Sized {
    /// The value as `Self`, or `None` when it is of another type.
    fn from_value(value: &Value) -> Option<Self>;
}

impl FromValue for i64 {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Int(n) => Some(*n),
            Value::Decimal(d) if d.is_integer() => i64::try_from(*d).ok(),
            _ => None,
        }
    }
}

impl FromValue for bool {
    fn from_value(value: &Value) -> Option<Self> {
        i64::from_value(value).map(|n| n != 0)
    }
}

impl FromValue for String {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        }
    }
}

impl FromValue for Vec<u8> {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Bytes(bytes) => Some(bytes.clone()),
            Value::Text(text) => Some(text.clone().into_bytes()),
            _ => None,
        }
    }
}

/// A decimal column: SQLite answers with ten-thousandths, MySQL with a decimal.
impl FromValue for Decimal {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Decimal(d) => Some(*d),
            Value::Int(n) => Some(Decimal::new(*n, DECIMAL_PLACES)),
            _ => None,
        }
        .map(|d| d.normalize())
    }
}

impl FromValue for Uuid {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Text(text) => text.parse().ok(),
            _ => None,
        }
    }
}

impl FromValue for Timestamp {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Time(t) => Some(*t),
            Value::Local(t) => t.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|z| z.timestamp()),
            Value::Text(text) => text
                .parse::<civil::DateTime>()
                .ok()?
                .to_zoned(jiff::tz::TimeZone::UTC)
                .ok()
                .map(|z| z.timestamp()),
            _ => None,
        }
    }
}

impl FromValue for civil::DateTime {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Local(t) => Some(*t),
            Value::Text(text) => text.parse().ok(),
            _ => None,
        }
    }
}

impl FromValue for civil::Date {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Date(d) => Some(*d),
            Value::Local(t) => Some(t.date()),
            Value::Text(text) => text.parse().ok(),
            _ => None,
        }
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::from_value(value).map(Some),
        }
    }
}

/// The few words that differ between the engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// The till's own file.
    Sqlite,
    /// MySQL 8.0+, MySQL 9 and MariaDB 10.6+, in the words that all of them know.
    MySql,
}

impl Dialect {
    /// An expression for the database's own clock: UTC, to the millisecond.
    pub fn now(self) -> &'static str {
        match self {
            Self::Sqlite => "strftime('%Y-%m-%d %H:%M:%f', 'now')",
            Self::MySql => "UTC_TIMESTAMP(3)",
        }
    }

    /// An expression for the hour of a local time, from 0 to 23.
    pub fn hour_of(self, column: &str) -> String {
        match self {
            Self::Sqlite => format!("CAST(SUBSTR({column}, 12, 2) AS INTEGER)"),
            Self::MySql => format!("HOUR({column})"),
        }
    }

    /// An expression for the database's own clock plus `seconds`.
    pub fn now_plus(self, seconds: u32) -> String {
        match self {
            Self::Sqlite => format!("strftime('%Y-%m-%d %H:%M:%f', 'now', '+{seconds} seconds')"),
            Self::MySql => format!("UTC_TIMESTAMP(3) + INTERVAL {seconds} SECOND"),
        }
    }
}

/// A database that keeps the star schema.
#[async_trait]
pub trait Engine: Send + Sync + 'static {
    /// Which words it knows.
    fn dialect(&self) -> Dialect;

    /// One statement outside any transaction; the number of rows that it changed.
    async fn execute(&self, sql: &str, params: Vec<Value>) -> Result<u64, EngineError>;

    /// One question outside any transaction.
    async fn query(&self, sql: &str, params: Vec<Value>) -> Result<Vec<Row>, EngineError>;

    /// Begins a transaction: READ COMMITTED in MySQL, IMMEDIATE in SQLite.
    async fn begin(&self) -> Result<Box<dyn Transaction>, EngineError>;
}

/// An open transaction. Dropping it without [`Transaction::commit`] rolls back; on MySQL by closing the connection, so a
/// call that was given up is never answered into the next one (PATH 3.2).
///
/// Any error ends it (PATH 3.4): the transaction is rolled back there and then, every later call fails, and what the
/// caller wants to look at (whether a duplicate is the same sale) it asks outside.
#[async_trait]
pub trait Transaction: Send {
    /// One statement; the number of rows that it changed (rows found, where an UPDATE changes nothing).
    async fn execute(&mut self, sql: &str, params: Vec<Value>) -> Result<u64, EngineError>;

    /// One question.
    async fn query(&mut self, sql: &str, params: Vec<Value>) -> Result<Vec<Row>, EngineError>;

    /// The number that the last INSERT's `AUTO_INCREMENT` column was given.
    fn last_insert_id(&self) -> i64;

    /// Commits. After an error of an earlier statement it only fails: nothing is left to commit.
    ///
    /// # Errors
    /// [`EngineError::InDoubt`] when COMMIT was sent and its outcome is unknown.
    async fn commit(self: Box<Self>) -> Result<(), EngineError>;

    /// Rolls back, quietly.
    async fn rollback(self: Box<Self>);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_that_no_column_holds_exactly_is_refused() {
        let fits = |text: &str| ten_thousandths(text.parse().unwrap());
        assert_eq!(fits("99999999999999.9999"), Ok(999_999_999_999_999_999));
        assert_eq!(fits("-12.50000"), Ok(-125_000));
        assert!(matches!(fits("0.00001"), Err(EngineError::Constraint(_))));
        assert!(matches!(fits("100000000000000"), Err(EngineError::Constraint(_))));
        assert!(matches!(
            fits("79228162514264337593543950335"),
            Err(EngineError::Constraint(_))
        ));
    }
}
