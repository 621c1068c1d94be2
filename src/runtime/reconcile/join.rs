//! Both sides beside each other, in the order of their numbers; what is found of it goes to lists on the disk.
use std::io;
use std::path::Path;

use jiff::{Timestamp, civil};
use uuid::Uuid;

use super::Reconciliation;
use super::aside::{Names, Sorted};
use crate::domain::reconcile::{Comparison, Finding, InOutbox, Own, Standing};

/// The store's events beside those of the topic.
pub struct Joining {
    told: Sorted,
    comparison: Comparison,
    missing: Names,
    extra: Names,
    different: Names,
}

/// An event of the store that the topic does not have.
#[derive(Debug)]
pub struct Absent {
    own: Own,
    may_be_deleted: bool,
}

impl Absent {
    /// Its id, by which the outbox is asked.
    pub fn event_id(&self) -> Uuid {
        self.own.event_id
    }
}

impl Joining {
    /// What was told, and how it is to be judged; the lists go to `folder`.
    ///
    /// # Errors
    /// When the disk failed.
    pub fn new(told: Sorted, comparison: Comparison, folder: &Path) -> io::Result<Self> {
        Ok(Self {
            told,
            comparison,
            missing: Names::new(folder)?,
            extra: Names::new(folder)?,
            different: Names::new(folder)?,
        })
    }

    /// The next event of the store, which belongs in that partition; itself, if the outbox has to be asked about it.
    ///
    /// # Errors
    /// When the disk failed.
    pub fn one(&mut self, own: Own, partition: i32) -> io::Result<Option<Absent>> {
        self.extras(Some(&own))?;
        let mut standing = Standing::default();
        while self.told.peek().is_some_and(|told| told.place == own.place) {
            if let Some(told) = self.told.take_next()? {
                self.comparison.told(&own, &told, &mut standing);
            }
        }
        let (is_absent, found) = self.comparison.heard(&own, standing);
        self.note(found)?;
        if !is_absent {
            return Ok(None);
        }
        let may_be_deleted = self.comparison.may_be_deleted(partition);
        Ok(Some(Absent { own, may_be_deleted }))
    }

    /// How an absent one stands in the outbox.
    ///
    /// # Errors
    /// When the disk failed.
    pub fn absent(&mut self, absent: &Absent, outbox: Option<InOutbox>) -> io::Result<()> {
        let found = self.comparison.absent(&absent.own, absent.may_be_deleted, outbox);
        self.note(found)
    }

    /// A sale without events yet.
    pub fn parked(&mut self, sold: Option<(Timestamp, civil::Date)>, lines: u64) {
        self.comparison.parked(sold, lines);
    }

    /// The store has no more. `others` is what the topic had beside sale events.
    ///
    /// # Errors
    /// When the disk failed.
    pub fn end(mut self, others: u64) -> io::Result<Reconciliation> {
        self.extras(None)?;
        Ok(Reconciliation {
            counts: self.comparison.counts(),
            others,
            missing: self.missing.end()?,
            extra: self.extra.end()?,
            different: self.different.end()?,
        })
    }

    /// What the topic has before that event of the store, or after the last.
    fn extras(&mut self, before: Option<&Own>) -> io::Result<()> {
        while let Some(told) = self.told.peek()
            && before.is_none_or(|own| told.place < own.place)
        {
            if let Some(told) = self.told.take_next()? {
                let found = self.comparison.extra(&told);
                self.note(found)?;
            }
        }
        Ok(())
    }

    fn note(&mut self, found: Option<Finding>) -> io::Result<()> {
        match found {
            None => Ok(()),
            Some(Finding::Missing(named)) => self.missing.push(&named),
            Some(Finding::Extra(named)) => self.extra.push(&named),
            Some(Finding::Different(named)) => self.different.push(&named),
        }
    }
}
