//! One state of a small network, and what can happen in it.

use std::rc::Rc;

use formix_proto::frame::Frame;
use formix_proto::id::ComputationId;
use formix_proto::machine::{Command, Event};
use formix_proto::node::Config;
use formix_proto::time::Time;
use formix_proto::wire;
use formix_testkit::{RuleBroken, Said};

use super::host::Host;
use crate::fingerprint::Fingerprint;
use crate::plan::{Behaviour, Peer, Plan};
use crate::random::{Stream, scramble};

/// What can happen next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// This frame arrives: its ends and the fingerprint of its bytes.
    Arrive(Peer, Peer, u64),
    /// The disk of this node finishes its oldest write.
    Flush(Peer),
    /// Time goes on to the next timer.
    Wait,
}

/// All nodes, all that is on its way, and the time.
#[derive(Clone)]
pub(super) struct Network {
    hosts: Vec<Rc<Host>>,
    on_the_way: Vec<(Peer, Peer, u64, Rc<Frame>)>,
    now: Time,
    hurries: u32,
}

impl Network {
    /// Every node has started, and the plan's first question is asked.
    pub(super) fn new(plan: &Plan, hurries: u32) -> Self {
        let now = Time(crate::EPOCH);
        let mut network = Self { hosts: Vec::new(), on_the_way: Vec::new(), now, hurries };
        for peer in plan.cluster.peers() {
            let member = plan.cluster.member(peer);
            let config = Config {
                id: member.id,
                role: member.role,
                policy: member.policy.clone(),
                directory: plan.cluster.directory.clone(),
            };
            let seed = Stream::new(plan.seed, &plan.cluster.name(peer)).bytes();
            let Ok((host, _)) = formix_testkit::Host::start(config, seed, now, &[]) else {
                continue;
            };
            network.hosts.push(Rc::new(Host::new(host)));
        }
        let question = &plan.workload[0];
        let command = Command::Propose(Box::new(question.proposal.clone()));
        // Nothing can be wrong before anything was received.
        let _ = network.feed(plan, question.proposer, |host, now| host.command(now, command));
        network
    }

    pub(super) fn hosts(&self) -> impl Iterator<Item = &Host> {
        self.hosts.iter().map(Rc::as_ref)
    }

    /// What can happen; nothing if all is over.
    pub(super) fn steps(&self) -> Vec<Step> {
        let mut steps: Vec<_> = self
            .on_the_way
            .iter()
            .map(|(from, to, print, _)| Step::Arrive(*from, *to, *print))
            .collect();
        steps.dedup();
        let writing = (0..).map(Peer).zip(&self.hosts).filter(|(_, host)| host.host.waiting() > 0);
        steps.extend(writing.map(|(peer, _)| Step::Flush(peer)));
        let idle = steps.is_empty();
        if (idle && !self.is_over()) || (!idle && self.hurries > 0) {
            steps.push(Step::Wait);
        }
        steps
    }

    pub(super) fn is_over(&self) -> bool {
        let open = |host: &Rc<Host>| {
            let node = host.host.node();
            let ids = node.computations();
            ids.iter().filter_map(|id| node.status(id)).any(|status| status.is_open())
        };
        !self.hosts.iter().any(open)
    }

    /// Lets a step happen; or says what is wrong with its effects.
    pub(super) fn take(&mut self, plan: &Plan, step: Step) -> Result<(), String> {
        match step {
            Step::Arrive(from, to, print) => {
                let same = |(f, t, p, _): &(Peer, Peer, u64, _)| (*f, *t, *p) == (from, to, print);
                let Some(at) = self.on_the_way.iter().position(same) else { return Ok(()) };
                let (.., frame) = self.on_the_way.remove(at);
                let id = plan.cluster.member(from).id;
                self.feed(plan, to, |host, now| host.receive(now, id, frame.as_ref().as_ref()))
            }
            Step::Flush(peer) => {
                self.feed(plan, peer, |host, now| Ok(host.write(now)?.unwrap_or_default()))
            }
            Step::Wait => {
                let writing = self.hosts.iter().any(|host| host.host.waiting() > 0);
                if writing || !self.on_the_way.is_empty() {
                    self.hurries = self.hurries.saturating_sub(1);
                }
                let next = self.hosts.iter().filter_map(|host| host.host.next_timeout()).min();
                self.now = self.now.max(next.unwrap_or(self.now));
                let due =
                    |host: &Rc<Host>| host.host.next_timeout().is_some_and(|at| at <= self.now);
                let late: Vec<_> = (0..)
                    .map(Peer)
                    .zip(&self.hosts)
                    .filter(|(_, host)| due(host))
                    .map(|(peer, _)| peer)
                    .collect();
                late.into_iter()
                    .try_for_each(|peer| self.feed(plan, peer, |host, now| host.timeout(now)))
            }
        }
    }

    /// Gives a node one input, and puts what it wants done where it belongs.
    fn feed(
        &mut self,
        plan: &Plan,
        peer: Peer,
        input: impl FnOnce(&mut formix_testkit::Host, Time) -> Result<Said, RuleBroken>,
    ) -> Result<(), String> {
        let host = Rc::make_mut(&mut self.hosts[peer.index()]);
        let said = input(&mut host.host, self.now).map_err(|broken| broken.to_string())?;
        host.note(&said);
        let mut asked = Vec::new();
        for event in said.events {
            match event {
                Event::Asked { proposal, .. } => asked.push(proposal.id()),
                Event::Fault { fault, .. } => {
                    return Err(format!("an honest node is blamed: {fault}"));
                }
                _ => {}
            }
        }
        for (to, message) in said.sent {
            let Some(to) = plan.cluster.peer(&to) else { continue };
            let frame = wire::encode(&message);
            self.on_the_way.push((peer, to, Fingerprint::of(frame.as_ref()), Rc::new(frame)));
        }
        self.on_the_way.sort_unstable_by_key(|(from, to, print, _)| (*from, *to, *print));
        asked.into_iter().try_for_each(|id| self.answer(plan, peer, id))
    }

    /// The owner answers at once.
    fn answer(&mut self, plan: &Plan, peer: Peer, id: ComputationId) -> Result<(), String> {
        let question = &plan.workload[0];
        let owner = question.owner(&plan.cluster, peer);
        let Some(Behaviour::Answer(reply)) = owner.map(|owner| &owner.behaviour) else {
            return Ok(());
        };
        let command = Command::Answer { id, answer: question.form.answer(reply) };
        self.feed(plan, peer, |host, now| host.command(now, command))
    }

    /// Names the state.
    pub(super) fn fingerprint(&self) -> u64 {
        let hosts = self.hosts.iter().map(|host| host.fingerprint);
        let wire = self.on_the_way.iter().map(|(from, to, print, _)| {
            scramble(u64::from(from.0) << 32 | u64::from(to.0)) ^ print
        });
        let rest = [self.now.0, self.hurries.into()];
        hosts.chain(wire).chain(rest).fold(0, |state, part| scramble(state ^ part))
    }
}

impl Step {
    pub(super) fn describe(self, plan: &Plan) -> String {
        let name = |peer| plan.cluster.name(peer);
        match self {
            Self::Arrive(from, to, _) => format!("{} hears from {}", name(to), name(from)),
            Self::Flush(peer) => format!("{}'s write is durable", name(peer)),
            Self::Wait => "time goes on".to_owned(),
        }
    }
}
