//! What an adversary can say instead: well-formed messages with other contents.

use formix_proto::frame::Frame;
use formix_proto::id::{ComputationId, RosterDigest, Tag};
use formix_proto::message::Message;
use formix_proto::outcome::{Failure, Outcome, Stage};
use formix_proto::roster::{Entry, Roster};
use formix_proto::share::Lanes;
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

/// The message with another content; as it is where there is nothing to gain. `held` is what the
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
            let seat = dice.roll(counts.len());
            counts[seat] = shifted(&counts[seat], a_few(&mut dice));
            Message::Counted { id, digest, counts }
        }
        Message::Revealed { id, digest, mut partials } => {
            let seat = dice.roll(partials.len());
            partials[seat] = shifted(&partials[seat], dice.word());
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
            change_terms(&mut spec, dice);
            Message::Propose { nonce, spec }
        }
        other => other,
    }
}

/// A message that no rule asks for, about a computation.
pub(super) fn invent(id: ComputationId, held: &Roster, mut dice: Dice) -> Message {
    match dice.roll(18) {
        0 => Message::Close(id),
        1 => Message::List(id),
        2 => Message::Open(id),
        3 => Message::Ready(id),
        4 => Message::Opened(id),
        5 => Message::AllIn(id),
        6 | 7 => seal(id, held, dice),
        8 => Message::Abort { id, failure: Failure::NeverOpened },
        9 => Message::Inquire(id),
        10 => Message::Receipt(id),
        11 => Message::Decline(id),
        12 => Message::Ended { id, counted: dice.roll(2) == 1 },
        13 => Message::Frozen { id, digest: held.digest() },
        14 => {
            let (digest, partial) = (held.digest(), Lanes::new(&[dice.word()]));
            Message::Partial { id, digest, partial }
        }
        15 => {
            let (digest, counts) = (held.digest(), Lanes::new(&[dice.word()]));
            Message::Counts { id, digest, counts }
        }
        16 => {
            let (digest, counts) = (held.digest(), [(); 3].map(|()| Lanes::new(&[dice.word()])));
            Message::Counted { id, digest, counts }
        }
        _ => {
            let share = Lanes::new(&[dice.word()]);
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

fn contribution(id: ComputationId, tag: Tag, share: &Lanes, mut dice: Dice) -> Message {
    match dice.roll(3) {
        0 => Message::Contribution { id, tag: Tag(dice.bytes()), share: share.clone() },
        1 => {
            let words: Vec<_> = words(share).chain([0]).collect();
            Message::Contribution { id, tag, share: Lanes::new(&words) }
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
    change_terms(&mut proposal.spec, dice);
    proposal
}

fn change_terms(spec: &mut Spec, mut dice: Dice) {
    match dice.roll(4) {
        0 => match &mut spec.statistic.groups {
            Some(groups) => groups.least = 1,
            None => spec.min_participants = 1,
        },
        1 => spec.deadline.0 += 500,
        2 => spec.committee.0.swap(0, 1),
        _ => spec.prompt.push('?'),
    }
}

/// Some answers more, or less: enough to have another part told of, and not so many as to be silly.
fn a_few(dice: &mut Dice) -> u32 {
    let few = 1 + dice.roll(4) as u32;
    if dice.roll(2) == 0 { few } else { few.wrapping_neg() }
}

/// The words of 32 bits that lanes of any width are made of.
fn words(lanes: &Lanes) -> impl Iterator<Item = u32> + '_ {
    let (words, _) = lanes.expose().as_chunks();
    words.iter().map(|word| u32::from_le_bytes(*word))
}

/// Every word is greater by so much, mod 2^32.
fn shifted(lanes: &Lanes, by: u32) -> Lanes {
    let words: Vec<_> = words(lanes).map(|word| word.wrapping_add(by)).collect();
    Lanes::new(&words)
}
