//! `docs/keys.md` says what each job takes; here the program is driven with exactly these keys.
use rxtill::app::Effect;
use rxtill::domain::sale::Agreed;
use rxtill::keymap::Key;

use super::screens::open;
use super::support::till::Till;

const PAGE: &str = include_str!("../../docs/keys.md");

/// A strip of ten Panadol, at 45.00.
const PANADOL: &str = "6161100012370";

/// A job of the page: its name, its keys, and how many presses the page says.
fn jobs() -> Vec<(&'static str, Vec<&'static str>, usize)> {
    let rows = PAGE.lines().skip_while(|line| !line.starts_with("| job | keys |"));
    rows.skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            let cells: Vec<_> = line.trim_matches('|').split(" | ").map(str::trim).collect();
            let keys = cells[1].split('`').skip(1).step_by(2).collect();
            (cells[0], keys, cells[2].trim_matches(['|', ' ']).parse().unwrap())
        })
        .collect()
}

/// Presses one of the page's keys; gives how many presses that is.
fn press(till: &mut Till, key: &str) -> usize {
    if key == "scan" {
        till.scan(PANADOL);
        return 1;
    }
    if key.parse::<Key>().is_ok() {
        till.press(key);
        return 1;
    }
    till.write(key);
    key.chars().count()
}

/// What was sold with the keys.
fn sold(till: &mut Till) -> Vec<Agreed> {
    let sold = till.wanted().into_iter().filter_map(|effect| match effect {
        Effect::Sell { agreed, .. } => Some(*agreed),
        _ => None,
    });
    sold.collect()
}

/// What is in the basket: how many of which drug.
fn basket(till: &Till) -> Vec<(String, String)> {
    let lines = till.model.sale.basket.iter().flat_map(|basket| &basket.lines);
    lines
        .map(|line| (line.quantity.to_string(), line.drug.name.clone()))
        .collect()
}

/// Of a sale: how many of what, and what was paid and given out by which tender.
fn told(sale: &Agreed) -> String {
    let lines = sale.lines.iter().map(|line| format!("{} {}", line.unit_qty, line.name));
    let paid = sale
        .payments
        .iter()
        .map(|paid| format!("{} {} change {}", paid.name, paid.tendered, paid.change));
    let told: Vec<_> = lines.chain(paid).collect();
    told.join(", ")
}

#[tokio::test]
async fn each_job_takes_the_keys_and_presses_that_the_page_says() {
    let mut done = Vec::new();
    for (job, keys, presses) in jobs() {
        let mut till = open().await;
        let counted: usize = keys.iter().map(|key| press(&mut till, key)).sum();
        assert_eq!(counted, presses, "{job}");
        let sales: Vec<_> = sold(&mut till).iter().map(told).collect();
        let mut came = sales;
        came.extend(
            basket(&till)
                .iter()
                .map(|(quantity, drug)| format!("in the basket {quantity} {drug}")),
        );
        assert!(till.model.over.is_none(), "{job}:\n{}", till.screen(80, 24));
        assert!(till.model.sale.entry.is_empty(), "{job}");
        done.push(format!("{job}: {}", came.join("; ")));
    }
    insta::assert_snapshot!(done.join("\n"));
}

#[test]
fn one_item_for_exact_cash_is_scan_plus_and_enter() {
    let jobs = jobs();
    assert_eq!(jobs.len(), 10);
    assert_eq!(jobs[0], ("one item, exact cash", vec!["scan", "+", "Enter"], 3));
}
