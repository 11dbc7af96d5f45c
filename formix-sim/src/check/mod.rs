//! The checkers: one for each invariant, judging by [`Model`] alone.

mod again;
mod agreement;
mod bounded;
mod closing;
mod durable;
mod erased;
mod forward;
mod groups;
mod invited;
mod legible;
mod length;
mod live;
mod once;
mod partial;
mod quiet;
mod recovered;
mod result;
mod roster;
mod split;
mod terms;
mod told;

use crate::model::Model;
use crate::observation::Observation;
use crate::violation::Breach;

/// One checker. Looks at one observation at a time, and never back over the whole world.
pub(crate) trait Check {
    fn observe(&mut self, model: &Model<'_>, observation: &Observation<'_>) -> Result<(), Breach>;
}

/// How many of them look at every single input, which is most of what there is to see.
pub(crate) const PACED: usize = 3;

/// All of them, new; first those that look at every input.
pub(crate) fn all() -> Vec<Box<dyn Check>> {
    vec![
        Box::new(quiet::Quiet::default()),
        Box::new(bounded::Bounded),
        Box::new(split::Split::default()),
        Box::new(forward::Forward::default()),
        Box::new(once::Once::default()),
        Box::new(closing::Closing::default()),
        Box::new(roster::Roster),
        Box::new(partial::Partial::default()),
        Box::new(groups::Groups),
        Box::new(durable::Durable::default()),
        Box::new(result::Correct),
        Box::new(agreement::Agreement::default()),
        Box::new(erased::Erased::default()),
        Box::new(terms::Terms),
        Box::new(again::Again),
        Box::new(invited::Invited),
        Box::new(legible::Legible),
        Box::new(length::Length::default()),
        Box::new(told::Told::default()),
        Box::new(recovered::Recovered::default()),
        Box::new(live::Live),
    ]
}
