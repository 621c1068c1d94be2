//! A parked sale that never is recorded: why is typed first, then asked about.
use std::sync::Arc;

use super::{Settle, may_mend, settle, who};
use crate::app::command::Command;
use crate::app::effect::Effects;
use crate::app::model::{Model, Over};
use crate::app::question::About;
use crate::app::text::Line;
use crate::domain::name::{printable, tidy};
use crate::domain::sale::SaleRecord;

/// Why a parked sale is struck, being typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Striking {
    /// The sale.
    pub record: Arc<SaleRecord>,
    /// The reason.
    pub reason: Line,
}

/// Asks why the sale under the cursor is struck.
pub(super) fn open(model: &mut Model) {
    if let Some(record) = may_mend(model) {
        let reason = Line::default();
        model.over = Some(Over::Strike(Striking { record, reason }));
    }
}

/// A key for the reason.
pub(in crate::app) fn update(model: &mut Model, command: Command) {
    let Some(Over::Strike(striking)) = &mut model.over else {
        return;
    };
    match command {
        Command::Edit(edit) => {
            striking.reason.edit(edit);
        }
        Command::Back => {
            model.over = None;
            model.mention("it is parked as before");
        }
        Command::Accept | Command::Confirm => {
            let why = printable(&tidy(striking.reason.text()));
            if why.is_empty() {
                model.refuse("why? it stays beside the receipt for good; Esc leaves it parked");
                return;
            }
            let sale = Arc::clone(&striking.record);
            model.ask(About::StrikeSale { sale, why });
        }
        _ => {}
    }
}

/// It is meant.
pub(in crate::app) fn strike_it(model: &mut Model, sale: &SaleRecord, why: &str) -> Effects {
    let by = who(model);
    settle(model, sale, Settle::Strike(why.to_owned()), by)
}
