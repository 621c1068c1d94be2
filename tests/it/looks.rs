//! How things look: colours repeat, never tell; only ASCII where no more is shown; any size does no harm.
use ratatui::style::Color;
use rxtill::app::sale::Found;
use rxtill::app::status::{Database, Status, Stream};
use rxtill::app::{Effect, Message, Screen};
use rxtill::ui::Theme;
use rxtill::ui::theme::Colours;

use super::screens::open;
use super::support::till::{Till, text_of};
use super::tour::every_screen;

const USUAL: Theme = Theme {
    colours: Colours::USUAL,
    ascii: false,
};

#[tokio::test]
async fn without_colour_no_cell_is_coloured_and_every_word_is_there() {
    let plain = Theme {
        colours: Colours::NONE,
        ..USUAL
    };
    let colour_blind = Theme {
        colours: Colours::COLOUR_BLIND,
        ..USUAL
    };
    let mut coloured = 0;
    every_screen(|name, till| {
        let shown = till.drawn_in(USUAL, 80, 24);
        let bare = till.drawn_in(plain, 80, 24);
        for cell in &bare.content {
            assert_eq!((cell.fg, cell.bg), (Color::Reset, Color::Reset), "{name}");
        }
        assert_eq!(text_of(&bare), text_of(&shown), "{name}");
        assert_eq!(text_of(&till.drawn_in(colour_blind, 80, 24)), text_of(&shown), "{name}");
        coloured += shown.content.iter().filter(|cell| cell.fg != Color::Reset).count();
        // What is highlighted is reversed, and not by a colour.
        let reversed = |cell: &&ratatui::buffer::Cell| cell.modifier.contains(ratatui::style::Modifier::REVERSED);
        assert_eq!(
            bare.content.iter().filter(reversed).count(),
            shown.content.iter().filter(reversed).count()
        );
    })
    .await;
    assert!(coloured > 1000, "the usual theme has no colours: {coloured}");
}

#[tokio::test]
async fn every_coloured_word_has_a_shape_before_or_behind_it() {
    every_screen(|name, till| {
        // A pop-up lies over half a word at times.
        if till.model.over.is_some() {
            return;
        }
        let shown = till.drawn_in(USUAL, 80, 24);
        for y in 0..24 {
            let mut run = String::new();
            let mut colour = Color::Reset;
            for x in 0..=80 {
                let cell = (x < 80).then(|| &shown[(x, y)]);
                let next = cell.map_or(Color::Reset, |cell| cell.fg);
                if next != colour {
                    let shapes = ["✓", "▲", "✕"];
                    // The second line of a notice has its shape above it.
                    let goes_on = run.starts_with("   ");
                    let says = run.trim().is_empty() || goes_on || shapes.iter().any(|shape| run.contains(shape));
                    assert!(colour == Color::Reset || says, "{name}: “{run}”");
                    run.clear();
                    colour = next;
                }
                run.push_str(cell.map_or("", |cell| cell.symbol()));
            }
        }
    })
    .await;
}

#[tokio::test]
async fn where_only_ascii_is_drawn_every_letter_is_where_it_was() {
    let ascii = Theme { ascii: true, ..USUAL };
    let words = |text: &str| -> Vec<String> {
        let letters = text.split(|c: char| !c.is_ascii_alphanumeric());
        // “ok”, “x” and the like stand for shapes.
        letters.filter(|word| word.len() > 2).map(str::to_owned).collect()
    };
    every_screen(|name, till| {
        for (wide, high) in [(80, 24), (120, 40), (45, 20)] {
            let screen = till.screen_in(ascii, wide, high);
            let other: String = screen.chars().filter(|c| !c.is_ascii()).collect();
            assert_eq!(other, "", "{name}:\n{screen}");
        }
        let shown = words(&till.screen_in(USUAL, 120, 40));
        assert_eq!(words(&till.screen_in(ascii, 120, 40)), shown, "{name}");
    })
    .await;
}

/// What is drawn, with one blank wherever there are several or a line ends.
fn flowing(screen: &str) -> String {
    screen.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn at_any_size_nothing_breaks_and_from_45_columns_on_no_figure_is_cut() {
    use proptest::strategy::{Strategy as _, ValueTree as _};
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let sizes = (1u16..=200, 1u16..=60);
    every_screen(|name, till| {
        for fixed in [(20, 5), (1, 1), (45, 20), (59, 24), (60, 24), (69, 24)] {
            till.screen(fixed.0, fixed.1);
        }
        for _ in 0..12 {
            let (wide, high) = sizes.new_tree(&mut runner).unwrap().current();
            till.screen(wide, high);
        }
        let wide = (45u16..=200).new_tree(&mut runner).unwrap().current();
        for wide in [45, wide] {
            // So high that all of it is there.
            let screen = flowing(&till.screen(wide, 100));
            for figure in figures(till) {
                assert!(screen.contains(&figure), "{name} at {wide}: no “{figure}” in {screen}");
            }
        }
    })
    .await;
}

/// Strengths, quantities, prices and totals of what is in front.
fn figures(till: &Till) -> Vec<String> {
    let model = &till.model;
    let is_sale = model.screen == Screen::Sale && model.over.is_none() && model.holder().is_none();
    let Some(outlet) = model.outlet.as_ref().filter(|_| is_sale) else {
        return Vec::new();
    };
    let places = model.currency().places;
    let mut figures = Vec::new();
    if let Some(basket) = &model.sale.basket {
        for line in &basket.lines {
            figures.push(line.drug.strength.clone());
            figures.push(format!("{} {}", line.quantity, line.unit()));
            figures.push(line.unit_price.exact(places));
            figures.push(line.total(places).grouped(places));
        }
        figures.push(basket.total(places).grouped(places));
    }
    if let (Found::Drugs(list), None) = (&model.sale.found, &model.sale.payment) {
        let today = model.now.to_zoned(outlet.zone()).date();
        for (_, hit) in &list.rows {
            figures.push(hit.drug.strength.clone());
            let price = hit
                .drug
                .packs
                .get(hit.pack)
                .and_then(|pack| pack.price(outlet.id, today));
            figures.extend(price.map(|price| price.exact(places)));
        }
    }
    figures
}

#[tokio::test]
async fn a_toast_takes_no_key() {
    let mut till = open().await;
    till.model.refuse("something went wrong");
    till.write("panadol e");
    assert_eq!(till.model.sale.entry.text(), "panadol e");
    till.model.mention("something happened");
    till.press("Enter");
    assert_eq!(till.model.sale.line_count(), 1);
    till.model.say("it went well");
    till.press("+ Enter");
    assert!(till.wanted().iter().any(|effect| matches!(effect, Effect::Sell { .. })));
}

#[tokio::test]
async fn help_lists_no_key_that_does_nothing_there() {
    let mut till = open().await;
    till.press("F3 F1");
    let help = till.screen(80, 60);
    assert!(!help.contains("│ F10") && !help.contains("│ F3 "), "{help}");
    assert!(help.contains("Shift+drag"), "{help}");
    till.press("Esc F2 F1");
    let help = till.screen(80, 70);
    assert!(help.contains("F10") && !help.contains("The sale screen"), "{help}");
    till.model.settings.mouse = false;
    assert!(!till.screen(80, 70).contains("Shift+drag"));
}

#[tokio::test]
async fn at_80_columns_the_status_line_loses_nothing_that_matters() {
    let mut till = open().await;
    let since = till.model.now;
    let worst = Status {
        database: Database::Away { since },
        stream: Stream::Away { since },
        unsent: 1234,
        oldest: Some(since),
        waiting: 12_345,
        parked: 56,
        set_aside: 78,
        ..Status::default()
    };
    till.tell(Message::StatusChanged(Box::new(worst)));
    let screen = till.screen(80, 24);
    let line = screen.lines().find(|line| line.contains("unsent")).unwrap();
    for part in ["db away", "stream away", "12345", "unsent 1234", "parked 56", "78"] {
        assert!(line.contains(part), "no {part}: {line}");
    }
    assert!(!line.contains('…'), "{line}");
}
