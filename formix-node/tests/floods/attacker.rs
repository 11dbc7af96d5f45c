//! A node that is enrolled, and sends whatever its key lets it send.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use formix_node::config::{Member, Network};
use formix_node::home::Home;
use formix_node::key;
use formix_proto::directory::Role;
use formix_proto::frame::Frame;
use formix_proto::id::{ComputationId, NodeId, Nonce};
use formix_proto::limits::SMALL_FRAME;
use formix_proto::message::Message;
use formix_proto::seat::Committee;
use formix_proto::sharing::Scheme;
use formix_proto::spec::{Proposal, Spec};
use formix_proto::statistic::{Domain, Sum};
use formix_proto::time::Time;
use formix_proto::wire;
use formix_sim::random::Stream;
use formix_transport::quic::{QuicConfig, QuicTransport};
use formix_transport::{Limits, Transport};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use tokio::runtime::Runtime;
use tokio::sync::watch;

use crate::strategies;
use crate::support::within;

/// What it has done so far.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sent {
    pub(crate) frames: u64,
    /// Of how many questions it has been told.
    pub(crate) learned: u64,
}

pub(crate) struct Attacker {
    sent: watch::Sender<Sent>,
    stop: Arc<AtomicBool>,
    flood: thread::JoinHandle<()>,
}

impl Attacker {
    /// Floods until it is stopped, with the key of this node.
    pub(crate) fn start(home: &Home, network: &Network, name: &str) -> Self {
        let member = network.member(name).unwrap().clone();
        let mind = Mind::new(network, &member);
        // A peer that is cut off comes back as soon as it likes.
        let at_once = Duration::from_millis(1);
        let limits =
            Limits { min_backoff: at_once, max_backoff: at_once, ..Limits::of(member.role) };
        let config = QuicConfig {
            identity: key::load_or_create(&home.node(name).key()).unwrap(),
            listen: member.address,
            role: member.role,
            peers: network.peers(),
            limits,
        };
        let (sent, stop) = (watch::Sender::default(), Arc::new(AtomicBool::new(false)));
        let (tally, stopped) = (sent.clone(), stop.clone());
        let flood = thread::spawn(move || {
            let runtime = Runtime::new().unwrap();
            runtime.block_on(async {
                flood(&QuicTransport::start(config).unwrap(), mind, &tally, &stopped).await;
            });
        });
        Self { sent, stop, flood }
    }

    /// Waits until so many frames have left.
    pub(crate) fn has_sent(&self, frames: u64) {
        let mut sent = self.sent.subscribe();
        within("the attacker has sent its frames", move || {
            let runtime = Runtime::new().unwrap();
            runtime.block_on(sent.wait_for(|sent| sent.frames >= frames)).unwrap();
        });
    }

    pub(crate) fn stop(self) -> Sent {
        self.stop.store(true, Ordering::Relaxed);
        self.flood.join().unwrap();
        *self.sent.borrow()
    }
}

async fn flood(
    transport: &QuicTransport,
    mut mind: Mind,
    sent: &watch::Sender<Sent>,
    stop: &AtomicBool,
) {
    let mut runner = TestRunner::deterministic();
    let messages = strategies::message();
    while !stop.load(Ordering::Relaxed) {
        tokio::select! {
            biased;
            Some(received) = transport.receive() => {
                let learned = mind.learn(received.frame.as_ref());
                sent.send_modify(|sent| sent.learned += learned);
            }
            () = tokio::task::yield_now() => {
                let message = messages.new_tree(&mut runner).unwrap().current();
                let (to, frame) = mind.next(message);
                match transport.send(to, frame) {
                    Ok(()) => sent.send_modify(|sent| sent.frames += 1),
                    // It is full, or not connected: the network is as fast as it is.
                    Err(_) => tokio::time::sleep(Duration::from_millis(1)).await,
                }
            }
        }
    }
}

/// What it knows, and what it makes of that.
struct Mind {
    me: NodeId,
    role: Role,
    heavies: Vec<NodeId>,
    lights: Arc<[NodeId]>,
    known: Vec<Proposal>,
    dice: Stream,
}

impl Mind {
    fn new(network: &Network, me: &Member) -> Self {
        let others = |role| {
            let others = network.with_role(role).filter(|node| node.id != me.id);
            others.map(|node| node.id).collect::<Vec<_>>()
        };
        let (heavies, lights) = (others(Role::Heavy), others(Role::Light).into());
        let (known, dice) = (Vec::new(), Stream::new(1, &me.name));
        Self { me: me.id, role: me.role, heavies, lights, known, dice }
    }

    /// Remembers a question, if this is one; says how many have been learned.
    fn learn(&mut self, frame: &[u8]) -> u64 {
        let proposal = match wire::decode(frame) {
            Ok(Message::Invite(proposal) | Message::Announce { proposal, .. }) => proposal,
            _ => return 0,
        };
        if proposal.proposer == self.me || self.known.contains(&proposal) {
            return 0;
        }
        self.known.push(*proposal);
        1
    }

    /// Mostly what it may send: whoever sends anything else is cut off, and has to come back.
    fn next(&mut self, message: Message) -> (NodeId, Frame) {
        let to = self.dice.pick(&self.heavies);
        let frame = match self.dice.below(256) {
            0 => damaged(wire::encode(&message), &mut self.dice),
            1 => noise(SMALL_FRAME, &mut self.dice),
            2 => noise(16 * SMALL_FRAME, &mut self.dice),
            3..=15 => wire::encode(&message),
            16..=31 => return self.anywhere(message),
            32..=127 => self.about_a_question(message),
            _ if self.role == Role::Heavy => return self.as_a_primary(),
            _ => propose(self.question()),
        };
        (to, frame)
    }

    fn anywhere(&mut self, message: Message) -> (NodeId, Frame) {
        let to = match self.role {
            Role::Heavy => self.dice.pick(&self.lights),
            Role::Light | Role::Proposer => self.dice.pick(&self.heavies),
        };
        (to, self.about_a_question(message))
    }

    /// The message about a question that there is, if it names one: after its kind, it begins with the id.
    fn about_a_question(&mut self, message: Message) -> Frame {
        let mut bytes = wire::encode(&message).as_ref().to_vec();
        if let (Some(id), Some(_)) = (self.an_id(), message.computation()) {
            bytes[1..33].copy_from_slice(&id.0);
        }
        Frame::new(bytes)
    }

    fn an_id(&mut self) -> Option<ComputationId> {
        let recent = &self.known[self.known.len().saturating_sub(4)..];
        (!recent.is_empty()).then(|| recent[self.dice.index(recent.len())].id())
    }

    /// A question of its own, open for up to 30 days, to a committee that it heads if it can.
    fn question(&mut self) -> Proposal {
        let others = self.heavies.iter().copied();
        let head = (self.role == Role::Heavy).then_some(self.me);
        let spec = Spec {
            prompt: "How much of your time do I get?".to_owned(),
            query: None,
            statistic: Sum(Domain::try_from((0, 1_000, 0)).unwrap()).into(),
            committee: Committee::new(head.into_iter().chain(others).take(3)).unwrap(),
            scheme: Scheme::Additive,
            deadline: Time(unix_time() + self.dice.below(30 * 24 * 3_600_000)),
            min_participants: 3,
            max_participants: 100,
        };
        Proposal { proposer: self.me, nonce: Nonce(self.dice.bytes()), spec: spec.into() }
    }

    /// What the first heavy node of a committee sends for a question that it has made up.
    fn as_a_primary(&mut self) -> (NodeId, Frame) {
        let to = self.dice.pick(&self.heavies);
        let proposal = Box::new(self.question());
        let (to, message) = match self.dice.below(3) {
            0 => (to, Message::Prepare(proposal)),
            1 => (to, Message::Announce { proposal, to: self.lights.clone() }),
            _ => (self.dice.pick(&self.lights), Message::Invite(proposal)),
        };
        (to, wire::encode(&message))
    }
}

fn propose(Proposal { nonce, spec, .. }: Proposal) -> Frame {
    wire::encode(&Message::Propose { nonce, spec })
}

/// In milliseconds.
fn unix_time() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().unwrap().as_millis() as u64
}

fn damaged(frame: Frame, dice: &mut Stream) -> Frame {
    let mut bytes = frame.as_ref().to_vec();
    let at = dice.index(bytes.len());
    bytes[at] ^= 1 << dice.below(8);
    Frame::new(bytes)
}

fn noise(length: usize, dice: &mut Stream) -> Frame {
    Frame::new((0..length).map(|_| dice.below(256) as u8).collect())
}
