//! Whatever comes from outside: no panic, no hang, no escape sequence on a screen.
//!
//! `readers` are all readers of bytes from outside, each as one function. They are given the seeds of the fuzzer
//! (`fuzz/corpus`), everything that it ever found (`fuzz/finds`), and a good many damaged copies of both. `fuzz/` gives the
//! same functions whatever a fuzzer comes upon, for as long as one lets it.
pub mod readers;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use self::readers::READERS;

/// No reader may take longer for a few kilobytes, on a loaded machine and not optimized.
const BOUND: Duration = Duration::from_secs(20);
/// Damaged copies that each reader is given; `RXTILL_HOSTILE_CASES` gives it more.
const CASES: u32 = 40;

fn folder(of: &str, reader: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(of).join(reader)
}

fn files(folder: &Path) -> Vec<Vec<u8>> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// Read in time, or the name of what was too slow.
fn read(reader: fn(&[u8]), bytes: &[u8]) {
    let begun = Instant::now();
    reader(bytes);
    assert!(
        begun.elapsed() < BOUND,
        "{:?} for {} bytes",
        begun.elapsed(),
        bytes.len()
    );
}

#[test]
fn every_reader_has_seeds_and_reads_them_and_everything_that_was_ever_found() {
    for (name, reader) in READERS {
        let seeds = files(&folder("corpus", name));
        assert!(!seeds.is_empty(), "{name} has no seeds");
        for bytes in seeds.iter().chain(&files(&folder("finds", name))) {
            read(reader, bytes);
        }
    }
}

/// What happens to bytes on their way.
#[derive(Debug, Clone)]
enum Damage {
    Set(prop::sample::Index, u8),
    Insert(prop::sample::Index, Vec<u8>),
    Remove(prop::sample::Index, usize),
    Repeat(prop::sample::Index, usize, usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<prop::sample::Index>;
    // What programs trip over, and what steers a terminal.
    let words: Vec<&[u8]> = vec![
        b"\x1b[2J",
        b"\xc2\x9b31m",
        b"\xe2\x80\xae",
        b"\x00",
        b"\xff",
        b"\"",
        b"}",
        b"[[[[",
        b"1e999",
        b"-0",
        b"NaN",
        b"99999999999999999999",
        b"\xf0\x9f\x92\x8a",
        b"\xcc\x81",
        b"\r\n",
        b",,",
        b"null",
        b"79228162514264337593543950335",
    ];
    let word = prop::sample::select(words).prop_map(<[u8]>::to_vec);
    prop_oneof![
        4 => (at(), any::<u8>()).prop_map(|(at, byte)| Damage::Set(at, byte)),
        3 => (at(), word).prop_map(|(at, word)| Damage::Insert(at, word)),
        1 => (at(), prop::collection::vec(any::<u8>(), 1..16)).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        2 => (at(), 1..64_usize).prop_map(|(at, count)| Damage::Remove(at, count)),
        1 => (at(), 1..64_usize, 1..200_usize).prop_map(|(at, length, times)| Damage::Repeat(at, length, times)),
    ]
}

fn damaged(mut bytes: Vec<u8>, all: &[Damage]) -> Vec<u8> {
    for damage in all {
        let length = bytes.len();
        if length == 0 {
            break;
        }
        match damage {
            Damage::Set(at, byte) => bytes[at.index(length)] = *byte,
            Damage::Insert(at, word) => {
                let at = at.index(length);
                bytes.splice(at..at, word.iter().copied());
            }
            Damage::Remove(at, count) => {
                let at = at.index(length);
                bytes.drain(at..length.min(at + count));
            }
            Damage::Repeat(at, count, times) => {
                let at = at.index(length);
                let piece = bytes[at..length.min(at + count)].repeat(*times);
                bytes.splice(at..at, piece);
            }
        }
    }
    bytes
}

#[test]
fn every_reader_takes_whatever_became_of_its_seeds_on_the_way() {
    let asked = std::env::var("RXTILL_HOSTILE_CASES")
        .ok()
        .map(|asked| asked.parse().unwrap());
    for (name, reader) in READERS {
        let seeds = files(&folder("corpus", name));
        let config = Config {
            cases: asked.unwrap_or(CASES),
            failure_persistence: None,
            ..Config::default()
        };
        let hurt = (any::<prop::sample::Index>(), prop::collection::vec(damage(), 1..6));
        let mut runner = TestRunner::new(config);
        let done = runner.run(&hurt, |(seed, all)| {
            read(reader, &damaged(seed.get(&seeds).clone(), &all));
            Ok(())
        });
        if let Err(fault) = done {
            panic!("{name}: {fault}");
        }
    }
}

#[test]
fn every_reader_has_a_target_for_the_fuzzer_and_no_target_is_without_a_reader() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/fuzz_targets");
    let mut targets: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    targets.sort();
    assert_eq!(targets, READERS.map(|(name, _)| name));
}

#[test]
fn a_file_whose_row_never_ends_as_a_few_packed_bytes_can_is_not_read_to_its_end() {
    let read = readers::read_of_an_endless_row();
    assert!((1 << 19..1 << 21).contains(&read), "{read} bytes of it");
}

#[test]
#[ignore = "no test: it makes the seeds that only the program itself can make"]
fn make_the_seeds() {
    let put = |reader: &str, bytes: Vec<u8>| {
        fs::create_dir_all(folder("corpus", reader)).unwrap();
        fs::write(folder("corpus", reader).join("seed-made"), bytes).unwrap();
    };
    put("kept_watch", readers::a_kept_watch(&files(&folder("corpus", "event"))));
    put("draft", readers::a_draft());
    let journals = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/journals");
    put("journal", fs::read(journals.join("format-3.sqlite")).unwrap());
}
