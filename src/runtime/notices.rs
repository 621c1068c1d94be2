//! What sync finds at a till without a screen, told to supervisors: as the screen tells it (`app::update`), by audit events.
use super::till::Seller;
use super::translate;
use crate::domain::audit::{Happening, Noted};
use crate::domain::clock::Clock;
use crate::store::journal::Journal;
use crate::store::sync::Notice;

/// Notes what supervisors are to hear of; whether it is one of those. At the outlet of the till's last sale: where it stands now
/// is not for a till without a clerk to say.
pub async fn tell(notice: &Notice, seller: &Seller, journal: &Journal, clock: &dyn Clock) -> bool {
    let Some(about) = translate::alert(notice) else {
        return false;
    };
    let happening = Happening::till_alerted(about, &translate::notice(notice));
    let last = match journal.last_sale().await {
        Ok(Some(last)) => last,
        Ok(None) => return false,
        Err(error) => {
            tracing::warn!(%error, ?notice, "supervisors are not told");
            return false;
        }
    };
    let noted = Noted::beside(&last.record.document.sale, clock.now(), happening);
    match seller.note(clock.new_id(), noted).await {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            tracing::warn!(%error, ?notice, "supervisors are not told");
            false
        }
        // Closing: the next start does not find it again.
        Err(_) => {
            tracing::warn!(?notice, "supervisors are not told: the till is closing");
            false
        }
    }
}
