//! Which outlet a till stands in: one rule for the screen and for the verbs that sell.
use std::sync::Arc;

use thiserror::Error;
use uuid::Uuid;

use super::catalogue::{Catalogue, LookupError, Outlet};

/// What is known of where a till stands, besides the catalogue.
#[derive(Debug, Clone, Copy, Default)]
pub struct Whereabouts<'a> {
    /// Name or id of the outlet that the configuration gives.
    pub named: Option<&'a str>,
    /// The outlet in which the till stood last: chosen on its screen, or that of its last sale.
    pub last: Option<Uuid>,
    /// Whether the till keeps its own store: it may begin anywhere, where one in a chain has to be told.
    pub own_store: bool,
}

/// Why it is not known which outlet this is.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoOutlet {
    /// The configuration gives one that is not there.
    #[error("[till] outlet: {0}")]
    NotFound(#[from] LookupError),
    /// There is none.
    #[error("there is no outlet yet: rxtill import outlets FILE.csv")]
    NoneYet,
    /// There are several, and nothing says which.
    #[error("there are several outlets: name this till's as [till] outlet")]
    Several,
}

/// The outlet: the one that the configuration names; else that in which the till stood last; else the only one; else, with
/// a store of its own, the first that was made.
///
/// # Errors
/// When somebody has to say it.
pub fn stands_in(catalogue: &Catalogue, whereabouts: Whereabouts<'_>) -> Result<Arc<Outlet>, NoOutlet> {
    if let Some(named) = whereabouts.named {
        return Ok(catalogue.find_outlet(named)?);
    }
    let active: Vec<_> = catalogue.outlets().into_iter().filter(|outlet| outlet.active).collect();
    let last = active.iter().find(|outlet| Some(outlet.uuid) == whereabouts.last);
    let found = match (last, active.as_slice()) {
        (Some(last), _) => last,
        (None, []) => return Err(NoOutlet::NoneYet),
        (None, [only]) => only,
        (None, several) => several
            .iter()
            .filter(|_| whereabouts.own_store)
            .min_by_key(|outlet| outlet.id)
            .ok_or(NoOutlet::Several)?,
    };
    Ok(Arc::clone(found))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::catalogue::CatalogueChanges;
    use crate::domain::money::{Currency, Money};

    fn outlet(id: i64, name: &str) -> Outlet {
        Outlet {
            id,
            uuid: Uuid::from_u128(id.unsigned_abs().into()),
            name: name.to_owned(),
            region: String::new(),
            time_zone: "Africa/Nairobi".to_owned(),
            opening_hours: String::new(),
            address: String::new(),
            phone: String::new(),
            tax_number: String::new(),
            currency: Currency {
                code: "KES".to_owned(),
                places: 2,
            },
            smallest_coin: Money::ZERO,
            receipt_footer: String::new(),
            active: true,
        }
    }

    fn of(outlets: Vec<Outlet>) -> Catalogue {
        let mut catalogue = Catalogue::default();
        catalogue.apply(CatalogueChanges {
            full: true,
            outlets,
            ..CatalogueChanges::default()
        });
        catalogue
    }

    fn found(catalogue: &Catalogue, whereabouts: Whereabouts<'_>) -> Result<i64, NoOutlet> {
        stands_in(catalogue, whereabouts).map(|outlet| outlet.id)
    }

    #[test]
    fn what_the_configuration_names_comes_before_all_else() {
        let catalogue = of(vec![outlet(1, "Nyali"), outlet(2, "Lamu")]);
        let named = |named| Whereabouts {
            named: Some(named),
            last: Some(Uuid::from_u128(1)),
            own_store: true,
        };
        assert_eq!(found(&catalogue, named("LAMU")), Ok(2));
        assert!(matches!(
            found(&catalogue, named("Voi")),
            Err(NoOutlet::NotFound(LookupError::None { .. }))
        ));
    }

    #[test]
    fn a_till_stays_where_it_stood_last_unless_that_outlet_was_closed() {
        let last = Whereabouts {
            last: Some(Uuid::from_u128(2)),
            ..Whereabouts::default()
        };
        let both = of(vec![outlet(1, "Nyali"), outlet(2, "Lamu")]);
        assert_eq!(found(&both, last), Ok(2));
        let closed = Outlet {
            active: false,
            ..outlet(2, "Lamu")
        };
        assert_eq!(found(&of(vec![outlet(1, "Nyali"), closed]), last), Ok(1));
    }

    #[test]
    fn of_several_a_till_in_a_chain_has_to_be_told_and_one_of_its_own_takes_the_first_that_was_made() {
        let several = of(vec![outlet(1, "Nyali"), outlet(2, "Lamu")]);
        let alone = Whereabouts {
            own_store: true,
            ..Whereabouts::default()
        };
        assert_eq!(found(&several, Whereabouts::default()), Err(NoOutlet::Several));
        assert_eq!(found(&several, alone), Ok(1));
        assert_eq!(found(&of(Vec::new()), alone), Err(NoOutlet::NoneYet));
    }
}
