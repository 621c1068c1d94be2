//! Values as SQLite keeps them: decimals as whole ten-thousandths, times as text that sorts.
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use rusqlite::types::{Value as Kept, ValueRef};
use rust_decimal::Decimal;

use super::super::engine::{Row, Value, ten_thousandths};
use super::super::error::EngineError;

/// Parameters as SQLite binds them.
pub(super) fn to_sql(params: Vec<Value>) -> Result<Vec<Kept>, EngineError> {
    params
        .into_iter()
        .map(|value| {
            Ok(match value {
                Value::Null => Kept::Null,
                Value::Int(n) => Kept::Integer(n),
                Value::Decimal(d) => Kept::Integer(ten_thousandths(d)?),
                Value::Text(text) => Kept::Text(text),
                Value::Bytes(bytes) => Kept::Blob(bytes),
                Value::Time(t) => Kept::Text(moment(TimeZone::UTC.to_datetime(t))),
                Value::Local(t) => Kept::Text(moment(t)),
                Value::Date(d) => Kept::Text(day(d)),
            })
        })
        .collect()
}

/// A found row of `width` fields.
pub(super) fn row(found: &rusqlite::Row<'_>, width: usize) -> rusqlite::Result<Row> {
    (0..width)
        .map(|index| Ok(from_sql(found.get_ref(index)?)))
        .collect::<rusqlite::Result<Vec<_>>>()
        .map(Row)
}

fn from_sql(kept: ValueRef<'_>) -> Value {
    match kept {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(n) => Value::Int(n),
        // No column is REAL; a quotient in a SELECT is, and the `sales` view has one.
        ValueRef::Real(f) => Decimal::try_from(f).map_or(Value::Null, Value::Decimal),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
    }
}

/// `YYYY-MM-DD HH:MM:SS.mmm`, cut, not rounded, to the millisecond.
fn moment(t: DateTime) -> String {
    format!(
        "{} {:02}:{:02}:{:02}.{:03}",
        day(t.date()),
        t.hour(),
        t.minute(),
        t.second(),
        t.millisecond()
    )
}

fn day(d: Date) -> String {
    format!("{:04}-{:02}-{:02}", d.year(), d.month(), d.day())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_cut_to_the_millisecond() {
        let t = "2024-06-20T09:14:03.4129Z".parse().unwrap();
        let kept = to_sql(vec![Value::Time(t)]).unwrap();
        assert_eq!(kept, [Kept::Text("2024-06-20 09:14:03.412".into())]);
    }

    #[test]
    fn a_decimal_is_kept_as_whole_ten_thousandths() {
        let kept = to_sql(vec![Value::Decimal(Decimal::new(-125, 1))]).unwrap();
        assert_eq!(kept, [Kept::Integer(-125_000)]);
    }
}
