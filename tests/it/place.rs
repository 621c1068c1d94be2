//! Where a till stands after it was closed and opened again.
use rxtill::app::Effect;
use rxtill::app::model::Recovering;
use rxtill::app::sale::Draft;
use rxtill::domain::outlet::{Whereabouts, stands_in};

use super::screens::sample;
use super::support::till::Till;

/// What was last asked to be kept of the counter.
fn kept(till: &mut Till) -> Option<Draft> {
    let mut drafts = till.wanted().into_iter().filter_map(|effect| match effect {
        Effect::KeepDraft(draft) => Some(draft),
        _ => None,
    });
    drafts.next_back()
}

#[tokio::test]
async fn a_till_opens_again_where_it_stood_and_a_verb_that_sells_stands_there_too() {
    let changes = sample().await;
    let mut till = Till::knowing(changes.clone());
    assert!(till.model.outlet.is_none(), "{}", till.screen(80, 24));
    till.write("kilifi");
    till.press("Enter");
    let stood = till.model.outlet.clone().unwrap();
    let draft = kept(&mut till).unwrap();
    assert_eq!(draft.outlet, Some(stood.uuid));
    let left = Recovering {
        outlet: draft.outlet,
        draft: draft.clone(),
        last: None,
    };
    let again = Till::reopened(left, changes);
    assert_eq!(again.model.outlet, Some(stood.clone()));
    let whereabouts = Whereabouts {
        last: draft.outlet,
        ..Whereabouts::default()
    };
    assert_eq!(stands_in(again.model.shelf.catalogue(), whereabouts), Ok(stood));
}
