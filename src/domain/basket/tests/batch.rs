//! First expired, first out; and nothing that is expired.
use jiff::SignedDuration;
use jiff::civil::Date;

use super::*;
use crate::domain::batch::{Batch, BatchLeft};

fn left(number: &str, expiry: &str, remaining: &str) -> BatchLeft {
    BatchLeft {
        number: number.into(),
        expiry: Some(expiry.parse().unwrap()),
        remaining: quantity(remaining),
    }
}

/// A holds 20 base units and B 100; what expired yesterday holds most.
fn known() -> Vec<BatchLeft> {
    vec![
        left("OLD", "2026-03-01", "900"),
        left("A", "2026-11-30", "20"),
        left("B", "2027-03-31", "100"),
    ]
}

fn scanned(number: &str, expiry: &str) -> Batch {
    Batch {
        number: Some(number.into()),
        expiry: expiry.parse().ok(),
    }
}

/// Number of the batch, quantity and pack of each line.
fn lines(basket: &Basket) -> Vec<(String, String, usize)> {
    let number = |line: &BasketLine| line.batch.number.clone().unwrap_or_else(|| "-".into());
    basket
        .lines
        .iter()
        .map(|line| (number(line), line.quantity.to_string(), line.pack))
        .collect()
}

fn empty() -> Basket {
    Basket::new(Uuid::from_u128(1))
}

fn offer(basket: &mut Basket, pack: usize, count: &str, known: &[BatchLeft]) -> usize {
    basket
        .add_first_out(&Arc::new(drug(1)), pack, quantity(count), known, &outlet(), at())
        .unwrap()
}

#[test]
fn what_is_typed_gets_the_batch_that_expires_first_of_what_has_enough_left() {
    let mut basket = empty();
    offer(&mut basket, 0, "15", &known());
    // Five of A are left: they are no ten.
    offer(&mut basket, 0, "10", &known());
    offer(&mut basket, 0, "5", &known());
    assert_eq!(
        lines(&basket),
        [
            ("A".to_owned(), "20".to_owned(), 0),
            ("B".to_owned(), "10".to_owned(), 0)
        ]
    );
    // Where no batch has enough, or none is known, none is named.
    offer(&mut basket, 0, "95", &known());
    offer(&mut basket, 0, "5", &[]);
    assert_eq!(lines(&basket)[2], ("-".to_owned(), "100".to_owned(), 0));
}

#[test]
fn another_quantity_or_unit_may_get_another_batch_unless_the_goods_said_theirs() {
    let mut basket = empty();
    offer(&mut basket, 0, "15", &known());
    let drug = Arc::clone(&basket.lines[0].drug);
    basket
        .add_of(&drug, 0, quantity("1"), scanned("B", "2027-03-31"), &outlet(), at())
        .unwrap();
    for (line, count) in [(1, "300"), (0, "21")] {
        basket.set_quantity(line, quantity(count)).unwrap();
        basket.offer_again(line, &known(), today());
    }
    assert_eq!(lines(&basket)[1].0, "B");
    // B is all in the other line.
    assert_eq!(lines(&basket)[0].0, "-");
    basket.set_quantity(0, quantity("20")).unwrap();
    basket.offer_again(0, &known(), today());
    assert_eq!(lines(&basket)[0].0, "A");
    // Nothing is known any more: what was offered stays.
    basket.offer_again(0, &[], today());
    assert_eq!(lines(&basket)[0].0, "A");
}

#[test]
fn a_label_that_names_the_batch_that_was_offered_adds_to_its_line_and_another_one_stays_apart() {
    let mut basket = empty();
    offer(&mut basket, 0, "1", &known());
    let drug = Arc::clone(&basket.lines[0].drug);
    for (number, expiry) in [
        ("a", "2026-11-30"),
        ("A", "2026-12-31"),
        ("C", "2026-11-30"),
        ("C", "2026-11-30"),
    ] {
        basket
            .add_of(&drug, 0, quantity("1"), scanned(number, expiry), &outlet(), at())
            .unwrap();
    }
    let counts: Vec<_> = lines(&basket)
        .into_iter()
        .map(|(number, count, _)| format!("{count} {number}"))
        .collect();
    assert_eq!(counts, ["2 A", "1 A", "2 C"]);
}

#[test]
fn expired_goods_are_refused_from_a_scan_from_the_card_and_in_a_basket_that_waited() {
    let refused = "Drug 1, batch OLD, expires 2026-03-01: expired, and not sold";
    let mut basket = empty();
    let old = || scanned("OLD", "2026-03-01");
    let added = basket.add_of(&Arc::new(drug(1)), 0, quantity("1"), old(), &outlet(), at());
    assert_eq!(
        added.unwrap_err().to_string(),
        refused.replace("Drug 1", &drug(1).label())
    );
    offer(&mut basket, 0, "1", &known());
    assert!(matches!(
        basket.set_batch(0, old(), today()),
        Err(BasketFault::Expired { .. })
    ));
    assert_eq!(lines(&basket)[0].0, "A");
    let last = Date::new(2026, 11, 30).unwrap();
    assert_eq!(basket.check(2, last), Ok(()));
    let after = basket.check(2, last.tomorrow().unwrap()).unwrap_err();
    assert!(matches!(after, BasketFault::Expired { .. }), "{after}");
    let later = Terms {
        at: at() + SignedDuration::from_hours(24 * 400),
        ..terms()
    };
    assert!(matches!(
        basket.offer(&later, &catalogue()),
        Err(BasketFault::Expired { .. })
    ));
    // What comes back may be expired by then.
    basket.refund_of = Some(Uuid::from_u128(2));
    assert_eq!(basket.check(2, last.tomorrow().unwrap()), Ok(()));
}

#[test]
fn the_batch_is_part_of_what_is_agreed_and_goods_that_come_back_are_offered_none() {
    let mut basket = empty();
    offer(&mut basket, 0, "2", &known());
    offer(&mut basket, 0, "200", &known());
    let agreed = basket.offer(&terms(), &catalogue()).unwrap();
    assert_eq!(agreed.lines[0].batch, Some(scanned("A", "2026-11-30")));
    assert_eq!(agreed.lines[1].batch, None);
    let mut back = empty();
    back.refund_of = Some(Uuid::from_u128(2));
    offer(&mut back, 0, "2", &known());
    assert_eq!(lines(&back)[0].0, "-");
}

proptest! {
    #[test]
    fn no_batch_that_is_offered_is_expired_or_gives_more_than_the_book_has(
        added in prop::collection::vec((0_usize..2, 1_u32..30), 1..10),
        changed in prop::collection::vec((0_usize..4, 1_u32..60), 0..6),
    ) {
        let mut basket = empty();
        for (pack, count) in added {
            offer(&mut basket, pack, &count.to_string(), &known());
        }
        for (line, count) in changed {
            basket.set_quantity(line, quantity(&count.to_string())).unwrap();
            basket.offer_again(line, &known(), today());
        }
        for batch in known() {
            let of_it = basket.lines.iter().filter(|line| line.batch.number.as_deref() == Some(&batch.number));
            let taken: Quantity = of_it.map(BasketLine::base_units).sum();
            let most = if batch.is_expired(today()) { Quantity::ZERO } else { batch.remaining };
            prop_assert!(taken <= most);
        }
    }
}
