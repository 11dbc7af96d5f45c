//! What an analyst asks for: a statistic, and what of its result to show first.

use alloc::string::String;

use serde::{Deserialize, Serialize};

use super::fields::{FieldError, Fields};
use super::reader::{Rule, rule};
use super::summary::{Found, Group, Summary};
use super::table::Table;
use super::{Groups, Measure, Statistic, View};

/// A statistic and a view of its result. The nodes are sent the statistic only.
///
/// It is written as in a question's file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Schema {
    pub(super) statistic: Statistic,
    pub(super) view: View,
}

/// The part of a question's file that says what is computed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// `[statistic]`: what is wanted.
    pub statistic: Fields,
    /// `[groups]`: of which groups separately.
    pub groups: Option<Groups>,
    /// What becomes of a missing value.
    #[serde(deserialize_with = "rule")]
    pub missing: Rule,
    /// What becomes of an out-of-range value.
    #[serde(deserialize_with = "rule")]
    pub outside: Rule,
    /// Whether light nodes that opt out send an empty answer.
    pub hide_opt_outs: bool,
}

impl Schema {
    /// What the nodes are sent.
    pub fn statistic(&self) -> &Statistic {
        &self.statistic
    }

    /// What the analyst wants to see first.
    pub fn view(&self) -> &View {
        &self.view
    }

    /// Reads a question's `[statistic]`: over all answers together, where whose value is missing or out of
    /// range declines.
    pub fn read(fields: &Fields) -> Result<Self, FieldError> {
        let (measure, view) = Measure::read(fields)?;
        Ok(Self { statistic: measure.into(), view })
    }

    /// Computes it for each of these groups separately.
    pub fn set_groups(&mut self, groups: Groups) {
        self.statistic.groups = Some(groups);
    }

    /// The analyst's word for what is wanted.
    pub fn kind(&self) -> String {
        self.fields().kind().into()
    }

    /// Whether its result has a headline, so that a list needs to read it: [`Table::headline`] of all answers
    /// together.
    pub fn has_headline(&self) -> bool {
        let kind = self.fields();
        let kinds = Measure::FAMILIES.iter().flat_map(|family| family.kinds);
        self.statistic.groups.is_none()
            && kinds.into_iter().any(|it| it.name == kind.kind() && it.has_headline)
    }

    /// The analyst's `[statistic]`.
    pub fn fields(&self) -> Fields {
        self.statistic.measure.write(&self.view)
    }

    /// Lays out what was found, what is wanted first; `None` of a finding of another statistic.
    pub fn table(&self, found: &Found) -> Option<Table> {
        self.statistic.measure.table(&self.view, found)
    }

    /// The same of all answers together, if the question does not group them.
    pub fn overall(&self, summary: &Summary) -> Option<Table> {
        match summary.groups.as_slice() {
            [Group { label: None, found: Some(found) }] => self.table(found),
            _ => None,
        }
    }
}

impl From<Statistic> for Schema {
    fn from(statistic: Statistic) -> Self {
        let view = statistic.measure.default_view();
        Self { statistic, view }
    }
}

impl From<Measure> for Schema {
    fn from(measure: Measure) -> Self {
        Statistic::from(measure).into()
    }
}

impl TryFrom<Written> for Schema {
    type Error = FieldError;

    fn try_from(written: Written) -> Result<Self, FieldError> {
        let Written { statistic, groups, missing, outside, hide_opt_outs } = written;
        let schema = Self::read(&statistic).map_err(|error| error.within("statistic"))?;
        let measure = schema.statistic.measure;
        let hides_opt_outs = hide_opt_outs;
        let statistic = Statistic { measure, groups, missing, outside, hides_opt_outs };
        Ok(Self { statistic, ..schema })
    }
}

impl From<Schema> for Written {
    fn from(schema: Schema) -> Self {
        let fields = schema.fields();
        let Statistic { groups, missing, outside, hides_opt_outs, .. } = schema.statistic;
        Self { statistic: fields, groups, missing, outside, hide_opt_outs: hides_opt_outs }
    }
}
