//! Rules of the path, each broken on purpose by the tests that ask whether the simulated histories would find it
//! (docs/histories.md). The program has none of this.
use std::cell::Cell;

/// A rule that is broken, by what the program does instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mutant {
    /// The store moves a till's head without comparing it.
    HeadNotCompared,
    /// Events are published by the order in which their rows were made.
    OrderByInsertion,
    /// Rows are marked before the broker has them.
    MarkBeforeAck,
    /// The refused mark reaches the disk at some later time.
    RefusalNotSynced,
    /// A sale reaches the disk at some later time.
    SaleNotSynced,
    /// The number of a refused sale is not given again.
    RefusalUsesNumber,
    /// A COMMIT without an answer is a refusal.
    TimeoutIsRefusal,
    /// A retry is a sale with an id of its own.
    RetryIsAnotherSale,
    /// Relays share a till's rows out, without a lease.
    RowsSkippedWhenLocked,
    /// A lease that somebody else has by now still marks.
    MarkWithoutEpoch,
    /// A sale is taken for committed before its COMMIT was answered.
    SettledBeforeCommit,
    /// Events are written in a transaction after the sale's.
    EventsApart,
    /// Stock is changed in a transaction after the sale's.
    StockApart,
    /// Rows of the outbox are deleted by age, published or not.
    PurgeOfUnmarked,
    /// What the store cannot hold is tried until it can.
    ParkedBlocks,
    /// The events of another till are nobody's business.
    NobodyAdopts,
    /// What a restored store lacks is not sent again.
    LossNotNoticed,
    /// An audit event reaches the disk at some later time.
    NoteNotSynced,
    /// Audit events that a restored store lacks are not sent again.
    LostNotesNotNoticed,
    /// An audit event whose number another one has is taken for known.
    NumberTakenIsKnown,
    /// An audit event that the store has under another number uses one up all the same.
    KnownTakesANumber,
    /// A till goes on in a series that the store continued otherwise.
    SeriesGoesOn,
    /// A high watermark below the place means another topic.
    LowWatermarkRestarts,
    /// Where the place is gone, reading goes on at the end.
    GapSkipsToEnd,
    /// Repeats are known within a window of ids.
    WindowOfIds,
    /// Whatever is not above the highest number seen is a repeat.
    HighestNumberOnly,
    /// A reader keeps its place, and then what it has counted.
    PlaceBeforeCounts,
    /// Totals are published as increments.
    TotalsAsIncrements,
    /// The processor of totals keeps its place, and then what it has counted.
    OffsetsBeforeTotals,
    /// Totals count as published before the broker has them.
    TotalsBeforeAck,
}

thread_local! {
    static BROKEN: Cell<Option<Mutant>> = const { Cell::new(None) };
}

/// Whether that rule is broken on this thread.
pub(crate) fn is(mutant: Mutant) -> bool {
    BROKEN.get() == Some(mutant)
}

/// A rule is broken on this thread, as long as this lives.
pub(crate) struct Broken(());

impl Broken {
    /// Breaks it.
    pub(crate) fn rule(mutant: Mutant) -> Self {
        BROKEN.set(Some(mutant));
        Self(())
    }
}

impl Drop for Broken {
    fn drop(&mut self) {
        BROKEN.set(None);
    }
}
