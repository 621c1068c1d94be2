//! What clerks asked for and were told, kept where no till can lose it.
use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::domain::audit::Noted;
use crate::domain::sale::Agreed;
use crate::store::sync::{SaleAnswer, SaleOutcome};

/// All clerks' memory.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// Each sale that was asked for, and by which machine first.
    pub(super) asked: BTreeMap<Uuid, (usize, Agreed)>,
    /// Those answered as committed, queued or parked: the receipts that were handed out.
    pub(super) promised: BTreeMap<Uuid, BTreeSet<String>>,
    /// Those refused, and not asked for again.
    pub(super) refused: BTreeSet<Uuid>,
    /// Asked for at more than one machine, none of which knows of the other.
    pub(super) shared: BTreeSet<Uuid>,
    /// Sales and audit events, promised by a disk that was lost or replaced by an older image before they were sent.
    pub(super) lost_with_disk: BTreeSet<Uuid>,
    /// Machines whose journal was replaced by an older image: a sale may get another receipt there.
    pub(super) forgot: BTreeSet<usize>,
    /// Each audit event that was to be noted, and by which machine.
    pub(super) noted: BTreeMap<Uuid, (usize, Noted)>,
    /// Those of which a machine said that they are kept.
    pub(super) kept: BTreeSet<Uuid>,
    /// Promises that were seen broken on the way.
    pub(super) broken: Vec<String>,
}

impl Ledger {
    /// A clerk asks a machine for it. Until there is an answer, nobody can say what became of it.
    pub(super) fn ask(&mut self, machine: usize, agreed: &Agreed) {
        let first = self
            .asked
            .entry(agreed.sale_id)
            .or_insert_with(|| (machine, agreed.clone()));
        if first.0 != machine {
            self.shared.insert(agreed.sale_id);
        }
        self.refused.remove(&agreed.sale_id);
    }

    /// A sale that this machine was asked for before.
    pub(super) fn known(&self, at: usize) -> Option<Agreed> {
        let many = self.asked.len().max(1);
        self.asked.values().nth(at % many).map(|(_, agreed)| agreed.clone())
    }

    /// An audit event that this machine was to note before.
    pub(super) fn noted_before(&self, machine: usize, at: usize) -> Option<(Uuid, Noted)> {
        let own = self.noted.iter().filter(|(_, (by, _))| *by == machine);
        let own: Vec<_> = own.map(|(event_id, (_, noted))| (*event_id, noted.clone())).collect();
        (!own.is_empty()).then(|| own[at % own.len()].clone())
    }

    /// The clerk hears the answer.
    pub(super) fn hear(&mut self, machine: usize, answer: &SaleAnswer) {
        let sale_id = answer.sale_id;
        let shared = self.shared.contains(&sale_id);
        match (&answer.state, &answer.receipt) {
            (SaleOutcome::Refused(refusal), _) => {
                let excused = shared || self.lost_with_disk.contains(&sale_id) || self.forgot.contains(&machine);
                if self.promised.contains_key(&sale_id) && !excused {
                    self.broken
                        .push(format!("{sale_id} was refused after a promise: {refusal}"));
                }
                self.refused.insert(sale_id);
            }
            (_, Some(receipt)) => {
                let receipts = self.promised.entry(sale_id).or_default();
                receipts.insert(receipt.clone());
                if receipts.len() > 1 && !shared && !self.forgot.contains(&machine) {
                    self.broken.push(format!("{sale_id} has the receipts {receipts:?}"));
                }
            }
            (_, None) => self.broken.push(format!("no receipt: {answer:?}")),
        }
    }
}
