//! The rows that every till expects. Each is preceded by a look, so that a repeated `init` puts nothing in twice.
use std::fmt::Write as _;

use jiff::civil::{Date, Weekday, date};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::super::engine::Engine;
use super::super::error::EngineError;
use crate::domain::catalogue::Tender as Known;
use crate::params;

/// The first and the last day of `dim_date`.
const DAYS: (Date, Date) = (date(2015, 1, 1), date(2060, 12, 31));

/// Years a statement; about 280 kB of text, far below `max_allowed_packet`.
const YEARS_A_STATEMENT: i16 = 12;

/// Who made these rows.
const MADE_BY: &str = "rxtill init";

/// One seed, planted by one statement.
#[derive(Debug, Clone, Copy)]
pub(super) enum Seed {
    Epoch,
    TaxCode(TaxCode),
    Tender(Tender),
    /// The tender that bears what cash is rounded by.
    Rounding,
    NoDoctor,
    NoBatch,
    /// The days of the years from the first to the second.
    Days(i16, i16),
}

/// A tax code of Kenya's, valid since the calendar begins. A rate is not a tax: exempt and zero-rated are kept apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct TaxCode {
    code: &'static str,
    name: &'static str,
    /// In per cent.
    rate: i64,
}

const TAX_CODES: [TaxCode; 3] = [
    TaxCode {
        code: "A",
        name: "VAT 16 %",
        rate: 16,
    },
    TaxCode {
        code: "E",
        name: "Exempt",
        rate: 0,
    },
    TaxCode {
        code: "Z",
        name: "Zero-rated",
        rate: 0,
    },
];

/// A way of paying (COUNTER 1.8).
#[derive(Debug, Clone, Copy)]
pub(super) struct Tender {
    name: &'static str,
    entry_key: &'static str,
    reference_pattern: &'static str,
    reference_unique: bool,
    gives_change: bool,
    refund_as: &'static str,
}

const TENDERS: [Tender; 4] = [
    Tender {
        name: "Cash",
        entry_key: "c",
        reference_pattern: "",
        reference_unique: false,
        gives_change: true,
        refund_as: "cash",
    },
    Tender {
        name: "M-Pesa",
        entry_key: "m",
        reference_pattern: "^[A-Z0-9]{10}$",
        reference_unique: true,
        gives_change: false,
        refund_as: "m-pesa",
    },
    Tender {
        name: "Card",
        entry_key: "d",
        reference_pattern: "",
        reference_unique: false,
        gives_change: false,
        refund_as: "card",
    },
    Tender {
        name: "Insurance",
        entry_key: "i",
        reference_pattern: "",
        reference_unique: false,
        gives_change: false,
        refund_as: "insurance",
    },
];

impl Seed {
    /// The seeds of the first step, in the order in which they are recorded; a new one goes into a new step.
    pub(super) fn first() -> Vec<Self> {
        let mut seeds = vec![Self::Epoch, Self::NoDoctor, Self::NoBatch];
        seeds.extend(TAX_CODES.map(Self::TaxCode));
        seeds.extend(TENDERS.map(Self::Tender));
        let (first, last) = (DAYS.0.year(), DAYS.1.year());
        let mut year = first;
        while year <= last {
            seeds.push(Self::Days(year, last.min(year + YEARS_A_STATEMENT - 1)));
            year += YEARS_A_STATEMENT;
        }
        seeds
    }

    /// The seeds of a later step.
    pub(super) fn of_step(step: usize) -> &'static [Self] {
        match step {
            3 => &[Self::Rounding],
            _ => &[],
        }
    }

    /// Puts the rows in, unless they are there.
    pub(super) async fn plant(self, engine: &dyn Engine, epoch: Uuid) -> Result<(), EngineError> {
        let now = engine.dialect().now();
        let (sql, params) = match self {
            Self::Epoch => (
                "INSERT INTO change_seq (id, n, epoch) VALUES (1, 0, ?)".to_owned(),
                params![epoch],
            ),
            Self::NoDoctor => (
                format!(
                    "INSERT INTO dim_doctor (id, uuid, changed_at, changed_by, natural_key, name, name_key,
                     registration_number, specialization, phone_number, phone_key, email, region)
                     VALUES (1, ?, {now}, ?, 'none', 'none', 'none', '', '', '', '', '', '')"
                ),
                params![Uuid::nil(), MADE_BY],
            ),
            Self::NoBatch => (
                "INSERT INTO stock_batch (id, outlet_id, drug_id, batch) VALUES (1, 0, 0, 'none')".to_owned(),
                params![],
            ),
            Self::TaxCode(tax) => (
                "INSERT INTO tax_code (code, name, rate, valid_from) VALUES (?, ?, ?, ?)".to_owned(),
                params![tax.code, tax.name, Decimal::new(tax.rate, 0), DAYS.0],
            ),
            Self::Tender(tender) => (
                format!(
                    "INSERT INTO dim_tender (uuid, changed_at, changed_by, name, name_key, entry_key,
                     reference_pattern, reference_unique, gives_change, refund_as)
                     VALUES (?, {now}, ?, ?, ?, ?, ?, ?, ?, ?)"
                ),
                params![
                    tender.uuid(),
                    MADE_BY,
                    tender.name,
                    tender.name.to_lowercase(),
                    tender.entry_key,
                    tender.reference_pattern,
                    tender.reference_unique,
                    tender.gives_change,
                    tender.refund_as,
                ],
            ),
            Self::Days(first, last) => (days(first, last), params![]),
            Self::Rounding => return plant_rounding(engine).await,
        };
        match engine.execute(&sql, params).await {
            // Each is one statement, so it is there whole: an `init` was killed before it recorded this seed.
            Ok(_) | Err(EngineError::Duplicate(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// What cash is rounded by is nobody's to pick: it has no key, and no drawer holds it. It comes under a number of its own,
/// since tills that know the catalogue already ask for what changed.
async fn plant_rounding(engine: &dyn Engine) -> Result<(), EngineError> {
    let now = engine.dialect().now();
    let mut tx = engine.begin().await?;
    tx.execute("UPDATE change_seq SET n = n + 1", params![]).await?;
    let sql = format!(
        "INSERT INTO dim_tender (uuid, changed_n, changed_at, changed_by, name, name_key, entry_key, reference_pattern,
         refund_as, counted_at_close) SELECT ?, n, {now}, ?, 'Rounding', 'rounding', '', '', 'rounding', 0 FROM change_seq"
    );
    match tx.execute(&sql, params![Known::rounding_id(), MADE_BY]).await {
        Ok(_) => tx.commit().await,
        Err(EngineError::Duplicate(_)) => {
            tx.rollback().await;
            Ok(())
        }
        Err(error) => Err(error),
    }
}

impl Tender {
    /// The same on every installation, so that two of them can be brought together.
    fn uuid(&self) -> Uuid {
        Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("rxtill:tender:{}", self.name).as_bytes())
    }
}

/// One INSERT of every day of these years. Its values are this function's own dates and numbers; as parameters they
/// would be more than a statement may have.
fn days(first: i16, last: i16) -> String {
    let mut sql = String::from(
        "INSERT INTO dim_date (date_day, year, quarter, month, month_name, day, iso_year, iso_week, iso_weekday,
         weekday_name, weekend) VALUES ",
    );
    let all = DAYS.0.series(jiff::Span::new().days(1));
    for day in all
        .skip_while(|day| day.year() < first)
        .take_while(|day| day.year() <= last)
    {
        let week = day.iso_week_date();
        let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        // Writing to a String cannot fail.
        let _ = write!(
            sql,
            "('{day}',{},{},{},'{}',{},{},{},{},'{}',{}),",
            day.year(),
            (day.month() + 2) / 3,
            day.month(),
            day.strftime("%B"),
            day.day(),
            week.year(),
            week.week(),
            day.weekday().to_monday_one_offset(),
            day.strftime("%A"),
            u8::from(weekend),
        );
    }
    sql.pop();
    sql
}
