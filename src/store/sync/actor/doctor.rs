//! Prescribers who were added here: on the disk first, in the store before the first sale that names them (COUNTER 1.7).
use super::{Attempt, SyncLoop};
use crate::domain::prescriber::NewDoctor;
use crate::domain::sale::SaleRecord;
use crate::store::error::StoreError;
use crate::store::journal::Journal;
use crate::store::ports::{AddedDoctor, SaleStore};
use crate::store::sync::{DoctorRequest, Notice};

impl SyncLoop {
    /// Keeps one, and says that they may be named.
    pub(super) async fn add_doctor(&mut self, request: DoctorRequest) {
        let kept = self.journal.add_doctor(request.doctor).await;
        // The person may have gone; what was kept stands.
        let _ = request.answer.send(kept);
        self.refresh().await;
    }

    pub(super) async fn begin_next_doctor(&mut self) {
        match self.journal.next_unsent_doctor().await {
            Ok(Some(doctor)) => self.begin(Attempt::AddDoctor { doctor }),
            Ok(None) => self.doctors = 0,
            Err(error) => self.marked(Err(error)),
        }
    }

    pub(super) async fn doctor_ended(&mut self, doctor: NewDoctor, result: Result<AddedDoctor, StoreError>) {
        match result {
            Ok(added) => {
                self.link.answered();
                let marked = self.journal.doctor_uploaded(doctor.uuid).await;
                self.marked(marked);
                if let Some(known_as) = added.known_as {
                    self.notify(Notice::DoctorWasKnown {
                        name: doctor.name,
                        known_as,
                    });
                }
            }
            Err(StoreError::Retryable { reason, .. }) => self.failed(&reason).await,
            // One bad record does not hold up the next.
            Err(error) => {
                self.link.answered();
                let reason = error.to_string();
                let marked = self.journal.doctor_parked(doctor.uuid, reason.clone()).await;
                self.marked(marked);
                self.notify(Notice::DoctorParked {
                    name: doctor.name,
                    reason,
                });
            }
        }
    }
}

/// Before a sale is attempted: the store has the prescriber whom it names, where they were added here. Asked for each such
/// sale, since a store that was restored from a backup may have lost them.
///
/// # Errors
/// Only where the store could not now. If it can never hold them, what becomes of the sale is its own attempt's to say.
pub(super) async fn before(journal: &Journal, store: &dyn SaleStore, record: &SaleRecord) -> Result<(), StoreError> {
    let Some(named) = &record.document.sale.doctor else {
        return Ok(());
    };
    // Whatever went wrong, no COMMIT of the sale itself was sent yet.
    let retryable = |reason| StoreError::Retryable {
        reason,
        in_doubt: false,
    };
    let doctor = journal
        .doctor(named.id)
        .await
        .map_err(|error| retryable(error.to_string()))?;
    let Some(doctor) = doctor else { return Ok(()) };
    match store.add_doctor(&doctor).await {
        Ok(_) => Ok(()),
        Err(StoreError::Retryable { reason, .. }) => Err(retryable(reason)),
        Err(error) => {
            tracing::warn!(%error, "the prescriber of a sale could not be recorded");
            Ok(())
        }
    }
}
