//! `rxtill queue` through the program itself: what is parked, and that it is recorded once the reason is gone.
use rust_decimal::Decimal;
use rxtill::params;
use serde_json::json;
use uuid::Uuid;

use super::support::pharmacy::Pharmacy;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_parked_sale_is_recorded_once_the_reason_is_gone() {
    let shop = Pharmacy::mariadb().await;
    let one = json!({"employee": "John", "lines": [{"drug": "PANA500", "quantity": "1"}]});
    let broken = json!({"sale_id": Uuid::from_u128(7), "employee": "John", "doctor": "Mwabili",
        "lines": [{"drug": "AMOX500", "quantity": "2"}]});
    let (nothing, code) = shop.verb("queue retry");
    assert_eq!((&nothing["retried"], code), (&json!([]), Some(0)));
    shop.sell("", std::slice::from_ref(&one)).well();
    shop.database_away(true);
    let queued = shop.sell("", &[broken, one.clone()]).well();
    assert_eq!(
        (&queued[0]["state"], &queued[1]["state"]),
        (&json!("queued"), &json!("queued"))
    );
    shop.database_away(false);
    let row: Uuid = shop
        .engine
        .query("SELECT uuid FROM dim_drug WHERE code = 'AMOX500'", params![])
        .await
        .unwrap()[0]
        .get(0)
        .unwrap();
    let set = "UPDATE dim_drug SET uuid = ? WHERE code = 'AMOX500'";
    shop.engine.execute(set, params![Uuid::from_u128(404)]).await.unwrap();
    shop.sync();
    let (queue, _) = shop.verb("queue");
    assert_eq!(
        (&queue["unsent"], &queue["parked"][0]["receipt"]),
        (&json!(0), &json!("T01-000002")),
        "{queue}"
    );
    // Supervisors hear of it, though no screen was open.
    let told = "SELECT COUNT(*) FROM till_event WHERE kind = 'till_alerted' AND payload LIKE '%T01-000002 is parked%'";
    assert_eq!(shop.count(told).await, 1);
    // The reason is still there.
    let (still, code) = shop.verb("queue retry");
    assert_eq!(
        (&still["retried"][0]["state"], code),
        (&json!("parked"), Some(1)),
        "{still}"
    );
    assert!(
        still["retried"][0]["reason"].as_str().unwrap().contains("Amoxil"),
        "{still}"
    );
    assert_eq!(shop.remaining("AMOX500").await, Decimal::TEN);
    shop.engine.execute(set, params![row]).await.unwrap();
    let id = Uuid::from_u128(7).to_string();
    let retry = format!("queue retry {id}");
    // Beside an open till, which has the journal: the till finds it by itself.
    let mut till = shop.feed();
    till.write(&one.to_string());
    assert_eq!(till.json()["state"], "committed");
    let (mended, code) = shop.verb(&retry);
    assert_eq!(
        (&mended["retried"][0]["state"], code),
        (&json!("committed"), Some(0)),
        "{mended}"
    );
    till.end_input();
    assert_eq!(till.ends(), 0);
    shop.sync();
    let (queue, _) = shop.verb("queue");
    assert_eq!(queue["parked"], json!([]), "{queue}");
    assert_eq!(shop.verb(&retry), (mended, Some(0)), "once");
    assert_eq!(shop.remaining("AMOX500").await, Decimal::from(8));
    assert_eq!(shop.count("SELECT COUNT(*) FROM sales").await, 4);
    let (queue, _) = shop.verb("queue");
    assert_eq!((&queue["unsent"], &queue["parked"]), (&json!(0), &json!([])), "{queue}");
    assert!(shop.verifies());
    assert_eq!(
        shop.verb(&format!("queue retry {}", Uuid::nil())).1,
        Some(1),
        "not of this till"
    );
    assert_eq!(shop.verb("queue retry seven").1, Some(2), "no id");
}

/// Three sales of till T01, of which the last two name a drug that the store no longer knows by then.
async fn parked_twice() -> (Pharmacy, [String; 2]) {
    let shop = Pharmacy::mariadb().await;
    shop.import("employees", "name,phone_number,role\nNjeri,0700000203,manager");
    let sold = json!({"employee": "John", "lines": [{"drug": "PANA500", "quantity": "1"}]});
    let [first, second] = [7, 8].map(Uuid::from_u128);
    let unknown = json!({"sale_id": first, "employee": "John", "doctor": "Mwabili",
        "lines": [{"drug": "AMOX500", "quantity": "2"}]});
    let half = json!({"sale_id": second, "employee": "John", "doctor": "Mwabili",
        "lines": [{"drug": "PANA500", "quantity": "1"}, {"drug": "AMOX500", "quantity": "1"}]});
    shop.sell("", std::slice::from_ref(&sold)).well();
    shop.database_away(true);
    shop.sell("", &[unknown, half]).well();
    shop.database_away(false);
    let set = "UPDATE dim_drug SET uuid = ? WHERE code = 'AMOX500'";
    shop.engine.execute(set, params![Uuid::from_u128(404)]).await.unwrap();
    shop.change("dim_drug", "base_unit = base_unit").await;
    shop.sync();
    let (queue, _) = shop.verb("queue");
    assert_eq!(queue["parked"].as_array().unwrap().len(), 2, "{queue}");
    (shop, [first, second].map(|id| id.to_string()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_manager_maps_and_strikes_what_is_parked_and_nobody_else_does() {
    let (shop, [first, second]) = parked_twice().await;
    let said = |arguments: &str| {
        let (answer, code) = shop.verb(arguments);
        (answer.to_string(), code)
    };
    let map = |rest: &str| format!("queue map {first} {rest}");
    for (arguments, code, words) in [
        (map("--drug AMOX500"), 2, "--by"),
        (map("--by Njeri"), 2, "say what it is recorded as"),
        (map("--by Njeri --line 1"), 2, "each --drug wants its --line"),
        (
            map("--by John --drug AMOX500"),
            1,
            "John is a pharmacist: only a manager",
        ),
        (map("--by Nobody --drug AMOX500"), 1, "no employee is called"),
        (map("--by Njeri --drug NOSUCH"), 1, "no drug is called"),
        (map("--by Njeri --line 2 --drug AMOX500"), 1, "the sale names no line 2"),
        (map("--by Njeri --doctor Mwabili"), 1, "doctor is in the database"),
        (
            format!("queue map {} --by Njeri --drug AMOX500", Uuid::nil()),
            1,
            "this till has no sale",
        ),
        (
            format!("queue strike {second} --by John --why a-slip"),
            1,
            "only a manager",
        ),
        (format!("queue strike {second} --by Njeri"), 2, "--why"),
    ] {
        let (answer, ended) = said(&arguments);
        assert!(
            answer.contains(words) && ended == Some(code),
            "{arguments}: {ended:?} {answer}"
        );
    }
    assert_eq!(shop.count("SELECT COUNT(*) FROM sale_resolved").await, 0);

    let mapped = map("--by Njeri --drug AMOX500");
    let (answer, code) = shop.verb(&mapped);
    assert_eq!(
        (&answer["state"], &answer["receipt"], code),
        (&json!("committed"), &json!("T01-000002"), Some(0)),
        "{answer}"
    );
    assert_eq!(shop.verb(&mapped), (answer, Some(0)), "once");
    assert_eq!(shop.remaining("AMOX500").await, Decimal::from(8));

    // Beside an open till, which has the journal: it finds by itself what was settled.
    let mut till = shop.feed();
    let one = json!({"employee": "John", "lines": [{"drug": "PANA500", "quantity": "1"}]});
    till.write(&one.to_string());
    assert_eq!(till.json()["state"], "committed");
    let (answer, code) = shop.verb(&format!("queue strike {second} --by Njeri --why rung-up-again"));
    assert_eq!(
        (&answer["state"], &answer["reason"], code),
        (&json!("struck"), &json!("rung-up-again"), Some(0)),
        "{answer}"
    );
    let told = std::time::Instant::now();
    while shop.verb("queue").0["parked"] != json!([]) {
        assert!(told.elapsed().as_secs() < 30, "the till did not find it");
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    till.end_input();
    assert_eq!(till.ends(), 0);
    shop.sync();

    let (shown, _) = shop.verb(&format!("queue show {second}"));
    assert_eq!(
        (&shown["state"], &shown["reason"]),
        (&json!("struck"), &json!("rung-up-again")),
        "{shown}"
    );
    assert_eq!(shop.verb(&format!("queue retry {second}")).1, Some(1), "for good");
    assert_eq!(shop.count("SELECT COUNT(*) FROM sales").await, 3);
    assert_eq!(
        shop.remaining("AMOX500").await,
        Decimal::from(8),
        "nothing of the struck one"
    );
    for kind in ["sale_mended", "sale_struck"] {
        let sql = format!("SELECT COUNT(*) FROM till_event WHERE kind = '{kind}'");
        assert_eq!(shop.count(&sql).await, 1, "{kind}");
    }
    let by = "SELECT COUNT(*) FROM sale_resolved WHERE resolved_by = 'Njeri, T01'";
    assert_eq!(shop.count(by).await, 2);
    let detail = "SELECT COUNT(*) FROM sale_resolved WHERE detail LIKE 'line 1: % AMOX500 Amoxil 500 mg'";
    assert_eq!(shop.count(detail).await, 1);
    assert!(shop.verifies());
}
