//! The coins of a running node.

use core::convert::Infallible;

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng, TryCryptoRng, TryRng};
use zeroize::Zeroizing;

/// A stream that takes in fresh randomness of the operating system before each split: a machine that is resumed
/// twice from one snapshot does not split two answers with the same shares.
///
/// A split draws its tag first, and nothing else is drawn as bytes: that is when the stream is made anew.
pub(crate) struct Coins(ChaCha20Rng);

impl Coins {
    /// A stream of the operating system's randomness.
    pub(crate) fn new() -> Result<Self, getrandom::Error> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *seed)?;
        Ok(Self(ChaCha20Rng::from_seed(*seed)))
    }

    /// Goes on with a key made of what came before and of what is fresh. If the system has nothing to give any
    /// more, what came before is still secret.
    fn refresh(&mut self) {
        let (mut key, mut fresh) = (Zeroizing::new([0; 32]), Zeroizing::new([0; 32]));
        self.0.fill_bytes(&mut *key);
        if getrandom::fill(&mut *fresh).is_ok() {
            key.iter_mut().zip(fresh.iter()).for_each(|(byte, fresh)| *byte ^= fresh);
        }
        self.0 = ChaCha20Rng::from_seed(*key);
    }
}

impl TryRng for Coins {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.0.next_u32())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.0.next_u64())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.refresh();
        self.0.fill_bytes(bytes);
        Ok(())
    }
}

impl TryCryptoRng for Coins {}

#[cfg(test)]
mod tests {
    use formix_proto::answer::Answer;
    use formix_proto::directory::Role;
    use formix_proto::driver::{Driver, Effects};
    use formix_proto::frame::Frame;
    use formix_proto::id::NodeId;
    use formix_proto::machine::{Batch, Command, Event};
    use formix_proto::message::Message;
    use formix_proto::node::{Config, Node};
    use formix_proto::policy::Policy;
    use formix_proto::record::Fact;
    use formix_proto::wire;

    use super::*;
    use crate::clock::now;
    use crate::log::tests::{ME, proposal};

    /// What a light node records.
    #[derive(Default)]
    struct Recorded(Vec<Fact>);

    impl Effects for Recorded {
        fn persist(&mut self, batch: Batch) {
            self.0.extend(batch.records.into_iter().map(|record| record.fact));
        }
        fn send(&mut self, _: NodeId, _: Frame) {}
        fn event(&mut self, _: Event) {}
    }

    /// One snapshot, resumed twice: the same node, the same answer, the same stream so far.
    #[test]
    fn a_snapshot_that_is_resumed_twice_splits_in_two_ways() {
        let splits = [(); 2].map(|()| {
            let mut proposal = proposal();
            let spec = std::sync::Arc::make_mut(&mut proposal.spec);
            (spec.min_participants, spec.deadline) = (3, now() + Policy::default().horizon / 2);
            let heavies: Vec<_> = proposal.spec.committee.nodes().collect();
            let all = heavies
                .iter()
                .map(|id| (*id, Role::Heavy))
                .chain([(ME, Role::Light), (proposal.proposer, Role::Proposer)]);
            let policy = Policy { answer_after: std::time::Duration::ZERO, ..Policy::default() };
            let directory = std::sync::Arc::new(all.collect());
            let config = Config { id: ME, role: Role::Light, policy, directory };
            let coins = Coins(ChaCha20Rng::from_seed([7; 32]));
            let node = Node::recover_with(config, coins, now(), []).unwrap();
            let mut recorded = Recorded::default();
            let mut driver = Driver::start(node, now(), &mut recorded);
            let invite = wire::encode(&Message::Invite(Box::new(proposal.clone())));
            for heavy in &heavies {
                driver.receive(now(), *heavy, invite.as_ref(), &mut recorded);
            }
            let answer = Answer::parse("1").unwrap();
            driver.command(now(), Command::Answer { id: proposal.id(), answer }, &mut recorded);
            recorded.0.pop().unwrap()
        });
        let [Fact::Split { tag: one, shares: ones }, Fact::Split { tag: other, shares: others }] =
            splits
        else {
            panic!("it splits")
        };
        assert_ne!(one, other);
        for (one, other) in ones.values().zip(others.values()) {
            assert!(one != other);
        }
    }
}
