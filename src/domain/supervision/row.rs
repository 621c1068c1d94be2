//! One event of the stream as a row that can be shown, filtered and kept as evidence.
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::audit::{AuditEvent, Correction, Goods, Happening, Questioned};
use crate::domain::event::{SaleEvent, StreamEvent};
use crate::domain::money::{Money, Quantity};
use crate::domain::name::printable;
use crate::domain::sale::SaleKind;

/// What kind of event a row is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowKind {
    /// A sold line.
    Sale,
    /// A line that came back.
    Return,
    /// A voided line.
    Void,
    /// What happened at a till beside its sales.
    Audit,
    /// That a till is there.
    Heartbeat,
    /// A line of the older tracker.
    Older,
    /// A record that this program cannot read.
    Unreadable,
    /// Something about the stream itself.
    Note,
}

/// A row of the stream. All text in it is safe to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamRow {
    /// When it happened by the till's clock; where the record does not say, when it was received.
    pub at: Timestamp,
    /// What kind of event.
    pub kind: RowKind,
    /// Row of `dim_outlet`.
    pub outlet_id: Option<i64>,
    /// The outlet's name.
    pub outlet: String,
    /// The till.
    pub till: String,
    /// Row of `dim_employee`.
    pub employee_id: Option<i64>,
    /// Who sold.
    pub employee: String,
    /// Row of `dim_drug`.
    pub drug_id: Option<i64>,
    /// Row of `dim_doctor`, without the "none" row.
    pub doctor_id: Option<i64>,
    /// The prescriber.
    pub doctor: String,
    /// The drug, or what happened in words.
    pub what: String,
    /// "2 strip 10", where it is about goods.
    pub quantity: String,
    /// In the outlet's currency, where it is about money.
    pub amount: Option<Money>,
    /// ISO 4217.
    pub currency: String,
    /// The receipt as printed.
    pub receipt: String,
    /// The event's id, where it has one.
    pub event_id: Option<Uuid>,
    /// The sale that it is of, or would have become.
    pub sale_id: Option<Uuid>,
    /// Its number was seen with other content.
    pub differs: bool,
}

impl StreamRow {
    /// Something about the stream itself, or a record that nobody can read.
    pub fn note(at: Timestamp, kind: RowKind, words: &str) -> Self {
        Self {
            at,
            kind,
            outlet_id: None,
            outlet: String::new(),
            till: String::new(),
            employee_id: None,
            employee: String::new(),
            drug_id: None,
            doctor_id: None,
            doctor: String::new(),
            what: printable(words),
            quantity: String::new(),
            amount: None,
            currency: String::new(),
            receipt: String::new(),
            event_id: None,
            sale_id: None,
            differs: false,
        }
    }

    /// Of an event that was received at that moment.
    pub fn of(event: &StreamEvent, received_at: Timestamp) -> Self {
        match event {
            StreamEvent::Sale(sale) => Self::of_sale(sale),
            StreamEvent::Older(older) => Self {
                outlet: printable(&older.pharmacy_name),
                employee_id: Some(older.emp_id),
                employee: format!("employee {}", older.emp_id),
                drug_id: Some(older.drug_id),
                quantity: older.quantity_sold.to_string(),
                ..Self::note(
                    received_at,
                    RowKind::Older,
                    &format!("drug {} (older tracker, {})", older.drug_id, older.date_sold),
                )
            },
            StreamEvent::Audit(audit) => Self::of_audit(audit),
            StreamEvent::Heartbeat(beat) => Self {
                outlet_id: Some(beat.outlet_id),
                outlet: printable(&beat.pharmacy_name),
                till: printable(&beat.till_id),
                employee: beat.employee.as_deref().map(printable).unwrap_or_default(),
                ..Self::note(beat.at, RowKind::Heartbeat, &format!("unsent {}", beat.unsent))
            },
        }
    }

    fn of_sale(sale: &SaleEvent) -> Self {
        Self {
            at: sale.sold_at,
            kind: match sale.kind {
                SaleKind::Sale => RowKind::Sale,
                SaleKind::Return => RowKind::Return,
                SaleKind::Void => RowKind::Void,
            },
            outlet_id: Some(sale.outlet_id),
            outlet: printable(&sale.pharmacy_name),
            till: printable(&sale.till_id),
            employee_id: Some(sale.emp_id),
            employee: printable(&sale.employee),
            drug_id: Some(sale.drug_id),
            doctor_id: sale.doctor.as_ref().map(|_| sale.doc_id),
            doctor: sale.doctor.as_deref().map(printable).unwrap_or_default(),
            what: printable(&sale.drug),
            quantity: format!("{} {}", sale.unit_qty, printable(&sale.unit)),
            amount: sale.total().ok(),
            currency: printable(&sale.currency),
            receipt: printable(&sale.receipt),
            event_id: Some(sale.event_id),
            sale_id: Some(sale.sale_id),
            differs: false,
        }
    }

    fn of_audit(audit: &AuditEvent) -> Self {
        let told = told(&audit.happening);
        Self {
            at: audit.at,
            kind: RowKind::Audit,
            outlet_id: Some(audit.outlet_id),
            outlet: printable(&audit.pharmacy_name),
            till: printable(&audit.till_id),
            employee_id: audit.emp_id,
            employee: audit.employee.as_deref().map(printable).unwrap_or_default(),
            drug_id: None,
            doctor_id: None,
            doctor: String::new(),
            what: printable(&told.what),
            quantity: told.quantity.map(|quantity| quantity.to_string()).unwrap_or_default(),
            amount: told.amount,
            currency: printable(&audit.currency),
            receipt: String::new(),
            event_id: Some(audit.event_id),
            sale_id: told.sale_id,
            differs: false,
        }
    }
}

/// A happening in words and figures.
struct Told {
    what: String,
    quantity: Option<Quantity>,
    amount: Option<Money>,
    sale_id: Option<Uuid>,
}

impl Told {
    fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            quantity: None,
            amount: None,
            sale_id: None,
        }
    }
}

#[expect(clippy::too_many_lines, reason = "one arm a kind, each a few words")]
fn told(happening: &Happening) -> Told {
    match happening {
        Happening::AskedFor {
            drug, words, quantity, ..
        } => {
            let what = drug.as_ref().map(|drug| drug.name.as_str()).or(words.as_deref());
            Told {
                quantity: *quantity,
                ..Told::new(format!("asked for {}", what.unwrap_or_default()))
            }
        }
        Happening::BasketCancelled {
            sale_id,
            lines,
            value,
            payment_open,
        } => {
            let after = if *payment_open { " after the total" } else { "" };
            let lines_word = if *lines == 1 { "line" } else { "lines" };
            Told {
                amount: Some(*value),
                sale_id: Some(*sale_id),
                ..Told::new(format!("basket cancelled{after}, {lines} {lines_word}"))
            }
        }
        Happening::LineRemoved {
            sale_id,
            drug,
            quantity,
            value,
            ..
        } => Told {
            quantity: Some(*quantity),
            amount: Some(*value),
            sale_id: Some(*sale_id),
            ..Told::new(format!("line removed: {}", drug.name))
        },
        Happening::PriceOverride {
            sale_id,
            drug,
            quantity,
            before,
            after,
            ..
        } => Told {
            quantity: Some(*quantity),
            amount: Some(*after - *before),
            sale_id: Some(*sale_id),
            ..Told::new(format!("price {before} to {after}: {}", drug.name))
        },
        Happening::DiscountOverride {
            sale_id,
            drug,
            before,
            after,
            ..
        } => Told {
            amount: Some(*after - *before),
            sale_id: Some(*sale_id),
            ..Told::new(format!("discount: {}", drug.name))
        },
        Happening::PaymentCancelled { sale_id, total, .. } => Told {
            amount: Some(*total),
            sale_id: Some(*sale_id),
            ..Told::new("payment cancelled")
        },
        Happening::SaleRefused { sale_id, total, reason } => Told {
            amount: Some(*total),
            sale_id: Some(*sale_id),
            ..Told::new(format!("refused: {reason}"))
        },
        Happening::ReferenceRepeated {
            sale_id,
            tender,
            receipt,
            outlet,
            ..
        } => Told {
            sale_id: Some(*sale_id),
            ..Told::new(format!("{tender} reference of {receipt} at {outlet} again"))
        },
        Happening::SellerChanged { before, after } => Told::new(match before {
            Some(before) => format!("{after} takes over from {before}"),
            None => format!("{after} sells"),
        }),
        Happening::DimensionChanged {
            dimension,
            name,
            is_new,
            fields,
            by,
            ..
        } => {
            let change = if *is_new {
                String::from("new")
            } else {
                fields.join(", ")
            };
            Told::new(format!("{dimension} {name}: {change}, by {by}"))
        }
        Happening::QuestionAnswered {
            sale_id,
            question,
            drug,
            quantity,
            receipt,
            answer,
            ..
        } => {
            let answer = if *answer { "meant" } else { "not meant" };
            let what = match question {
                Questioned::Quantity => drug
                    .as_ref()
                    .map_or_else(String::new, |drug| format!("far from usual: {}", drug.name)),
                Questioned::SameBasket => format!("the same as {}", receipt.as_deref().unwrap_or("the sale before")),
            };
            Told {
                quantity: *quantity,
                sale_id: Some(*sale_id),
                ..Told::new(format!("{answer}, {what}"))
            }
        }
        Happening::SaleMended {
            sale_id,
            receipt,
            total,
            mapped,
            by,
            ..
        } => {
            let mapped = mapped.iter().fold(String::new(), |all, one| all + ", " + one);
            Told {
                amount: Some(*total),
                sale_id: Some(*sale_id),
                ..Told::new(format!("parked {receipt} recorded by {by}{mapped}"))
            }
        }
        Happening::SaleStruck {
            sale_id,
            receipt,
            total,
            reason,
            by,
            ..
        } => Told {
            amount: Some(*total),
            sale_id: Some(*sale_id),
            ..Told::new(format!("parked {receipt} struck by {by}: {reason}"))
        },
        Happening::TillAlerted { words, .. } => Told::new(words.clone()),
        Happening::DrawerOpened { reason } => Told::new(format!("drawer opened: {reason}")),
        Happening::PriceChecked { looks, .. } => {
            let times = if *looks == 1 { "time" } else { "times" };
            Told::new(format!("looked up {looks} {times}, nothing sold"))
        }
        Happening::StockCorrected {
            drug,
            before,
            after,
            how,
            reason,
        } => Told {
            quantity: Some(*after - before.unwrap_or(Quantity::ZERO)),
            ..Told::new(corrected(drug, (*before, *after), *how, reason.as_deref()))
        },
        Happening::Other { kind, .. } => Told::new(format!("{kind} (unknown to this version)")),
    }
}

fn corrected(
    drug: &Goods,
    (before, after): (Option<Quantity>, Quantity),
    how: Correction,
    why: Option<&str>,
) -> String {
    let how = match how {
        Correction::Count => "counted",
        Correction::Delivery => "delivered",
    };
    let before = before.map_or_else(|| String::from("nobody knew"), |before| before.to_string());
    let why = why.map_or_else(String::new, |why| format!(", {why}"));
    format!("stock {how}: {}, {before} to {after}{why}", drug.name)
}
