//! What a return is of: no receipt, an own sale, one of just now. So much is remembered of the latest sales.
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::bounded::Bounded;
use super::habits::Habit;
use super::scene::Scene;
use crate::domain::event::SaleEvent;
use crate::domain::sale::SaleKind;

/// The latest sales: by whom and when.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Returns {
    sales: Bounded<Uuid, (i64, Timestamp), 30_000>,
}

impl Returns {
    /// Remembers a sale; says of a return what it is.
    pub fn see(&mut self, scene: &Scene<'_>, sale: &SaleEvent) -> [Option<Habit>; 3] {
        match (sale.kind, sale.refund_of) {
            (SaleKind::Sale, _) => {
                self.sales.insert(sale.sale_id, (sale.emp_id, scene.at));
                [None; 3]
            }
            (SaleKind::Return, None) => [Some(Habit::ReturnsWithoutReceipt), None, None],
            (SaleKind::Return, Some(of)) => {
                let sold = self.sales.get(&of);
                let soon = SignedDuration::from_secs_f64(scene.thresholds.returns_soon_after_sale_minutes * 60.0);
                let is_own = sold.is_some_and(|(by, _)| *by == sale.emp_id);
                let is_soon = sold.is_some_and(|(_, at)| scene.at.duration_since(*at) <= soon);
                [
                    None,
                    is_own.then_some(Habit::ReturnsOfOwnSales),
                    is_soon.then_some(Habit::ReturnsSoonAfterSale),
                ]
            }
            (SaleKind::Void, _) => [None; 3],
        }
    }
}
