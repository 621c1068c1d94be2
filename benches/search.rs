//! The catalogue search, a key at a time over 100,000 drugs, beside a plain scan of the same rows.
//!
//! `cargo bench --bench search`. One iteration is one query as it is typed: a search for each of its beginnings.
#![allow(missing_docs, reason = "criterion's macros make an undocumented function")]
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rxtill::domain::name::fold;
use rxtill::domain::search::{SearchIndex, SearchRow};

const ROWS: u32 = 100_000;
/// The rows of a screen.
const LIMIT: usize = 20;
const QUERIES: [(&str, &str); 6] = [
    ("name", "amoxicillin"),
    ("strength first", "500 amox"),
    ("two words", "amlodipine besylate 5mg"),
    ("code", "616010004711"),
    ("inside a word", "cillin"),
    ("mistyped", "amoxycilin 500"),
];

struct Drug {
    code: String,
    name: String,
    generic_name: String,
    strength: String,
}

/// As many drugs as a national directory, with its shape: few substances, each in many strengths from many makers.
fn catalogue() -> Vec<Drug> {
    const SUBSTANCES: [&str; 12] = [
        "amoxi", "ampi", "amlodi", "atenolo", "hydro", "metfor", "parace", "predniso", "clotri", "salbu", "omepra",
        "losa",
    ];
    const ENDINGS: [&str; 16] = [
        "cillin", "pine", "mine", "tamol", "lone", "zole", "rtan", "chloride", "cycline", "statin", "pril", "mycin",
        "profen", "dipine", "xacin", "terol",
    ];
    const SALTS: [&str; 6] = ["", " hydrochloride", " sodium", " besylate", " potassium", " sulphate"];
    const STRENGTHS: [&str; 9] = ["2.5", "5", "10", "20", "50", "100", "250", "500", "1000"];
    const MAKERS: [&str; 7] = ["", " Forte", " Plus", " Retard", " Junior", " Extra", " Denk"];
    let pick = |from: &[&'static str], place: u32| from[place as usize % from.len()];
    (0..ROWS)
        .map(|row| {
            let stem = format!("{}{}", pick(&SUBSTANCES, row / 7), pick(&ENDINGS, row / 84));
            Drug {
                code: format!("616{:010}", u64::from(row) * 97),
                name: format!("{stem}{}", pick(&MAKERS, row)),
                generic_name: format!("{stem}{}", pick(&SALTS, row / 3)),
                strength: format!("{} mg", pick(&STRENGTHS, row / 5)),
            }
        })
        .collect()
}

fn row(key: u32, drug: &Drug) -> SearchRow<'_> {
    SearchRow {
        key,
        code: &drug.code,
        pack_codes: Vec::new(),
        name: &drug.name,
        generic_name: &drug.generic_name,
        strength: &drug.strength,
    }
}

/// The plain way: every typed word contained in the folded row.
fn plain(rows: &[String], typed: &str) -> usize {
    let typed = fold(typed);
    let words: Vec<&str> = typed.split(' ').collect();
    rows.iter()
        .filter(|row| words.iter().all(|word| row.contains(word)))
        .count()
}

fn typing(c: &mut Criterion) {
    let drugs = catalogue();
    let index = SearchIndex::new((0..).zip(&drugs).map(|(key, drug)| row(key, drug)));
    let folded: Vec<String> = drugs
        .iter()
        .map(|d| fold(&format!("{} {} {} {}", d.name, d.strength, d.generic_name, d.code)))
        .collect();
    let mut group = c.benchmark_group("type");
    for (name, query) in QUERIES {
        let keys = || query.char_indices().map(|(at, c)| &query[..at + c.len_utf8()]);
        group.throughput(Throughput::Elements(keys().count() as u64));
        group.bench_function(format!("{name}/index"), |b| {
            b.iter(|| keys().for_each(|typed| drop(black_box(index.search(typed, LIMIT)))));
        });
        group.bench_function(format!("{name}/plain"), |b| {
            b.iter(|| keys().for_each(|typed| _ = black_box(plain(&folded, typed))));
        });
    }
    group.finish();
}

fn changing(c: &mut Criterion) {
    let drugs = catalogue();
    let build = || SearchIndex::new((0..).zip(&drugs).map(|(key, drug)| row(key, drug)));
    let mut group = c.benchmark_group("change");
    group.sample_size(10);
    group.bench_function("build 100,000", |b| b.iter(build));
    let mut index = build();
    group.bench_function("put 100 again", |b| {
        b.iter(|| {
            for key in (0..ROWS).step_by(1000) {
                index.put(&row(key, &drugs[key as usize]));
            }
        });
    });
    group.bench_function("scan", |b| {
        let code = &drugs[4711].code;
        b.iter(|| index.exact_code(black_box(code)));
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = typing, changing
}
criterion_main!(benches);
