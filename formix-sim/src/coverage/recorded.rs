//! Situations that show in what a node records.

use formix_proto::id::ComputationId;
use formix_proto::record::{Fact, Record};
use formix_proto::seat::PerSeat;
use formix_proto::sharing::Counts;
use formix_proto::time::Time;

use super::{Coverage, Phase};
use crate::coverage::Situation;
use crate::plan::{Behaviour, Peer, Question};
use crate::truth::Truth;

impl Coverage<'_> {
    pub(super) fn issued(&mut self, peer: Peer, clock: Time, Record { id, fact }: &Record) {
        let phase = match fact {
            Fact::Prepared(_) => Phase::Preparing,
            Fact::Opened => Phase::Collecting,
            Fact::Frozen => Phase::Frozen,
            Fact::Sealed(_) => Phase::Sealed,
            Fact::Counted(counts) => {
                self.counted(id, counts);
                Phase::Counted
            }
            Fact::Revealed(_) | Fact::Failed(_) => Phase::Over,
            Fact::Forgotten => return self.hit(Situation::Forgotten),
            Fact::Withheld => return self.hit(Situation::Declined),
            Fact::Split { .. } => return self.split(peer, id),
            Fact::Proposed(_) => {
                self.open_questions.insert((peer, *id));
                return;
            }
            Fact::Concluded(_) => {
                self.open_questions.remove(&(peer, *id));
                return;
            }
            Fact::Contributed { light, .. } => {
                let lying = self.plan.cluster.peer(light);
                let lying = lying.is_some_and(|light| self.plan.adversary.has(light));
                return self.hit_if(lying, Situation::LyingLight);
            }
            _ => return,
        };
        self.phases.insert((peer, *id), phase);
        if let Fact::Sealed(seal) = fact {
            self.hit_if(!seal.excluded.is_empty(), Situation::Excluded);
        }
        let of_peer =
            |((of, _), phase): &(&(Peer, _), &Phase)| *of == peer && **phase == Phase::Collecting;
        if phase == Phase::Collecting {
            let open = self.phases.iter().filter(of_peer).count();
            self.hit_if(open > 1, Situation::TwoOpen);
        }
        if phase == Phase::Frozen
            && let Some(question) = self.asked(id)
        {
            self.frozen(peer, clock, *id, question);
        }
    }

    fn split(&mut self, peer: Peer, id: &ComputationId) {
        let Some(question) = self.asked(id) else { return };
        let truth = Truth::new(question);
        self.hit_if(truth.words_of_a_lane() == 2, Situation::MiddleRing);
        self.hit_if(truth.words_of_a_lane() == 4, Situation::LargestRing);
        match question.owner(&self.plan.cluster, peer).map(|owner| &owner.behaviour) {
            Some(Behaviour::Answer(reply)) if truth.encode(reply).is_some() => {
                self.hit_if(reply.cells.contains(&None), Situation::StoodIn);
            }
            _ => self.hit(Situation::OptedOut),
        }
    }

    fn counted(&mut self, id: &ComputationId, counts: &PerSeat<Counts>) {
        let Some(question) = self.asked(id) else { return };
        let truth = Truth::new(question);
        let counts = truth.sum(counts.values().map(|counts| truth.values(counts.expose())));
        let tells = truth.tells(&counts[..truth.counted()]);
        self.hit_if(tells.contains(&true), Situation::GroupReleased);
        self.hit_if(tells.contains(&false), Situation::GroupSuppressed);
    }

    fn frozen(&mut self, peer: Peer, clock: Time, id: ComputationId, question: &Question) {
        let spec = &question.proposal.spec;
        self.hit_if(clock < spec.deadline, Situation::EarlyClose);
        let seats = question.committee(&self.plan.cluster);
        let lying = |seat: &Option<Peer>| seat.is_some_and(|seat| self.plan.adversary.has(seat));
        let lying = seats.iter().any(lying);
        self.hit_if(lying, Situation::LyingHeavy);
        let primary = seats[0].and_then(|primary| self.phases.get(&(primary, id)).copied());
        let first = seats[0] != Some(peer) && primary < Some(Phase::Frozen);
        self.hit_if(first, Situation::SeatFirst);
    }
}
