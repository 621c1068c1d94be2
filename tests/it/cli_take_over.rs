//! `rxtill init --take-over`: new hardware for a till whose machine was lost, or seemed so.
use serde_json::{Value, json};
use uuid::Uuid;

use super::support::pharmacy::Pharmacy;

fn sale(n: u128) -> Value {
    let sale_id = Uuid::from_u128(0x0195_0000_0000_7000_8000_0000_0000_0000 + n);
    json!({"sale_id": sale_id, "employee": "John", "lines": [{"drug": "PANA500", "quantity": "1"}]})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_hardware_takes_a_till_over_and_the_old_one_only_uploads_what_it_promised() {
    let old = Pharmacy::mariadb().await;
    assert_eq!(old.sell("", &[sale(1)]).well()[0]["receipt"], "T01-000001");
    let new = old.another_machine();
    old.database_away(true);
    assert_eq!(old.sell("", &[sale(2)]).well()[0]["state"], "queued");
    old.database_away(false);

    // Not by itself: two machines with one till's id would mix their receipts.
    let (refused, code) = new.verb("sync");
    assert_eq!(code, Some(1));
    assert!(
        refused.as_str().unwrap().contains("rxtill init --take-over T01"),
        "{refused}"
    );
    let (refused, code) = new.verb("init --take-over T02");
    assert_eq!(code, Some(2));
    assert!(refused.as_str().unwrap().contains("[till] id"), "{refused}");

    let said = new.done("init --take-over T01");
    assert!(said.contains("this machine is T01 now, in series 2"), "{said}");
    assert_eq!(new.sell("", &[sale(3)]).well()[0]["receipt"], "T01.2-000001");

    // What the old machine had promised is kept; it sells nothing more.
    old.sync();
    let refused = old.sell("", &[sale(4)]);
    assert_eq!(refused.code, Some(1));
    assert_eq!(refused.answers[0]["state"], "refused", "{:?}", refused.answers);
    let why = refused.answers[0]["error"].as_str().unwrap();
    assert!(why.contains("another machine"), "{why}");

    assert_eq!(new.sell("", &[sale(5)]).well()[0]["receipt"], "T01.2-000002");
    assert_eq!(new.count("SELECT COUNT(*) FROM fact_sale").await, 4);
    assert!(new.verifies());
    // Once more is another series: that is what was asked for.
    let said = new.done("init --take-over T01");
    assert!(said.contains("in series 3"), "{said}");
}
