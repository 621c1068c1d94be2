//! `:` — every command with its key, filtered as one types.
use super::command::{ALL, Called, Command, Edit};
use super::effect::Effects;
use super::model::{Model, Over};
use super::text::Line;

/// What a page up or down steps over.
const PAGE: usize = 10;

/// The list of commands.
#[derive(Debug, Clone, Default)]
pub struct Palette {
    /// What was typed.
    pub filter: Line,
    /// Which of the found is highlighted.
    pub highlighted: usize,
}

impl Palette {
    /// The commands that can be given now and whose name or title has every typed word, in the order of the table; those
    /// whose name begins with the text come first.
    pub fn found(&self, model: &Model) -> Vec<&'static Called> {
        let text = self.filter.text().trim().to_lowercase();
        let words: Vec<&str> = text.split_whitespace().collect();
        let has = |called: &&Called| {
            let title = called.title.to_lowercase();
            words
                .iter()
                .all(|word| called.name.contains(word) || title.contains(word))
        };
        let mut found: Vec<_> = ALL
            .iter()
            .filter(|called| called.command.is_listed() && model.can(called.command))
            .filter(has)
            .collect();
        found.sort_by_key(|called| !called.name.starts_with(&text));
        found
    }
}

/// Opens the list.
pub(super) fn open(model: &mut Model) {
    model.over = Some(Over::Palette(Palette::default()));
}

/// Characters for the filter.
pub(super) fn typed(palette: &mut Palette, text: &str) {
    palette.filter.insert(text);
    palette.highlighted = 0;
}

/// A key for the list. Gives the command that was chosen, with the list gone.
pub(super) fn update(model: &mut Model, command: Command) -> Result<Effects, Command> {
    let Some(Over::Palette(palette)) = &model.over else {
        return Ok(Effects::none());
    };
    let found = palette.found(model);
    let last = found.len().saturating_sub(1);
    let Some(Over::Palette(palette)) = &mut model.over else {
        return Ok(Effects::none());
    };
    match command {
        Command::Up => palette.highlighted = palette.highlighted.saturating_sub(1),
        Command::Down => palette.highlighted = (palette.highlighted + 1).min(last),
        Command::PageUp => palette.highlighted = palette.highlighted.saturating_sub(PAGE),
        Command::PageDown => palette.highlighted = (palette.highlighted + PAGE).min(last),
        Command::Back | Command::Edit(Edit::Backspace) if palette.filter.is_empty() => model.over = None,
        Command::Edit(edit) if palette.filter.edit(edit) => palette.highlighted = 0,
        Command::Accept | Command::Confirm => {
            if let Some(chosen) = found.get(palette.highlighted) {
                let chosen = chosen.command;
                model.over = None;
                return Err(chosen);
            }
        }
        Command::Back => palette.filter.clear(),
        _ => {}
    }
    Ok(Effects::none())
}
