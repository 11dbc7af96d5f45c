//! A virtual world: real nodes, on virtual time, over a network and disks that do as the plan says.

mod adversary;
mod clock;
mod coins;
mod echo;
mod effects;
mod end;
mod enrolment;
mod forge;
mod host;
mod life;
mod network;
mod owner;
mod queue;
mod trace;

use std::collections::BTreeMap;
use std::rc::Rc;

use formix_proto::frame::Frame;
use formix_proto::message::Message;
use formix_proto::outcome::Outcome;
use formix_proto::spec::SpecError;
use formix_testkit::Recorder;

use crate::checkers::Checkers;
use crate::observation::{Observation, Observer};
use crate::plan::{Fault, Kind, Peer, Plan, Trigger};
use crate::violation::{Invariant, Violation};
pub use coins::{Shift, Shifts};
use host::Host;
use network::Network;
use queue::{Happening, Queue};
use trace::Trace;

/// How a run went.
#[derive(Debug)]
pub struct Run {
    /// The first invariant that did not hold, if any.
    pub violation: Option<Violation>,
    /// What came of each question of the workload, and when, where it was asked.
    pub ends: Vec<Option<(u64, End)>>,
    /// Names everything that happened: equal runs have equal digests.
    pub digest: u64,
    /// How many inputs the nodes handled.
    pub events: u64,
    /// How often an adversary did something.
    pub tricks: u64,
    /// How often each invariant was broken where it is waived.
    pub waived: BTreeMap<Invariant, u64>,
}

/// What came of a question where it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// It was taken up, and has ended.
    Ended(Outcome),
    /// It was not taken up.
    Rejected(SpecError),
}

/// Runs a plan until everything is quiet or has had its time, or an invariant is broken.
pub fn simulate(plan: &Plan, observer: &mut dyn Observer) -> Run {
    simulate_shifted(plan, &Shifts::new(), observer)
}

/// The same, with some of the nodes' coins shifted.
pub fn simulate_shifted(plan: &Plan, shifts: &Shifts, observer: &mut dyn Observer) -> Run {
    let mut world = World::new(plan, shifts, observer);
    world.begin();
    while world.violation.is_none() {
        let Some((at, happening)) = world.queue.pop() else { break };
        if at > world.until {
            break;
        }
        world.now = at;
        world.happen(happening);
    }
    if let Some(violation) = &world.violation {
        world.observer.violated(violation);
    }
    Run {
        violation: world.violation,
        ends: world.ends,
        digest: world.trace.digest(),
        events: world.events,
        tricks: world.tricks,
        waived: world.checkers.waived,
    }
}

struct World<'a> {
    plan: &'a Plan,
    shifts: &'a Shifts,
    observer: &'a mut dyn Observer,
    checkers: Checkers<'a>,
    trace: Trace,
    now: u64,
    until: u64,
    healed: bool,
    queue: Queue,
    network: Network,
    hosts: Vec<Host>,
    /// Whether the analyst knows, of each question, that it is on its way or refused.
    asked: Vec<bool>,
    ends: Vec<Option<(u64, End)>>,
    events: u64,
    recorder: Recorder,
    /// How many frames were sent.
    sent: u64,
    /// The last frame that was sent, and what it says.
    last_sent: Option<(Rc<Frame>, Message)>,
    /// The frames that an adversary has sent or received last, and how many tricks it has played.
    overheard: Vec<Rc<Frame>>,
    tricks: u64,
    violation: Option<Violation>,
}

impl<'a> World<'a> {
    fn new(plan: &'a Plan, shifts: &'a Shifts, observer: &'a mut dyn Observer) -> Self {
        let count = plan.workload.len();
        Self {
            plan,
            shifts,
            observer,
            checkers: Checkers::new(plan),
            trace: Trace::default(),
            now: 0,
            until: 0,
            healed: false,
            queue: Queue::default(),
            network: Network::new(plan),
            hosts: plan.cluster.peers().map(|peer| Host::new(plan, peer)).collect(),
            asked: vec![false; count],
            ends: vec![None; count],
            events: 0,
            recorder: Recorder::default(),
            sent: 0,
            last_sent: None,
            overheard: Vec::new(),
            tricks: 0,
            violation: None,
        }
    }

    /// Puts on the queue what is known from the start, and starts every node.
    fn begin(&mut self) {
        let plan = self.plan;
        for (at, question) in plan.workload.iter().enumerate() {
            self.queue.push(question.at, Happening::Ask(at));
            let over = self.over(at);
            self.queue.push(over, Happening::Judge(at));
            self.until = self.until.max(over);
        }
        // Once while the ended computations are still remembered, and once when they are forgotten.
        let forgotten = self.until + clock::millis(plan.cluster.policy().retention);
        self.queue.push(self.until, Happening::StartAll);
        self.queue.push(forgotten, Happening::StartAll);
        self.until = forgotten;
        plan.faults.list.iter().for_each(|fault| self.schedule(fault));
        self.queue.push(plan.faults.heal, Happening::Heal);
        for peer in plan.cluster.peers() {
            let member = plan.cluster.member(peer);
            for (kind, holds) in [(Kind::Skew, member.ahead != 0), (Kind::Drift, member.drift != 0)]
            {
                if holds {
                    self.fault(kind, peer, None);
                }
            }
            self.start(peer);
        }
    }

    /// Puts a fault that comes at a time of its own on the queue.
    fn schedule(&mut self, fault: &Fault) {
        let (at, happening) = match fault {
            Fault::Crash(crash) => match crash.trigger {
                Trigger::Time(at) => (at, Happening::Crash(crash.clone())),
                _ => return,
            },
            Fault::Step { peer, at, by } => (*at, Happening::Step { peer: *peer, by: *by }),
            Fault::Enroll { heavy, at, .. } | Fault::Remove { heavy, at, .. } => {
                (*at, Happening::Enroll { peer: *heavy })
            }
            Fault::Pause { peer, at, length } => {
                (*at, Happening::Pause { peer: *peer, until: at + length })
            }
            _ => return,
        };
        self.queue.push(at, happening);
    }

    fn happen(&mut self, happening: Happening) {
        if let Some(peer) = happening.to()
            && self.now < self.hosts[peer.index()].paused
        {
            return self.queue.push(self.hosts[peer.index()].paused, happening);
        }
        match happening {
            Happening::Deliver { number, from, to, frame } => {
                self.deliver(number, from, to, &frame)
            }
            Happening::Flushed { peer, life } => self.flushed(peer, life),
            Happening::Wake { peer, life } => self.wake(peer, life),
            Happening::Owner { peer, life, act } => self.act(peer, life, act),
            Happening::Ask(question) => self.ask(question),
            Happening::Crash(crash) => self.crash(&crash),
            Happening::Start { peer, life } => {
                if self.host(peer).life == life && self.host(peer).driver.is_none() {
                    self.start(peer);
                }
            }
            Happening::Step { peer, by } => self.step(peer, by),
            Happening::Enroll { peer } => self.enroll(peer),
            Happening::Pause { peer, until } => {
                self.host(peer).paused = until;
                self.fault(Kind::Pause, peer, None);
            }
            Happening::Heal => self.heal(),
            Happening::Judge(question) => self.judge(question),
            Happening::StartAll => self.start_all(),
        }
    }

    /// Shows an observation to the checkers and to the observer.
    fn emit(&mut self, observation: &Observation<'_>) {
        if self.violation.is_none() {
            self.trace.observe(self.now, observation);
            self.observer.observe(self.now, observation);
            self.violation = self.checkers.observe(self.now, observation).err();
        }
    }

    fn fault(&mut self, kind: Kind, peer: Peer, to: Option<Peer>) {
        self.emit(&Observation::Fault { kind, peer, to });
    }

    fn host(&mut self, peer: Peer) -> &mut Host {
        &mut self.hosts[peer.index()]
    }
}
