//! Where this till stands and who sells at it.
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use uuid::Uuid;

use super::model::Model;
use super::picker::{self, Choice};
use super::status::age;
use super::{audit, looks};
use crate::domain::catalogue::{Employee, Outlet};
use crate::domain::money::Currency;
use crate::domain::outlet::{self, NoOutlet, Whereabouts};

impl Model {
    /// The currency of the outlet; none without one, in two places.
    pub fn currency(&self) -> &Currency {
        static NONE: Currency = Currency {
            code: String::new(),
            places: 2,
        };
        self.outlet.as_ref().map_or(&NONE, |outlet| &outlet.currency)
    }

    /// Of the outlet's clock; a supervisor, who stands in none, reads that of the first outlet there is.
    pub fn zone(&self) -> TimeZone {
        let first = || {
            let outlets = self.shelf.catalogue().outlets();
            outlets.into_iter().find(|row| row.active)
        };
        let outlet = match &self.outlet {
            None if !self.is_till() => first(),
            outlet => outlet.clone(),
        };
        outlet.map_or(TimeZone::UTC, |outlet| outlet.zone())
    }

    /// When today began on that clock.
    pub fn midnight(&self) -> Timestamp {
        let day = self.now.to_zoned(self.zone()).start_of_day();
        day.map_or(self.now, |day| day.timestamp())
    }

    /// Why there is no outlet, and what to do.
    pub fn no_outlet(&self) -> &'static str {
        match self.find_outlet() {
            Err(NoOutlet::NotFound(_)) => {
                "the outlet that the configuration names is not in the catalogue: see [till] outlet, or add it under Outlets"
            }
            Err(NoOutlet::NoneYet) => "no outlet yet: add one under Outlets",
            _ => "which outlet is this? choose it by the command outlet",
        }
    }

    /// Whether nobody set anything up yet, and the till keeps its own store: the first start.
    pub fn is_first_start(&self) -> bool {
        let untouched = !self.started_empty && self.shelf.catalogue().is_bare();
        untouched && !self.settings.has_server && self.is_till()
    }

    /// Looks up outlet and seller again, after the catalogue changed; asks for what is missing where it can be chosen.
    pub(super) fn settle_place(&mut self) {
        self.outlet = self.find_outlet().ok();
        let rows = Arc::clone(&self.shelf);
        let known = |seller: &Arc<Employee>| rows.catalogue().employee(seller.id).filter(|row| row.active).cloned();
        if self.seller.as_ref().is_some_and(|seller| known(seller).is_none()) {
            looks::tell(self);
        }
        let before = self.seller.take();
        self.seller = before.as_ref().and_then(known);
        if let (Some(before), None) = (before, &self.seller) {
            self.alert(format!("{} is no longer active: choose who sells", before.name));
        }
    }

    fn find_outlet(&self) -> Result<Arc<Outlet>, NoOutlet> {
        let whereabouts = Whereabouts {
            named: self.settings.outlet.as_deref(),
            last: self.last_outlet,
            own_store: !self.settings.has_server,
        };
        outlet::stands_in(self.shelf.catalogue(), whereabouts)
    }

    /// At the start, and whenever something is missing that can be chosen.
    pub(super) fn ask_what_is_missing(&mut self) {
        if self.over.is_some() || self.is_first_start() || !self.is_till() {
            return;
        }
        if self.find_outlet() == Err(NoOutlet::Several) {
            picker::open(self, Choice::Outlet, self.last_outlet);
        } else if self.seller.is_none() {
            let _ = self.ask_who_sells();
        }
    }

    /// Lets somebody say who sells; the only one there is sells unasked.
    ///
    /// # Errors
    /// In words, when there is nobody to choose.
    pub(super) fn ask_who_sells(&mut self) -> Result<(), &'static str> {
        let staff: Vec<_> = self
            .shelf
            .catalogue()
            .employees()
            .into_iter()
            .filter(|row| row.active)
            .collect();
        match staff.as_slice() {
            [] => Err("nobody can sell yet: add who sells under Staff, then pay"),
            [only] => {
                self.seller = Some(Arc::clone(only));
                audit::seller_changed(self, None, &only.name);
                Ok(())
            }
            _ => {
                picker::open(self, Choice::Seller, self.last_seller);
                Ok(())
            }
        }
    }

    /// That employee sells from now on.
    pub(super) fn sells(&mut self, uuid: Uuid) {
        let employees = self.shelf.catalogue().employees();
        if let Some(employee) = employees.into_iter().find(|row| row.uuid == uuid) {
            self.say(format!("{} sells", employee.name));
            self.mention_unsent();
            self.last_seller = Some(uuid);
            if self.seller.as_ref().is_some_and(|before| before.uuid != uuid) {
                looks::tell(self);
            }
            let name = employee.name.clone();
            let before = self.seller.replace(employee);
            audit::seller_changed(self, before.as_ref().map(|before| before.name.as_str()), &name);
        }
    }

    /// Whoever hands the till over, or takes it, hears what is not in the database.
    fn mention_unsent(&mut self) {
        let (unsent, parked) = (self.status.unsent, self.status.parked);
        if unsent > 0 {
            let oldest = self.status.oldest.map(|oldest| age(oldest, self.now));
            let oldest = oldest.map_or_else(String::new, |age| format!(", the oldest for {age}"));
            self.mention_also(&format!("{unsent} unsent{oldest}"));
        }
        if parked > 0 {
            self.mention_also(&format!("{parked} parked"));
        }
    }

    /// The till stands in that outlet from now on.
    pub(super) fn stands_in(&mut self, uuid: Uuid) {
        self.last_outlet = Some(uuid);
        self.settle_place();
        self.ask_what_is_missing();
    }

    /// Asks which outlet this is, where the configuration does not say it.
    pub(super) fn choose_outlet(&mut self) {
        if self.settings.outlet.is_some() {
            self.mention("the configuration names the outlet: [till] outlet");
        } else if self.sale.line_count() > 0 || self.sale.waiting.is_some() {
            self.mention("prices are those of the outlet: finish or cancel the basket first");
        } else {
            picker::open(self, Choice::Outlet, self.outlet.as_ref().map(|outlet| outlet.uuid));
        }
    }
}
