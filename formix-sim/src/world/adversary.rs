//! Does to an adversary's messages what the plan says.

use std::rc::Rc;

use formix_proto::frame::Frame;
use formix_proto::roster::{Entry, Roster};
use formix_proto::wire;

use super::World;
use super::forge::{self, Dice};
use crate::plan::{Peer, Trick};

/// How many frames the adversary remembers, to replay them.
const OVERHEARD: usize = 256;

impl World<'_> {
    /// Sends what an adversary's node wants to send, and what it does not.
    pub(super) fn send_through_adversary(&mut self, from: Peer, to: Peer, frame: Frame) {
        let host = self.host(from);
        host.sends += 1;
        let nth = host.sends;
        let plan = self.plan;
        let due = |step: &&crate::plan::Move| step.peer == from && step.nth == nth;
        let tricks: Vec<_> =
            plan.adversary.moves.iter().filter(due).map(|step| step.trick).collect();
        let mut outgoing = vec![(to, Rc::new(frame))];
        for trick in tricks {
            self.play(from, trick, &mut outgoing);
        }
        for (to, frame) in outgoing {
            self.overheard(frame.clone());
            self.put_on_the_wire(from, to, frame);
        }
    }

    /// Remembers a frame that an adversary sends or receives.
    pub(super) fn overheard(&mut self, frame: Rc<Frame>) {
        if self.overheard.len() >= OVERHEARD {
            self.overheard.remove(0);
        }
        self.overheard.push(frame);
    }

    fn play(&mut self, from: Peer, trick: Trick, outgoing: &mut Vec<(Peer, Rc<Frame>)>) {
        let Some((to, frame)) = outgoing.first().cloned() else { return };
        self.tricks += 1;
        match trick {
            Trick::Withhold => outgoing.clear(),
            Trick::Misdirect(other) => outgoing.push((other, frame)),
            Trick::Flood(times) => {
                outgoing.extend((0..times).map(|_| (to, frame.clone())));
            }
            Trick::Replay(number) => {
                let at = Dice(number).roll(self.overheard.len());
                outgoing.extend(self.overheard.get(at).map(|frame| (to, frame.clone())));
            }
            Trick::Rewrite(number) => {
                let Ok(message) = wire::decode(frame.as_ref().as_ref()) else { return };
                let question = self.checkers.model.index.of(&message);
                let held = self.held(question, from);
                let message = forge::rewrite(message, &held, Dice(number));
                outgoing[0] = (to, Rc::new(wire::encode(&message)));
            }
            Trick::Garble(number) => {
                outgoing[0] = (to, Rc::new(forge::garble(frame.as_ref().as_ref(), Dice(number))));
            }
            Trick::Invent(number) => {
                let mut dice = Dice(number);
                let question = dice.roll(self.plan.workload.len());
                let victim = Peer(dice.roll(self.plan.cluster.members.len()) as u32);
                let id = self.checkers.model.index.ids[question];
                let held = self.held(Some(question), from);
                let lights = self.plan.cluster.directory.lights_digest();
                let message = forge::invent(id, &held, lights, dice);
                outgoing.push((victim, Rc::new(wire::encode(&message))));
            }
        }
    }

    /// What a heavy node of the adversary's has accepted.
    fn held(&self, question: Option<usize>, peer: Peer) -> Roster {
        let Some(question) = question else { return Roster::default() };
        let contributed = &self.checkers.model.node(question, peer).contributed;
        let id = |light: &Peer| self.plan.cluster.member(*light).id;
        let entry = |(light, held): (&Peer, &crate::model::HeldShare)| Entry {
            light: id(light),
            tag: held.tag,
        };
        let mut entries: Vec<_> = contributed.iter().map(entry).collect();
        entries.sort_unstable();
        Roster::try_from(entries).unwrap_or_default()
    }
}
