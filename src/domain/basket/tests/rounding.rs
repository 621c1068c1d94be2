//! Cash where no coin is as small as the currency's last place.
use super::*;
use crate::domain::sale::SalePayment;

/// The tender that bears what cash is rounded by.
fn rounding() -> Tender {
    Tender {
        uuid: Tender::rounding_id(),
        reference_unique: false,
        ..(*tender(9, "Rounding", false, "")).clone()
    }
}

fn with_rounding() -> Catalogue {
    let mut catalogue = catalogue();
    catalogue.apply(CatalogueChanges {
        tenders: vec![rounding()],
        ..CatalogueChanges::default()
    });
    catalogue
}

/// Of an outlet whose smallest coin is this.
fn rule(coin: &str) -> CashRule {
    let outlet = Outlet {
        smallest_coin: money(coin),
        ..outlet()
    };
    CashRule::of(&outlet, &with_rounding())
}

/// "Cash 12.5, Rounding 0.02".
fn words(paid: &[SalePayment]) -> String {
    let words = paid.iter().map(|paid| format!("{} {}", paid.name, paid.amount));
    words.collect::<Vec<_>>().join(", ")
}

#[test]
fn cash_pays_what_there_are_coins_for_and_the_difference_stands_beside_it() {
    let cash = tender(1, "Cash", true, "");
    for (total, coin, handed, expected, change) in [
        ("12.52", "0.05", "12.50", "Cash 12.5, Rounding 0.02", "0"),
        ("12.53", "0.05", "20", "Cash 12.55, Rounding -0.02", "7.45"),
        ("37.50", "1", "38", "Cash 38, Rounding -0.5", "0"),
        ("37.49", "1", "50", "Cash 37, Rounding 0.49", "13"),
        ("37", "1", "50", "Cash 37", "13"),
        // Less than half a coin is paid by none.
        ("0.02", "0.05", "0", "Rounding 0.02", "0"),
        // There are coins for all of it.
        ("12.52", "0.01", "12.52", "Cash 12.52", "0"),
    ] {
        let settled = settle(money(total), &[paid(&cash, handed, None)], &rule(coin)).unwrap();
        assert_eq!(
            (words(&settled.paid).as_str(), settled.change),
            (expected, money(change)),
            "{total}"
        );
        assert_eq!(settled.paid.iter().map(|paid| paid.amount).sum::<Money>(), money(total));
    }
}

#[test]
fn the_exact_amount_in_cash_is_taken_as_it_is() {
    let cash = tender(1, "Cash", true, "");
    let settled = settle(money("12.52"), &[paid(&cash, "12.52", None)], &rule("0.05")).unwrap();
    assert_eq!(words(&settled.paid), "Cash 12.52");
}

#[test]
fn another_tender_pays_to_the_cent_and_only_the_rest_in_cash_is_rounded() {
    let (cash, mpesa) = (tender(1, "Cash", true, ""), tender(2, "M-Pesa", false, ""));
    let settled = settle(money("37.50"), &[paid(&mpesa, "37.50", None)], &rule("1")).unwrap();
    assert_eq!(words(&settled.paid), "M-Pesa 37.5");
    let mixed = [paid(&mpesa, "10.20", None), paid(&cash, "27", None)];
    assert_eq!(
        words(&settle(money("37.50"), &mixed, &rule("1")).unwrap().paid),
        "M-Pesa 10.2, Cash 27, Rounding 0.3"
    );
    // The cents behind the cash are M-Pesa's: nothing is left to round.
    let cents = [paid(&cash, "37", None), paid(&mpesa, "0.50", None)];
    assert_eq!(
        words(&settle(money("37.50"), &cents, &rule("1")).unwrap().paid),
        "Cash 37, M-Pesa 0.5"
    );
    assert!(matches!(
        settle(money("37.50"), &[paid(&mpesa, "38", None)], &rule("1")),
        Err(PaymentFault::TooMuch { .. })
    ));
    assert!(matches!(
        settle(money("37.50"), &[paid(&cash, "37", None)], &rule("1")),
        Err(PaymentFault::Due { .. })
    ));
}

#[test]
fn where_nothing_bears_the_difference_cash_is_exact() {
    let cash = tender(1, "Cash", true, "");
    let rule = CashRule::of(&outlet(), &catalogue());
    assert_eq!(rule.in_coins(money("37.50")), money("37.50"));
    let settled = settle(money("37.50"), &[paid(&cash, "38", None)], &rule).unwrap();
    assert_eq!(
        (words(&settled.paid).as_str(), settled.change),
        ("Cash 37.5", money("0.50"))
    );
}

#[test]
fn what_is_paid_out_is_rounded_too() {
    let cash = tender(1, "Cash", true, "");
    let basket = Basket {
        refund_of: Some(Uuid::from_u128(5)),
        ..basket_of(drug(1), 0, "3")
    };
    let (agreed, _) = basket
        .agree(&[paid(&cash, "38", None)], &terms(), &with_rounding())
        .unwrap();
    assert_eq!(
        (agreed.total, words(&agreed.payments).as_str()),
        (money("-37.50"), "Cash -38, Rounding 0.5")
    );
}

#[test]
fn what_cash_is_rounded_by_is_no_tender_that_anybody_picks() {
    assert_eq!(with_rounding().tenders(), []);
    assert!(with_rounding().find_tender("Rounding").is_err());
}

proptest! {
    #[test]
    fn whatever_is_handed_over_payments_agree_with_the_total_to_the_cent_and_rounding_is_at_most_half_a_coin(
        total in 0_i64..5000,
        coin in prop::sample::select(vec!["0.01", "0.05", "0.10", "0.50", "1", "5"]),
        keyed in prop::collection::vec((any::<bool>(), 0_i64..3000), 0..5),
        last_in_coins in any::<bool>(),
    ) {
        let (cash, card) = (tender(1, "Cash", true, ""), tender(3, "Card", false, ""));
        let cents = |cents: i64| Money::new(rust_decimal::Decimal::new(cents, 2));
        let (total, rule, coin) = (cents(total), rule(coin), money(coin));
        let mut tendered: Vec<_> = keyed
            .into_iter()
            .map(|(by_cash, amount)| Tendered {
                tender: Arc::clone(if by_cash { &cash } else { &card }),
                amount: cents(amount),
                reference: None,
            })
            .collect();
        if last_in_coins && let Ok(reckoning) = reckon(total, &tendered, &CashRule::exact(2)) && !reckoning.due.is_zero() {
            // What the screen takes for Enter settles it, always.
            tendered.push(Tendered { tender: Arc::clone(&cash), amount: rule.in_coins(reckoning.due), reference: None });
            prop_assert!(settle(total, &tendered, &rule).is_ok(), "{tendered:?}");
        }
        let Ok(settled) = settle(total, &tendered, &rule) else { return Ok(()) };
        prop_assert_eq!(settled.paid.iter().map(|paid| paid.amount).sum::<Money>(), total);
        let (rounded, handed): (Vec<_>, Vec<_>) = settled.paid.iter().partition(|paid| paid.name == "Rounding");
        prop_assert!(rounded.len() <= 1);
        for paid in &rounded {
            prop_assert!(paid.amount.abs() + paid.amount.abs() <= coin, "{paid:?}");
            prop_assert!(!paid.amount.is_zero() && paid.tendered == paid.amount && paid.change.is_zero());
            prop_assert_eq!(&tendered.last().unwrap().tender, &cash);
        }
        for paid in &handed {
            prop_assert_eq!(paid.tendered - paid.change, paid.amount);
            prop_assert!(paid.amount > Money::ZERO && (paid.change.is_zero() || paid.name == "Cash"));
        }
        prop_assert_eq!(handed.iter().map(|paid| paid.tendered).sum::<Money>(), tendered.iter().map(|one| one.amount).sum::<Money>());
    }
}
