//! The same few nodes, and one question to them, for worlds that are made by hand.

use std::sync::Arc;
use std::time::Duration;

use formix_proto::Decimal;
use formix_proto::directory::{Directory, Role};
use formix_proto::id::NodeId;
use formix_proto::sharing::Scheme;
use formix_proto::spec::Spec;
use formix_proto::statistic::{Domain, DomainError, Statistic, Sum};
use formix_proto::time::Time;

/// When everything begins, in Unix milliseconds.
pub const START: Time = Time(1_700_000_000_000);

/// The committee, in order of the seats.
pub const SEATS: [NodeId; 3] = [NodeId([0xa0; 32]), NodeId([0xa1; 32]), NodeId([0xa2; 32])];
/// A heavy node that sits on no committee.
pub const SPARE: NodeId = NodeId([0xaf; 32]);
/// The light nodes.
pub const LIGHTS: [NodeId; 4] =
    [NodeId([0x10; 32]), NodeId([0x11; 32]), NodeId([0x12; 32]), NodeId([0x13; 32])];
/// The proposer.
pub const PROPOSER: NodeId = NodeId([0x50; 32]);
/// A node that nobody has enrolled.
pub const STRANGER: NodeId = NodeId([0xee; 32]);

/// All nodes that are enrolled: the committee, the spare heavy node, the light nodes, the proposer.
pub fn everyone() -> impl DoubleEndedIterator<Item = (NodeId, Role)> {
    let heavies = SEATS.into_iter().chain([SPARE]).map(|node| (node, Role::Heavy));
    let lights = LIGHTS.into_iter().map(|node| (node, Role::Light));
    heavies.chain(lights).chain([(PROPOSER, Role::Proposer)])
}

/// All of them, as a node knows them.
pub fn directory() -> Arc<Directory> {
    Arc::new(everyone().collect())
}

/// A question for the sum of numbers from 0 to 1000 in tenths, of three answers or more.
pub fn terms() -> Result<Spec, DomainError> {
    let domain = Domain::new(Decimal::ZERO, Decimal::ONE_THOUSAND, 1)?;
    Ok(Spec {
        prompt: "How many cups of tea today?".into(),
        query: None,
        statistic: Statistic::from(Sum(domain)),
        committee: SEATS.into(),
        scheme: Scheme::Additive,
        deadline: START + Duration::from_secs(60),
        min_participants: 3,
        max_participants: 1000,
    })
}
