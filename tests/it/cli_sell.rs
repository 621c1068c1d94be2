//! `rxtill sell` through the program itself, on the embedded store and on MariaDB.
use rust_decimal::Decimal;
use rxtill::params;
use serde_json::{Value, json};
use uuid::Uuid;

use super::support::pharmacy::{Pharmacy, on_both_stores};

fn id(n: u128) -> Uuid {
    Uuid::from_u128(0x0195_0000_0000_7000_8000_0000_0000_0000 + n)
}

fn sale(n: u128, lines: &Value) -> Value {
    json!({"sale_id": id(n), "employee": "John", "lines": lines})
}

fn with(mut sale: Value, field: &str, value: Value) -> Value {
    sale[field] = value;
    sale
}

/// State, receipt and total of each answer.
fn said(answers: &[Value]) -> Vec<(&str, Option<&str>, Option<&str>)> {
    answers
        .iter()
        .map(|row| {
            (
                row["state"].as_str().unwrap(),
                row["receipt"].as_str(),
                row["total"].as_str(),
            )
        })
        .collect()
}

on_both_stores! {
    async fn a_sale_id_seen_before_is_the_same_sale_whatever_the_catalogue_says_now(shop: Pharmacy) {
        let asked = [
            sale(1, &json!([{"drug": "PANA500", "quantity": "4"}, {"drug": "6161100012370", "quantity": "1"}])),
            with(sale(2, &json!([{"drug": "Amoxil", "quantity": "1"}])), "doctor", json!("Mwabili")),
            with(sale(3, &json!([{"drug": "PANA500", "quantity": "1", "unit": "strip 10", "discount": "5"}])),
                "payments", json!([{"method": "cash", "amount": "100"}])),
        ];
        let first = shop.sell("", &asked).well();
        assert_eq!(said(&first)[0], ("committed", Some("T01-000001"), Some("65.00")));
        shop.import("drugs", "code,name,strength,price,tax_code,base_unit,pack_name,pack_units,pack_price,pack_code
            PANA500,Panadol Neu,500 mg,6.00,E,tab,strip 10,10,55.00,6161100012370");
        shop.change("dim_drug", "active = 0").await;
        shop.change("dim_employee", "active = 0").await;
        shop.change("dim_doctor", "name = 'Another', name_key = 'another', active = 0").await;
        let again = shop.sell("", &asked).well();
        for (first, again) in first.iter().zip(&again) {
            assert_eq!(again["repeated"], true, "{again}");
            for field in ["sale_id", "receipt", "state", "total", "error"] {
                assert_eq!(again[field], first[field], "{field}");
            }
        }
        let other = [
            sale(1, &json!([{"drug": "PANA500", "quantity": "5"}, {"drug": "6161100012370", "quantity": "1"}])),
            sale(1, &json!([{"drug": "PANA500", "quantity": "4"}])),
            sale(1, &json!([{"drug": "PANA500", "quantity": "4"}, {"drug": "PANA500", "quantity": "1"}])),
            sale(1, &json!([{"drug": "PANA500", "quantity": "4", "unit_price": "1"}, {"drug": "6161100012370", "quantity": "1"}])),
            sale(2, &json!([{"drug": "Amoxil", "quantity": "1"}])),
            with(asked[1].clone(), "employee", json!("Asha")),
            with(asked[1].clone(), "refund_of", json!(id(1))),
            with(asked[2].clone(), "payments", json!([{"method": "cash", "amount": "50"}])),
        ];
        let refused = shop.sell("", &other);
        assert_eq!(refused.code, Some(1));
        for (answer, asked) in refused.answers.iter().zip(&other) {
            assert_eq!((&answer["state"], &answer["sale_id"]), (&json!("refused"), &asked["sale_id"]));
            assert!(answer["error"].as_str().unwrap().contains("other content"), "{answer}");
        }
        assert_eq!(shop.count("SELECT COUNT(*) FROM sale").await, 3);
    }

    async fn a_sale_that_a_restored_journal_has_forgotten_is_still_the_same_sale(shop: Pharmacy) {
        let asked: Vec<_> = (1..=4).map(|n| sale(n, &json!([{"drug": "PANA500", "quantity": n.to_string()}]))).collect();
        shop.sell("", &asked[..1]).well();
        let image = shop.image();
        let first = shop.sell("", &asked[..3]).well();
        shop.restore(&image);
        shop.import("drugs", "code,name,price\nPANA500,Panadol,6.00");
        let again = shop.sell("", &asked).well();
        for (first, again) in first.iter().zip(&again) {
            assert_eq!((&again["receipt"], &again["total"]), (&first["receipt"], &first["total"]));
            assert_eq!((&again["state"], &again["repeated"]), (&json!("committed"), &json!(true)));
        }
        assert_eq!(again[3]["total"], "24.00");
        shop.sync();
        assert_eq!(shop.count("SELECT COUNT(*) FROM sales").await, 4);
        assert_eq!(shop.remaining("PANA500").await, Decimal::from(630));
        assert!(shop.verifies());
    }

    async fn the_catalogue_is_followed_while_lines_come_in(shop: Pharmacy) {
        let mut till = shop.feed();
        let mut total = |drug: &str| {
            till.write(&json!({"employee": "John", "lines": [{"drug": drug, "quantity": "1"}]}).to_string());
            till.json()["total"].as_str().map(str::to_owned)
        };
        assert_eq!(total("PANA500").as_deref(), Some("5.00"));
        shop.import("drugs", "code,name,price,tax_code,base_unit\nPANA500,Panadol,7.00,E,tab\nNEW1,Novum,9.00,E,tab");
        // Not known a moment ago: the store is asked before it is refused.
        assert_eq!(total("NEW1").as_deref(), Some("9.00"));
        assert_eq!(total("PANA500").as_deref(), Some("7.00"));
        till.end_input();
        assert_eq!(till.ends(), 0);
    }

    async fn a_refused_line_says_what_is_known_of_it(shop: Pharmacy) {
        let panadol = json!([{"drug": "PANA500", "quantity": "2"}]);
        let lines = [
            with(sale(1, &panadol), "employe", json!("a slip")),
            sale(2, &json!([{"drug": "NOSUCH", "quantity": "2"}])),
            with(sale(3, &panadol), "employee", json!("Nobody")),
            with(sale(4, &panadol), "payments", json!([{"method": "cash", "amount": "9"}])),
            sale(5, &json!([{"drug": "AMOX500", "quantity": "2"}])),
            with(sale(6, &json!([{"drug": "AMOX500", "quantity": "11"}])), "doctor", json!("Mwabili")),
        ];
        let refused = shop.sell("", &lines);
        assert_eq!(refused.code, Some(1));
        let totals: Vec<_> = refused.answers.iter().map(|answer| answer["total"].as_str()).collect();
        assert_eq!(totals, [None, None, Some("10.00"), Some("10.00"), Some("24.00"), Some("132.00")]);
        for (n, answer) in (1..).zip(&refused.answers) {
            assert_eq!((&answer["sale_id"], &answer["line"]), (&json!(id(n)), &json!(n)));
            assert_eq!((&answer["state"], &answer["receipt"]), (&json!("refused"), &Value::Null));
            assert!(!answer["error"].as_str().unwrap().is_empty());
        }
        assert_eq!(shop.count("SELECT COUNT(*) FROM sale").await, 0);
        let next = shop.sell("", &[sale(7, &panadol)]).well();
        assert_eq!(next[0]["receipt"], "T01-000001", "a refused sale uses up no number");
    }

    async fn what_was_sold_comes_back_at_the_price_that_was_paid_and_not_twice(shop: Pharmacy) {
        let line = |drug: &str, quantity: &str| json!([{"drug": drug, "quantity": quantity}]);
        let sold = with(sale(1, &json!([{"drug": "AMOX500", "quantity": "4", "unit_price": "10"}])), "doctor", json!("Mwabili"));
        shop.sell("", &[sold]).well();
        assert_eq!(shop.remaining("AMOX500").await, Decimal::from(6));
        let back = |n: u128, quantity: &str| with(sale(n, &line("AMOX500", quantity)), "refund_of", json!(id(1)));
        let answers = shop.sell("", &[
            back(2, "3"),
            back(3, "2"),
            with(back(4, "1"), "payments", json!([{"method": "cash", "amount": "9"}])),
            with(sale(5, &line("PANA500", "1")), "refund_of", json!(id(1))),
            with(sale(6, &line("AMOX500", "1")), "refund_of", json!(id(404))),
            with(back(7, "1"), "payments", json!([{"method": "cash", "amount": "10"}])),
        ]);
        assert_eq!(answers.code, Some(1));
        assert_eq!(said(&answers.answers), [
            ("committed", Some("T01-000002"), Some("-30.00")),
            ("refused", None, Some("-20.00")),
            ("refused", None, Some("-10.00")),
            ("refused", None, Some("-5.00")),
            ("refused", None, Some("-12.00")),
            ("committed", Some("T01-000003"), Some("-10.00")),
        ]);
        assert_eq!(shop.remaining("AMOX500").await, Decimal::TEN);
        let again = shop.sell("", &[back(2, "3")]).well();
        assert_eq!((&again[0]["repeated"], &again[0]["total"]), (&json!(true), &json!("-30.00")));
        assert_eq!(shop.count("SELECT COUNT(*) FROM fact_sale WHERE kind = 'return' AND quantity_sold < 0").await, 2);
        assert_eq!(shop.count("SELECT COUNT(*) FROM fact_payment WHERE amount < 0").await, 2);
        assert!(shop.verifies());
    }

    async fn a_price_and_a_discount_of_the_counter_stand(shop: Pharmacy) {
        let line = |extra: Value| {
            let mut line = json!({"drug": "PANA500", "quantity": "3"});
            line.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
            json!([line])
        };
        let answers = shop.sell("", &[
            sale(1, &line(json!({"unit_price": "4.50"}))),
            sale(2, &line(json!({"discount": "2.25"}))),
            sale(3, &line(json!({"unit_price": "0"}))),
            sale(4, &line(json!({"discount": "15"}))),
            sale(5, &line(json!({"discount": "15.01"}))),
            sale(6, &line(json!({"discount": "-1"}))),
            sale(7, &line(json!({"unit_price": "-4"}))),
            sale(8, &line(json!({"unit_price": "4.505"}))),
            sale(9, &line(json!({"unit": "strip 10", "discount": "0.50"}))),
        ]);
        assert_eq!(said(&answers.answers), [
            ("committed", Some("T01-000001"), Some("13.50")),
            ("committed", Some("T01-000002"), Some("12.75")),
            ("committed", Some("T01-000003"), Some("0.00")),
            ("committed", Some("T01-000004"), Some("0.00")),
            ("refused", None, None),
            ("refused", None, Some("16.00")),
            ("refused", None, None),
            ("refused", None, None),
            ("committed", Some("T01-000005"), Some("134.50")),
        ]);
        let flagged = "SELECT COUNT(*) FROM sale WHERE flags = 'price_differs'";
        assert_eq!(shop.count(flagged).await, 2);
        assert_eq!(shop.remaining("PANA500").await, Decimal::from(640 - 12 - 30));
        assert!(shop.verifies());
    }

    async fn what_the_book_does_not_have_is_sold_only_where_it_is_allowed(shop: Pharmacy) {
        let eleven = |n: u128, drug: &str| {
            with(sale(n, &json!([{"drug": drug, "quantity": "11"}])), "doctor", json!("Mwabili"))
        };
        let refused = shop.sell("", &[eleven(1, "AMOX500")]);
        assert_eq!(refused.code, Some(1));
        assert!(refused.answers[0]["error"].as_str().unwrap().contains("the book says 10"), "{:?}", refused.answers);
        let refused = shop.sell("--oversell refuse", &[eleven(1, "AMOX500")]);
        assert_eq!(said(&refused.answers), [("refused", None, Some("132.00"))]);
        let held = shop.sell("--oversell allow", &[eleven(1, "AMOX500")]).well();
        assert_eq!(said(&held), [("committed", Some("T01-000001"), Some("132.00"))]);
        assert_eq!(shop.remaining("AMOX500").await, -Decimal::ONE);
        // A controlled drug is never given out beyond the book.
        let controlled = shop.sell("--oversell allow", &[eleven(2, "TRAM50")]);
        assert_eq!(said(&controlled.answers), [("refused", None, Some("220.00"))]);
        assert_eq!(shop.remaining("TRAM50").await, Decimal::TEN);
        let moved = "SELECT SUM(quantity) FROM stock_movement m JOIN dim_drug d ON d.id = m.drug_id AND d.code = 'AMOX500'";
        let sum: Decimal = shop.engine.query(moved, params![]).await.unwrap()[0].get(0).unwrap();
        assert_eq!(sum, -Decimal::ONE);
    }

    async fn a_batch_that_is_named_is_recorded_given_back_and_refused_when_it_is_expired(shop: Pharmacy) {
        let of = |n: u128, line: Value| sale(n, &json!([line]));
        let asked = [
            of(1, json!({"drug": "PANA500", "quantity": "4", "batch": "L41B", "expiry": "2099-03-31"})),
            of(2, json!({"drug": "PANA500", "quantity": "1"})),
            with(of(3, json!({"drug": "PANA500", "quantity": "3"})), "refund_of", json!(id(1))),
        ];
        shop.sell("", &asked).well();
        // In other letters, and left open, it is the same sale; another batch is another one.
        let again = [
            of(1, json!({"drug": "PANA500", "quantity": "4", "batch": "l41b"})),
            of(1, json!({"drug": "PANA500", "quantity": "4"})),
            asked[2].clone(),
        ];
        assert!(shop.sell("", &again).well().iter().all(|answer| answer["repeated"] == true));
        let refused = [
            (of(1, json!({"drug": "PANA500", "quantity": "4", "batch": "OTHER"})), "other content"),
            (of(4, json!({"drug": "PANA500", "quantity": "4", "batch": "L0", "expiry": "2026-01-31"})), "expired, and not sold"),
            (of(5, json!({"drug": "PANA500", "quantity": "4", "batch": "two words"})), "batch: "),
        ];
        for (line, why) in refused {
            let sold = shop.sell("", &[line]);
            assert_eq!((sold.code, &sold.answers[0]["state"]), (Some(1), &json!("refused")));
            assert!(sold.answers[0]["error"].as_str().unwrap().contains(why), "{:?}", sold.answers);
        }
        let of_batch = "SELECT SUM(m.quantity) FROM stock_movement m JOIN stock_batch b ON b.id = m.batch_id WHERE b.batch = 'L41B'";
        let sum: Decimal = shop.engine.query(of_batch, params![]).await.unwrap()[0].get(0).unwrap();
        assert_eq!(sum, Decimal::NEGATIVE_ONE);
        assert_eq!(shop.count("SELECT COUNT(*) FROM fact_sale WHERE batch_id = 1").await, 1);
        assert!(shop.verifies());
    }
}
