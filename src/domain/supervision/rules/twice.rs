//! The same basket keyed twice at one till within a minute.
use std::collections::VecDeque;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::bounded::Bounded;
use super::gather::Whole;
use super::scene::{Desk, Scene, lasting};
use super::told::Finding;
use crate::domain::event::SaleEvent;
use crate::domain::sale::SaleKind;
use crate::domain::supervision::{RuleName, StreamRow};

const RULE: RuleName = RuleName::SameBasketTwice;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Basket {
    sale: Uuid,
    digest: u64,
    doctor: i64,
    at: Timestamp,
    row: StreamRow,
}

/// So many baskets may lie between the two.
const MOST_BASKETS: usize = 3;

/// The latest baskets of each till.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Twice {
    baskets: Bounded<String, VecDeque<Basket>, 5_000>,
}

impl Twice {
    pub fn see(&mut self, scene: &Scene<'_>, desk: &mut Desk<'_>, sale: &SaleEvent, whole: &Whole) {
        if !scene.is_on(RULE) || sale.kind != SaleKind::Sale {
            return;
        }
        let basket = Basket {
            sale: sale.sale_id,
            digest: whole.digest,
            doctor: sale.doc_id,
            at: scene.at,
            row: scene.row(),
        };
        let before = if let Some(baskets) = self.baskets.get_mut(&sale.till_id) {
            let twin = baskets.iter().find(|before| {
                let apart = scene.at.duration_since(before.at).abs();
                let is_soon = apart.as_secs_f64() <= scene.thresholds.same_basket_twice_seconds;
                is_soon
                    && (before.digest, before.doctor) == (basket.digest, basket.doctor)
                    && before.sale != basket.sale
            });
            let twin = twin.cloned();
            if baskets.len() >= MOST_BASKETS {
                baskets.pop_front();
            }
            baskets.push_back(basket);
            twin
        } else {
            self.baskets.insert(sale.till_id.clone(), VecDeque::from([basket]));
            None
        };
        let is_chance = whole.chance * scene.thresholds.same_basket_twice_rarity >= 1.0;
        let Some(before) = before.filter(|_| !is_chance) else {
            return;
        };
        let apart = scene.at.duration_since(before.at).abs();
        let lines = if sale.lines == 1 { "line" } else { "lines" };
        desk.tell(Finding {
            rule: RULE,
            key: sale.sale_id.to_string(),
            size: 1.0,
            severity: RULE.severity(),
            at: scene.at,
            subject: scene.subject(),
            headline: format!(
                "the same {} {lines} twice within {}, {} each",
                sale.lines,
                lasting(apart),
                whole.total
            ),
            figures: vec![
                format!("one basket in {:.0} is such a one", 1.0 / whole.chance.max(1e-9)),
                format!("told from one in {}", scene.thresholds.same_basket_twice_rarity),
            ],
            evidence: vec![before.row, scene.row()],
        });
    }
}
