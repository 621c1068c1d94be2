//! What a store, a disk or a broker may answer: the wished for, the refusal, the failure.
use std::collections::HashMap;
use std::sync::Arc;

use jiff::civil::{Date, Weekday};
use rust_decimal::Decimal;
use rxtill::app::dimension::known::known;
use rxtill::app::dimension::{RowRead, RowSaved};
use rxtill::app::past::{PastFrom, PastPage, PastReceipt, PastSource};
use rxtill::app::queue::QueueList;
use rxtill::app::sale::{Objections, Outcome, ReceiptAnswer, ReferenceWord, Refusal, SaleAnswer};
use rxtill::app::{Effect, Message, Model};
use rxtill::domain::basket::{Basket, ReferenceUse, Tendered, Terms};
use rxtill::domain::batch::BatchLeft;
use rxtill::domain::chain::Hash;
use rxtill::domain::chart::SalesChart;
use rxtill::domain::dimension::{Dimension, FieldFault, History, Record};
use rxtill::domain::goods::{OutletBatches, OutletStock};
use rxtill::domain::mending::{Gap, Named};
use rxtill::domain::money::{Money, Quantity};
use rxtill::domain::past::{Journaled, PastRow, PastSale, PastState, PastWhat, Published};
use rxtill::domain::report::Sums;
use rxtill::domain::sale::{Agreed, ChainPlace, SaleRecord};
use rxtill::domain::usual::{Usual, Usuals};
use rxtill::domain::wares::{Goods, PackRow};
use uuid::Uuid;

/// One of the answers to `effect`, chosen by `how`; none, where none is waited for.
#[expect(clippy::too_many_lines, reason = "one arm an effect")]
pub fn answer(effect: &Effect, how: u8, model: &Model) -> Option<Message> {
    Some(match effect.clone() {
        Effect::Sell { request, agreed, .. } => Message::SaleAnswered {
            request,
            answer: sold(&agreed, how),
        },
        Effect::AskObjections { request, offered } => {
            let objections = match how % 4 {
                0 => Objections::Known(Vec::new()),
                1 => Objections::Known(vec![short(&offered)]),
                2 => Objections::Known(vec![Refusal::Other("the price is closed".into())]),
                _ => Objections::Away,
            };
            Message::ObjectionsKnown { request, objections }
        }
        Effect::AskReference { request, .. } => {
            let word = match how % 3 {
                0 => ReferenceWord::NotUsed,
                1 => ReferenceWord::NotUsedHere,
                _ => ReferenceWord::Used(ReferenceUse {
                    outlet: "Kilifi Bay".into(),
                    date: model.today(),
                    receipt: "T02-000007".into(),
                }),
            };
            Message::ReferenceKnown { request, word }
        }
        Effect::FindReceipt { request, .. } => Message::ReceiptFound {
            request,
            answer: receipt(model, how),
        },
        Effect::AddDoctor { request, .. } => Message::DoctorAdded {
            request,
            fault: (how % 2 == 1).then(|| "no space left on device".into()),
        },
        Effect::LoadSample { request } => Message::SampleLoaded {
            request,
            fault: (how % 2 == 1).then(|| "no space left on device".into()),
        },
        Effect::ReadRow {
            request, dimension, id, ..
        } => Message::RowRead {
            request,
            dimension,
            answer: match how % 4 {
                0 | 1 => RowRead::Row(Box::new(row(model, dimension, id))),
                2 => RowRead::Gone,
                _ => RowRead::Away("connection refused".into()),
            },
        },
        Effect::SaveRow { request, save } => Message::RowSaved {
            request,
            dimension: save.dimension,
            answer: saved(
                how,
                row(model, save.dimension, save.opened.and_then(|row| row.id).unwrap_or(1)),
            ),
        },
        Effect::SaveGoods { request, save } => Message::RowSaved {
            request,
            dimension: Dimension::Drug,
            // What clashed is a row of another table: that is tried where there is one.
            answer: saved(
                if how % 4 == 2 { 3 } else { how },
                row(model, Dimension::Drug, save.drug),
            ),
        },
        Effect::OpenDrawer { request, .. } => Message::DrawerAnswered {
            request,
            answer: either(how, ()),
        },
        Effect::SettleDoctor { request, .. } => Message::DoctorSettled {
            request,
            answer: either(how, "confirmed".into()),
        },
        Effect::ReadBeside { request, drug, .. } => Message::BesideRead {
            request,
            answer: either(how, Box::new(beside(drug))),
        },
        Effect::ReadHistory {
            request,
            dimension,
            row,
        } => Message::HistoryRead {
            request,
            dimension,
            answer: either(how, history(row)),
        },
        Effect::ReadChart {
            request,
            until,
            currency,
            ..
        } => Message::ChartRead {
            request,
            answer: either(how, Box::new(chart(until, &currency))),
        },
        Effect::ReadPast { .. } | Effect::ReadReceipt { .. } => return past(effect, how, model),
        Effect::ReadQueue { request } => Message::QueueRead {
            request,
            answer: either(how, queue(model, how)),
        },
        Effect::FindGaps { request, sale } => Message::GapsFound {
            request,
            answer: either(how, gaps(&sale, how)),
        },
        Effect::SettleSale { request, .. } => Message::SaleSettled {
            request,
            answer: either(how, ()),
        },
        Effect::ReadGoods { request, .. } => Message::GoodsRead {
            request,
            goods: how.is_multiple_of(2).then(HashMap::new),
        },
        // Of every other drug one is usual: five are asked about.
        Effect::ReadUsual { request, drugs } => Message::UsualRead {
            request,
            usual: (how % 3 != 2).then(|| usual(&drugs, how)),
        },
        Effect::NoteAlert { request, .. } => Message::AlertNoted {
            request,
            fault: (how % 2 == 1).then(|| "the database is away".to_owned()),
        },
        Effect::ReadStock { outlet } => Message::StockRead(Arc::new(stock(model, outlet, how))),
        Effect::ReadBatches { outlet } => Message::BatchesRead(Arc::new(batches(model, outlet, how))),
        Effect::KeepDraft(_)
        | Effect::Note(_)
        | Effect::Stand(_)
        | Effect::Follow { .. }
        | Effect::Watch(_)
        | Effect::FilterLive { .. }
        | Effect::Ring
        | Effect::Quit => return None,
    })
}

fn usual(drugs: &HashMap<Uuid, i64>, how: u8) -> Usuals {
    let one = Usual {
        median: Quantity::ONE,
        high: Quantity::ONE,
    };
    let has_usual = |row: i64| (row + i64::from(how)) % 2 == 0;
    let usual = drugs.iter().filter(|(_, row)| has_usual(**row));
    usual.map(|(drug, _)| (*drug, one)).collect()
}

fn stock(model: &Model, outlet: i64, how: u8) -> OutletStock {
    let drugs = model.shelf.catalogue().drugs();
    let remaining = drugs.map(|drug| (drug.id, Quantity::new((how % 8).into())));
    OutletStock {
        outlet,
        read_at: model.now,
        by_drug: remaining.collect(),
    }
}

/// One that expired, one that is soon too little, one without a day.
fn batches(model: &Model, outlet: i64, how: u8) -> OutletBatches {
    let left = |(number, expiry, remaining): (&str, &str, u32)| BatchLeft {
        number: number.into(),
        expiry: expiry.parse().ok(),
        remaining: Quantity::new(remaining.into()),
    };
    let batches = [("K0", "2020-01-31", 9), ("K1", "2098-06-30", 3), ("K2", "", 400)].map(left);
    let drugs = model.shelf.catalogue().drugs();
    let known = drugs.map(|drug| (drug.id, batches[usize::from(how % 3)..].to_vec()));
    OutletBatches {
        outlet,
        read_at: model.now,
        by_drug: known.collect(),
    }
}

fn history(row: Uuid) -> History {
    History {
        row,
        lines: Vec::new(),
        has_older: false,
    }
}

fn either<T>(how: u8, answer: T) -> Result<T, String> {
    if how % 3 == 2 {
        return Err("the database is away".into());
    }
    Ok(answer)
}

/// Four strips, of which one came back perhaps.
fn receipt(model: &Model, how: u8) -> ReceiptAnswer {
    match (how % 4, strips(model, "4", None), strips(model, "1", Some(BROUGHT))) {
        (0 | 1, Some(sale), Some(back)) => ReceiptAnswer::Sold {
            receipt: "T01-616111".into(),
            sale: Box::new(sale),
            returns: if how.is_multiple_of(2) { Vec::new() } else { vec![back] },
            is_whole: how.is_multiple_of(3),
        },
        (2, ..) => ReceiptAnswer::Refused("it is parked".into()),
        (3, ..) => ReceiptAnswer::Away,
        _ => ReceiptAnswer::NotFound,
    }
}

/// The sale of four strips under the number 616111, in its place in the chain.
pub fn past_sale(model: &Model, state: PastState) -> Option<PastSale> {
    placed(strips(model, "4", None)?, 616_111, state)
}

fn placed(sale: Agreed, number: u64, state: PastState) -> Option<PastSale> {
    let place = ChainPlace {
        till: "T01".parse().ok()?,
        series: 1,
        number,
        first_seq: 1,
        prev_hash: Hash::GENESIS,
    };
    let record = SaleRecord::make(sale, place, Vec::new()).ok()?;
    Some(PastSale { record, state })
}

/// A parked sale and two on their way, or a part of them.
pub fn queue(model: &Model, how: u8) -> QueueList {
    let parked = PastState::Parked("drug “Panadol Extra 500/65 mg” is not in the database".into());
    let states = [parked, PastState::Queued, PastState::Queued];
    let numbered = (616_111..).zip(states).skip(usize::from(how % 3));
    let sales = numbered.filter_map(|(number, state)| placed(strips(model, "4", None)?, number, state));
    QueueList {
        sales: sales.collect(),
        more: u64::from(how % 5),
    }
}

/// All that a sale names but its tender, or nothing of it.
pub fn gaps(sale: &SaleRecord, how: u8) -> Vec<Gap> {
    let named = [Named::Outlet, Named::Employee, Named::Line(1)];
    let named = named.into_iter().skip(usize::from(how / 3 % 4));
    let name = |named: Named| named.name_in(&sale.document.sale).unwrap_or_default().to_owned();
    named
        .map(|named| Gap {
            named,
            name: name(named),
        })
        .collect()
}

/// What is read of receipts.
fn past(effect: &Effect, how: u8, model: &Model) -> Option<Message> {
    Some(match effect {
        Effect::ReadPast { request, wanted, .. } => Message::PastRead {
            request: *request,
            answer: either(how, past_page(model, how, matches!(wanted.what, PastWhat::Receipt(_)))),
        },
        Effect::ReadReceipt { request, .. } => Message::ReceiptRead {
            request: *request,
            answer: match past_receipt(model, how) {
                Some(receipt) if how % 4 != 3 => Ok(Box::new(receipt)),
                _ => Err("the database is away".into()),
            },
        },
        _ => return None,
    })
}

/// A month of a small shop: more in the morning and on a Saturday, and an hour in which more came back than was sold.
pub fn chart(until: Date, currency: &str) -> SalesChart {
    let mut chart = SalesChart::new(until, currency.to_owned());
    for (at, (day, _)) in (0_u64..).zip(chart.days()) {
        let is_saturday = u64::from(day.weekday() == Weekday::Saturday);
        for hour in 8..20 {
            let sales = (3 + at % 5 + 4 * is_saturday) * (22 - hour) / 10;
            let cents = i64::try_from(sales * 12_345 + hour * 5).unwrap();
            let revenue = Money::new(Decimal::new(cents, 2));
            let sums = Sums {
                sales,
                revenue,
                ..Sums::default()
            };
            chart.add(day, usize::try_from(hour).unwrap(), currency, sums);
        }
    }
    let back = Sums {
        returns: 1,
        revenue: "-450".parse().unwrap(),
        ..Sums::default()
    };
    chart.add(until, 20, currency, back);
    chart.add(until, 9, "UGX", back);
    chart
}

/// A page of one receipt, or of a few, with or without a next one.
fn past_page(model: &Model, how: u8, is_one: bool) -> PastPage {
    let states = [
        PastState::Committed,
        PastState::Queued,
        PastState::Parked("the outlet is closed".into()),
    ];
    let count = if is_one { 1 } else { usize::from(how % 4) };
    let sales = states.into_iter().cycle().take(count);
    PastPage {
        rows: sales
            .filter_map(|state| past_sale(model, state))
            .map(PastRow::from)
            .collect(),
        next: (how.is_multiple_of(2) && !is_one).then_some(PastFrom::Journal(1, 5)),
        source: if how.is_multiple_of(5) {
            PastSource::Journal("the database is away".into())
        } else {
            PastSource::Store
        },
    }
}

/// That sale whole, or a return of a strip of it.
pub fn past_receipt(model: &Model, how: u8) -> Option<PastReceipt> {
    let sale = past_sale(model, PastState::Committed)?;
    let back = placed(strips(model, "1", Some(BROUGHT))?, 616_112, PastState::Committed)?;
    let is_back = how % 4 == 1;
    let (front, original, returns) = if is_back {
        (back, Some(PastRow::from(sale)), Vec::new())
    } else {
        (sale, None, vec![PastRow::from(back)])
    };
    let at = front.record.document.sale.sold_at;
    Some(PastReceipt {
        record: front.record,
        state: front.state,
        journaled: Some(Journaled { at, settled: Some(at) }),
        recorded_at: Some(at),
        published: Some(if how % 4 == 2 {
            Published::Waiting(1)
        } else {
            Published::All(at)
        }),
        original,
        returns,
        unheard: (how % 4 == 2).then(|| "connection refused".into()),
    })
}

const BROUGHT: Uuid = Uuid::from_u128(99);

/// So many strips, sold or given back for cash; none where they cannot be.
fn strips(model: &Model, count: &str, refund_of: Option<Uuid>) -> Option<Agreed> {
    let terms = Terms {
        outlet: model.outlet.clone()?,
        employee: model.seller.clone()?,
        at: model.now,
    };
    let (drug, pack) = model.shelf.catalogue().by_code("6161100012370")?;
    let mut basket = Basket::new(if refund_of.is_some() {
        Uuid::from_u128(98)
    } else {
        BROUGHT
    });
    basket.refund_of = refund_of;
    basket
        .add(drug, pack, count.parse().unwrap(), &terms.outlet, model.now)
        .ok()?;
    let cash = Tendered {
        tender: model.shelf.catalogue().tenders().first()?.clone(),
        amount: basket.total(2),
        reference: None,
    };
    let agreed = basket.agree(&[cash], &terms, model.shelf.catalogue());
    agreed.ok().map(|(agreed, _)| agreed)
}

fn short(agreed: &Agreed) -> Refusal {
    Refusal::ShortStock {
        drug: agreed.lines[0].name.clone(),
        remaining: "0".into(),
        wanted: "1".into(),
        unit: "tab".into(),
    }
}

fn sold(agreed: &Agreed, how: u8) -> SaleAnswer {
    let outcome = match how % 6 {
        0 => Outcome::Committed,
        1 => Outcome::Queued,
        2 => Outcome::Parked("the outlet is closed".into()),
        3 => Outcome::Refused(Refusal::Other("the price is closed".into())),
        _ => Outcome::Refused(short(agreed)),
    };
    SaleAnswer {
        receipt: (!matches!(outcome, Outcome::Refused(_))).then(|| "T01-000001".into()),
        outcome,
        below_zero: Vec::new(),
    }
}

fn row(model: &Model, dimension: Dimension, id: i64) -> Record {
    known(model, dimension, id).unwrap_or_else(|| dimension.spec().blank(Uuid::from_u128(7)))
}

fn saved(how: u8, current: Record) -> RowSaved {
    match how % 4 {
        0 => RowSaved::Saved(1),
        1 => RowSaved::Refused(vec![FieldFault {
            position: 0,
            fault: "somebody has it".into(),
        }]),
        2 => RowSaved::Conflict {
            current: Box::new(current),
            changes: Vec::new(),
        },
        _ => RowSaved::Failed("it may be saved".into()),
    }
}

fn beside(drug: i64) -> Goods {
    let pack = |id, name: &str, units: u8| PackRow {
        id,
        name: name.into(),
        units: Quantity::new(units.into()),
        code: None,
        offer_first: id == 1,
        active: true,
    };
    Goods {
        drug,
        base_unit: "tab".into(),
        packs: vec![pack(1, "tab", 1), pack(2, "strip 10", 10)],
        ..Goods::default()
    }
}
