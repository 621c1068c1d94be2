//! Cash in coins, where none is as small as the currency's last place: on the screen, by `sell`, in the store.
use rust_decimal::Decimal;
use rxtill::app::Effect;
use rxtill::domain::catalogue::Tender;
use rxtill::domain::sale::SalePayment;
use rxtill::params;
use rxtill::store::ports::{Oversell, SaleStore as _};
use rxtill::store::verify::verify;
use uuid::Uuid;

use super::screens::{sample, take};
use super::support::shop::{Shop, UNCOUNTED, sale};
use super::support::till::Till;
use super::support::{TestStore, on_every_store};

/// Three Panadol Extra for 21.00, at the payment of an outlet whose smallest coin is 5.
async fn at_the_payment() -> Till {
    let mut changes = sample().await;
    for outlet in &mut changes.outlets {
        outlet.smallest_coin = "5".parse().unwrap();
    }
    let mut till = Till::knowing(changes);
    take(&mut till, "mirema");
    take(&mut till, "john");
    take(&mut till, "3*panadol extra");
    till.press("+");
    till
}

/// What was sold: "Cash 20 - 0, Rounding 1 - 0", each tendered and given back.
fn sold(till: &mut Till) -> Vec<String> {
    let sold = till.wanted().into_iter().filter_map(|effect| match effect {
        Effect::Sell { agreed, .. } => {
            assert_eq!(
                agreed
                    .payments
                    .iter()
                    .map(|paid| paid.amount)
                    .sum::<rxtill::domain::money::Money>(),
                agreed.total
            );
            Some(agreed.payments)
        }
        _ => None,
    });
    let one = |paid: &SalePayment| format!("{} {} - {}", paid.name, paid.tendered, paid.change);
    sold.map(|payments| payments.iter().map(one).collect::<Vec<_>>().join(", "))
        .collect()
}

#[tokio::test]
async fn enter_takes_in_cash_what_there_are_coins_for_and_the_screen_says_both_figures() {
    let mut till = at_the_payment().await;
    for (wide, high) in [(80, 24), (120, 40), (45, 20)] {
        insta::assert_snapshot!(format!("payment_in_coins_{wide}x{high}"), till.screen(wide, high));
    }
    till.press("Enter");
    assert_eq!(
        sold(&mut till),
        ["Cash 20 - 0, Rounding 1 - 0"],
        "{}",
        till.screen(80, 24)
    );
}

#[tokio::test]
async fn change_is_given_in_coins_and_another_tender_pays_to_the_cent() {
    let mut till = at_the_payment().await;
    till.write("50");
    assert!(till.screen(80, 24).contains("CHANGE 30.00"), "{}", till.screen(80, 24));
    till.press("Enter");
    assert_eq!(sold(&mut till), ["Cash 50 - 30, Rounding 1 - 0"]);
    let mut till = at_the_payment().await;
    till.press("d Enter");
    assert_eq!(sold(&mut till), ["Card 21 - 0"]);
    let mut till = at_the_payment().await;
    till.write("8");
    till.press("d Enter");
    assert!(
        till.screen(80, 24).contains("13.00 due, in coins 15.00"),
        "{}",
        till.screen(80, 24)
    );
    till.press("Enter");
    assert_eq!(sold(&mut till), ["Card 8 - 0, Cash 15 - 0, Rounding -2 - 0"]);
}

on_every_store! {
    async fn what_cash_was_rounded_by_is_recorded_beside_it_and_verified(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let mut agreed = sale(Uuid::from_u128(1), &[(UNCOUNTED, "3")]);
        let cash = &mut agreed.payments[0];
        (cash.amount, cash.tendered) = ("38".parse().unwrap(), "38".parse().unwrap());
        let by = "-0.50".parse().unwrap();
        let rounding = SalePayment { tender: Tender::rounding_id(), name: "Rounding".into(), amount: by, tendered: by, ..cash.clone() };
        agreed.payments.push(rounding);
        shop.store.commit(&shop.till("T01").await.place(agreed), Oversell::Refuse).await.unwrap();
        let paid: Decimal = shop.engine.query("SELECT SUM(amount) FROM fact_payment", params![]).await.unwrap()[0].get(0).unwrap();
        assert_eq!(paid, "37.50".parse().unwrap());
        let verdict = verify(shop.engine.as_ref(), None, None).await.unwrap().pop().unwrap();
        assert_eq!((verdict.sales, verdict.broken), (1, None));
    }

    async fn a_till_that_knows_the_catalogue_already_is_told_of_the_tender_that_bears_rounding(store: TestStore) {
        let all = rxtill::store::star::Store::new(store.engine.clone()).catalogue_changes((Uuid::nil(), 0)).await.unwrap();
        let n: i64 = {
            let sql = "SELECT changed_n FROM dim_tender WHERE name = 'Rounding'";
            store.engine.query(sql, params![]).await.unwrap()[0].get(0).unwrap()
        };
        assert!(n > 0 && n <= all.n, "{n} of {}", all.n);
        let newer = rxtill::store::star::Store::new(store.engine.clone()).catalogue_changes((all.epoch, n - 1)).await.unwrap();
        assert_eq!(newer.tenders.iter().map(|tender| tender.name.as_str()).collect::<Vec<_>>(), ["Rounding"]);
    }
}

mod by_sell {
    use rust_decimal::Decimal;
    use rxtill::params;
    use serde_json::{Value, json};
    use uuid::Uuid;

    use crate::support::pharmacy::{Pharmacy, on_both_stores};

    on_both_stores! {
        async fn sell_takes_exact_cash_in_coins_as_the_screen_does_and_knows_the_sale_again(shop: Pharmacy) {
            let coins = "UPDATE dim_outlet SET smallest_coin = ?";
            shop.engine.execute(coins, params!["0.50".parse::<Decimal>().unwrap()]).await.unwrap();
            let id = |n: u128| Uuid::from_u128(0x0195_0000_0000_7000_8000_0000_0000_0000 + n);
            let asked = |n: u128, price: &str, payments: Value| {
                json!({"sale_id": id(n), "employee": "John", "payments": payments,
                    "lines": [{"drug": "PANA500", "quantity": "1", "unit_price": price}]})
            };
            let cash = |amount: &str| json!([{"method": "cash", "amount": amount}]);
            let all = [
                asked(1, "12.70", json!([])),
                asked(2, "12.70", cash("12.50")),
                asked(3, "12.70", cash("12.70")),
                asked(4, "12.80", cash("20")),
            ];
            for repeated in [false, true] {
                for answer in shop.sell("", &all).well() {
                    assert_eq!((answer["state"].as_str(), answer["repeated"].as_bool()), (Some("committed"), Some(repeated)), "{answer}");
                }
            }
            let other = shop.sell("", &[asked(2, "12.70", cash("13")), asked(9, "12.70", json!([{"method": "Rounding", "amount": "12.70"}]))]);
            assert!(other.answers.iter().all(|answer| answer["state"] == "refused"), "{:?}", other.answers);
            let differs = "SELECT COUNT(*) FROM (SELECT f.sale_id FROM fact_sale f JOIN
            (SELECT sale_id, SUM(amount) AS paid FROM fact_payment GROUP BY sale_id) p ON p.sale_id = f.sale_id
            WHERE f.line_total <> p.paid) AS differing";
            assert_eq!(shop.count(differs).await, 0);
            let rounded = "SELECT SUM(p.amount) FROM fact_payment p JOIN dim_tender t ON t.id = p.tender_id AND t.name = 'Rounding'";
            let sum: Decimal = shop.engine.query(rounded, params![]).await.unwrap()[0].get(0).unwrap();
            assert_eq!(sum, "0.20".parse().unwrap(), "0.20, 0.20, nothing, -0.20");
            assert!(shop.verifies());
        }
    }
}
