//! A plan without one of its nodes.

use formix_proto::directory::Role;

use super::Plan;
use super::cluster::Peer;
use super::faults::Fault;

impl Plan {
    /// The plan without a node, and without all that is about that node; `None` if a question needs
    /// it. Those behind it move up.
    pub fn without(&self, peer: Peer) -> Option<Plan> {
        let id = self.cluster.member(peer).id;
        let needed = |question: &super::Question| {
            question.proposer == peer || question.proposal.spec.committee.seat_of(&id).is_some()
        };
        if self.workload.iter().any(needed) {
            return None;
        }
        let mut plan = self.clone();
        let mut members: Vec<_> = plan.cluster.into();
        let gone = members.remove(peer.index());
        let same_role =
            members[peer.index()..].iter_mut().filter(|member| member.role == gone.role);
        same_role.for_each(|member| member.number -= 1);
        plan.cluster = members.into();
        for question in &mut plan.workload {
            if gone.role == Role::Light {
                question.owners.remove(gone.number as usize);
            }
            move_up(&mut question.proposer, peer);
        }
        plan.faults.list.retain(|fault| !fault.peers().contains(&peer));
        for fault in &mut plan.faults.list {
            fault.peers_mut().into_iter().for_each(|other| move_up(other, peer));
        }
        plan.adversary.members.retain(|member| *member != peer);
        plan.adversary.members.iter_mut().for_each(|member| move_up(member, peer));
        plan.adversary.moves.retain(|step| step.peer != peer);
        plan.adversary.moves.iter_mut().for_each(|step| move_up(&mut step.peer, peer));
        Some(plan)
    }
}

fn move_up(peer: &mut Peer, gone: Peer) {
    if *peer > gone {
        peer.0 -= 1;
    }
}

impl Fault {
    /// The nodes that a fault is about.
    pub fn peers(&self) -> Vec<Peer> {
        self.clone().peers_mut().into_iter().map(|peer| *peer).collect()
    }

    fn peers_mut(&mut self) -> Vec<&mut Peer> {
        match self {
            Self::Frame { from, to, .. }
            | Self::Deaf { from, to }
            | Self::Reset { from, to, .. } => {
                vec![from, to]
            }
            Self::Cut(cut) => vec![&mut cut.from, &mut cut.to],
            Self::Crash(crash) => vec![&mut crash.peer],
            Self::Pause { peer, .. } | Self::SlowWrite { peer, .. } | Self::Step { peer, .. } => {
                vec![peer]
            }
            Self::Enroll { light, heavy, .. } | Self::Remove { light, heavy, .. } => {
                vec![light, heavy]
            }
        }
    }
}
