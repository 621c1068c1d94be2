//! The sale that tests sell. The library's own tests use this very file.
use jiff::Timestamp;
use rust_decimal::Decimal;
use rxtill::domain::audit::{Goods, Happening, Noted};
use rxtill::domain::money::{Currency, Money, Quantity};
use rxtill::domain::sale::{Agreed, LineTax, OutletParty, Party, SaleKind, SaleLine, SalePayment};
use uuid::Uuid;

/// When the shop's sales happen.
pub const SOLD_AT: &str = "2026-03-02T09:14:03.412Z";

/// The lasting id of the shop's row of this kind.
pub fn row(kind: u128) -> Uuid {
    Uuid::from_u128(0xabc0_0000 + kind)
}

/// The outlet.
pub const OUTLET: u128 = 1;
/// The employee.
pub const EMPLOYEE: u128 = 2;
/// The prescriber.
pub const DOCTOR: u128 = 3;
/// A drug that nobody counts.
pub const UNCOUNTED: u128 = 4;
/// A drug of which ten remain.
pub const COUNTED: u128 = 5;

/// An agreement on so many of each drug, at 12.50, for exact cash.
pub fn sale(sale_id: Uuid, lines: &[(u128, &str)]) -> Agreed {
    let price: Money = "12.50".parse().unwrap();
    let lines: Vec<SaleLine> = lines
        .iter()
        .map(|(drug, count)| {
            let unit_qty: Quantity = count.parse().unwrap();
            let (code, name) = if *drug == COUNTED {
                ("D14", "Amoxil 500 mg")
            } else {
                ("D13", "Aspirin 300 mg")
            };
            SaleLine {
                drug: row(*drug),
                code: code.into(),
                name: name.into(),
                unit: "tab".into(),
                unit_qty,
                unit_factor: Quantity::ONE,
                unit_price: price,
                discount: Money::ZERO,
                tax: LineTax {
                    code: "E".into(),
                    rate: Decimal::ZERO,
                    amount: Money::ZERO,
                },
                total: price.times(unit_qty, 2),
                batch: None,
            }
        })
        .collect();
    let total: Money = lines.iter().map(|line| line.total).sum();
    let sold_at: Timestamp = SOLD_AT.parse().unwrap();
    let cash = Uuid::new_v5(&Uuid::NAMESPACE_URL, b"rxtill:tender:Cash");
    Agreed {
        sale_id,
        kind: SaleKind::Sale,
        sold_at,
        sold_local: jiff::civil::date(2026, 3, 2).at(12, 14, 3, 412_000_000),
        currency: Currency {
            code: "KES".into(),
            places: 2,
        },
        employee: Party {
            id: row(EMPLOYEE),
            name: "John".into(),
        },
        outlet: OutletParty {
            id: row(OUTLET),
            name: "Mirema meds".into(),
            region: "Nairobi".into(),
        },
        doctor: Some(Party {
            id: row(DOCTOR),
            name: "Mwabili".into(),
        }),
        refund_of: None,
        lines,
        payments: vec![SalePayment {
            tender: cash,
            name: "Cash".into(),
            amount: total,
            tendered: total,
            change: Money::ZERO,
            reference: None,
        }],
        total,
    }
}

/// Somebody asks for so many of the counted drug, which is not there.
pub fn asked_for(count: &str) -> Noted {
    let sale = sale(Uuid::nil(), &[]);
    Noted {
        at: sale.sold_at,
        local: sale.sold_local,
        outlet: sale.outlet,
        currency: sale.currency.code,
        employee: Some(sale.employee),
        happening: Happening::AskedFor {
            drug: Some(Goods {
                id: row(COUNTED),
                code: "D14".into(),
                name: "Amoxil 500 mg".into(),
            }),
            words: None,
            quantity: count.parse().ok(),
            stock: Some(Quantity::ZERO),
        },
    }
}
