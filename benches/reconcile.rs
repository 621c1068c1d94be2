//! How much memory and time it takes to compare ten million events with ten million: everything of `rxtill reconcile` but the
//! wire: each event of the topic is read from its JSON, sorted on the disk and compared with the store's.
//!
//! `cargo bench --bench reconcile`, or so many: `cargo bench --bench reconcile -- 1000000`.
#![allow(missing_docs, clippy::print_stdout, reason = "a program that prints")]
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Instant;

use jiff::Timestamp;
use rxtill::domain::event::{SaleEvent, StreamEvent, event_id};
use rxtill::domain::reconcile::{Comparison, Own, Period, TillKey, Told};
use rxtill::runtime::reconcile::aside::{HELD, Sorter};
use rxtill::runtime::reconcile::join::Joining;
use uuid::Uuid;

const TILLS: u64 = 40;
const PARTITIONS: u64 = 12;
/// Of so many events the topic lacks one, has one twice, and has another one.
const FAULT: u64 = 100_000;

const SAMPLE: &str = r#"{"schema":1,"event_id":"4f5d2a4a-54a7-5f3c-9f0b-0a9a3e1f7c11",
    "sale_id":"01900000-0000-7000-8000-000000000001","line_no":1,"kind":"sale","emp_id":2,"drug_id":13,"doc_id":5,
    "pharmacy_name":"Mirema meds","pharmacy_region":"Nairobi","quantity_sold":115,"date_sold":"2024-06-20",
    "sold_at":"2024-06-20T09:14:03.412Z","outlet_id":1,"till_id":"T01","employee":"John","drug":"Aspirin 300 mg",
    "doctor":"Mwabili","unit":"tab","unit_qty":"115","unit_factor":"1","unit_price":"12.50","discount":"0.00",
    "line_total":"1437.50","currency":"KES","receipt":"T01-000123",
    "chain":"41a0370c3d9f42773a59e8e01651911cf43b1e3f66944cbb690029debc4eb647","series":1,"seq":1,"lines":1,
    "refund_of":null,"payments":[{"tender":"Cash","amount":"1437.50"}]}"#;

fn event(sample: &SaleEvent, till: u64, seq: u64) -> SaleEvent {
    let sale_id = Uuid::from_u64_pair(till, seq);
    SaleEvent {
        event_id: event_id(sale_id, 1),
        sale_id,
        till_id: format!("T{till:02}"),
        receipt: format!("T{till:02}-{seq:06}"),
        seq,
        ..sample.clone()
    }
}

/// The most memory that this process ever had, in MiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or_default() / 1024
}

fn run(events: u64) -> Result<(), Box<dyn std::error::Error>> {
    let StreamEvent::Sale(sample) = StreamEvent::read(Some(SAMPLE.as_bytes()))? else {
        return Err("the sample is no sale".into());
    };
    let folder = std::env::temp_dir();
    let each = events.div_ceil(TILLS);
    let began = Instant::now();
    let mut sorter = Sorter::new(&folder, HELD);
    for seq in 1..=each {
        for till in 0..TILLS {
            let number = till * each + seq;
            let mut event = event(&sample, till, seq);
            if number % FAULT == 2 {
                "1.00".clone_into(&mut event.line_total);
            }
            let text = serde_json::to_string(&event)?;
            for _ in 0..match number % FAULT {
                0 => 0,
                1 => 2,
                _ => 1,
            } {
                let StreamEvent::Sale(event) = StreamEvent::read(Some(text.as_bytes()))? else {
                    return Err("no sale".into());
                };
                let one = Told::of(&event, i32::try_from(till % PARTITIONS)?).ok_or("no fingerprint")?;
                sorter.push(one)?;
            }
        }
    }
    let told = sorter.sorted()?;
    println!("topic: {} s, at most {} MiB", began.elapsed().as_secs(), peak());
    let heads: BTreeMap<_, _> = (0..TILLS)
        .map(|till| ((TillKey::of(&format!("T{till:02}")), 1), each))
        .collect();
    let first = (0..PARTITIONS).map(|partition| Ok((i32::try_from(partition)?, 0)));
    let first = first.collect::<Result<BTreeMap<_, _>, std::num::TryFromIntError>>()?;
    let comparison = Comparison::new(Period::default(), (heads, Timestamp::MAX), first);
    let mut joining = Joining::new(told, comparison, &folder)?;
    for till in 0..TILLS {
        for seq in 1..=each {
            let own = Own::of(&event(&sample, till, seq), seq);
            if let Some(absent) = joining.one(own, i32::try_from(till % PARTITIONS)?)? {
                joining.absent(&absent, None)?;
            }
        }
    }
    let found = joining.end(0)?;
    println!(
        "{:?}; missing {}, extra {}, different {}",
        found.counts,
        found.missing.count(),
        found.extra.count(),
        found.different.count()
    );
    println!("both: {} s, at most {} MiB", began.elapsed().as_secs(), peak());
    Ok(())
}

fn main() -> ExitCode {
    let given: Vec<String> = std::env::args().skip(1).collect();
    // Without a word of `cargo bench` it is run as a test.
    let usual = if given.iter().any(|word| word == "--bench") {
        10_000_000
    } else {
        5_000
    };
    let events = given.iter().find_map(|word| word.parse().ok()).unwrap_or(usual);
    match run(events) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}
