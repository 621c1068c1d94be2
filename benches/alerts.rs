//! How good the rules of supervision are, on chains with labelled frauds and mistakes: for each rule precision, recall and
//! delay, and the false alerts of all; how fast the judge is, beside a loop that only counts.
//!
//! `cargo bench --bench alerts -- --seeds 101-105 --days 14 --scenario fraud`; `--quick` is a small one, `--missed` names what
//! was not found, `--false` each false alert. What is counted as found, right and false: `domain::scenario::score`.
#![allow(missing_docs, clippy::print_stdout, reason = "a program that prints")]
use std::collections::{BTreeMap, HashMap};
use std::hint::black_box;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::civil::date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use rxtill::domain::event::StreamEvent;
use rxtill::domain::scenario::reader::Reader;
use rxtill::domain::scenario::score::{Score, Tally};
use rxtill::domain::scenario::stream::{Stream, Streamed};
use rxtill::domain::scenario::{Pace, Scenario, Setting, Size, Theme, World, name_of};
use rxtill::domain::supervision::{Alert, Judge, RuleName, Thresholds};
use uuid::Uuid;

/// Events that are made before the clock is started.
const CHUNK: usize = 20_000;

struct Asked {
    seeds: std::ops::RangeInclusive<u64>,
    days: u32,
    theme: Theme,
    size: Size,
    tells_missed: bool,
    tells_false: bool,
}

fn asked() -> Result<Asked, String> {
    let mut asked = Asked {
        seeds: 1..=5,
        days: 14,
        theme: Theme::Fraud,
        size: Size::default(),
        tells_missed: false,
        tells_false: false,
    };
    let given: Vec<String> = std::env::args().skip(1).collect();
    // Without a word of `cargo bench` it is run as a test.
    if !given.iter().any(|word| word == "--bench") || given.iter().any(|word| word == "--quick") {
        asked.seeds = 1..=1;
        asked.days = 6;
        asked.size = Size {
            outlets: 8,
            tills: 14,
            drugs: 800,
            doctors: 60,
        };
    }
    let mut words = given.into_iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("{word} wants a value"));
        let wrong = |fault: &dyn std::fmt::Display| format!("{word}: {fault}");
        match word.as_str() {
            "--seeds" => {
                let value = value()?;
                let (first, last) = value.split_once('-').unwrap_or((&value, &value));
                let number = |text: &str| text.parse::<u64>().map_err(|fault| wrong(&fault));
                asked.seeds = number(first)?..=number(last)?;
            }
            "--days" => asked.days = value()?.parse().map_err(|fault| wrong(&fault))?,
            "--scenario" => asked.theme = value()?.parse().map_err(|fault| wrong(&fault))?,
            "--outlets" => {
                let outlets = value()?.parse().map_err(|fault| wrong(&fault))?;
                asked.size = Size {
                    outlets,
                    tills: outlets * 2,
                    ..asked.size
                };
            }
            "--missed" => asked.tells_missed = true,
            "--false" => asked.tells_false = true,
            "--bench" | "--quick" => {}
            _ => {
                return Err(format!(
                    "what is {word}? --seeds A-B, --days N, --scenario NAME, --outlets N, --quick, --missed, --false"
                ));
            }
        }
    }
    Ok(asked)
}

/// What one seed, or all, came to.
#[derive(Default)]
struct Sums {
    tallies: BTreeMap<RuleName, Tally>,
    sales: u64,
    events: u64,
    judged: Duration,
    counted: Duration,
}

/// What any reader does at least: an entry by employee and outlet, and a sum.
#[derive(Default)]
struct Counting {
    employees: HashMap<i64, (u64, Decimal)>,
    outlets: HashMap<i64, u64>,
}

impl Counting {
    fn count(&mut self, event: &StreamEvent) {
        let outlet = match event {
            StreamEvent::Sale(sale) => {
                let (lines, sum) = self.employees.entry(sale.emp_id).or_default();
                *lines += 1;
                *sum += sale
                    .total()
                    .map(rxtill::domain::money::Money::decimal)
                    .unwrap_or_default();
                sale.outlet_id
            }
            StreamEvent::Audit(audit) => audit.outlet_id,
            StreamEvent::Heartbeat(beat) => beat.outlet_id,
            StreamEvent::Older(_) => 0,
        };
        *self.outlets.entry(outlet).or_default() += 1;
    }
}

fn run(asked: &Asked, seed: u64, sums: &mut Sums) {
    let world = Arc::new(World::made_up(seed, asked.size));
    let zone = TimeZone::get("Africa/Nairobi").unwrap_or(TimeZone::UTC);
    let start = date(2026, 3, 2)
        .to_zoned(zone)
        .map(|day| day.timestamp())
        .unwrap_or_default();
    let setting = Setting {
        theme: asked.theme,
        seed,
        run: Uuid::nil(),
        start,
        pace: Pace::Calendar { days: asked.days },
        transport: true,
    };
    let mut stream = Stream::new(Scenario::new(Arc::clone(&world), setting));
    let mut score = Score::new(stream.incidents(), &world);
    let mut judge = Judge::new(Thresholds::default());
    judge.learn(world.known());
    let (mut reader, mut counting) = (Reader::new(judge), Counting::default());
    loop {
        let chunk: Vec<Streamed> = stream.by_ref().take(CHUNK).collect();
        if chunk.is_empty() {
            break;
        }
        let begun = Instant::now();
        let found: Vec<Vec<Alert>> = chunk.iter().map(|streamed| reader.read(streamed)).collect();
        sums.judged += begun.elapsed();
        let begun = Instant::now();
        for streamed in &chunk {
            counting.count(&streamed.event);
        }
        sums.counted += begun.elapsed();
        black_box(&counting);
        for (streamed, found) in chunk.iter().zip(found) {
            score.see(streamed);
            for alert in found {
                let about = score.hear(&alert, streamed.received_at);
                if about.is_none() && asked.tells_false {
                    println!(
                        "seed {seed} false {} {}: {}",
                        alert.at,
                        name_of(alert.rule),
                        alert.headline
                    );
                }
            }
        }
    }
    if asked.tells_missed {
        for incident in score.missed() {
            println!("seed {seed} missed {incident:?}");
        }
    }
    for (rule, tally) in score.tallies() {
        sums.tallies.entry(rule).or_default().add(&tally);
    }
    sums.sales += score.sales();
    sums.events += score.events();
}

fn share(of: u32, all: u32) -> String {
    if all == 0 {
        return String::from("-");
    }
    format!("{:.2}", f64::from(of) / f64::from(all))
}

fn print(asked: &Asked, sums: &Sums) {
    println!(
        "scenario {}, seeds {}-{}, {} days, {} outlets: {} sales, {} events",
        asked.theme,
        asked.seeds.start(),
        asked.seeds.end(),
        asked.days,
        asked.size.outlets,
        sums.sales,
        sums.events
    );
    println!(
        "| rule | incidents | found | recall | seen by any | alerts | right | false | precision | delay: own events | all events |"
    );
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    let mut all = Tally::default();
    for (rule, tally) in &sums.tallies {
        row(&name_of(*rule), tally);
        all.add(tally);
    }
    row("all", &all);
    #[expect(clippy::cast_precision_loss, reason = "a figure to read")]
    let (per_sales, sales) = (f64::from(all.wrong()) * 2_000.0, sums.sales.max(1) as f64);
    println!("false alerts per 2,000 sales: {:.2}", per_sales / sales);
    #[expect(clippy::cast_precision_loss, reason = "a figure to read")]
    let speed = |took: Duration| sums.events as f64 / took.as_secs_f64().max(1e-9);
    println!(
        "the judge: {:.0} events a second; a loop that only counts: {:.0}",
        speed(sums.judged),
        speed(sums.counted)
    );
}

fn row(name: &str, tally: &Tally) {
    let (own, any) = tally
        .median_delay()
        .map_or((String::from("-"), String::from("-")), |(own, any)| {
            (own.to_string(), any.to_string())
        });
    println!(
        "| {name} | {} | {} | {} | {} | {} | {} | {} | {} | {own} | {any} |",
        tally.incidents,
        tally.found,
        share(tally.found, tally.incidents),
        share(tally.seen, tally.incidents),
        tally.alerts,
        tally.right,
        tally.wrong(),
        share(tally.right, tally.alerts),
    );
}

fn main() -> ExitCode {
    let asked = match asked() {
        Ok(asked) => asked,
        Err(fault) => {
            println!("{fault}");
            return ExitCode::from(2);
        }
    };
    let mut sums = Sums::default();
    for seed in asked.seeds.clone() {
        run(&asked, seed, &mut sums);
    }
    print(&asked, &sums);
    ExitCode::SUCCESS
}
