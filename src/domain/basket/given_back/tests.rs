use proptest::prelude::*;

use super::*;
use crate::domain::basket::tests::{basket_of, catalogue, drug, money, paid, quantity, tender, terms};
use crate::domain::sale::SaleKind;

/// So many tablets or strips at this price each, less this, sold for exact cash.
fn sold(pack: usize, count: &str, price: &str, off: &str) -> Agreed {
    let mut basket = basket_of(drug(1), pack, count);
    basket.lines[0].unit_price = money(price);
    basket.lines[0].discount = Discount::Amount(money(off));
    in_cash(&basket)
}

/// So much of its line comes back now.
fn back(original: &Original, count: &str) -> Agreed {
    let mut basket = Basket::new(Uuid::from_u128(77));
    basket.refund_of = Some(original.sale().sale_id);
    let line = original.clone().take(0, &Arc::new(drug(1)), quantity(count), 2);
    basket.lines.extend(line);
    in_cash(&basket)
}

fn in_cash(basket: &Basket) -> Agreed {
    let total = basket.total(2);
    let cash = tender(1, "Cash", true, "");
    let paid = [paid(&cash, &total.fixed(2), None)];
    let paid = if total.is_zero() { &paid[..0] } else { &paid[..] };
    basket.agree(paid, &terms(), &catalogue()).unwrap().0
}

#[test]
fn a_part_of_a_line_comes_back_at_its_part_of_what_was_paid() {
    let original = Original::new(sold(0, "10", "12", "20"), &[]);
    let agreed = back(&original, "3");
    assert_eq!(agreed.kind, SaleKind::Return);
    let line = &agreed.lines[0];
    assert_eq!(
        (line.unit_price, line.discount, line.total),
        (money("12"), money("-6"), money("-30"))
    );
    assert_eq!(agreed.total, money("-30"));
}

#[test]
fn the_tax_is_that_of_the_sale_whatever_it_is_today() {
    let mut sale = sold(0, "2", "11.60", "0");
    sale.lines[0].tax.code = String::from("OLD");
    sale.lines[0].tax.rate = rust_decimal::Decimal::from(16);
    let agreed = back(&Original::new(sale, &[]), "2");
    let tax = &agreed.lines[0].tax;
    assert_eq!((tax.code.as_str(), tax.amount), ("OLD", money("-3.20")));
}

#[test]
fn what_came_back_by_another_unit_is_not_left_twice() {
    let sale = sold(1, "3", "110", "0");
    let tablets = back(&Original::new(sold(0, "5", "11", "0"), &[]), "5");
    let original = Original::new(sale, &[tablets]);
    assert_eq!(
        (original.came_back(0), original.left(0)),
        (quantity("0.5"), quantity("2"))
    );
    assert!(!original.is_all_back());
}

#[test]
fn more_than_was_paid_never_comes_back() {
    let sale = sold(0, "4", "10", "0");
    let mut too_much = back(&Original::new(sale.clone(), &[]), "1");
    too_much.lines[0].total = money("-35");
    let original = Original::new(sale, &[too_much]);
    assert_eq!(back(&original, "2").total, Money::ZERO);
    assert_eq!(back(&original, "3").total, money("-5"));
}

#[test]
fn a_unit_that_the_drug_has_no_more_is_that_of_the_sale() {
    let mut sale = sold(1, "2", "110", "0");
    sale.lines[0].unit = String::from("tube 7");
    sale.lines[0].unit_factor = quantity("7");
    let agreed = back(&Original::new(sale, &[]), "1");
    assert_eq!(agreed.lines[0].unit, "tube 7");
    assert_eq!(agreed.lines[0].quantity(), quantity("-7"));
}

#[test]
fn a_drug_that_is_not_known_is_named() {
    let original = Original::new(sold(0, "2", "10", "0"), &[]);
    let fault = original.basket(Uuid::nil(), &[quantity("1")], &Catalogue::default(), 2);
    assert_eq!(
        fault.unwrap_err().to_string(),
        "Aspirin 300 mg is not in this till's catalogue yet"
    );
}

proptest! {
    #[test]
    fn parts_never_sum_up_to_more_than_was_paid_and_all_of_them_to_just_that(
        parts in prop::collection::vec(1_u32..9, 1..7),
        price in 1_u32..100_000,
        off in 0_u32..=100,
    ) {
        let all: u32 = parts.iter().sum();
        let price = Money::new(rust_decimal::Decimal::new(price.into(), 3));
        let gross = price.times(quantity(&all.to_string()), 2);
        let off = gross.percent(off.into(), 2);
        let sale = sold(0, &all.to_string(), &price.to_string(), &off.to_string());
        let mut returns: Vec<Agreed> = Vec::new();
        let mut rest = all;
        for part in parts {
            let original = Original::new(sale.clone(), &returns);
            prop_assert_eq!(original.left(0), quantity(&rest.to_string()));
            let agreed = back(&original, &part.to_string());
            prop_assert!(agreed.lines[0].discount <= Money::ZERO);
            returns.push(agreed);
            rest -= part;
        }
        let given: Money = returns.iter().map(|sale| -sale.total).sum();
        prop_assert!(given <= sale.total);
        // A price finer than the currency may leave the last part a cent short of its share: a part is never dearer than
        // so many units are.
        let short = (sale.total - given).decimal();
        let fine = !price.fits(2);
        prop_assert!(short.is_zero() || (fine && short <= rust_decimal::Decimal::new(1, 2) * rust_decimal::Decimal::from(returns.len())), "{short}");
        prop_assert!(Original::new(sale, &returns).is_all_back());
    }
}
