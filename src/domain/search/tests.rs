use super::words::push_words;
use super::*;
use proptest::prelude::*;

const DRUGS: &[(&str, &str, &str, &str)] = &[
    ("AMX250", "Amoxicillin", "Amoxicillin", "250 mg"),
    ("AMX1000", "Amoxicillin", "Amoxicillin", "1 g"),
    ("AMX500", "Amoxicillin", "Amoxicillin", "500 mg"),
    ("GSK1", "Amoxil", "Amoxicillin", "500mg"),
    ("AUG625", "Augmentin", "Amoxicillin and clavulanic acid", "500/125 mg"),
    ("6161100230012", "Amlodipine", "Amlodipine besylate", "10 mg"),
    ("6161100230029", "Amlodipine", "Amlodipine besylate", "5 mg"),
    ("PAN", "Panadol", "Paracetamol", "500 mg"),
    ("PANX", "Panadol Extra", "Paracetamol and caffeine", "500/65 mg"),
    ("COA", "Coartem", "Artemether and lumefantrine", "20/120 mg"),
    ("EYE", "Prednisolone eye drops", "Prednisolone", ".5 %"),
    ("VIT-B12", "Vitamin B12", "Cyanocobalamin", "1,000 mcg"),
];

fn row<'a>(key: usize, drug: &(&'a str, &'a str, &'a str, &'a str)) -> SearchRow<'a> {
    let &(code, name, generic_name, strength) = drug;
    SearchRow {
        key: u32::try_from(key).unwrap(),
        code,
        pack_codes: Vec::new(),
        name,
        generic_name,
        strength,
    }
}

fn index() -> SearchIndex {
    SearchIndex::new(DRUGS.iter().enumerate().map(|(key, drug)| row(key, drug)))
}

/// Codes of what matches and of what is guessed, in the order of the hits.
fn found(index: &SearchIndex, typed: &str) -> (Vec<&'static str>, Vec<&'static str>) {
    let codes = |hits: Vec<Hit>| hits.iter().map(|hit| DRUGS[hit.key as usize].0).collect();
    let hits = index.search(typed, 20);
    assert_eq!(hits.total, hits.matches.len());
    (codes(hits.matches), codes(hits.nearest))
}

fn matching(typed: &str) -> Vec<&'static str> {
    found(&index(), typed).0
}

fn guessed(typed: &str) -> Vec<&'static str> {
    let (matches, guesses) = found(&index(), typed);
    assert_eq!(matches, [""; 0], "{typed:?} is a match, not a guess");
    guesses
}

#[test]
fn words_find_in_any_order_and_any_field() {
    for typed in [
        "500 amox",
        "amox 500",
        "AMOX 500MG",
        "amox\u{a0}５００",
        "  mg amox 500 ",
    ] {
        assert_eq!(matching(typed), ["GSK1", "AMX500", "AUG625"], "{typed:?}");
    }
    assert_eq!(matching("lumef 120"), ["COA"]);
    assert_eq!(matching("20/120"), ["COA"]);
    assert_eq!(matching("amx5 amoxi"), ["AMX500"]);
}

#[test]
fn a_strength_is_found_however_it_is_spaced_and_pointed() {
    assert_eq!(matching("amoxil 500mg"), matching("amoxil 500 mg"));
    assert_eq!(matching("pred 0.5%"), ["EYE"]);
    assert_eq!(matching("pred .5"), ["EYE"]);
    assert_eq!(matching("b12"), ["VIT-B12"]);
}

#[test]
fn a_number_in_the_middle_of_a_number_is_no_match() {
    assert_eq!(matching("amoxicillin 50"), ["AMX500", "GSK1", "AUG625"]);
    assert_eq!(guessed("amlodipine 0"), ["6161100230029", "6161100230012"]);
}

#[test]
fn strengths_stand_in_numeric_order() {
    assert_eq!(matching("amlod"), ["6161100230029", "6161100230012"]);
    assert_eq!(matching("amoxici")[..3], ["AMX250", "AMX500", "AMX1000"]);
}

#[test]
fn code_comes_before_name_and_name_before_generic_name() {
    assert_eq!(matching("pan"), ["PAN", "PANX"]);
    let ranks: Vec<Rank> = index().search("pan", 9).matches.iter().map(|hit| hit.rank).collect();
    assert_eq!(ranks, [Rank::ExactCode, Rank::NamePrefix]);
    assert_eq!(matching("amoxici").last(), Some(&"AUG625"));
    let amoxil = index().search("500 amoxi", 9);
    assert_eq!(amoxil.matches[0].rank, Rank::NameWord);
    assert_eq!(amoxil.matches[2].rank, Rank::WordPrefix);
}

#[test]
fn the_inside_of_a_word_and_a_mistyped_word_are_guesses() {
    assert_eq!(guessed("adol"), ["PAN", "PANX"]);
    // Inside a word and a slip away at once: guessed once.
    assert_eq!(guessed("anadol"), ["PAN", "PANX"]);
    assert_eq!(guessed("paracetomol"), ["PAN", "PANX"]);
    assert_eq!(guessed("amoxycillin 250"), ["AMX250"]);
    assert_eq!(guessed("500 amoxycilin")[..2], ["AMX500", "GSK1"]);
    let hits = index().search("pnadol extra", 9);
    assert_eq!((hits.total, hits.nearest[0].rank), (0, Rank::Nearest));
    assert_eq!(guessed("zzzzzz"), [""; 0]);
}

#[test]
fn the_total_counts_what_the_limit_cuts_off() {
    for limit in 0..12 {
        let hits = index().search("a", limit);
        assert_eq!(hits.total, 9);
        assert_eq!(hits.matches.len(), limit.min(9));
        assert_eq!(hits.matches, index().search("a", 99).matches[..limit.min(9)]);
        assert!(hits.matches.len() + hits.nearest.len() <= limit);
    }
}

#[test]
fn nothing_typed_finds_nothing() {
    for typed in ["", "   ", "+", "\u{0}\u{1b}", "...", "\n"] {
        assert_eq!(index().search(typed, 9), Hits::default(), "{typed:?}");
    }
}

#[test]
fn accents_are_looked_for_as_typed() {
    let index = SearchIndex::new([row(0, &("1", "Crème Épais", "", "")), row(1, &("2", "Creme", "", ""))]);
    let keys = |typed| {
        index
            .search(typed, 9)
            .matches
            .iter()
            .map(|hit| hit.key)
            .collect::<Vec<_>>()
    };
    assert_eq!(keys("crème"), [0]);
    assert_eq!(keys("cre\u{300}me"), [0]);
    assert_eq!(keys("creme"), [1]);
    assert_eq!(keys("épais CRÈ"), [0]);
}

#[test]
fn a_very_long_query_is_answered() {
    let index = index();
    assert_eq!(index.search(&"amox ".repeat(100_000), 9).total, 5);
    assert_eq!(index.search(&"amox".repeat(100_000), 9), Hits::default());
    let words: Vec<String> = (0..5_000).map(|n| format!("w{n}")).collect();
    assert_eq!(index.search(&words.join(" "), 9), Hits::default());
}

#[test]
fn a_scan_finds_the_one_pack_that_bears_the_code() {
    let packed = |key, code, pack_codes: &[&'static str]| SearchRow {
        pack_codes: pack_codes.to_vec(),
        ..row(key, &(code, "Drug", "", ""))
    };
    let mut index = SearchIndex::new([
        packed(1, "A-1", &["", "6161100230012", "A-1"]),
        packed(2, "B", &["6161100230029", "twice"]),
        packed(3, "C", &["twice"]),
        packed(4, "***", &[]),
    ]);
    let hit = |key, pack| Some(CodeHit { key, pack });
    assert_eq!(index.exact_code("6161100230012"), hit(1, Some(1)));
    assert_eq!(index.exact_code(" a-1 "), hit(1, Some(2)));
    assert_eq!(index.exact_code("b"), hit(2, None));
    assert_eq!(index.exact_code("***"), hit(4, None));
    assert_eq!(
        index.search("***", 9).matches,
        [Hit {
            key: 4,
            rank: Rank::ExactCode
        }]
    );
    for unknown in ["", " ", "616110023001", "61611002300123", "a1", "a 1"] {
        assert_eq!(index.exact_code(unknown), None, "{unknown:?}");
    }
    // Two bear it: the clerk chooses, a scan does not.
    assert_eq!(index.exact_code("twice"), None);
    assert_eq!(index.search("twice", 9).total, 2);
    index.remove(3);
    assert_eq!(index.exact_code("twice"), hit(2, Some(1)));
}

#[test]
fn a_changed_row_is_found_as_it_is_now_and_a_removed_one_not_at_all() {
    let mut index = index();
    index.put(&row(7, &("PAN2", "Hedex", "Aspirin", "300 mg")));
    assert_eq!(index.len(), DRUGS.len());
    assert_eq!(index.exact_code("pan"), None);
    assert_eq!(index.exact_code("pan2").map(|hit| hit.key), Some(7));
    assert_eq!(index.search("panadol", 9).total, 1);
    index.remove(7);
    index.remove(7);
    assert_eq!(index.search("hedex", 9), Hits::default());
    assert_eq!(index.len(), DRUGS.len() - 1);
}

/// What [`SearchIndex::search`] promises, said as plainly as possible: every typed word is a prefix of a word, and words
/// typed as one stand side by side, but for a unit after its number.
fn reference(rows: &[[String; 5]], typed: &str) -> Vec<u32> {
    let words = |text: &str| {
        let mut words = String::new();
        push_words(&mut words, &fold(text));
        words.split_ascii_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    let is_number = |word: &str| word.starts_with(|c: char| c.is_ascii_digit());
    let terms: Vec<Vec<String>> = typed
        .split_whitespace()
        .flat_map(|between| {
            words(between)
                .chunk_by(|word, next| !is_number(word) || is_number(next))
                .map(<[_]>::to_vec)
                .collect::<Vec<_>>()
        })
        .collect();
    let begins = |field: &[String], term: &[String]| {
        field.windows(term.len()).any(|words| {
            let last = term.len() - 1;
            words[..last] == term[..last] && words[last].starts_with(&term[last])
        })
    };
    let matches = |row: &[String; 5]| {
        let [code, pack_code, name, generic_name, strength] = row;
        let name_and_strength = format!("{name} {strength}");
        let fields = [code, pack_code, generic_name, &name_and_strength].map(|field| words(field));
        terms.iter().all(|term| fields.iter().any(|field| begins(field, term)))
    };
    let found = (0..).zip(rows).filter(|(_, row)| !terms.is_empty() && matches(row));
    found.map(|(key, _)| key).collect()
}

fn search_row(key: u32, row: &[String; 5]) -> SearchRow<'_> {
    let [code, pack_code, name, generic_name, strength] = row;
    SearchRow {
        key,
        code,
        pack_codes: vec![pack_code],
        name,
        generic_name,
        strength,
    }
}

/// Few letters, so that words share beginnings; now and then anything at all.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![8 => "[abAB15.\\- é]{0,8}", 1 => any::<String>()]
}

proptest! {
    #[test]
    fn nothing_that_matches_is_missing_and_nothing_else_is_a_match(
        rows in prop::collection::vec(prop::array::uniform5(text()), 0..12),
        changes in prop::collection::vec((0u32..12, prop::option::of(prop::array::uniform5(text()))), 0..24),
        typed in text(),
        limit in 0usize..16,
    ) {
        let mut now = rows.clone();
        let mut index = SearchIndex::new((0..).zip(&rows).map(|(key, row)| search_row(key, row)));
        for (key, change) in &changes {
            let Some(place) = now.get_mut(*key as usize) else { continue };
            if let Some(row) = change {
                index.put(&search_row(*key, row));
                place.clone_from(row);
            } else {
                index.remove(*key);
                *place = Default::default();
            }
        }
        let expected = reference(&now, &typed);
        let all = index.search(&typed, usize::MAX);
        let mut keys: Vec<u32> = all.matches.iter().map(|hit| hit.key).collect();
        keys.sort_unstable();
        // A code without a word is found by the whole of it alone.
        if !expected.is_empty() || all.matches.iter().any(|hit| hit.rank != Rank::ExactCode) {
            prop_assert_eq!(keys, expected);
        }
        prop_assert_eq!(all.total, all.matches.len());
        // Ranks ascend, no row stands twice, and a limit only cuts.
        let shown: Vec<Hit> = all.matches.iter().chain(&all.nearest).copied().collect();
        prop_assert!(shown.is_sorted_by_key(|hit| hit.rank));
        let mut distinct: Vec<u32> = shown.iter().map(|hit| hit.key).collect();
        distinct.sort_unstable();
        distinct.dedup();
        prop_assert_eq!(distinct.len(), shown.len());
        let cut = index.search(&typed, limit);
        prop_assert_eq!(&cut.matches[..], &all.matches[..limit.min(all.matches.len())]);
        prop_assert_eq!(cut.total, all.total);
        prop_assert!(cut.matches.len() + cut.nearest.len() <= limit);
        // An index built at once says the same as one that was changed row by row.
        let fresh = SearchIndex::new((0..).zip(&now).filter(|(key, _)| index.slots.contains_key(key)).map(|(key, row)| search_row(key, row)));
        prop_assert_eq!(&fresh.search(&typed, 16), &index.search(&typed, 16));
    }
}
