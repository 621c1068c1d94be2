//! Values as MySQL sends and takes them.
use std::borrow::Cow;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use mysql_async::consts::ColumnType;
use mysql_async::{Column, Params, Value as Sent};
use rust_decimal::Decimal;

use super::super::engine::{DECIMAL_PLACES, Row, Value, ten_thousandths};
use super::super::error::EngineError;
use super::super::sql_text::hidden;

/// The character set number of columns that hold bytes, not text.
const BINARY: u16 = 63;

/// Parameters as the driver sends them.
pub(super) fn to_params(params: Vec<Value>) -> Result<Params, EngineError> {
    if params.is_empty() {
        return Ok(Params::Empty);
    }
    let sent: Result<Vec<Sent>, EngineError> = params.into_iter().map(to_sent).collect();
    sent.map(Params::Positional)
}

fn to_sent(value: Value) -> Result<Sent, EngineError> {
    Ok(match value {
        Value::Null => Sent::NULL,
        Value::Int(n) => Sent::Int(n),
        Value::Decimal(d) => {
            let exact = Decimal::new(ten_thousandths(d)?, DECIMAL_PLACES);
            Sent::Bytes(exact.to_string().into_bytes())
        }
        Value::Text(text) => Sent::Bytes(text.into_bytes()),
        Value::Bytes(bytes) => Sent::Bytes(bytes),
        Value::Time(t) => moment(TimeZone::UTC.to_datetime(t))?,
        Value::Local(t) => moment(t)?,
        Value::Date(d) => moment(d.to_datetime(jiff::civil::Time::midnight()))?,
    })
}

/// Cut, not rounded, to the millisecond: the server rounds, MariaDB and MySQL not alike.
fn moment(t: DateTime) -> Result<Sent, EngineError> {
    let part = |n: i8| u8::try_from(n).unwrap_or(0);
    let year =
        u16::try_from(t.year()).map_err(|_| EngineError::Constraint(format!("{t} does not fit a DATETIME column")))?;
    let micros = u32::try_from(t.millisecond()).unwrap_or(0) * 1000;
    Ok(Sent::Date(
        year,
        part(t.month()),
        part(t.day()),
        part(t.hour()),
        part(t.minute()),
        part(t.second()),
        micros,
    ))
}

/// The statement with a CAST around each parameter that is a decimal. Decimals are sent as text, and MariaDB reckons
/// with a bare text in floating point.
pub(super) fn with_casts<'a>(sql: &'a str, params: &[Value]) -> Cow<'a, str> {
    if !params.iter().any(|p| matches!(p, Value::Decimal(_))) {
        return Cow::Borrowed(sql);
    }
    let mut cast = String::with_capacity(sql.len() + 32);
    let mut params = params.iter();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let length = hidden(rest).unwrap_or(first.len_utf8());
        let (piece, behind) = rest.split_at(length);
        match piece {
            "?" if matches!(params.next(), Some(Value::Decimal(_))) => {
                cast.push_str("CAST(? AS DECIMAL(18,4))");
            }
            piece => cast.push_str(piece),
        }
        rest = behind;
    }
    Cow::Owned(cast)
}

/// A row of an answer.
pub(super) fn to_row(row: mysql_async::Row) -> Result<Row, EngineError> {
    let columns = row.columns();
    row.unwrap()
        .into_iter()
        .zip(columns.iter())
        .map(|(value, column)| from_sent(value, column))
        .collect::<Result<_, _>>()
        .map(Row)
}

fn from_sent(value: Sent, column: &Column) -> Result<Value, EngineError> {
    let odd = || EngineError::Permanent(format!("column {} holds what no till wrote there", column.name_str()));
    Ok(match value {
        Sent::NULL => Value::Null,
        Sent::Int(n) => Value::Int(n),
        Sent::UInt(n) => i64::try_from(n).map_or_else(|_| Value::Decimal(n.into()), Value::Int),
        Sent::Float(f) => Value::Decimal(Decimal::try_from(f).map_err(|_| odd())?),
        Sent::Double(f) => Value::Decimal(Decimal::try_from(f).map_err(|_| odd())?),
        Sent::Bytes(bytes) => match column.column_type() {
            ColumnType::MYSQL_TYPE_NEWDECIMAL | ColumnType::MYSQL_TYPE_DECIMAL => {
                let text = std::str::from_utf8(&bytes).map_err(|_| odd())?;
                Value::Decimal(text.parse().map_err(|_| odd())?)
            }
            _ if column.character_set() == BINARY => Value::Bytes(bytes),
            _ => Value::Text(String::from_utf8(bytes).map_err(|_| odd())?),
        },
        Sent::Date(year, month, day, hour, minute, second, micros) => {
            let date = i16::try_from(year)
                .ok()
                .zip(i8::try_from(month).ok().zip(i8::try_from(day).ok()))
                .and_then(|(year, (month, day))| Date::new(year, month, day).ok())
                .ok_or_else(odd)?;
            if column.column_type() == ColumnType::MYSQL_TYPE_DATE {
                return Ok(Value::Date(date));
            }
            let part = |n: u8| i8::try_from(n).map_err(|_| odd());
            let nanos = i32::try_from(micros).map_err(|_| odd())?.saturating_mul(1000);
            let time = jiff::civil::Time::new(part(hour)?, part(minute)?, part(second)?, nanos).map_err(|_| odd())?;
            Value::Local(date.to_datetime(time))
        }
        Sent::Time(..) => return Err(odd()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params;

    #[test]
    fn only_the_decimals_are_cast() {
        let sql = "UPDATE t SET a = a - ?, b = '?', c = ? WHERE d = ? -- ?\n AND e = ?";
        let params = params![Decimal::ONE, 1_i64, Decimal::TWO, "x"];
        assert_eq!(
            with_casts(sql, &params),
            "UPDATE t SET a = a - CAST(? AS DECIMAL(18,4)), b = '?', c = ? \
             WHERE d = CAST(? AS DECIMAL(18,4)) -- ?\n AND e = ?"
        );
        let text = [Value::from("x")];
        assert_eq!(with_casts("SELECT ?", &text), "SELECT ?");
    }
}
