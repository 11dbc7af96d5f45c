//! What a rule that allows asks of a question's terms: what it does not say has a safe default.

use std::time::Duration;

use formix_proto::time::Time;

use super::log::{Decision, PastDecision};
use super::rule::{Rule, Span};
use super::subject::Subject;

/// A number to the cent, or a time to the microsecond, has room in this; two numbers of five digits have not.
const MAX_BITS: u32 = 32;
/// A regression over 16 columns has 170 totals, the hours of a day in ten groups 240.
const MAX_TOTALS: u64 = 256;
/// More than the ten seconds that a question's SQL may take: who is slower than others is not left out.
const MIN_TIME: Duration = Duration::from_secs(20);
/// How long a rule lets nothing more through, if nothing else is said.
const COOLDOWN: Span = Span(Duration::from_secs(24 * 3600));

/// Why a rule that matches a question does not allow it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Limit {
    /// Too few participants.
    #[error("`min_participants` is {0} there, and the question's is lower")]
    Participants(u32),
    /// No groups, or too small ones.
    #[error("`min_group` is {0} there, and the question has no groups, or smaller ones")]
    Group(u32),
    /// A total has too much room.
    #[error(
        "`max_bits` is {0} there, and a total of the question holds more of one answer, enough for several people's"
    )]
    Bits(u32),
    /// Too many totals.
    #[error("`max_totals` is {0} there, and the question has more")]
    Totals(u64),
    /// Constants that count as answers.
    #[error(
        "a constant stands in for what an answer lacks, and it does not say `stand_ins = true`"
    )]
    StandIns,
    /// Declining would be seen.
    #[error("the question does not hide who opts out")]
    OptOuts,
    /// Another heavy node.
    #[error("`committee` there does not name all of the question's heavy nodes")]
    Committee,
    /// Who asks can choose whose answers count.
    #[error(
        "the question takes fewer answers than there are light nodes, and it does not say `subset = true`"
    )]
    Subset,
    /// It closes too soon.
    #[error("`min_time` is {} there, and the question closes sooner", humantime::format_duration(*.0))]
    Time(Duration),
    /// Something was allowed not long ago.
    #[error("its cooldown has not ended")]
    Cooldown,
}

impl Rule {
    /// The keys that limit what a rule allows, and whether they are there.
    pub(super) fn limits(&self) -> [(&'static str, bool); 10] {
        [
            ("min_participants", self.min_participants.is_some()),
            ("min_group", self.min_group.is_some()),
            ("max_bits", self.max_bits.is_some()),
            ("max_totals", self.max_totals.is_some()),
            ("stand_ins", self.stand_ins),
            ("hide_opt_outs", self.hide_opt_outs),
            ("committee", self.committee.is_some()),
            ("subset", self.subset),
            ("min_time", self.min_time.is_some()),
            ("cooldown", self.cooldown.is_some()),
        ]
    }

    /// What of a rule that allows stands against a question that it matches. Answers that are made up are
    /// nobody's data, and have no limit.
    pub(super) fn limit(
        &self,
        subject: &Subject,
        past: &[PastDecision],
        now: Time,
    ) -> Option<Limit> {
        if !self.allows() || self.made_up && subject.made_up {
            return None;
        }
        self.limit_on_result(subject)
            .or_else(|| self.limit_on_terms(subject, now))
            .or_else(|| self.is_cooling(subject, past, now).then_some(Limit::Cooldown))
    }

    /// What the result may tell.
    fn limit_on_result(&self, subject: &Subject) -> Option<Limit> {
        let (bits, totals) =
            (self.max_bits.unwrap_or(MAX_BITS), self.max_totals.unwrap_or(MAX_TOTALS));
        let group = self.min_group.filter(|min| subject.min_group.is_none_or(|of| of < *min));
        match self.min_participants {
            Some(min) if subject.min_participants < min => Some(Limit::Participants(min)),
            _ if subject.bits > bits => Some(Limit::Bits(bits)),
            _ if subject.totals > totals => Some(Limit::Totals(totals)),
            _ if subject.stand_ins && !self.stand_ins => Some(Limit::StandIns),
            _ => group.map(Limit::Group),
        }
    }

    /// Who adds up, over whom, and how long.
    fn limit_on_terms(&self, subject: &Subject, now: Time) -> Option<Limit> {
        let time = self.min_time.map_or(MIN_TIME, |span| span.0);
        let is_named =
            |named: &Vec<String>| subject.committee.iter().all(|seat| seat.is_any(named));
        match () {
            () if self.hide_opt_outs && !subject.hides_opt_outs => Some(Limit::OptOuts),
            () if !self.committee.as_ref().is_none_or(is_named) => Some(Limit::Committee),
            () if subject.max_participants < subject.light_nodes && !self.subset => {
                Some(Limit::Subset)
            }
            () if subject.deadline < now + time => Some(Limit::Time(time)),
            () => None,
        }
    }

    /// How long the rule lets nothing more through once something was allowed.
    pub(super) fn cooldown(&self) -> Duration {
        self.cooldown.unwrap_or(COOLDOWN).0
    }

    /// Whether something was allowed within the cooldown, in any wording, by any rule or the owner, that
    /// the rule matches, too, or that reads a column of this question's.
    fn is_cooling(&self, subject: &Subject, past: &[PastDecision], now: Time) -> bool {
        let span = self.cooldown();
        past.iter().any(|past| {
            past.verdict == Decision::Allow
                && past.time + span > now
                && (self.matches(&past.subject) || past.subject.shares_a_column(subject))
        })
    }
}
