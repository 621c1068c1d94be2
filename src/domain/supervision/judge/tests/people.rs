use super::stage::{Sold, Stage, back, by, cancelled, overridden, removed};
use crate::domain::audit::{Happening, Removal};
use crate::domain::supervision::{RuleName, Severity, Thresholds};

fn noted(times: u128, happening: impl Fn(u128) -> Happening) -> Stage {
    let mut stage = Stage::new();
    for time in 0..times {
        stage.wait(400);
        stage.note(1, happening(100 + time));
    }
    stage
}

fn opened(_: u128) -> Happening {
    Happening::drawer_opened("change")
}

#[test]
fn six_baskets_let_go_in_an_hour_are_told_with_figures_peers_and_the_very_events() {
    let told = noted(6, |_| cancelled()).told(RuleName::CancelledBaskets);
    assert_eq!(told.len(), 1, "{told:#?}");
    let alert = &told[0];
    assert!(alert.headline.contains("cancelled baskets in"), "{}", alert.headline);
    assert!(alert.headline.contains("peers 0–1"), "{}", alert.headline);
    assert!(
        alert.figures.iter().any(|line| line.contains("12 peers: median 2.5%")),
        "{:?}",
        alert.figures
    );
    assert!(alert.evidence.len() >= 4 && alert.evidence.iter().all(|row| row.employee_id == Some(1)));
    assert_eq!(alert.subject.employee.as_ref().unwrap().0, 1);
    assert!(noted(2, |_| cancelled()).all().is_empty());
}

#[test]
fn what_doubles_is_told_again_under_the_same_id_and_one_step_worse() {
    let told = noted(14, |_| cancelled()).told(RuleName::CancelledBaskets);
    assert_eq!(told.len(), 2, "{told:#?}");
    assert_eq!(told[0].id, told[1].id);
    assert!(told[1].severity > told[0].severity || told[0].severity == Severity::Bad);
}

#[test]
fn nobody_is_scored_before_thirty_sales() {
    let mut stage = Stage::new();
    for _ in 0..25 {
        stage.wait(60);
        stage.sell(&by(77));
        stage.note(77, cancelled());
    }
    assert_eq!(stage.told(RuleName::CancelledBaskets), []);
    for _ in 0..10 {
        stage.wait(60);
        stage.sell(&by(77));
        stage.note(77, cancelled());
    }
    assert_eq!(stage.told(RuleName::CancelledBaskets).len(), 1);
}

#[test]
fn lines_taken_out_count_once_for_each_basket_and_slips_of_the_scanner_not_at_all() {
    let taken_out = |basket| removed(basket, Removal::TakenOut, 20);
    assert_eq!(noted(8, taken_out).things(RuleName::RemovedLines), 1);
    assert_eq!(noted(8, |_| taken_out(1)).all(), []);
    assert_eq!(noted(8, |basket| removed(basket, Removal::Undone, 20)).all(), []);
    assert_eq!(noted(8, |basket| removed(basket, Removal::TakenOut, 1)).all(), []);
}

#[test]
fn changed_prices_count_once_for_each_sale() {
    assert_eq!(noted(6, overridden).things(RuleName::PriceOverrides), 1);
    assert_eq!(noted(6, |_| overridden(1)).all(), []);
}

#[test]
fn a_drawer_opened_again_and_again_is_told_and_once_is_not() {
    assert_eq!(noted(5, opened).things(RuleName::DrawerWithoutSale), 1);
    assert_eq!(noted(1, opened).all(), []);
}

#[test]
fn much_taken_off_is_told_and_little_is_not() {
    let sold = |discount| {
        let mut stage = Stage::new();
        for _ in 0..10 {
            stage.wait(200);
            stage.sell(&Sold { discount, ..by(1) });
        }
        stage.things(RuleName::Discounts)
    };
    assert_eq!([sold("25"), sold("0.10")], [1, 0]);
}

#[test]
fn returns_are_told_by_what_they_are_of() {
    let rules = |returns: &dyn Fn(&mut Stage)| {
        let mut stage = Stage::new();
        returns(&mut stage);
        let mut rules: Vec<RuleName> = stage.all().into_iter().map(|alert| alert.rule).collect();
        rules.dedup();
        rules
    };
    let mine_or = |seller: i64, after: i64| {
        move |stage: &mut Stage| {
            for _ in 0..5 {
                stage.wait(100);
                let sale = stage.sell(&by(seller));
                stage.wait(after);
                stage.sell(&back(1, Some(sale)));
            }
        }
    };
    let without = |times: usize| {
        move |stage: &mut Stage| {
            for _ in 0..times {
                stage.wait(100);
                stage.sell(&back(1, None));
            }
        }
    };
    assert_eq!(rules(&without(4)), [RuleName::ReturnsWithoutReceipt]);
    assert_eq!(rules(&without(1)), []);
    assert_eq!(rules(&mine_or(1, 3_000)), [RuleName::ReturnsOfOwnSales]);
    assert_eq!(rules(&mine_or(2, 3_000)), []);
    assert_eq!(rules(&mine_or(2, 60)), [RuleName::ReturnsSoonAfterSale]);
}

#[test]
fn made_up_amounts_are_round() {
    let sold = |times, price| {
        let mut stage = Stage::new();
        for _ in 0..times {
            stage.wait(100);
            stage.sell(&Sold { price, ..by(1) });
        }
        stage.things(RuleName::RoundNumbers)
    };
    assert_eq!([sold(40, "50"), sold(40, "51.30"), sold(4, "50")], [1, 0, 0]);
}

#[test]
fn a_share_of_cash_unlike_the_peers_is_told_to_either_side() {
    let sold = |tenders: [&'static str; 2]| {
        let mut stage = Stage::new();
        for sale in 0..80 {
            stage.wait(100);
            let tender = tenders[sale % 2];
            stage.sell(&Sold { tender, ..by(1) });
        }
        stage.things(RuleName::CashShare)
    };
    let shares = [sold(["Cash", "Cash"]), sold(["Card", "Card"]), sold(["Cash", "Card"])];
    assert_eq!(shares, [1, 1, 0]);
}

#[test]
fn a_rule_that_is_switched_off_says_nothing() {
    let thresholds = Thresholds {
        off: [RuleName::CancelledBaskets].into(),
        ..Thresholds::default()
    };
    let mut stage = Stage::with(thresholds);
    for _ in 0..20 {
        stage.wait(60);
        stage.note(1, cancelled());
    }
    assert_eq!(stage.all(), []);
}
