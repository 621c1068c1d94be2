//! Sold while the outlet is closed.
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::bounded::Bounded;
use super::scene::{Desk, Scene};
use super::told::Finding;
use crate::domain::event::SaleEvent;
use crate::domain::supervision::{RuleName, Subject};

const RULE: RuleName = RuleName::OutsideOpeningHours;

/// How many sales there were while closed: by employee, outlet and day.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Closed {
    sold: Bounded<(i64, i64, i32), u32, 2_000>,
}

impl Closed {
    pub fn see(&mut self, scene: &Scene<'_>, desk: &mut Desk<'_>, sale: &SaleEvent) {
        if !scene.is_on(RULE) {
            return;
        }
        let (Some(hours), Some(local)) = (scene.hours.get(&sale.outlet_id), scene.local(sale.outlet_id)) else {
            return;
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "from 0 to 720 by its bounds"
        )]
        let grace = scene.thresholds.outside_opening_hours_minutes as u16;
        if hours.is_open(local, grace) {
            return;
        }
        let times = self.sold.entry((sale.emp_id, sale.outlet_id, scene.day));
        *times += 1;
        let about = (RULE, sale.emp_id);
        desk.evidence.keep(about, scene.row());
        let key = format!("{}|{}|{}", sale.emp_id, sale.outlet_id, scene.day);
        let size = f64::from(*times);
        if !desk.told.is_news(RULE, &key, size) {
            return;
        }
        let sales = if *times == 1 { "sale" } else { "sales" };
        let rows = desk.evidence.since(about, scene.at - SignedDuration::from_hours(20));
        desk.tell(Finding {
            rule: RULE,
            key,
            size,
            severity: RULE.severity(),
            at: scene.at,
            subject: Subject {
                drug: None,
                doctor: None,
                ..scene.subject()
            },
            headline: format!(
                "{times} {sales} while closed, the latest at {}",
                local.strftime("%H:%M")
            ),
            figures: vec![
                format!("open {}", opening_words(scene, sale.outlet_id)),
                format!("on the outlet's clock {}", local.strftime("%a %H:%M")),
                format!("ordinary up to {grace} min before and after"),
            ],
            evidence: rows,
        });
    }
}

fn opening_words(scene: &Scene<'_>, outlet: i64) -> String {
    let known = scene.known.outlets.get(&outlet);
    known.map_or_else(String::new, |outlet| {
        crate::domain::name::printable(&outlet.opening_hours)
    })
}
