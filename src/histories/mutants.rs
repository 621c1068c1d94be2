//! Rules broken on purpose: the histories find each.
use super::live;
use crate::domain::mutant::{Broken, Mutant};

/// Lives histories with a rule broken until one of them breaks a promise: which, and how.
fn hunt(mutant: Mutant, most: u64) -> Option<(u64, String)> {
    let _broken = Broken::rule(mutant);
    (1..=most).find_map(|seed| Some((seed, live(seed).err()?)))
}

#[test]
fn hunted() {
    let found = hunt(Mutant::HeadNotCompared, 100);
    println!("{found:?}");
    assert!(found.is_some());
}
