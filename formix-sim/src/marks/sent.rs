//! Situations that show in what a node sends.

use formix_proto::message::Message;
use formix_proto::outcome::Refusal;

use super::{Marks, Phase};
use crate::mark::Mark;
use crate::plan::Peer;

/// What is sent again until it is answered, and the mark of its second time.
const RESENT: [(&str, Mark); 14] = [
    ("prepare", Mark::PrepareAgain),
    ("ready", Mark::ReadyAgain),
    ("open", Mark::OpenAgain),
    ("invite", Mark::InviteAgain),
    ("contribution", Mark::ContributionAgain),
    ("receipt", Mark::ReceiptAgain),
    ("all-in", Mark::AllInAgain),
    ("close", Mark::CloseAgain),
    ("frozen", Mark::FrozenAgain),
    ("list", Mark::ListAgain),
    ("seal", Mark::SealAgain),
    ("counts", Mark::CountsAgain),
    ("counted", Mark::CountedAgain),
    ("revealed", Mark::RevealedAgain),
];

impl Marks<'_> {
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
            Message::List(_) => self.hit(Mark::FrozenDiffered),
            Message::Knock(_) => self.hit(Mark::Knocked),
            Message::Announce(_) => self.hit(Mark::Announced),
            Message::Inquire(_) => self.hit(Mark::Inquired),
            Message::Abort { id, .. } => {
                self.hit(Mark::Aborted);
                let first = *self.aborters.entry(*id).or_insert(from);
                self.hit_if(first != from, Mark::AbortedByTwo);
            }
            Message::Refuse { refusal, .. } => match refusal {
                Refusal::Late => self.hit(Mark::RefusedLate),
                Refusal::Conflict => self.hit(Mark::RefusedConflict),
                Refusal::Full => self.hit(Mark::RefusedFull),
                Refusal::Dimension => self.hit(Mark::RefusedDimension),
                _ => {}
            },
            Message::Propose { spec, .. } => {
                let primary = self.plan.cluster.member(to).id == spec.committee.primary();
                self.hit_if(!primary, Mark::AskedSeats);
            }
            Message::Contribution { id, tag, .. } => {
                self.shared.insert(from);
                let first = *self.tags.entry((from, *id)).or_insert(*tag);
                self.hit_if(first != *tag, Mark::SplitTwice);
            }
            Message::Seal { id, digest, .. } => {
                let first = *self.seals.entry((to, *id)).or_insert(*digest);
                self.hit_if(first != *digest, Mark::SecondRoster);
            }
            Message::Partial { id, .. } => {
                self.phases.insert((from, *id), Phase::Told);
                let life = self.lives.get(&from).copied().unwrap_or(0);
                let first = *self.partials.entry((from, *id)).or_insert(life);
                self.hit_if(first != life, Mark::PartialAgain);
            }
            _ => {}
        }
    }
}
