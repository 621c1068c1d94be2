//! What the catalogue says to supervision.
use std::collections::HashMap;

use crate::domain::catalogue::Catalogue;
use crate::domain::supervision::{Known, KnownDrug, KnownOutlet};

/// Of a catalogue: its outlets, and those of its drugs that the rules look at.
pub fn known(catalogue: &Catalogue) -> Known {
    let outlets = catalogue.outlets().into_iter().map(|outlet| {
        let known = KnownOutlet {
            name: outlet.name.clone(),
            region: outlet.region.clone(),
            zone: outlet.zone(),
            opening_hours: outlet.opening_hours.clone(),
            currency: outlet.currency.code.clone(),
            places: outlet.currency.places,
            active: outlet.active,
        };
        (outlet.id, known)
    });
    let drugs: HashMap<i64, KnownDrug> = catalogue
        .drugs()
        .filter(|drug| drug.prescription_only || drug.controlled_limit.is_some())
        .map(|drug| {
            let known = KnownDrug {
                name: drug.label(),
                controlled_limit: drug.controlled_limit,
                prescription_only: drug.prescription_only,
            };
            (drug.id, known)
        })
        .collect();
    Known {
        outlets: outlets.collect(),
        drugs,
    }
}
