//! What an adversary can say instead: well-formed messages with other contents.

use std::sync::Arc;

use formix_proto::frame::Frame;
use formix_proto::id::{ComputationId, LightsDigest, RosterDigest, Tag};
use formix_proto::message::Message;
use formix_proto::outcome::{Failure, Outcome, Stage};
use formix_proto::roster::{Entry, Roster};
use formix_proto::seat::{Committee, MIN_SEATS, PerSeat, Seat};
use formix_proto::sharing::{Counts, Partial, Ring, Shape, Share, SharingError, Totals};
use formix_proto::spec::{Proposal, Spec};

/// A number that says what to do, taken apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dice(pub(super) u64);

impl Dice {
    /// A choice less than `bound`, and the rest.
    pub(super) fn roll(&mut self, bound: usize) -> usize {
        let bound = bound.max(1) as u64;
        let rolled = self.0 % bound;
        self.0 = crate::random::scramble(self.0 / bound);
        usize::try_from(rolled).unwrap_or(0)
    }

    fn word(&mut self) -> u32 {
        self.roll(u32::MAX as usize) as u32
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        [self.roll(256) as u8; N]
    }
}

/// The message with other contents, or as it is where a change would gain nothing. `held` is what the
/// adversary's own heavy node has accepted.
pub(super) fn rewrite(message: Message, held: &Roster, mut dice: Dice) -> Message {
    match message {
        Message::Contribution { id, tag, share } => contribution(id, tag, &share, dice),
        Message::Partial { id, digest, partial } => {
            Message::Partial { id, digest, partial: shifted(&partial, dice.word()) }
        }
        Message::Counts { id, digest, counts } => {
            Message::Counts { id, digest, counts: shifted(&counts, a_few(&mut dice)) }
        }
        Message::Counted { id, digest, mut counts } => {
            let seat = dice.roll(counts.seats());
            shift_one(&mut counts, seat, a_few(&mut dice));
            Message::Counted { id, digest, counts }
        }
        Message::Revealed { id, digest, mut partials } => {
            let seat = dice.roll(partials.seats());
            shift_one(&mut partials, seat, dice.word());
            Message::Revealed { id, digest, partials }
        }
        Message::Seal { id, .. } => seal(id, held, dice),
        Message::Frozen { id, .. } => Message::Frozen { id, digest: RosterDigest(dice.bytes()) },
        Message::FrozenSet { id, set } => Message::FrozenSet { id, set: without_one(&set, dice) },
        Message::Outcome { id, outcome } => {
            Message::Outcome { id, outcome: another_outcome(outcome, dice) }
        }
        Message::Progress { id, .. } => Message::Progress { id, stage: Stage::Revealing },
        Message::Ended { id, counted } => Message::Ended { id, counted: !counted },
        Message::Invite(proposal) => Message::Invite(another_question(proposal, dice)),
        Message::Prepare(proposal) => Message::Prepare(another_question(proposal, dice)),
        Message::Propose { nonce, mut spec } => {
            change_terms(Arc::make_mut(&mut spec), dice);
            Message::Propose { nonce, spec }
        }
        other => other,
    }
}

/// A message that no rule asks for, about a computation.
pub(super) fn invent(
    id: ComputationId,
    held: &Roster,
    lights: LightsDigest,
    mut dice: Dice,
) -> Message {
    match dice.roll(18) {
        0 => Message::Close(id),
        1 => Message::List(id),
        2 => Message::Open(id),
        3 => Message::Ready(id),
        4 => Message::Opened(id),
        5 => Message::AllIn { id, lights },
        6 | 7 => seal(id, held, dice),
        8 => Message::Abort { id, failure: Failure::NeverOpened },
        9 => Message::QueryOutcome(id),
        10 => Message::Receipt(id),
        11 => Message::decline(id, Shape { ring: Ring::Z32, dimension: 1 }),
        12 => Message::Ended { id, counted: dice.roll(2) == 1 },
        13 => Message::Frozen { id, digest: held.digest() },
        14 => {
            let (digest, partial) = (held.digest(), one_word(&mut dice));
            Message::Partial { id, digest, partial }
        }
        15 => {
            let (digest, counts) = (held.digest(), one_word(&mut dice));
            Message::Counts { id, digest, counts }
        }
        16 => {
            let counts = PerSeat::try_collect([(); MIN_SEATS].map(|()| one_word(&mut dice)));
            match counts {
                Ok(counts) => Message::Counted { id, digest: held.digest(), counts },
                Err(_) => Message::Close(id),
            }
        }
        _ => {
            let share = one_word(&mut dice);
            Message::Contribution { id, tag: Tag(dice.bytes()), share }
        }
    }
}

/// The bytes with one of them changed, or cut short.
pub(super) fn garble(bytes: &[u8], mut dice: Dice) -> Frame {
    let at = dice.roll(bytes.len());
    let mut bytes = bytes.to_vec();
    match dice.roll(2) {
        0 => bytes.truncate(at),
        _ => bytes[at] ^= 1 << dice.roll(8),
    }
    Frame::new(bytes)
}

fn contribution(id: ComputationId, tag: Tag, share: &Share, mut dice: Dice) -> Message {
    match dice.roll(3) {
        0 => Message::Contribution { id, tag: Tag(dice.bytes()), share: share.clone() },
        1 => {
            let (ring, bytes) = share.encoding();
            let longer = [bytes, &vec![0; ring.width()]].concat();
            let share = Share::forge(ring, &longer).unwrap_or_else(|_| share.clone());
            Message::Contribution { id, tag, share }
        }
        _ => Message::Contribution { id, tag, share: shifted(share, dice.word()) },
    }
}

/// Another roster, which leaves out one more, or all but a few; or one that is not there.
fn seal(id: ComputationId, held: &Roster, mut dice: Dice) -> Message {
    let lights: Vec<_> = held.entries().iter().map(|entry| entry.light).collect();
    let first = dice.roll(lights.len());
    let count = if dice.roll(3) == 0 { lights.len() } else { 1 };
    let excluded: Vec<_> = lights.into_iter().skip(first).take(count).collect();
    let digest = match dice.roll(5) {
        0 => RosterDigest(dice.bytes()),
        _ => held.without(&excluded).digest(),
    };
    Message::Seal { id, digest, excluded }
}

fn without_one(set: &Roster, mut dice: Dice) -> Roster {
    let mut entries: Vec<Entry> = set.entries().to_vec();
    if !entries.is_empty() {
        entries.remove(dice.roll(entries.len()));
    }
    Roster::try_from(entries).unwrap_or_default()
}

fn another_outcome(outcome: Outcome, mut dice: Dice) -> Outcome {
    match outcome {
        Outcome::Completed(mut reveal) if dice.roll(3) > 0 => {
            reveal.totals = shifted(&reveal.totals, 1);
            Outcome::Completed(reveal)
        }
        _ => Outcome::Failed(Failure::NeverOpened),
    }
}

fn another_question(mut proposal: Box<Proposal>, dice: Dice) -> Box<Proposal> {
    change_terms(Arc::make_mut(&mut proposal.spec), dice);
    proposal
}

fn change_terms(spec: &mut Spec, mut dice: Dice) {
    match dice.roll(4) {
        0 => match &mut spec.statistic.groups {
            Some(groups) => groups.min_size = 1,
            None => spec.min_participants = 1,
        },
        1 => spec.deadline.0 += 500,
        2 => swap_the_first_two(&mut spec.committee),
        _ => spec.prompt.push('?'),
    }
}

/// A few answers more or less: enough to have another group released, and few enough to be plausible.
fn a_few(dice: &mut Dice) -> u32 {
    let few = 1 + dice.roll(4) as u32;
    if dice.roll(2) == 0 { few } else { few.wrapping_neg() }
}

fn swap_the_first_two(committee: &mut Committee) {
    let mut nodes: Vec<_> = committee.nodes().collect();
    nodes.swap(0, 1);
    if let Ok(swapped) = Committee::new(nodes) {
        *committee = swapped;
    }
}

/// A vector that an adversary can take apart and put together again.
trait Forge: Clone {
    fn encoding(&self) -> (Ring, &[u8]);
    fn forge(ring: Ring, bytes: &[u8]) -> Result<Self, SharingError>;
}

macro_rules! forge {
    ($($vector:ident)*) => {$(
        impl Forge for $vector {
            fn encoding(&self) -> (Ring, &[u8]) {
                (self.shape().ring, self.expose())
            }

            fn forge(ring: Ring, bytes: &[u8]) -> Result<Self, SharingError> {
                $vector::parse(ring, bytes)
            }
        }
    )*};
}

forge! { Share Partial Counts Totals }

/// One element that fills a word of 32 bits.
#[allow(clippy::expect_used, reason = "four bytes are one element of the smallest ring")]
fn one_word<V: Forge>(dice: &mut Dice) -> V {
    V::forge(Ring::Z32, &dice.word().to_le_bytes()).expect("one element")
}

/// Every word of 32 bits is greater by this much, mod 2^32.
fn shifted<V: Forge>(vector: &V, by: u32) -> V {
    let (ring, bytes) = vector.encoding();
    let (words, _) = bytes.as_chunks();
    let shifted = words.iter().map(|word| u32::from_le_bytes(*word).wrapping_add(by).to_le_bytes());
    V::forge(ring, &shifted.flatten().collect::<Vec<_>>()).unwrap_or_else(|_| vector.clone())
}

fn shift_one<V: Forge>(all: &mut PerSeat<V>, seat: usize, by: u32) {
    if let Some(vector) = Seat::all(all.seats()).nth(seat).and_then(|seat| all.get_mut(seat)) {
        *vector = shifted(vector, by);
    }
}
