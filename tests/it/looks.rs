//! How things look: colours repeat, never tell; only ASCII where no more is shown; any size does no harm.
use ratatui::style::Color;
use rxtill::ui::Theme;
use rxtill::ui::theme::Colours;

use super::support::till::text_of;
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
