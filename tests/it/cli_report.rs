//! `rxtill report` as programs and people read it.
use std::path::Path;

use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rxtill::domain::clock::Clock as _;
use rxtill::runtime::clock::SystemClock;
use serde_json::json;

use crate::support::program::Program;

/// The day so many days after the first on which something is sold: `sell` takes no sale of long ago.
fn day(after: i32) -> Date {
    let today = SystemClock.now().to_zoned(TimeZone::UTC).date();
    today.checked_sub((30 - after).days()).unwrap()
}

/// Sells on two days by London's clock, which are three in Nairobi.
fn sold(till: &Program) {
    till.load_sample();
    let doctors = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/sample/doctors.csv");
    till.done(&format!("import doctors {}", doctors.display()));
    let sales = [
        r#"{"employee":"John","lines":[{"drug":"PANA500","quantity":"10"}],"sold_at":"DAY0T09:00:00Z"}"#,
        r#"{"employee":"Asha Noor","doctor":"Mwabili","lines":[{"drug":"AMLO5","quantity":"30"}],"sold_at":"DAY1T09:00:00Z"}"#,
        r#"{"employee":"John","lines":[{"drug":"PANA500","quantity":"1"}],"sold_at":"DAY1T22:30:00Z"}"#,
    ];
    let sales = sales.join("\n");
    let sales = sales
        .replace("DAY0", &day(0).to_string())
        .replace("DAY1", &day(1).to_string());
    std::fs::write(till.folder().join("sales.jsonl"), sales).unwrap();
    till.done("sell sales.jsonl");
}

/// The days around them.
fn all() -> String {
    format!("--from {} --until {}", day(-1), day(9))
}

#[test]
fn a_report_is_json_with_exact_sums_and_days_are_the_outlets_own() {
    let till = Program::embedded();
    sold(&till);
    let (code, report) = till.json(&format!("report day {}", all()));
    assert_eq!(code, 0);
    // Half past ten in the evening in London is the next day in Nairobi.
    let row = |after, sales, quantity, revenue| json!({"key": day(after), "id": null, "sales": sales, "returns": 0, "quantity": quantity, "revenue": revenue});
    assert_eq!(
        report,
        json!({
            "from": day(-1), "until": day(9), "currency": "KES",
            "rows": [row(0, 1, "10", "50.00"), row(1, 1, "30", "120.00"), row(2, 1, "1", "5.00")],
            "total": {"sales": 3, "returns": 0, "quantity": "41", "revenue": "175.00"},
        })
    );
    let (_, report) = till.json(&format!("report employee --date {}", day(2)));
    assert_eq!(report["rows"][0]["key"], "John");
    assert_eq!(
        report["total"],
        json!({"sales": 1, "returns": 0, "quantity": "1", "revenue": "5.00"})
    );
}

#[test]
fn a_report_is_columns_for_people_and_csv_for_a_spreadsheet() {
    let till = Program::embedded();
    sold(&till);
    let words = till.done(&format!("report drug {}", all()));
    let lines: Vec<_> = words.lines().collect();
    assert_eq!(
        lines,
        [
            &format!("{} to {}  sales  returns  quantity     KES", day(-1), day(9)),
            "Amlodipine 5 mg               1        0        30  120.00",
            "Panadol 500 mg                2        0        11   55.00",
            "total                         3        0        41  175.00",
        ]
    );
    let csv = till.done(&format!("report doctor {} --csv", all()));
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("key,id,sales,returns,quantity,revenue,currency"));
    let rest: Vec<_> = lines.collect();
    assert!(
        rest[0].starts_with("Mwabili,") && rest[0].ends_with(",1,0,30,120.00,KES"),
        "{csv}"
    );
    assert_eq!(rest[1], "none,1,2,0,11,55.00,KES");
    assert_eq!(
        till.done("report day --date 2026-08-01").trim(),
        "2026-08-01: nothing was sold"
    );
}

#[test]
fn what_cannot_be_reported_says_what_to_do() {
    let till = Program::embedded();
    sold(&till);
    let fails = |arguments: &str| {
        let output = till.run(arguments);
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    let (code, said) = fails("report outlet --outlet Nowhere");
    assert_eq!(code, Some(1));
    assert!(
        said.contains("no outlet is called Nowhere; there are: ") && said.contains("Mirema meds"),
        "{said}"
    );
    let (code, said) = fails("report day --from 2026-09-05 --until 2026-09-01");
    assert_eq!(code, Some(2));
    assert!(said.contains("turn them round"), "{said}");
    for wrong in [
        "report",
        "report week",
        "report day --csv --json",
        "report day --date 2026-13-01",
    ] {
        assert_eq!(fails(wrong).0, Some(2), "{wrong}");
    }
}
