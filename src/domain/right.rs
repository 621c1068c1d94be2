//! What a role may do beyond selling.
use super::dimension::ROLES;

/// The least role that may teach the catalogue a code. From then on every till sells that pack on that scan, unread: so it
/// wants somebody trained to tell one drug and strength from another by its box, which a cashier need not be.
const TEACHES_CODES: &str = "pharmacist";

/// Whether an employee of that role may teach the catalogue a code that was scanned (COUNTER 2.4). An unknown role may not.
pub fn may_teach_codes(role: &str) -> bool {
    let rank = |role: &str| ROLES.iter().position(|known| *known == role);
    rank(role).is_some_and(|rank_of| Some(rank_of) >= rank(TEACHES_CODES))
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
}
