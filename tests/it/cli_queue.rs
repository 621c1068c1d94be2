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
