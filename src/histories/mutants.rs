//! Rules broken on purpose: the histories find each.
use super::live;
use crate::domain::mutant::{Broken, Mutant};

/// So many histories find any of them, and more than enough.
const MOST: u64 = 150;
/// So many are enough to say that none is broken.
const HARMLESS: u64 = 40;

/// Lives histories with a rule broken until one of them breaks a promise.
fn is_found(mutant: Mutant) {
    is_found_from(1, mutant);
}

/// The same, from that seed on: what is rare is not waited for in every run of the tests.
fn is_found_from(seed: u64, mutant: Mutant) {
    let _broken = Broken::rule(mutant);
    let found = (seed..seed + MOST).find_map(|seed| Some((seed, live(seed).err()?)));
    match found {
        Some((seed, how)) => println!("{mutant:?}: found in {seed}: {how}"),
        None => panic!("{mutant:?}: not found in {MOST} from {seed} on"),
    }
}

/// Some rules forbid what does no harm by itself, as long as the others hold: that is worth knowing when one of those is
/// changed.
fn does_no_harm(mutant: Mutant) {
    let _broken = Broken::rule(mutant);
    for seed in 1..=HARMLESS {
        assert_eq!(live(seed).err(), None, "{mutant:?}, seed {seed}");
    }
}

/// A relay marks only what the broker has acknowledged, whoever has the lease by then.
#[test]
fn a_mark_under_a_lost_lease_does_no_harm_by_itself() {
    does_no_harm(Mutant::MarkWithoutEpoch);
}

/// The next sale does not pass the store's head: chains are compared, and what is not there is sent again.
#[test]
fn a_sale_that_is_settled_too_early_does_no_harm_by_itself() {
    does_no_harm(Mutant::SettledBeforeCommit);
}

#[test]
fn the_stores_head_is_compared() {
    is_found(Mutant::HeadNotCompared);
}

#[test]
fn events_are_published_by_number_and_not_by_insertion() {
    is_found_from(160, Mutant::OrderByInsertion);
}

#[test]
fn rows_are_marked_after_the_acknowledgement() {
    is_found(Mutant::MarkBeforeAck);
}

#[test]
fn a_refusal_is_on_the_disk_before_it_is_told() {
    is_found(Mutant::RefusalNotSynced);
}

#[test]
fn a_sale_is_on_the_disk_before_it_is_promised() {
    is_found(Mutant::SaleNotSynced);
}

#[test]
fn a_refused_sale_uses_up_no_number() {
    is_found(Mutant::RefusalUsesNumber);
}

#[test]
fn a_commit_without_an_answer_is_no_refusal() {
    is_found(Mutant::TimeoutIsRefusal);
}

#[test]
fn a_retry_is_the_same_sale() {
    is_found(Mutant::RetryIsAnotherSale);
}

#[test]
fn rows_that_another_relay_sends_are_not_skipped() {
    is_found(Mutant::RowsSkippedWhenLocked);
}

#[test]
fn events_are_committed_with_their_sale() {
    is_found(Mutant::EventsApart);
}

#[test]
fn stock_is_changed_with_its_sale() {
    is_found(Mutant::StockApart);
}

#[test]
fn what_is_not_published_is_not_purged() {
    is_found(Mutant::PurgeOfUnmarked);
}

#[test]
fn nothing_waits_behind_what_cannot_be_held() {
    is_found(Mutant::ParkedBlocks);
}

#[test]
fn events_of_a_till_that_is_gone_are_published_by_another() {
    is_found(Mutant::NobodyAdopts);
}

#[test]
fn what_a_restored_store_lacks_is_sent_again() {
    is_found(Mutant::LossNotNoticed);
}

#[test]
fn what_was_noted_is_on_the_disk() {
    is_found(Mutant::NoteNotSynced);
}

#[test]
fn what_was_noted_and_a_restored_store_lacks_is_sent_again() {
    is_found(Mutant::LostNotesNotNoticed);
}

#[test]
fn what_was_noted_gets_another_number_where_its_own_is_taken() {
    is_found_from(80, Mutant::NumberTakenIsKnown);
}

#[test]
fn what_was_noted_twice_uses_up_one_number() {
    is_found_from(550, Mutant::KnownTakesANumber);
}

#[test]
fn a_chain_that_went_on_otherwise_is_left() {
    is_found(Mutant::SeriesGoesOn);
}

#[test]
fn a_low_watermark_is_no_other_topic() {
    is_found(Mutant::LowWatermarkRestarts);
}

#[test]
fn a_reader_goes_on_behind_a_gap_with_the_first_that_is_left() {
    is_found_from(160, Mutant::GapSkipsToEnd);
}

#[test]
fn no_window_of_ids_knows_every_repeat() {
    is_found(Mutant::WindowOfIds);
}

#[test]
fn a_late_event_is_no_repeat() {
    is_found_from(80, Mutant::HighestNumberOnly);
}

#[test]
fn a_reader_keeps_its_place_with_what_it_counted() {
    is_found(Mutant::PlaceBeforeCounts);
}

#[test]
fn totals_are_absolute() {
    is_found(Mutant::TotalsAsIncrements);
}

#[test]
fn the_processor_keeps_its_place_with_its_totals() {
    is_found(Mutant::OffsetsBeforeTotals);
}

#[test]
fn totals_are_settled_after_the_acknowledgement() {
    is_found(Mutant::TotalsBeforeAck);
}
