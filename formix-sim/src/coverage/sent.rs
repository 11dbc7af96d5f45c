//! Situations that show in what a node sends.

use formix_proto::message::Message;
use formix_proto::outcome::Refusal;

use super::{Coverage, Phase};
use crate::coverage::Situation;
use crate::plan::Peer;

/// What is sent again until it is answered, and the situation of its second time.
const RESENT: [(&str, Situation); 14] = [
    ("prepare", Situation::PrepareAgain),
    ("ready", Situation::ReadyAgain),
    ("open", Situation::OpenAgain),
    ("invite", Situation::InviteAgain),
    ("contribution", Situation::ContributionAgain),
    ("receipt", Situation::ReceiptAgain),
    ("all-in", Situation::AllInAgain),
    ("close", Situation::CloseAgain),
    ("frozen", Situation::FrozenAgain),
    ("list", Situation::ListAgain),
    ("seal", Situation::SealAgain),
    ("counts", Situation::CountsAgain),
    ("counted", Situation::CountedAgain),
    ("revealed", Situation::RevealedAgain),
];

impl Coverage<'_> {
    pub(super) fn sent(&mut self, from: Peer, to: Peer, message: &Message) {
        if let Some((kind, again)) = RESENT.iter().find(|(kind, _)| *kind == message.name())
            && let Some(question) = self.index.of(message)
        {
            let times = self.sent.entry((kind, question, from, to)).or_default();
            *times += 1;
            let second = *times == 2;
            self.hit_if(second, *again);
        }
        match message {
            Message::List(_) => self.hit(Situation::FrozenDiffered),
            Message::RequestInvite(_) => self.hit(Situation::InviteRequested),
            Message::Announce { .. } => self.hit(Situation::Announced),
            Message::QueryOutcome(_) => self.hit(Situation::OutcomeQueried),
            Message::Abort { id, .. } => {
                self.hit(Situation::Aborted);
                let first = *self.aborters.entry(*id).or_insert(from);
                self.hit_if(first != from, Situation::AbortedByTwo);
            }
            Message::Refuse { refusal, .. } => match refusal {
                Refusal::Late => self.hit(Situation::RefusedLate),
                Refusal::Conflict => self.hit(Situation::RefusedConflict),
                Refusal::Full => self.hit(Situation::RefusedFull),
                Refusal::Dimension => self.hit(Situation::RefusedDimension),
                _ => {}
            },
            Message::Propose { spec, .. } => {
                let primary = self.plan.cluster.member(to).id == spec.committee.primary();
                self.hit_if(!primary, Situation::AskedSeats);
            }
            Message::Contribution { id, tag, .. } => {
                self.shared.insert(from);
                let first = *self.tags.entry((from, *id)).or_insert(*tag);
                self.hit_if(first != *tag, Situation::SplitTwice);
            }
            Message::AllIn { id, lights } => {
                let first = *self.heard_all.entry((from, *id)).or_insert(*lights);
                self.hit_if(first != *lights, Situation::AllInAnew);
            }
            Message::Seal { id, digest, .. } => {
                let first = *self.seals.entry((to, *id)).or_insert(*digest);
                self.hit_if(first != *digest, Situation::SecondRoster);
            }
            Message::Partial { id, .. } => {
                self.phases.insert((from, *id), Phase::Told);
                let life = self.lives.get(&from).copied().unwrap_or(0);
                let first = *self.partials.entry((from, *id)).or_insert(life);
                self.hit_if(first != life, Situation::PartialAgain);
            }
            _ => {}
        }
    }
}
