//! The screen of each dimension as it stands: its list, the row in the form, and what lies over both.
use super::aside::Aside;
use super::form::Form;
use super::list::List;
use crate::domain::dimension::Dimension;

/// The screen of one dimension.
#[derive(Debug, Clone, Default)]
pub struct Desk {
    /// Its rows.
    pub list: List,
    /// The row that is looked at or changed.
    pub form: Option<Form>,
    /// What lies over both.
    pub aside: Option<Aside>,
}

impl Desk {
    /// The form that takes the keys: the one over the goods, else the row's.
    pub fn front(&self) -> Option<&Form> {
        match &self.aside {
            Some(Aside::Goods(goods)) => goods.entry.as_ref().map(|(_, form)| form.as_ref()),
            Some(Aside::History(_)) => None,
            None => self.form.as_ref(),
        }
    }

    pub(super) fn front_mut(&mut self) -> Option<&mut Form> {
        match &mut self.aside {
            Some(Aside::Goods(goods)) => goods.entry.as_mut().map(|(_, form)| form.as_mut()),
            Some(Aside::History(_)) => None,
            None => self.form.as_mut(),
        }
    }

    fn forms(&self) -> impl Iterator<Item = &Form> {
        let over = match &self.aside {
            Some(Aside::Goods(goods)) => goods.entry.as_ref().map(|(_, form)| form.as_ref()),
            _ => None,
        };
        self.form.iter().chain(over)
    }
}

/// The screens of all dimensions. Each keeps its list and its form while another is in front.
#[derive(Debug, Clone, Default)]
pub struct Desks([Desk; 4]);

impl Desks {
    /// The screen of a dimension.
    pub fn of(&self, dimension: Dimension) -> &Desk {
        &self.0[position(dimension)]
    }

    pub(super) fn of_mut(&mut self, dimension: Dimension) -> &mut Desk {
        &mut self.0[position(dimension)]
    }

    /// Whether a row of a dimension was changed and not saved.
    pub fn is_unsaved(&self, dimension: Dimension) -> bool {
        self.of(dimension).forms().any(Form::is_changed)
    }

    /// The rows that were changed and not saved.
    pub fn unsaved(&self) -> impl Iterator<Item = &Form> {
        self.0.iter().flat_map(Desk::forms).filter(|form| form.is_changed())
    }
}

fn position(dimension: Dimension) -> usize {
    match dimension {
        Dimension::Drug => 0,
        Dimension::Doctor => 1,
        Dimension::Employee => 2,
        Dimension::Outlet => 3,
    }
}
