//! A chain on an ordinary morning with a few things wrong, as the live screen is told of it.
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rxtill::app::Message;
use rxtill::app::live::{LiveNews, LiveState};
use rxtill::domain::money::{Money, Quantity};
use rxtill::domain::supervision::overview::{
    Amount, Beside, Counts, DayLine, Head, HourLine, OutletLine, OutletState, SPARKS, TotalLine,
};
use rxtill::domain::supervision::{Alert, AlertNote, Overview, RowKind, RuleName, Severity, StreamRow, Subject};
use uuid::Uuid;

use super::till::Till;

fn money(amount: i64) -> Money {
    Money::new(amount.into())
}

fn amount(sum: i64) -> Amount {
    Amount {
        currency: String::from("KES"),
        places: 2,
        sum: money(sum),
    }
}

fn ago(now: Timestamp, seconds: i64) -> Timestamp {
    now - SignedDuration::from_secs(seconds)
}

/// Name, region, revenue, sales, a week ago, the last hour, and how long ago the last sale was.
type Shop = (&'static str, &'static str, i64, u64, i64, [u64; SPARKS], i64);

const SHOPS: [Shop; 21] = [
    (
        "Mtwapa",
        "Coast",
        8_120,
        19,
        19_300,
        [2, 3, 3, 2, 1, 1, 0, 0, 0, 0, 0, 0],
        2_040,
    ),
    (
        "Uhuru Corner",
        "Nairobi",
        61_050,
        140,
        54_500,
        [3, 4, 5, 5, 6, 7, 8, 7, 6, 5, 6, 7],
        2,
    ),
    (
        "Lakeside",
        "Nyanza",
        12_400,
        33,
        0,
        [2, 3, 3, 2, 0, 0, 0, 0, 0, 0, 0, 0],
        5_520,
    ),
    (
        "Kilifi Bay",
        "Coast",
        58_210,
        131,
        53_400,
        [2, 3, 5, 7, 6, 5, 3, 2, 1, 2, 3, 5],
        7,
    ),
    (
        "Mirema meds",
        "Nairobi",
        49_900,
        122,
        48_000,
        [3, 3, 4, 5, 5, 4, 4, 5, 5, 6, 5, 4],
        14,
    ),
    (
        "Nyali",
        "Coast",
        44_015,
        97,
        44_900,
        [1, 2, 3, 3, 3, 4, 5, 4, 4, 3, 3, 3],
        53,
    ),
    (
        "Kisumu Oginga",
        "Nyanza",
        41_780,
        101,
        41_400,
        [2, 2, 2, 3, 4, 4, 5, 4, 4, 3, 3, 3],
        88,
    ),
    (
        "Eldoret Main",
        "Rift",
        39_620,
        88,
        38_500,
        [1, 1, 2, 3, 3, 3, 4, 4, 3, 3, 2, 2],
        35,
    ),
    (
        "Thika Rd",
        "Nairobi",
        36_105,
        90,
        32_500,
        [2, 3, 3, 2, 3, 3, 3, 4, 4, 5, 4, 3],
        10,
    ),
    (
        "Nakuru West",
        "Rift",
        31_240,
        71,
        32_500,
        [1, 2, 2, 2, 3, 3, 3, 3, 2, 2, 3, 3],
        63,
    ),
    (
        "Malindi",
        "Coast",
        29_985,
        66,
        28_000,
        [1, 2, 3, 3, 2, 3, 4, 4, 3, 2, 2, 3],
        21,
    ),
    (
        "Westlands",
        "Nairobi",
        28_410,
        52,
        28_700,
        [1, 1, 2, 2, 3, 3, 4, 5, 4, 3, 3, 2],
        44,
    ),
    (
        "Ngong",
        "Nairobi",
        27_300,
        70,
        26_000,
        [2, 3, 3, 3, 2, 3, 3, 3, 3, 4, 3, 2],
        18,
    ),
    (
        "Kakamega",
        "Western",
        25_115,
        61,
        24_600,
        [2, 2, 3, 3, 3, 2, 3, 3, 3, 3, 2, 2],
        111,
    ),
    (
        "Voi",
        "Coast",
        22_910,
        49,
        21_600,
        [1, 1, 2, 3, 3, 3, 2, 3, 3, 2, 2, 2],
        77,
    ),
    (
        "Kericho",
        "Rift",
        21_480,
        50,
        21_300,
        [1, 2, 3, 3, 3, 2, 3, 3, 2, 2, 2, 2],
        39,
    ),
    (
        "Embu",
        "Eastern",
        20_700,
        47,
        21_300,
        [2, 2, 1, 2, 2, 3, 3, 2, 2, 2, 3, 2],
        124,
    ),
    (
        "Machakos",
        "Eastern",
        20_155,
        51,
        18_700,
        [1, 2, 3, 3, 3, 3, 3, 3, 2, 3, 3, 3],
        12,
    ),
    (
        "Busia",
        "Western",
        19_020,
        46,
        19_200,
        [1, 1, 2, 2, 2, 3, 3, 2, 2, 2, 2, 2],
        100,
    ),
    (
        "Naivasha",
        "Rift",
        17_500,
        40,
        17_000,
        [1, 2, 2, 2, 2, 2, 3, 2, 2, 2, 2, 2],
        51,
    ),
    ("Lamu", "Coast", 0, 0, 0, [0; SPARKS], 0),
];

fn state(name: &str, now: Timestamp) -> OutletState {
    match name {
        "Mtwapa" => OutletState::Silent { since: ago(now, 2_040) },
        "Uhuru Corner" => OutletState::Alert {
            rule: RuleName::CancelledBaskets,
            severity: Severity::Warn,
        },
        "Lakeside" => OutletState::CutOff { since: ago(now, 5_400) },
        "Lamu" => OutletState::Closed {
            opens: Some(String::from("10:00")),
        },
        _ => OutletState::Well,
    }
}

fn outlets(now: Timestamp) -> Vec<OutletLine> {
    let line = |(id, shop): (i64, &Shop)| {
        let (name, region, revenue, sales, week_ago, last_hour, last) = *shop;
        OutletLine {
            id,
            name: name.to_owned(),
            region: region.to_owned(),
            is_known: true,
            revenue: amount(revenue),
            sales,
            week_ago: (week_ago > 0).then(|| money(week_ago)),
            last_hour,
            last_sale: (sales > 0).then(|| ago(now, last)),
            state: state(name, now),
            unsent: if name == "Naivasha" { 12 } else { 0 },
            alerts: usize::from(["Mtwapa", "Uhuru Corner", "Lakeside"].contains(&name)),
        }
    };
    (1..).zip(&SHOPS).map(line).collect()
}

fn lines(rows: &[(i64, &str, i64, i64, u64, usize)]) -> Vec<TotalLine> {
    let line = |(id, name, quantity, revenue, sales, outlets): &(i64, &str, i64, i64, u64, usize)| TotalLine {
        id: *id,
        name: (*name).to_owned(),
        quantity: Quantity::new((*quantity).into()),
        revenue: amount(*revenue),
        sales: *sales,
        outlets: *outlets,
    };
    rows.iter().map(line).collect()
}

fn hours() -> Vec<HourLine> {
    let sold = [
        (6, 90_500, 84_000),
        (7, 210_300, 190_000),
        (8, 455_200, 395_100),
        (9, 528_310, 471_000),
    ];
    let coming = [(10, 441_000), (11, 402_000), (12, 377_000), (13, 365_000)];
    let line = |hour: u8| {
        let today = sold.iter().find(|(at, ..)| *at == hour);
        let later = coming.iter().find(|(at, _)| *at == hour).map(|(_, before)| *before);
        HourLine {
            hour,
            today: today.map_or(Money::ZERO, |(_, today, _)| money(*today)),
            week_ago: today.map(|(.., before)| *before).or(later).map(money),
            sales: today.map_or(0, |(_, today, _)| u64::try_from(today / 441).unwrap()),
        }
    };
    (0..24).map(line).collect()
}

/// The figures of the chain at that moment.
pub fn overview(now: Timestamp) -> Overview {
    let outlets = outlets(now);
    Overview {
        at: Some(now),
        head: Head {
            revenue: vec![amount(1_284_310)],
            sales: 2_911,
            items: 6_480,
            week_ago: Some((money(1_211_600), 2_799)),
            reporting: 19,
            outlets: outlets.len(),
            per_minute: 41,
            lag_ms: Some(230),
        },
        outlets,
        hours: hours(),
        tenders: [
            ("cash", 744_900),
            ("M-Pesa", 436_660),
            ("card", 64_210),
            ("insured", 38_540),
        ]
        .map(|(name, sum)| (name.to_owned(), money(sum)))
        .into(),
        beside: Beside {
            returns: 12,
            returned: money(-8_410),
            cancelled: 31,
            removed: 18,
            overrides: 9,
            overridden: money(-1_120),
            drawer: 4,
            refused: 2,
        },
        drugs: lines(&[
            (13, "Coartem 20/120 mg tab", 1_440, 28_800, 61, 12),
            (7, "Amoxicillin 500 mg caps", 980, 11_760, 58, 14),
            (21, "Panadol Extra 500/65 mg tab", 1_830, 10_980, 190, 19),
            (30, "ORS sachet", 612, 9_180, 88, 19),
            (41, "Tramadol 50 mg caps", 240, 4_800, 14, 3),
        ]),
        employees: lines(&[
            (1, "Asha Noor", 2_110, 58_210, 131, 1),
            (2, "John Kamau", 1_730, 49_900, 122, 2),
            (3, "Otieno Ouma", 1_204, 31_050, 77, 1),
        ]),
        doctors: lines(&[
            (4, "Dr Mwabili", 640, 14_100, 22, 3),
            (5, "Dr Njoroge", 210, 5_020, 9, 1),
        ]),
        regions: lines(&[
            (0, "Nairobi", 19_400, 202_765, 474, 5),
            (0, "Coast", 15_200, 163_240, 362, 6),
            (0, "Rift", 10_800, 109_840, 249, 4),
        ]),
        days: [
            ("2026-03-02", 1_284_310, 2_911),
            ("2026-03-01", 3_904_120, 8_704),
            ("2026-02-28", 4_411_870, 9_912),
        ]
        .map(|(date, revenue, sales)| DayLine {
            date: date.parse().unwrap(),
            revenue: money(revenue),
            sales,
        })
        .into(),
        counts: Counts {
            records: 6_511,
            repeats: 8,
            unreadable: 1,
            ..Counts::default()
        },
    }
}

/// A line of a sale.
fn row(
    now: Timestamp,
    seconds: i64,
    (outlet, employee): (&str, &str),
    what: &str,
    quantity: &str,
    sum: i64,
) -> StreamRow {
    let outlet_id = SHOPS
        .iter()
        .position(|shop| shop.0 == outlet)
        .map(|at| i64::try_from(at).unwrap() + 1);
    StreamRow {
        outlet_id,
        outlet: outlet.to_owned(),
        till: String::from("T03"),
        employee_id: Some(3),
        employee: employee.to_owned(),
        quantity: quantity.to_owned(),
        amount: Some(money(sum)),
        currency: String::from("KES"),
        receipt: String::from("T03-000041"),
        ..StreamRow::note(ago(now, seconds), RowKind::Sale, what)
    }
}

/// The latest events, oldest first: a sale, an audit event, one that nobody can read, one of the older tracker.
pub fn rows(now: Timestamp) -> Vec<Arc<StreamRow>> {
    let asha = ("Kilifi Bay", "Asha Noor");
    let otieno = ("Uhuru Corner", "Otieno Ouma");
    let rows = [
        StreamRow {
            outlet: String::from("Old Town"),
            employee: String::from("employee 4"),
            quantity: String::from("20"),
            ..StreamRow::note(ago(now, 90), RowKind::Older, "drug 13 (older tracker, 2026-03-02)")
        },
        row(now, 61, asha, "Amlodipine 5 mg tab", "30 tab", 120),
        StreamRow::note(
            ago(now, 30),
            RowKind::Unreadable,
            "partition 2 offset 17: no JSON: expected value at line 1 column 1",
        ),
        StreamRow {
            kind: RowKind::Audit,
            receipt: String::new(),
            ..row(now, 20, otieno, "basket cancelled after the total, 3 lines", "", 1_200)
        },
        row(now, 7, asha, "Panadol Extra 500/65 mg tab", "2 strip", 120),
        StreamRow {
            kind: RowKind::Return,
            ..row(now, 2, otieno, "Tramadol 50 mg caps", "-20 cap", -400)
        },
    ];
    rows.map(Arc::new).into()
}

fn subject(outlet: (i64, &str), employee: Option<(i64, &str)>, till: Option<&str>) -> Subject {
    let named = |(id, name): (i64, &str)| (id, name.to_owned());
    Subject {
        outlet: Some(named(outlet)),
        employee: employee.map(named),
        till: till.map(str::to_owned),
        ..Subject::default()
    }
}

/// What the rules found, in the order in which they did.
pub fn alerts(now: Timestamp) -> Vec<Arc<Alert>> {
    let otieno = ("Uhuru Corner", "Otieno Ouma");
    let cancelled = |seconds: i64, lines: u8, sum: i64| StreamRow {
        kind: RowKind::Audit,
        receipt: String::new(),
        ..row(
            now,
            seconds,
            otieno,
            &format!("basket cancelled after the total, {lines} lines"),
            "",
            sum,
        )
    };
    let alerts = [
        Alert {
            id: Uuid::from_u128(1),
            rule: RuleName::OutletCutOff,
            severity: Severity::Warn,
            at: ago(now, 5_400),
            subject: subject((3, "Lakeside"), None, None),
            headline: String::from("no heartbeat of its 2 tills since 08:10"),
            figures: vec![String::from("it may be selling: its figures are low until it is back")],
            evidence: Vec::new(),
        },
        Alert {
            id: Uuid::from_u128(2),
            rule: RuleName::OutletSilent,
            severity: Severity::Bad,
            at: ago(now, 240),
            subject: subject((1, "Mtwapa"), None, None),
            headline: String::from("no sale for 30 min in its opening hours, usual gap 2 min"),
            figures: vec![String::from("its link is up, unsent 0")],
            evidence: vec![row(now, 2_040, ("Mtwapa", "Salim"), "Zinc 20 mg tab", "10 tab", 50)],
        },
        Alert {
            id: Uuid::from_u128(3),
            rule: RuleName::CancelledBaskets,
            severity: Severity::Warn,
            at: ago(now, 20),
            subject: subject((2, otieno.0), Some((3, otieno.1)), Some("T03")),
            headline: String::from("6 cancelled baskets in 40 min, peers 0–1"),
            figures: vec![
                String::from("KES 4,180 in them · 4 after the total"),
                String::from("peers: 11 employees of 8 outlets, median 0, MAD 0.4"),
            ],
            evidence: vec![cancelled(900, 2, 640), cancelled(300, 1, 450), cancelled(20, 3, 1_200)],
        },
    ];
    alerts.map(Arc::new).into()
}

/// What others said of alerts this morning.
pub fn notes(now: Timestamp) -> Vec<AlertNote> {
    let of = |id: u128, rule, headline: &str, note: &str, by: &str, minutes: i64| AlertNote {
        id: Uuid::from_u128(id),
        alert_id: Uuid::from_u128(id + 100),
        rule,
        severity: Severity::Warn,
        at: ago(now, minutes * 60 + 600),
        outlet_id: Some(4),
        headline: headline.to_owned(),
        figures: vec![String::from("usual: 10 to 30 tab")],
        note: note.to_owned(),
        noted_by: by.to_owned(),
        noted_at: ago(now, minutes * 60),
    };
    vec![
        of(
            51,
            RuleName::UnusualQuantity,
            "100 tab of Amlodipine 5 mg in a sale, usual 30",
            "asked: three months for a traveller",
            "Njeri",
            45,
        ),
        of(
            52,
            RuleName::SameBasketTwice,
            "KES 340.00 twice within 40 s at T02",
            "",
            "Njeri",
            70,
        ),
    ]
}

/// Tells a screen news of the feed that it follows.
pub fn news(till: &mut Till, news: LiveNews) {
    let feed = till.model.live.feed;
    till.tell(Message::LiveChanged { feed, news });
}

/// The screen follows the chain, which stands as above.
pub fn follow(till: &mut Till) {
    let now = till.model.now;
    let filter = till.model.live.stream.filter.number;
    news(till, LiveNews::State(LiveState::Live));
    news(till, LiveNews::Overview(Arc::new(overview(now))));
    news(
        till,
        LiveNews::Rows {
            filter,
            rows: rows(now),
            skipped: 0,
        },
    );
}

/// And its rules found something.
pub fn alerted(till: &mut Till) {
    let found = alerts(till.model.now);
    news(till, LiveNews::Alerts(found));
}
