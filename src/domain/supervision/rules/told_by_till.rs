//! What a till itself had to say about its own sales: each is told, since each wants somebody to look.
use super::scene::{Desk, Scene};
use super::told::Finding;
use crate::domain::audit::{AuditEvent, Happening};
use crate::domain::name::printable;
use crate::domain::supervision::{RuleName, Subject};

const RULE: RuleName = RuleName::TillAlerted;

/// An event of a till.
pub fn see(scene: &Scene<'_>, desk: &mut Desk<'_>, audit: &AuditEvent) {
    let Happening::TillAlerted { about, words } = &audit.happening else {
        return;
    };
    if !scene.is_on(RULE) {
        return;
    }
    let till = printable(&audit.till_id);
    desk.tell(Finding {
        rule: RULE,
        key: format!("{till}|{}|{}", audit.series, audit.seq),
        size: 1.0,
        severity: if about.is_of_the_chain() {
            RULE.severity().raised()
        } else {
            RULE.severity()
        },
        at: scene.at,
        subject: Subject {
            employee: None,
            doctor: None,
            drug: None,
            till: Some(till.clone()),
            ..scene.subject()
        },
        headline: format!("{till}: {}", printable(words)),
        figures: vec![about.advice().to_owned()],
        evidence: vec![scene.row()],
    });
}
