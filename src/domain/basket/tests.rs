mod batch;
mod rounding;

use proptest::prelude::*;

use super::*;
use crate::domain::catalogue::{CatalogueChanges, Pack, Price, TaxRate, Tender};
use crate::domain::money::Currency;

pub(super) fn quantity(text: &str) -> Quantity {
    text.parse().unwrap()
}

pub(super) fn money(text: &str) -> Money {
    text.parse().unwrap()
}

fn pack(id: i64, name: &str, factor: &str, amount: &str) -> Pack {
    let prices = vec![Price {
        outlet: None,
        list: String::new(),
        valid_from: jiff::civil::date(2020, 1, 1),
        amount: money(amount),
    }];
    Pack {
        id,
        name: name.into(),
        factor: quantity(factor),
        code: None,
        offer_first: false,
        prices,
    }
}

pub(super) fn drug(id: i64) -> Drug {
    Drug {
        id,
        uuid: Uuid::from_u128(id.unsigned_abs().into()),
        code: format!("D{id}"),
        name: "Aspirin".into(),
        generic_name: "Acetylsalicylic acid".into(),
        strength: "300 mg".into(),
        form: "tablet".into(),
        base_unit: "tab".into(),
        tax_code: "A".into(),
        prescription_only: false,
        controlled_limit: None,
        active: true,
        packs: vec![
            pack(id * 10, "tab", "1", "12.50"),
            pack(id * 10 + 1, "strip 10", "10", "110"),
        ],
    }
}

pub(super) fn outlet() -> Outlet {
    Outlet {
        id: 1,
        uuid: Uuid::from_u128(900),
        name: "Mirema meds".into(),
        region: "Nairobi".into(),
        time_zone: "Africa/Nairobi".into(),
        opening_hours: String::new(),
        address: String::new(),
        phone: String::new(),
        tax_number: String::new(),
        currency: Currency {
            code: "KES".into(),
            places: 2,
        },
        smallest_coin: money("1"),
        receipt_footer: String::new(),
        active: true,
    }
}

pub(super) fn tender(id: i64, name: &str, gives_change: bool, pattern: &str) -> Arc<Tender> {
    Arc::new(Tender {
        id,
        uuid: Uuid::from_u128(800 + u128::from(id.unsigned_abs())),
        name: name.into(),
        entry_key: 'x',
        reference_pattern: pattern.into(),
        reference_unique: !pattern.is_empty(),
        gives_change,
        refund_as: name.to_lowercase(),
        active: true,
    })
}

pub(super) fn paid(tender: &Arc<Tender>, amount: &str, reference: Option<&str>) -> Tendered {
    Tendered {
        tender: Arc::clone(tender),
        amount: money(amount),
        reference: reference.map(str::to_owned),
    }
}

pub(super) fn at() -> Timestamp {
    // 22:30 UTC is 01:30 of the next day in Nairobi.
    "2026-03-01T22:30:00.1239Z".parse().unwrap()
}

/// The outlet's own day at that moment.
fn today() -> jiff::civil::Date {
    jiff::civil::date(2026, 3, 2)
}

pub(super) fn terms() -> Terms {
    let employee = Employee {
        id: 2,
        uuid: Uuid::from_u128(700),
        name: "John".into(),
        phone_number: "0712345678".into(),
        email: String::new(),
        role: "cashier".into(),
        active: true,
    };
    Terms {
        outlet: Arc::new(outlet()),
        employee: Arc::new(employee),
        at: at(),
    }
}

pub(super) fn catalogue() -> Catalogue {
    let mut catalogue = Catalogue::default();
    let tax = TaxRate {
        code: "A".into(),
        name: "Standard".into(),
        rate: 16.into(),
        valid_from: jiff::civil::date(2020, 1, 1),
    };
    catalogue.apply(CatalogueChanges {
        full: true,
        taxes: vec![tax],
        ..CatalogueChanges::default()
    });
    catalogue
}

pub(super) fn basket_of(drug: Drug, pack: usize, count: &str) -> Basket {
    let mut basket = Basket::new(Uuid::from_u128(1));
    basket
        .add(&Arc::new(drug), pack, quantity(count), &outlet(), at())
        .unwrap();
    basket
}

#[test]
fn a_sale_belongs_to_the_outlets_own_day_and_is_cut_to_the_millisecond() {
    let cash = tender(1, "Cash", true, "");
    let (agreed, flags) = basket_of(drug(1), 0, "2")
        .agree(&[paid(&cash, "25", None)], &terms(), &catalogue())
        .unwrap();
    assert_eq!(agreed.date_sold(), jiff::civil::date(2026, 3, 2));
    assert_eq!(agreed.sold_at.to_string(), "2026-03-01T22:30:00.123Z");
    assert_eq!(agreed.total, money("25"));
    assert_eq!(agreed.lines[0].tax.amount, money("3.45"));
    assert!(flags.is_empty());
}

#[test]
fn quantities_of_minus_7_0_and_2_5_of_a_countable_unit_and_3_000_000_000_are_refused() {
    let mut basket = Basket::new(Uuid::from_u128(1));
    for bad in ["-7", "0", "2.5", "3000000000"] {
        assert!(
            basket
                .add(&Arc::new(drug(1)), 0, quantity(bad), &outlet(), at())
                .is_err(),
            "{bad}"
        );
    }
    assert!(basket.lines.is_empty());
    let syrup = Drug {
        base_unit: "ml".into(),
        packs: vec![pack(1, "ml", "1", "2")],
        ..drug(1)
    };
    assert!(
        basket
            .add(&Arc::new(syrup), 0, quantity("2.5"), &outlet(), at())
            .is_ok()
    );
}

#[test]
fn a_prescription_only_drug_wants_a_prescriber() {
    let rx = Drug {
        prescription_only: true,
        ..drug(1)
    };
    assert!(matches!(
        basket_of(rx, 0, "1").check(2, today()),
        Err(BasketFault::PrescriberWanted { .. })
    ));
}

#[test]
fn a_controlled_limit_counts_base_units_over_all_lines() {
    let controlled = Arc::new(Drug {
        controlled_limit: Some(quantity("20")),
        ..drug(1)
    });
    let mut basket = Basket::new(Uuid::from_u128(1));
    basket.add(&controlled, 1, quantity("2"), &outlet(), at()).unwrap();
    assert_eq!(basket.check(2, today()), Ok(()));
    basket.add(&controlled, 0, quantity("1"), &outlet(), at()).unwrap();
    assert!(matches!(basket.check(2, today()), Err(BasketFault::OverLimit { .. })));
}

#[test]
fn a_price_of_the_outlet_and_of_a_later_day_wins_only_where_it_is_valid() {
    let mut pack = pack(1, "tab", "1", "10");
    pack.prices.push(Price {
        outlet: Some(1),
        list: String::new(),
        valid_from: jiff::civil::date(2026, 1, 1),
        amount: money("9"),
    });
    pack.prices.push(Price {
        outlet: None,
        list: String::new(),
        valid_from: jiff::civil::date(2027, 1, 1),
        amount: money("11"),
    });
    assert_eq!(pack.price(1, jiff::civil::date(2026, 5, 1)), Some(money("9")));
    assert_eq!(pack.price(2, jiff::civil::date(2026, 5, 1)), Some(money("10")));
    assert_eq!(pack.price(2, jiff::civil::date(2027, 5, 1)), Some(money("11")));
    assert_eq!(pack.price(2, jiff::civil::date(2019, 5, 1)), None);
}

#[test]
fn cash_gives_change_and_other_tenders_do_not() {
    let cash = tender(1, "Cash", true, "");
    let card = tender(3, "Card", false, "");
    let settled = settle(
        money("85"),
        &[paid(&card, "50", None), paid(&cash, "100", None)],
        &CashRule::exact(2),
    )
    .unwrap();
    assert_eq!(settled.change, money("65"));
    assert_eq!(settled.paid[1].amount, money("35"));
    assert!(matches!(
        settle(money("85"), &[paid(&card, "86", None)], &CashRule::exact(2)),
        Err(PaymentFault::TooMuch { .. })
    ));
    assert!(matches!(
        settle(money("85"), &[paid(&cash, "84.99", None)], &CashRule::exact(2)),
        Err(PaymentFault::Due { .. })
    ));
    assert_eq!(settle(Money::ZERO, &[], &CashRule::exact(2)).unwrap().paid, []);
}

#[test]
fn a_reference_is_upper_cased_and_checked() {
    let mpesa = tender(2, "M-Pesa", false, "^[A-Z0-9]{10}$");
    let settled = settle(
        money("10"),
        &[paid(&mpesa, "10", Some(" sgh7x2k9pl "))],
        &CashRule::exact(2),
    )
    .unwrap();
    assert_eq!(settled.paid[0].reference.as_deref(), Some("SGH7X2K9PL"));
    assert!(matches!(
        settle(money("10"), &[paid(&mpesa, "10", Some("SGH7"))], &CashRule::exact(2)),
        Err(PaymentFault::Reference { .. })
    ));
    assert!(matches!(
        settle(money("10"), &[paid(&mpesa, "10", None)], &CashRule::exact(2)),
        Err(PaymentFault::ReferenceWanted { .. })
    ));
}

#[test]
fn a_return_turns_every_sign() {
    let cash = tender(1, "Cash", true, "");
    let basket = Basket {
        ticket: None,
        refund_of: Some(Uuid::from_u128(5)),
        ..basket_of(drug(1), 1, "2")
    };
    let (agreed, _) = basket
        .agree(&[paid(&cash, "220", None)], &terms(), &catalogue())
        .unwrap();
    assert_eq!(agreed.kind, SaleKind::Return);
    assert_eq!(agreed.lines[0].quantity(), quantity("-20"));
    assert_eq!(
        (agreed.total, agreed.payments[0].amount),
        (money("-220"), money("-220"))
    );
}

#[test]
fn the_same_drug_and_pack_goes_to_one_line() {
    let aspirin = Arc::new(drug(1));
    let mut basket = Basket::new(Uuid::from_u128(1));
    for _ in 0..2 {
        assert_eq!(basket.add(&aspirin, 0, quantity("1"), &outlet(), at()), Ok(0));
    }
    assert_eq!(basket.add(&aspirin, 1, quantity("1"), &outlet(), at()), Ok(1));
    assert_eq!(basket.lines[0].quantity, quantity("2"));
}

proptest! {
    #[test]
    fn the_total_is_the_sum_of_the_lines_and_the_payments(counts in prop::collection::vec((1_u32..2000, 0_usize..2), 1..8), over in 0_u32..5000) {
        let mut basket = Basket::new(Uuid::from_u128(1));
        for (k, (count, pack)) in (1_i64..).zip(counts) {
            basket.add(&Arc::new(drug(k)), pack, quantity(&count.to_string()), &outlet(), at()).unwrap();
        }
        let total = basket.total(2);
        let cash = tender(1, "Cash", true, "");
        let tendered = total + Money::new(over.into());
        let (agreed, _) = basket.agree(&[Tendered { tender: cash, amount: tendered, reference: None }], &terms(), &catalogue()).unwrap();
        prop_assert_eq!(agreed.lines.iter().map(|line| line.total).sum::<Money>(), agreed.total);
        prop_assert_eq!(agreed.payments.iter().map(|p| p.amount).sum::<Money>(), agreed.total);
        prop_assert_eq!(agreed.payments[0].tendered - agreed.payments[0].change, agreed.total);
    }

    #[test]
    fn what_is_paid_without_the_change_is_the_total_and_change_comes_only_from_a_tender_that_gives_it(
        total in 0_i64..3000,
        keyed in prop::collection::vec((0_usize..3, -50_i64..3000, 0_usize..3), 0..6),
        places in 0_u32..=2,
    ) {
        let tenders = [
            tender(1, "Cash", true, ""),
            tender(2, "M-Pesa", false, "^[A-Z0-9]{10}$"),
            tender(3, "Card", false, ""),
        ];
        let references = [None, Some("sgh7x2k9pl"), Some("tgh7x2k9pl")];
        let amount = |cents: i64| Money::new(rust_decimal::Decimal::new(cents, places));
        let tendered: Vec<_> = keyed
            .into_iter()
            .map(|(which, cents, reference)| Tendered {
                tender: Arc::clone(&tenders[which]),
                amount: amount(cents),
                reference: references[reference].map(str::to_owned),
            })
            .collect();
        let total = amount(total);
        let handed: Money = tendered.iter().map(|one| one.amount).sum();
        match settle(total, &tendered, &CashRule::exact(places)) {
            Ok(settled) => {
                prop_assert_eq!(handed - settled.change, total);
                prop_assert_eq!(settled.paid.iter().map(|paid| paid.amount).sum::<Money>(), total);
                prop_assert_eq!(settled.paid.iter().map(|paid| paid.change).sum::<Money>(), settled.change);
                for (paid, one) in settled.paid.iter().zip(&tendered) {
                    prop_assert!(paid.amount > Money::ZERO);
                    prop_assert_eq!(paid.tendered - paid.change, paid.amount);
                    prop_assert!(paid.change.is_zero() || one.tender.gives_change);
                }
                let references: Vec<_> = settled.paid.iter().filter_map(|paid| paid.reference.as_ref()).collect();
                let different: std::collections::HashSet<_> = references.iter().collect();
                prop_assert_eq!(references.len(), different.len());
            }
            // Nothing is said to be missing where enough was handed over.
            Err(PaymentFault::Due { .. }) => prop_assert!(handed < total),
            Err(_) => prop_assert!(!tendered.is_empty()),
        }
    }
}
