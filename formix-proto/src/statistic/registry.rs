//! From the list of statistics to all that knows every one of them.

use super::definition::{Definition, Kind};

/// A statistic as it is listed: its name, and how questions ask for it.
#[derive(Debug)]
pub struct Family {
    /// What consent rules and results call it.
    pub name: &'static str,
    /// How questions ask for it.
    pub kinds: &'static [Kind],
    pub(super) max_bytes: usize,
}

impl Family {
    pub(super) const fn of<T: Definition>() -> Self {
        Self { name: T::NAME, kinds: T::KINDS, max_bytes: T::MAX_BYTES }
    }
}

/// Makes the wire's enum, its dispatch and the registry from one list. The position of a statistic in the
/// list is its number on the wire: append new ones, before what only tests have.
macro_rules! statistics {
    ($($(#[$meta:meta])* $module:ident::$name:ident),* $(,)?) => {
        $($(#[$meta])* pub use $module::*;)*

        /// What is computed over the answers, one variant for each statistic. On the wire it is the number
        /// of the variant and what the statistic declares.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Measure {
            $($(#[$meta])* #[doc = concat!("See [`", stringify!($name), "`].")] $name($name),)*
        }

        /// What an analyst wants to see of a measure first. It stays with the analyst.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum View {
            $(
                $(#[$meta])*
                #[doc = concat!("Of [`", stringify!($name), "`].")]
                $name(<$name as Definition>::View),
            )*
        }

        /// What answers say. Exact for the answers as they were rounded, if nothing else is said.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(rename_all = "lowercase")]
        pub enum Finding {
            $(
                $(#[$meta])*
                #[doc = concat!("Of [`", stringify!($name), "`].")]
                $name(<$name as Definition>::Found),
            )*
        }

        impl Measure {
            /// Every statistic, in the order of the wire.
            pub const FAMILIES: &'static [Family] = &[$($(#[$meta])* Family::of::<$name>(),)*];

            /// What consent rules and results call it.
            pub fn name(&self) -> &'static str {
                match self { $($(#[$meta])* Self::$name(_) => $name::NAME,)* }
            }

            /// How many elements an encoded answer has.
            pub fn dimension(&self) -> usize {
                match self { $($(#[$meta])* Self::$name(it) => it.dimension(),)* }
            }

            /// The largest value that an element of one encoded answer can have.
            pub fn max_element(&self) -> u128 {
                match self { $($(#[$meta])* Self::$name(it) => it.max_element(),)* }
            }

            /// How many bits of one answer an element holds at most: see [`Capacity`].
            pub(super) fn bits(&self) -> u32 {
                match self { $($(#[$meta])* Self::$name(it) => it.bits(),)* }
            }

            /// The maximum number of elements, those of all groups together.
            pub fn max_elements(&self) -> usize {
                match self { $($(#[$meta])* Self::$name(_) => $name::MAX_ELEMENTS,)* }
            }

            /// How many cells an answer has.
            pub fn cells(&self) -> Cells {
                match self { $($(#[$meta])* Self::$name(it) => it.cells(),)* }
            }

            /// The minimum number of answers that may be released together.
            pub fn min_answers(&self) -> u32 {
                match self { $($(#[$meta])* Self::$name(it) => it.min_answers(),)* }
            }

            fn accepts(&self, read: &Reader<'_>, cell: &Cell) -> bool {
                match self { $($(#[$meta])* Self::$name(it) => it.accepts(read, cell),)* }
            }

            fn encode(
                &self,
                read: &Reader<'_>,
                cells: &[Cell],
                write: impl FnMut(usize, u128),
            ) -> Result<(), AnswerError> {
                self.cells().check(cells.len())?;
                match self { $($(#[$meta])* Self::$name(it) => it.encode(read, cells, write),)* }
            }

            fn decode(&self, totals: &[u128], answers: u64) -> Finding {
                match self {
                    $($(#[$meta])* Self::$name(it) => Finding::$name(it.decode(totals, answers)),)*
                }
            }

            /// What a completed computation reveals, beside the number of participants.
            pub fn reveals(&self) -> String {
                match self { $($(#[$meta])* Self::$name(it) => it.reveals(),)* }
            }

            /// How far a result may be from that of the answers as they were given.
            pub fn precision(&self) -> String {
                match self { $($(#[$meta])* Self::$name(it) => it.precision(),)* }
            }

            /// What it does not protect, beyond what holds for every question.
            pub fn unprotected(&self) -> Option<&'static str> {
                match self { $($(#[$meta])* Self::$name(it) => it.unprotected(),)* }
            }

            /// Draws the cells of an answer that the question takes, without a group.
            pub fn sample(&self, draw: &mut Draw<'_>) -> Vec<Cell> {
                match self { $($(#[$meta])* Self::$name(it) => it.sample(draw),)* }
            }

            /// Reads a question's `[statistic]`.
            pub fn read(fields: &Fields) -> Result<(Self, View), FieldError> {
                let of_kind = |kind: &&Kind| kind.name == fields.kind();
                $($(#[$meta])*
                    if let Some(kind) = $name::KINDS.iter().find(of_kind) {
                        fields.check(kind.fields)?;
                        let (it, view) = $name::read(fields)?;
                        return Ok((Self::$name(it), View::$name(view)));
                    }
                )*
                Err(FieldError::unknown_kind(fields.kind(), Self::FAMILIES))
            }

            /// Writes a question's `[statistic]`; without a view of this measure, as the default one.
            pub fn write(&self, view: &View) -> Fields {
                match (self, view) {
                    $($(#[$meta])* (Self::$name(it), View::$name(view)) => it.write(view),)*
                    _ => self.write(&self.default_view()),
                }
            }

            /// What an analyst sees first who does not say.
            pub fn default_view(&self) -> View {
                match self { $($(#[$meta])* Self::$name(_) => View::$name(Default::default()),)* }
            }

            /// Lays out what was found, if it was found by this measure.
            pub fn table(&self, view: &View, found: &Found) -> Option<Table> {
                match (self, view, &found.finding) {
                    $(
                        $(#[$meta])*
                        (Self::$name(it), View::$name(view), Finding::$name(finding)) => {
                            Some(it.table(view, found.answers, finding))
                        }
                    )*
                    _ => None,
                }
            }
        }

        $(
            $(#[$meta])*
            impl From<$name> for Measure {
                fn from(it: $name) -> Self {
                    Self::$name(it)
                }
            }

            $(#[$meta])*
            impl From<$name> for Statistic {
                fn from(it: $name) -> Self {
                    Measure::$name(it).into()
                }
            }

            $(#[$meta])*
            impl From<$name> for Schema {
                fn from(it: $name) -> Self {
                    Statistic::from(it).into()
                }
            }

            $(#[$meta])*
            impl From<($name, <$name as Definition>::View)> for Schema {
                fn from((it, view): ($name, <$name as Definition>::View)) -> Self {
                    Self { statistic: it.into(), view: View::$name(view) }
                }
            }
        )*
    };
}

pub(super) use statistics;
