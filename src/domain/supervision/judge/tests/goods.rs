use super::stage::{CONTROLLED, RARE, Sold, Stage, by};
use crate::domain::supervision::RuleName;

fn sold(sales: impl IntoIterator<Item = (i64, Sold)>) -> Stage {
    let mut stage = Stage::new();
    for (seconds, sold) in sales {
        stage.wait(seconds);
        stage.sell(&sold);
    }
    stage
}

fn controlled(employee: i64, quantity: u32) -> Sold {
    Sold {
        drug: CONTROLLED,
        quantity,
        ..by(employee)
    }
}

#[test]
fn a_hundred_for_ten_is_told_and_thirty_is_not() {
    let of = |quantity| Sold { quantity, ..by(1) };
    let told = sold([(60, of(100))]).told(RuleName::UnusualQuantity);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].headline, "100 tab of Drug 1, usual is 10");
    assert_eq!(told[0].evidence.len(), 1);
    assert_eq!(sold([(60, of(30))]).all(), []);
}

#[test]
fn what_was_sold_twice_is_no_longer_strange() {
    let of = |quantity| (900, Sold { quantity, ..by(1) });
    let told = sold([of(100), of(100), of(100), of(100)]).told(RuleName::UnusualQuantity);
    assert_eq!(told.len(), 2);
}

#[test]
fn a_point_in_the_wrong_place_is_an_unusual_price_to_either_side() {
    let at = |price| sold([(60, Sold { price, ..by(1) })]).told(RuleName::UnusualPrice).len();
    assert_eq!([at("125"), at("1.25"), at("14"), at("12.50")], [1, 1, 0, 0]);
}

#[test]
fn a_drug_that_nobody_has_sold_is_measured_by_its_unit_and_has_no_usual_price() {
    let new = |quantity| Sold {
        drug: 5_000,
        quantity,
        price: "999",
        ..by(1)
    };
    assert_eq!(sold([(60, new(1_000))]).told(RuleName::UnusualQuantity).len(), 1);
    assert_eq!(sold([(60, new(60))]).all(), []);
}

#[test]
fn the_same_basket_twice_in_a_minute_is_told() {
    let rare = |employee| Sold {
        drug: 77,
        quantity: 7,
        ..by(employee)
    };
    let told = sold([(60, rare(1)), (20, rare(1))]).told(RuleName::SameBasketTwice);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].evidence.len(), 2);
    // Another basket lies between.
    assert_eq!(
        sold([(60, rare(1)), (10, by(1)), (20, rare(1))])
            .told(RuleName::SameBasketTwice)
            .len(),
        1
    );
    for twin in [
        [(60, rare(1)), (90, rare(1))],
        [(60, rare(1)), (20, rare(2))],
        [(60, rare(1)), (20, Sold { quantity: 8, ..rare(1) })],
        // Everybody buys ten of these.
        [(60, by(1)), (20, by(1))],
    ] {
        assert_eq!(sold(twin.clone()).all(), [], "{twin:?}");
    }
}

#[test]
fn small_sales_of_a_controlled_drug_one_after_the_other_are_told() {
    let rare = |employee, quantity| Sold {
        drug: RARE,
        quantity,
        ..by(employee)
    };
    let told = sold([(60, rare(1, 20)), (600, rare(1, 20)), (600, rare(1, 20))]).told(RuleName::SplitSales);
    assert_eq!(told.len(), 1);
    assert!(
        told[0].headline.starts_with("3 sales of Drug 901 in 20 min"),
        "{}",
        told[0].headline
    );
    assert_eq!(told[0].evidence.len(), 3);
    let twins = [
        // By three people, with hours between, of little, of what is not controlled.
        [(60, rare(1, 20)), (600, rare(2, 20)), (600, rare(3, 20))],
        [(60, rare(1, 20)), (9_000, rare(1, 20)), (9_000, rare(1, 20))],
        [(60, rare(1, 5)), (600, rare(1, 5)), (600, rare(1, 5))],
        [(60, by(1)), (600, by(1)), (600, by(1))],
    ];
    for twin in twins {
        assert_eq!(sold(twin.clone()).told(RuleName::SplitSales), [], "{twin:?}");
    }
}

#[test]
fn much_of_controlled_drugs_is_told_of_whoever_stands_out() {
    let many = |employee: &dyn Fn(i64) -> i64, doctor: Option<i64>, outlet: Option<i64>| {
        let sale = |n: i64| Sold {
            doctor,
            outlet,
            ..controlled(employee(n), 30)
        };
        let mut rules: Vec<RuleName> = sold((0..16).map(|n| (800, sale(n))))
            .all()
            .into_iter()
            .map(|alert| alert.rule)
            .collect();
        rules.sort();
        rules.dedup();
        rules
    };
    let by_one = many(&|_| 1, None, None);
    assert!(by_one.contains(&RuleName::ControlledByEmployee), "{by_one:?}");
    let spread = many(&|n| n % 12 + 1, None, None);
    assert_eq!(spread, []);
    let at_one = many(&|n| n % 12 + 1, None, Some(3));
    assert!(at_one.contains(&RuleName::ControlledByOutlet), "{at_one:?}");
    assert!(!at_one.contains(&RuleName::ControlledByEmployee), "{at_one:?}");
}

#[test]
fn much_of_controlled_drugs_for_one_prescriber_is_told() {
    let sale = |n: i64, drug| {
        let sold = Sold {
            doctor: Some(42),
            drug,
            quantity: 30,
            ..by(n % 12 + 1)
        };
        (300, sold)
    };
    // Thirty prescriptions before anybody is scored.
    let mut ordinary: Vec<_> = (0..30).map(|n| sale(n, 1)).collect();
    assert_eq!(sold(ordinary.clone()).told(RuleName::ControlledByPrescriber), []);
    ordinary.extend((0..14).map(|n| sale(n, CONTROLLED)));
    assert_eq!(sold(ordinary).told(RuleName::ControlledByPrescriber).len(), 1);
}

#[test]
fn a_prescriber_in_two_regions_within_the_hour_is_told() {
    let stranger = |seconds, employee| {
        let sold = Sold {
            doctor: Some(55),
            ..by(employee)
        };
        (seconds, sold)
    };
    let told = sold([stranger(60, 1), stranger(1_200, 4)]).told(RuleName::PrescriberFarApart);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].headline, "prescriptions in Nairobi and Coast within 20 min");
    assert_eq!(told[0].evidence.len(), 2);
    assert_eq!(sold([stranger(60, 1), stranger(1_200, 2)]).all(), []);
    assert_eq!(sold([stranger(60, 1), stranger(9_000, 4)]).all(), []);
    // Whoever is known in both has patients in both.
    let known = [1, 4, 1, 4].map(|employee| stranger(9_000, employee));
    assert_eq!(
        sold(known.into_iter().chain([stranger(600, 1)])).told(RuleName::PrescriberFarApart),
        []
    );
}

#[test]
fn a_prescriber_of_suddenly_very_many_is_told() {
    let of = |times: i64| {
        (0..times).map(|n| {
            (
                120,
                Sold {
                    doctor: Some(3),
                    drug: n % 20 + 1,
                    ..by(n % 12 + 1)
                },
            )
        })
    };
    let prolific = |times| sold(of(times)).things(RuleName::PrescriberProlific);
    assert_eq!([prolific(40), prolific(10)], [1, 0]);
}
