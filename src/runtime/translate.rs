//! From the words of store and stream to those of the screen, which knows neither.
use jiff::Timestamp;

use crate::app::live::LiveState;
use crate::app::sale::{LastSale, LastState, Outcome, Refusal, SaleAnswer};
use crate::app::status::{Database, Status, Stream};
use crate::domain::audit::TillAlert;
use crate::domain::link_fault::LinkFault;
use crate::store::error::Refusal as StoreRefusal;
use crate::store::journal::{JournalSale, SaleState};
use crate::store::sync::{Link, Notice, SaleAnswer as SyncAnswer, SaleOutcome, SyncStatus};
use crate::stream::live::StreamState;
use crate::stream::relay::{RelayState, RelayStatus};

/// What became of a sale.
pub fn answer(answer: SyncAnswer) -> SaleAnswer {
    SaleAnswer {
        outcome: match answer.state {
            SaleOutcome::Committed => Outcome::Committed,
            SaleOutcome::Queued => Outcome::Queued,
            SaleOutcome::Parked(reason) => Outcome::Parked(reason),
            SaleOutcome::Refused(refusal) => Outcome::Refused(self::refusal(refusal)),
        },
        receipt: answer.receipt,
        below_zero: answer.below_zero,
    }
}

/// Why it was, or would be, refused.
pub fn refusal(refusal: StoreRefusal) -> Refusal {
    match refusal {
        StoreRefusal::ShortStock {
            drug,
            remaining,
            wanted,
            unit,
        } => Refusal::ShortStock {
            drug,
            remaining,
            wanted,
            unit,
        },
        other => Refusal::Other(other.to_string()),
    }
}

/// The last sale of the journal; none where it was never recorded.
pub fn last_sale(sale: &JournalSale) -> Option<LastSale> {
    let state = match &sale.state {
        SaleState::Committed => LastState::Committed,
        SaleState::Queued | SaleState::Provisional => LastState::Queued,
        SaleState::Parked(reason) => LastState::Parked(reason.clone()),
        SaleState::Struck(_) => return None,
    };
    let receipt = sale.record.receipt().to_string();
    Some(LastSale::of(&sale.record.document.sale, receipt, state))
}

/// The status line of sync, relay and catalogue together; no relay: nothing is published.
pub fn status(sync: &SyncStatus, relay: Option<&RelayStatus>, catalogue_at: Option<Timestamp>) -> Status {
    Status {
        database: match &sync.database {
            Link::Up => Database::Up,
            Link::Slow => Database::Slow,
            Link::Local => Database::Own,
            Link::Down { since, .. } => Database::Away { since: *since },
        },
        database_fault: match &sync.database {
            Link::Down { reason, .. } => LinkFault::told_in(reason),
            Link::Up | Link::Slow | Link::Local => None,
        },
        stream_fault: match relay.map(|relay| &relay.state) {
            Some(RelayState::Down { reason, .. }) => LinkFault::told_in(reason),
            // A broker that hands over hangs up too: only where that goes on is it told.
            Some(RelayState::ChangingLeader { reason, .. }) => {
                LinkFault::told_in(reason).filter(|fault| *fault != LinkFault::HungUp)
            }
            _ => None,
        },
        stream: match relay.map(|relay| &relay.state) {
            None => Stream::Own,
            Some(RelayState::Starting) => Stream::Unknown { since: None },
            Some(RelayState::StoreAway { since, .. }) => Stream::Unknown { since: Some(*since) },
            Some(RelayState::ChangingLeader { .. }) => Stream::Changing,
            Some(RelayState::Idle | RelayState::Publishing) => Stream::Up,
            Some(RelayState::HeldElsewhere) => Stream::Elsewhere,
            Some(RelayState::Down { since, .. }) => Stream::Away { since: *since },
            Some(RelayState::Kept) => Stream::Kept,
            Some(RelayState::Debezium) => Stream::Debezium,
        },
        waiting: relay.map_or(0, |relay| relay.backlog.events),
        set_aside: relay.map_or(0, |relay| relay.set_aside),
        unsent: sync.unsent,
        oldest: sync.oldest,
        parked: sync.parked,
        doctors: sync.doctors,
        events: sync.events,
        taken: sync.taken,
        catalogue_at,
    }
}

/// A notice of sync in words.
pub fn notice(notice: &Notice) -> String {
    let list = |drugs: &[(String, crate::domain::money::Quantity)]| {
        let drugs: Vec<_> = drugs.iter().map(|(drug, left)| format!("{drug} {left}")).collect();
        drugs.join(", ")
    };
    match notice {
        Notice::FinishedWhatWasBegun { sales } => {
            let receipts: Vec<_> = sales.iter().map(|(_, receipt)| receipt.as_str()).collect();
            format!(
                "the till ended while {} was being recorded: it is sold",
                receipts.join(", ")
            )
        }
        Notice::QueuedSaleOversold { receipt, below_zero } => {
            format!("{receipt} took more than the book had: {}", list(below_zero))
        }
        Notice::DoctorWasKnown { name, known_as } if name == known_as => {
            format!("prescriber {name} was known already: sales are theirs")
        }
        Notice::DoctorWasKnown { name, known_as } => {
            format!("prescriber {name} was known already, as {known_as}: sales are theirs")
        }
        Notice::DoctorParked { name, reason } => format!("prescriber {name} cannot be recorded: {reason}"),
        Notice::EventParked { kind, reason } => format!("an audit event ({kind}) cannot be recorded: {reason}"),
        Notice::ReferenceRepeated { receipt, used_before } => {
            let used: Vec<_> = used_before.iter().map(ToString::to_string).collect();
            format!("{receipt} names a payment that was named before: {}", used.join(", "))
        }
        Notice::ReturnedTooMuch { receipt, why } => format!("{receipt} gave back more than was left: {why}"),
        Notice::Parked { receipt, reason } => format!("{receipt} is parked: {reason}"),
        Notice::NewSeries { series, why, moved: 0 } => format!("receipts go on in series {series}: {why}"),
        Notice::NewSeries { series, why, moved } => {
            format!("receipts go on in series {series}, {moved} sales moved into it: {why}")
        }
        Notice::UploadedAgain { sales } => format!("the database had lost {sales} sales of this till: sent again"),
        Notice::TakenOver { series } => {
            format!("another machine is this till now (series {series}): nothing is sold here")
        }
    }
}

/// What a notice of sync is about, if supervisors are to hear of it.
pub fn alert(notice: &Notice) -> Option<TillAlert> {
    Some(match notice {
        Notice::QueuedSaleOversold { .. } => TillAlert::BelowZero,
        Notice::ReturnedTooMuch { .. } => TillAlert::ReturnedTooMuch,
        Notice::ReferenceRepeated { .. } => TillAlert::ReferenceRepeated,
        Notice::Parked { .. } => TillAlert::Parked,
        Notice::NewSeries { .. } => TillAlert::NewSeries,
        Notice::UploadedAgain { .. } => TillAlert::UploadedAgain,
        Notice::FinishedWhatWasBegun { .. }
        | Notice::DoctorWasKnown { .. }
        | Notice::DoctorParked { .. }
        | Notice::EventParked { .. }
        | Notice::TakenOver { .. } => return None,
    })
}

/// The receipt that a notice of sync is about, where it is one's.
pub fn receipt_of(notice: &Notice) -> Option<String> {
    match notice {
        Notice::QueuedSaleOversold { receipt, .. }
        | Notice::ReturnedTooMuch { receipt, .. }
        | Notice::ReferenceRepeated { receipt, .. }
        | Notice::Parked { receipt, .. } => Some(receipt.clone()),
        _ => None,
    }
}

/// How the feed stands.
pub fn stream_state(state: StreamState) -> LiveState {
    match state {
        StreamState::Connecting { since } => LiveState::Connecting { since },
        StreamState::Live => LiveState::Live,
        StreamState::CatchingUp { behind } => LiveState::CatchingUp { behind },
        StreamState::TopicMissing { since, topic } => LiveState::TopicMissing { since, topic },
        StreamState::Reconnecting { since, reason } => LiveState::Reconnecting { since, reason },
    }
}
