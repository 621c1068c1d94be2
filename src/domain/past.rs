//! What was sold before: which receipts are asked for, and what is told of each.
use jiff::civil::{Date, DateTime};
use jiff::{Span, Timestamp};
use uuid::Uuid;

use super::money::{Currency, Money};
use super::name::fold;
use super::sale::{Agreed, Receipt, SaleKind, SaleRecord};

/// Of which receipts a list is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PastWanted {
    /// Of this outlet; none: of all.
    pub outlet: Option<PastOutlet>,
    /// Of this day at the outlet; none: of every day.
    pub day: Option<Date>,
    /// Which of them.
    pub what: PastWhat,
}

/// An outlet: facts name it by its row, the till's own journal by its lasting id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PastOutlet {
    /// Row of `dim_outlet`.
    pub row: i64,
    /// The row's lasting id.
    pub id: Uuid,
}

/// Which receipts of those days.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum PastWhat {
    /// All of them.
    #[default]
    All,
    /// Those that have each of these words, folded: in who sold, who prescribed, or what was sold; digits alone are the
    /// receipt's number too.
    Words(Vec<String>),
    /// The one of this number, wherever and whenever it was sold.
    Receipt(Receipt),
}

impl PastWhat {
    /// Of typed words.
    pub fn of(typed: &str) -> Self {
        let words: Vec<String> = fold(typed).split(' ').map(str::to_owned).collect();
        if words.iter().all(String::is_empty) {
            return Self::All;
        }
        Self::Words(words)
    }
}

impl PastWanted {
    /// Whether a sale is one of them, by what it says itself.
    pub fn has(&self, record: &SaleRecord) -> bool {
        let sale = &record.document.sale;
        if let PastWhat::Receipt(receipt) = &self.what {
            return is_called(record, receipt);
        }
        self.outlet.is_none_or(|outlet| outlet.id == sale.outlet.id)
            && self.day.is_none_or(|day| day == sale.date_sold())
            && match &self.what {
                PastWhat::Words(words) => words.iter().all(|word| has_word(record, word)),
                PastWhat::All | PastWhat::Receipt(_) => true,
            }
    }
}

/// Whether a sale has this number, in its chain or as it was printed. Tills are the same in any case.
pub fn is_called(record: &SaleRecord, receipt: &Receipt) -> bool {
    let called = receipt.to_string();
    record.receipt().to_string().eq_ignore_ascii_case(&called) || record.printed().eq_ignore_ascii_case(&called)
}

fn has_word(record: &SaleRecord, word: &str) -> bool {
    let sale = &record.document.sale;
    let people = sale.doctor.iter().chain([&sale.employee]);
    let goods = sale.lines.iter().flat_map(|line| [&line.name, &line.code]);
    let is_number = word.bytes().all(|b| b.is_ascii_digit());
    people
        .map(|who| &who.name)
        .chain(goods)
        .any(|text| fold(text).contains(word))
        || (is_number && word.parse() == Ok(record.document.number))
}

/// Where a sale stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PastState {
    /// Recorded in the database.
    Committed,
    /// On this till's disk, and on its way.
    Queued,
    /// In the chain without facts, and why.
    Parked(String),
    /// Never to be recorded, and why.
    Struck(String),
}

/// A sale, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastSale {
    /// The sale in its place.
    pub record: SaleRecord,
    /// Where it stands.
    pub state: PastState,
}

impl PastSale {
    /// Its place in the order in which receipts are listed.
    pub fn place(&self) -> PastPlace {
        PastPlace::of(&self.record.document.sale)
    }
}

/// A place in the order of receipts: the greatest is the newest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PastPlace {
    /// The day at the outlet.
    pub day: Date,
    /// When it was sold.
    pub sold_at: Timestamp,
    /// Of those of one moment.
    pub sale_id: Uuid,
}

impl PastPlace {
    /// The place of a sale.
    pub fn of(sale: &Agreed) -> Self {
        Self {
            day: sale.date_sold(),
            sold_at: sale.sold_at,
            sale_id: sale.sale_id,
        }
    }

    /// Behind the oldest of a day.
    pub fn behind(day: Date) -> Self {
        Self {
            day,
            sold_at: Timestamp::UNIX_EPOCH,
            sale_id: Uuid::nil(),
        }
    }
}

/// A receipt of the list. Nothing in it says who a patient is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastRow {
    /// Its number in the chain, by which it is opened.
    pub receipt: Receipt,
    /// As the customer holds it.
    pub printed: String,
    /// What it does.
    pub kind: SaleKind,
    /// On the outlet's clock.
    pub sold_local: DateTime,
    /// Where.
    pub outlet: String,
    /// Who sold.
    pub employee: String,
    /// What the first line is.
    pub first: String,
    /// How many lines it has.
    pub lines: usize,
    /// For how much.
    pub total: Money,
    /// What in.
    pub currency: Currency,
    /// Where it stands.
    pub state: PastState,
}

impl From<PastSale> for PastRow {
    fn from(PastSale { record, state }: PastSale) -> Self {
        let (receipt, printed) = (record.receipt(), record.printed());
        let sale = record.document.sale;
        Self {
            receipt,
            printed,
            kind: sale.kind,
            sold_local: sale.sold_local,
            outlet: sale.outlet.name,
            employee: sale.employee.name,
            lines: sale.lines.len(),
            first: sale.lines.into_iter().next().map(|line| line.name).unwrap_or_default(),
            total: sale.total,
            currency: sale.currency,
            state,
        }
    }
}

/// What became of the events of a sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Published {
    /// The brokers have them all; when the last was acknowledged.
    All(Timestamp),
    /// So many wait.
    Waiting(usize),
    /// No broker takes one of them, and why.
    SetAside(String),
    /// Published, and purged from the outbox since.
    Purged,
    /// It has none: it has no facts.
    None,
}

/// What the store knows of a receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPast {
    /// The sale.
    pub sale: PastSale,
    /// When the store recorded it, by its clock.
    pub recorded_at: Timestamp,
    /// What became of its events.
    pub published: Published,
    /// The sale that it gives back.
    pub original: Option<PastSale>,
    /// What gave of it back, the oldest first.
    pub returns: Vec<PastSale>,
}

/// When this till's journal kept a sale, and heard what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Journaled {
    /// On disk.
    pub at: Timestamp,
    /// Settled: in the database, parked, or struck; none while it is on its way.
    pub settled: Option<Timestamp>,
}

/// A day as somebody types it: `today`, `yesterday`, a date in full, or without the year or the month; then the last such
/// day. None where it is none.
pub fn day_typed(text: &str, today: Date) -> Option<Date> {
    let text = fold(text);
    match text.as_str() {
        "today" => return Some(today),
        "yesterday" => return today.yesterday().ok(),
        _ => {}
    }
    if let Ok(day) = text.parse::<Date>() {
        return Some(day);
    }
    let parts: Vec<i16> = text
        .split(['.', '/', '-'])
        .filter(|part| !part.is_empty())
        .map(|part| part.parse().ok())
        .collect::<Option<_>>()?;
    let day = |year: i16, month: i16, day: i16| Date::new(year, month.try_into().ok()?, day.try_into().ok()?).ok();
    match *parts.as_slice() {
        [d, m, y] if y >= 1_000 => day(y, m, d),
        [d, m] => day(today.year(), m, d)
            .filter(|date| *date <= today)
            .or_else(|| day(today.year() - 1, m, d)),
        [d] => day(today.year(), today.month().into(), d)
            .filter(|date| *date <= today)
            .or_else(|| {
                let before = today.checked_sub(Span::new().months(1)).ok()?;
                day(before.year(), before.month().into(), d)
            }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_day_is_typed_in_full_or_as_the_last_such_day() {
        let today = date(2026, 3, 2);
        let typed = |text| day_typed(text, today);
        assert_eq!(typed(" Today"), Some(today));
        assert_eq!(typed("yesterday"), Some(date(2026, 3, 1)));
        assert_eq!(typed("2025-12-31"), Some(date(2025, 12, 31)));
        assert_eq!(typed("31.12.2025"), Some(date(2025, 12, 31)));
        assert_eq!(typed("1/3"), Some(date(2026, 3, 1)));
        assert_eq!(typed("24/12"), Some(date(2025, 12, 24)));
        assert_eq!(typed("24.12."), Some(date(2025, 12, 24)));
        assert_eq!(typed("2"), Some(today));
        assert_eq!(typed("3"), Some(date(2026, 2, 3)));
        for no_day in ["", "30.2.2026", "all", "1/2/26", "31/13", "-", "99999"] {
            assert_eq!(typed(no_day), None, "{no_day}");
        }
    }

    #[test]
    fn words_are_folded_and_none_are_all() {
        assert_eq!(PastWhat::of("  "), PastWhat::All);
        assert_eq!(
            PastWhat::of(" Amoxil  JOHN"),
            PastWhat::Words(vec!["amoxil".into(), "john".into()])
        );
    }
}
