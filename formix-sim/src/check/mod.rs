//! The checkers: one for each invariant, judging by [`Books`] alone.

mod agreement;
mod closing;
mod durable;
mod erased;
mod forward;
mod live;
mod once;
mod partial;
mod result;
mod roster;
mod split;
mod terms;

use crate::book::Books;
use crate::sight::Sight;
use crate::violation::Breach;

/// One checker. Looks at one observation at a time, and never back over the whole world.
pub(crate) trait Check {
    fn see(&mut self, books: &Books<'_>, sight: &Sight<'_>) -> Result<(), Breach>;
}

/// All of them, new.
pub(crate) fn all() -> Vec<Box<dyn Check>> {
    vec![
        Box::new(split::Split),
        Box::new(durable::Durable),
        Box::new(forward::Forward::default()),
        Box::new(once::Once::default()),
        Box::new(closing::Closing::default()),
        Box::new(roster::Roster),
        Box::new(partial::Partial::default()),
        Box::new(result::Correct),
        Box::new(agreement::Agreement::default()),
        Box::new(erased::Erased::default()),
        Box::new(terms::Terms),
        Box::new(live::Live),
    ]
}
