//! What a till's own disk remembers: the baskets on its counter, its last sale, where it stood.
use std::path::Path;

use uuid::Uuid;

use super::translate;
use crate::app::model::Recovering;
use crate::app::sale::Draft;
use crate::store::journal::{JournalError, JournalReader, JournalSale};

/// What was on the counter, from the journal's last sale and its draft. A draft that cannot be read is no reason not to
/// open.
pub fn recovering(last: Option<&JournalSale>, draft: Option<&[u8]>) -> Recovering {
    let draft = draft.map_or_else(Draft::default, |bytes| {
        serde_json::from_slice(bytes).unwrap_or_else(|error| {
            tracing::warn!(%error, "the kept basket cannot be read");
            Draft::default()
        })
    });
    let sold_in = last.map(|sale| sale.record.document.sale.outlet.id);
    Recovering {
        outlet: draft.outlet.or(sold_in),
        last: last.and_then(|sale| Some((sale.record.sale_id(), translate::last_sale(sale)?))),
        draft,
    }
}

/// The outlet in which the till of a journal stood last, if any.
///
/// # Errors
/// When the journal cannot be read.
pub async fn last_outlet_in(journal: &JournalReader) -> Result<Option<Uuid>, JournalError> {
    let (last, draft) = (journal.last_sale().await?, journal.draft().await?);
    Ok(recovering(last.as_ref(), draft.as_deref()).outlet)
}

/// The outlet in which the till of a data folder stood last, if that is known. It works beside an open till.
pub async fn last_outlet(data_dir: &Path) -> Option<Uuid> {
    let asked = async {
        let journal = JournalReader::open(data_dir).await?;
        last_outlet_in(&journal).await
    };
    asked.await.unwrap_or_else(|error| {
        if error != JournalError::Absent {
            tracing::warn!(%error, "where the till stood last is not known");
        }
        None
    })
}
