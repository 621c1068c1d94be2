//! The pictures of README and docs are the program's own screens, and of today. `dev/pictures` makes them anew.
use std::path::Path;
use std::sync::Arc;
use std::{env, fs};

use rxtill::app::Message;

use rxtill::app::status::{Database, Status, Stream};
use rxtill::domain::goods::OutletStock;
use rxtill::domain::money::Quantity;
use rxtill::ui::Theme;

use super::golden::opened;
use super::screens::{open, sample_store, take};
use super::support::overview::{alerted, follow};
use super::support::svg::picture;
use super::support::till::Till;

/// Compares a screen with its picture, or makes it where that is asked for.
fn look(till: &Till, name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/pictures/{name}.svg"));
    let drawn = picture(&till.drawn_in(Theme::default(), 80, 24));
    assert!(drawn.len() < 20_000, "{name}: {} bytes", drawn.len());
    if env::var_os("RXTILL_PICTURES").is_some_and(|wish| wish == "write") {
        fs::write(path, drawn).unwrap();
        return;
    }
    let kept = fs::read_to_string(path).unwrap_or_default();
    assert!(
        kept == drawn,
        "docs/pictures/{name}.svg is of another screen: run dev/pictures"
    );
}

/// A till on an ordinary morning: all is well, and the book has some of everything.
async fn ordinary() -> Till {
    let mut till = open().await;
    let (now, outlet) = (till.model.now, till.model.outlet.as_ref().unwrap().id);
    till.tell(Message::StatusChanged(Box::new(Status {
        database: Database::Up,
        stream: Stream::Up,
        catalogue_at: Some(now),
        ..Status::default()
    })));
    let some = |id: i64| Quantity::new((20 + id * 37 % 600).into());
    let drugs = till.model.shelf.catalogue().drugs();
    let remaining = drugs.map(|drug| (drug.id, some(drug.id))).collect();
    till.tell(Message::StockRead(Arc::new(OutletStock {
        outlet,
        read_at: now,
        by_drug: remaining,
    })));
    till
}

#[tokio::test]
async fn the_pictures_are_the_screens_of_today() {
    let mut till = ordinary().await;
    take(&mut till, "2*panadol extra");
    take(&mut till, "30*amlodipine 5");
    take(&mut till, "cetirizine");
    till.write("10*amox");
    look(&till, "sale");
    till.press("Esc");
    take(&mut till, "@mwa");
    till.press("+");
    till.write("500");
    look(&till, "payment");
    till.press("Esc Esc F1");
    look(&till, "help");
    let mut till = ordinary().await;
    till.press("F3 o");
    follow(&mut till);
    alerted(&mut till);
    till.press("Down Down Down");
    look(&till, "live");
    let (_kept, store) = sample_store().await;
    till.press("F4 / a m o x Enter Enter");
    opened(&mut till, &store).await;
    look(&till, "drug");
}

#[test]
fn every_picture_is_shown_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |page: &str| fs::read_to_string(root.join(page)).unwrap();
    let pages = [read("README.md"), read("docs/keys.md"), read("docs/architecture.md")].concat();
    for picture in fs::read_dir(root.join("docs/pictures")).unwrap() {
        let name = picture.unwrap().file_name().into_string().unwrap();
        assert!(pages.contains(&format!("pictures/{name}")), "{name} is shown nowhere");
    }
}
