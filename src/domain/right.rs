//! What a role may do beyond selling.
use super::dimension::ROLES;

/// The least role that may teach the catalogue a code. From then on every till sells that pack on that scan, unread: so it
/// wants somebody trained to tell one drug and strength from another by its box, which a cashier need not be.
const TEACHES_CODES: &str = "pharmacist";

/// The least role that may say what a sale is recorded as that the store could not hold, or that it never is.
const MENDS_SALES: &str = "manager";

/// Whether an employee of that role may map or strike a parked sale (PATH 2.3). An unknown role may not.
pub fn may_mend_sales(role: &str) -> bool {
    is_at_least(role, MENDS_SALES)
}

/// Whether an employee of that role may teach the catalogue a code that was scanned (COUNTER 2.4). An unknown role may not.
pub fn may_teach_codes(role: &str) -> bool {
    is_at_least(role, TEACHES_CODES)
}

fn is_at_least(role: &str, least: &str) -> bool {
    let rank = |role: &str| ROLES.iter().position(|known| *known == role);
    rank(role).is_some_and(|rank_of| Some(rank_of) >= rank(least))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cashier_or_an_unknown_role_teaches_no_code_and_everybody_from_a_pharmacist_up_does() {
        let may: Vec<_> = ROLES.iter().map(|role| may_teach_codes(role)).collect();
        assert_eq!(may, [false, true, true, true]);
        assert!(!may_teach_codes("") && !may_teach_codes("owner"));
    }

    #[test]
    fn a_manager_alone_maps_or_strikes_a_parked_sale() {
        let may: Vec<_> = ROLES.iter().map(|role| may_mend_sales(role)).collect();
        assert_eq!(may, [false, false, false, true]);
        assert!(!may_mend_sales(""));
    }
}
