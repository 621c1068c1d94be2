//! A code that was scanned and found by name may be taught: it is the pack's own from then on, at every till (COUNTER 2.4).
//! It goes the way of a form over the packs of a drug, so a clash is told and the history of the drug says who did it. The
//! sale has what was found already: nothing that becomes of this touches it.
use uuid::Uuid;

use crate::app::dimension::{RowSaved, saver};
use crate::app::effect::{Effect, Effects};
use crate::app::message::RequestId;
use crate::app::model::Model;
use crate::app::question::About;
use crate::app::status::Database;
use crate::domain::catalogue::Drug;
use crate::domain::right;
use crate::domain::wares::{GoodsChange, GoodsSave, PACK, PackRow};

/// A code to be taught.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lesson {
    /// The row of the drug that was taken.
    drug: i64,
    /// What it is called.
    name: String,
    /// The pack that was taken, as the catalogue knows it; it has no code.
    pack: PackRow,
    /// What was scanned.
    pub code: String,
    /// Names the save.
    save_id: Uuid,
}

impl Lesson {
    /// What was taken, in words.
    pub fn what(&self) -> String {
        format!("{}, {}", self.name, self.pack.name)
    }
}

/// Asks whether the code is that pack's, where it has none, nothing else bears it, and the seller may say so. The base
/// unit's code is the drug's own, which only the drug's form changes.
pub(super) fn offer(model: &mut Model, drug: &Drug, pack: usize, code: &str, save_id: Uuid) {
    let may = model
        .seller
        .as_ref()
        .is_some_and(|seller| right::may_teach_codes(&seller.role));
    let Some(pack) = drug.packs.get(pack).filter(|_| may) else {
        return;
    };
    if let Some(own) = drug.code_of(pack) {
        let name = &pack.name;
        return model.mention_also(&format!("the {name} keeps its code {own}, which F4 can change"));
    }
    let field = PACK.position("code").and_then(|at| PACK.fields.get(at));
    let is_code = field.is_some_and(|field| field.check(code).as_deref() == Ok(code));
    if !is_code || model.shelf.bearer(code).is_some() {
        return;
    }
    if let Database::Away { .. } = model.status.database {
        return model.mention_also("the database is away: its code can be taught when it is scanned again later");
    }
    model.ask(About::Teach(Box::new(Lesson {
        drug: drug.id,
        name: drug.label(),
        pack: pack.into(),
        code: code.to_owned(),
        save_id,
    })));
}

/// It is that pack's code: saves it.
pub(in crate::app) fn teach(model: &mut Model, lesson: &Lesson) -> Effects {
    let request = model.request();
    let wanted = PackRow {
        code: Some(lesson.code.clone()),
        ..lesson.pack.clone()
    };
    let save = Box::new(GoodsSave {
        drug: lesson.drug,
        outlet: model.outlet_id(),
        by: saver(model),
        save_id: lesson.save_id,
        change: GoodsChange::Pack {
            opened: Some(lesson.pack.clone()),
            wanted,
        },
    });
    model.sale.lessons.push((request, lesson.clone()));
    Effect::SaveGoods { request, save }.into()
}

/// The lesson whose answer that is, which is out no longer.
pub(in crate::app) fn taken(model: &mut Model, request: RequestId) -> Option<Lesson> {
    let lessons = &mut model.sale.lessons;
    let at = lessons.iter().position(|(asked, _)| *asked == request)?;
    Some(lessons.swap_remove(at).1)
}

/// The store answered.
pub(in crate::app) fn answered(model: &mut Model, lesson: &Lesson, answer: RowSaved) {
    let (code, what) = (&lesson.code, lesson.what());
    let why = match answer {
        RowSaved::Saved(_) => return model.say(format!("taught: a scan of {code} is {what} from now on")),
        RowSaved::Refused(faults) => faults.into_iter().next().map(|fault| fault.fault).unwrap_or_default(),
        RowSaved::Conflict { current, .. } => match current.value(&PACK, "code") {
            "" => format!("somebody else changed {what} meanwhile: look at its packs"),
            other => format!("{what} has the code {other} by now"),
        },
        RowSaved::Failed(why) => why,
    };
    model.refuse(format!("{code} is not taught, the sale is as it was: {why}"));
}
