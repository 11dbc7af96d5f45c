//! From a seed to a plan.

use core::time::Duration;

use formix_proto::directory::Role;
use formix_proto::policy::Policy;

use super::adversary::Adversary;
use super::cluster::Cluster;
use super::faults::Faults;
use super::network::{Latency, Network};
use super::{Plan, questions, trouble};
use crate::random::Stream;

pub(super) fn plan(seed: u64) -> Plan {
    let mut shape = Stream::new(seed, "cluster");
    let sizes = [3 + shape.small(4), 1 + shape.small(12), 1 + shape.small(2)];
    let policy = Policy { answer_after: pace(seed), ..policy(&mut shape) };
    let mut cluster = Cluster::new(seed, sizes, &policy);
    vary_policies(&mut cluster, &mut shape);
    let workload = questions::questions(seed, &cluster);
    let latency = Latency::PerLink { min: 0, max: 11 };
    let network = Network { latency, ..Network::default() };
    let adversary = Adversary::draw(seed, &cluster);
    let faults = Faults::default();
    let mut plan = Plan { seed, cluster, network, workload, faults, adversary };
    trouble::add_faults(&mut plan);
    plan
}

pub(super) fn plain(heavies: u32, lights: u32) -> Plan {
    let policy = policy(&mut Stream::new(0, "plain"));
    let policy = Policy { min_participants: 1, ..policy };
    let cluster = Cluster::new(0, [heavies, lights, 1], &policy);
    let workload = vec![questions::plain(&cluster)];
    let network = Network::default();
    let (faults, adversary) = (Faults::default(), Adversary::default());
    Plan { seed: 0, cluster, network, workload, faults, adversary }
}

fn policy(draw: &mut Stream) -> Policy {
    let resend_max = draw.within(400..=1_000);
    Policy {
        min_participants: 1 + draw.small(3),
        horizon: Duration::from_secs(30),
        prepare_within: Duration::from_millis(draw.within(1_000..=3_000)),
        reveal_within: Duration::from_millis(resend_max * draw.within(4..=6)),
        resend_first: Duration::from_millis(draw.within(50..=150)),
        resend_max: Duration::from_millis(resend_max),
        answer_after: Duration::ZERO,
        retention: Duration::from_secs(60),
    }
}

/// How long light nodes take to answer; zero in most runs, in which they answer as soon as they know.
fn pace(seed: u64) -> Duration {
    let mut draw = Stream::new(seed, "pace");
    Duration::from_millis(if draw.chance(30) { draw.within(100..=800) } else { 0 })
}

/// Proposers that allow what the committee refuses, and a heavy node stricter than the others.
fn vary_policies(cluster: &mut Cluster, draw: &mut Stream) {
    let (lenient, strict) = (draw.chance(40), draw.chance(15));
    for member in &mut cluster.members {
        if member.role == Role::Proposer && lenient {
            member.policy.min_participants = 1;
            member.policy.horizon *= 4;
        }
        if member.role == Role::Heavy && member.number == 2 && strict {
            member.policy.min_participants += 1;
        }
        member.disk = draw.within(1..=4);
    }
}
