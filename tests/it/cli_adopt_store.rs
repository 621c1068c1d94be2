//! `rxtill sync --adopt-store` as a shop does it: it has sold on its own files, and gets a database.
use serde_json::json;

use crate::support::program::Program;
use crate::support::{TestStore, on_every_server};

const SALES: &str = r#"{"employee":"John","lines":[{"drug":"PANA500","quantity":"2"}]}
{"employee":"John","lines":[{"drug":"PANA500B","quantity":"3"},{"drug":"PANA500","quantity":"1"}]}
"#;

on_every_server! {
    async fn a_shop_moves_up_and_sells_on_at_the_next_number(store: TestStore) {
        let shop = Program::embedded();
        shop.load_sample();
        std::fs::write(shop.folder().join("sales.jsonl"), SALES).unwrap();
        shop.done("sell sales.jsonl");
        let report = shop.json("report drug");
        // The same folder, and now there is a database, in which `init` made the schema.
        let settings = store.settings();
        let server = Program::on_mysql(settings, settings);
        std::fs::copy(server.folder().join("rxtill.toml"), shop.folder().join("rxtill.toml")).unwrap();
        let adopt = "sync --adopt-store data/store.sqlite";
        let (code, adopted) = shop.json(adopt);
        assert_eq!(code, 0, "{adopted}");
        assert_eq!((&adopted["sales"], &adopted["lines"]), (&json!(2), &json!(3)), "{adopted}");
        assert!(shop.done(adopt).contains("the same 2 sales, 3 lines"));
        let (code, verdict) = shop.json("verify");
        assert_eq!(code, 0, "{verdict}");
        assert_eq!(verdict["tills"][0]["sales"], 2);
        assert_eq!(shop.json("report drug"), report);
        let sold = shop.done("sell sales.jsonl --json");
        assert!(sold.contains("T01-000003") && sold.contains("T01-000004"), "{sold}");
        assert!(!sold.contains("parked") && !sold.contains("queued"), "{sold}");
        let (code, verdict) = shop.json("verify");
        assert_eq!((code, &verdict["tills"][0]["sales"], &verdict["stock"]), (0, &json!(4), &json!([])), "{verdict}");
    }
}

#[test]
fn without_a_database_it_is_bad_usage() {
    let shop = Program::embedded();
    let output = shop.run("sync --adopt-store data/store.sqlite");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("[mysql]"));
}

#[tokio::test]
async fn without_a_journal_a_file_or_a_closed_till_it_fails_in_a_line() {
    let store = TestStore::mariadb().await;
    let says = |shop: &Program, words: &str| {
        let output = shop.run("sync --adopt-store data/store.sqlite");
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(words), "{said}");
    };
    let shop = Program::on_mysql(store.settings(), store.settings());
    says(&shop, "no such file");
    std::fs::create_dir_all(shop.data()).unwrap();
    std::fs::write(shop.data().join("store.sqlite"), "").unwrap();
    says(&shop, "has no journal");
    let embedded = Program::embedded();
    embedded.load_sample();
    std::fs::write(embedded.folder().join("sales.jsonl"), SALES).unwrap();
    embedded.done("sell sales.jsonl");
    std::fs::copy(shop.folder().join("rxtill.toml"), embedded.folder().join("rxtill.toml")).unwrap();
    let open = rxtill::store::journal::Journal::lock(&embedded.data(), &"T01".parse().unwrap())
        .await
        .unwrap();
    says(&embedded, "T01 is open");
    drop(open);
}
