//! From a seed to a workload.

use formix_proto::directory::Role;
use formix_proto::id::{NodeId, Nonce};
use formix_proto::seat::{Committee, MAX_SEATS, MIN_SEATS};
use formix_proto::sharing::Scheme;
use formix_proto::spec::{Proposal, Spec};
use formix_proto::time::Time;

use super::cluster::{Cluster, Member, Peer};
use super::form::{Form, Grouping, Reply};
use super::forms;
use super::quantity::{MomentsTruth, Quantity, Scale};
use super::workload::{Behaviour, Flaw, Owner, Question};
use crate::random::Stream;

pub(super) fn questions(seed: u64, cluster: &Cluster) -> Vec<Question> {
    let mut draw = Stream::new(seed, "workload");
    let count = draw.within(1..=5);
    (0..count).map(|_| question(&mut draw, cluster)).collect()
}

/// A question that everyone answers at once, to build scenarios on.
pub(super) fn plain(cluster: &Cluster) -> Question {
    let mut draw = Stream::new(0, "plain question");
    let form = Form::sum(Scale { min: -500, max: 500, decimals: 1 });
    let heavies = cluster.with_role(Role::Heavy);
    let committee = heavies[..MIN_SEATS].to_vec();
    let lights = cluster.directory.lights();
    let owners = (0..lights).map(|light| Owner {
        after: 10,
        behaviour: Behaviour::Answer(Reply::from(10 * (i64::from(light) - 2))),
    });
    let spec = spec(cluster, &committee, &form, (20, 6_000), (1, lights));
    let proposer = cluster.with_role(Role::Proposer)[0];
    let proposal = Proposal {
        proposer: cluster.member(proposer).id,
        nonce: Nonce(draw.bytes()),
        spec: spec.into(),
    };
    Question { at: 20, proposer, proposal, form, owners: owners.collect(), flaw: None }
}

fn question(draw: &mut Stream, cluster: &Cluster) -> Question {
    let at = draw.below(6_000);
    let lights = cluster.directory.lights();
    let proposer = proposer(draw, cluster);
    let committee = committee(draw, cluster);
    let least = cluster.policy().min_participants;
    let min = least + u32::try_from(draw.below(u64::from(lights / 2 + 1))).unwrap_or(0);
    let max = if draw.chance(80) { min.max(lights) } else { min };
    let mut form = forms::form(draw, max, least);
    let needed = if draw.chance(80) { form.bounds().min_answers } else { 0 };
    let (min, max) = (min.max(needed), max.max(needed));
    let after = draw.within(800..=8_000);
    let mut spec = spec(cluster, &committee, &form, (at, after), (min, max));
    let flaw = draw.chance(15).then(|| flaw(draw, cluster, &mut spec, &mut form, at));
    let flaw = flaw.or_else(|| hidden_flaw(cluster, &spec, &form));
    let proposal = Proposal {
        proposer: cluster.member(proposer).id,
        nonce: Nonce(draw.bytes()),
        spec: spec.into(),
    };
    let eager = draw.chance(50);
    let owners = (0..lights).map(|_| owner(draw, &form, after, eager)).collect();
    Question { at, proposer, proposal, form, owners, flaw }
}

/// Mostly a proposer; a heavy or a light node now and then.
fn proposer(draw: &mut Stream, cluster: &Cluster) -> Peer {
    let role = match draw.below(10) {
        0 => Role::Heavy,
        1 => Role::Light,
        _ => Role::Proposer,
    };
    draw.pick(&cluster.with_role(role))
}

/// Heavy nodes in any order, the primary first: mostly three, at times as many as there are.
fn committee(draw: &mut Stream, cluster: &Cluster) -> Vec<Peer> {
    let mut heavies = cluster.with_role(Role::Heavy);
    let seats = if draw.chance(20) { heavies.len().min(MAX_SEATS) } else { MIN_SEATS };
    (0..seats).map(|_| heavies.remove(draw.index(heavies.len()))).collect()
}

fn spec(
    cluster: &Cluster,
    committee: &[Peer],
    form: &Form,
    (at, after): (u64, u64),
    (min_participants, max_participants): (u32, u32),
) -> Spec {
    Spec {
        prompt: "How many hours did you sleep last night?".to_owned(),
        query: None,
        statistic: form.statistic(),
        committee: cluster.committee(committee),
        scheme: Scheme::Additive,
        deadline: Time(crate::EPOCH + at + after),
        min_participants,
        max_participants,
    }
}

/// Gives one seat to another node.
fn reseat(spec: &mut Spec, seat: usize, node: Option<NodeId>) {
    let mut nodes: Vec<_> = spec.committee.nodes().collect();
    nodes[seat] = node.unwrap_or(nodes[seat]);
    if let Ok(committee) = Committee::new(nodes) {
        spec.committee = committee;
    }
}

fn flaw(draw: &mut Stream, cluster: &Cluster, spec: &mut Spec, form: &mut Form, at: u64) -> Flaw {
    let flaws = [
        Flaw::Overflow,
        Flaw::Past,
        Flaw::TooFar,
        Flaw::RepeatedHeavy,
        Flaw::LowThreshold,
        Flaw::SmallGroups,
        Flaw::HighThreshold,
        Flaw::NotAHeavy,
    ];
    let flaw = draw.pick(&flaws);
    match flaw {
        Flaw::Overflow => {
            // 2^59 squared, 2^17 times.
            spec.max_participants = 200_000;
            let scale = Scale { min: 0, max: 1 << 59, decimals: 0 };
            *form = Form { quantity: Quantity::Moments(MomentsTruth), ..Form::sum(scale) };
        }
        Flaw::Past => spec.deadline = Time(crate::EPOCH + at - 60_000),
        Flaw::TooFar => spec.deadline = Time(crate::EPOCH + at + 100_000),
        Flaw::RepeatedHeavy => {
            let repeated = spec.committee.nodes().nth(draw.index(2));
            reseat(spec, 2, repeated);
        }
        Flaw::LowThreshold => {
            spec.min_participants = cluster.policy().min_participants - 1;
        }
        Flaw::SmallGroups => {
            let min_size = cluster.policy().min_participants - 1;
            form.grouping = Some(Grouping { count: 2, min_size });
        }
        Flaw::HighThreshold => {
            spec.min_participants = cluster.directory.lights() + 1;
            spec.max_participants = spec.min_participants;
        }
        Flaw::NotAHeavy => {
            let light = draw.pick(&cluster.with_role(Role::Light));
            reseat(spec, draw.index(3), Some(cluster.member(light).id));
        }
    }
    spec.statistic = form.statistic();
    flaw
}

/// Terms that came out such that some seat must refuse them.
fn hidden_flaw(cluster: &Cluster, spec: &Spec, form: &Form) -> Option<Flaw> {
    let of_a_group = spec.statistic.groups.as_ref().map(|groups| groups.min_size);
    let of_a_part = of_a_group.unwrap_or(spec.min_participants);
    let least = of_a_part.min(spec.min_participants);
    let strict = |member: &&Member| {
        spec.committee.seat_of(&member.id).is_some() && member.policy.min_participants > least
    };
    let strict = cluster.members.iter().find(strict).map(|_| match least {
        least if least == spec.min_participants => Flaw::LowThreshold,
        _ => Flaw::SmallGroups,
    });
    let many = cluster.directory.lights() < spec.min_participants;
    let few = (of_a_part < form.bounds().min_answers).then_some(if of_a_group.is_some() {
        Flaw::SmallGroups
    } else {
        Flaw::LowThreshold
    });
    strict.or(few).or(many.then_some(Flaw::HighThreshold))
}

fn owner(draw: &mut Stream, form: &Form, until: u64, eager: bool) -> Owner {
    let after = match draw.below(10) {
        0 if !eager => until - draw.below(60).min(until),
        1 if !eager => until + draw.below(1_000),
        _ => draw.below(400),
    };
    let behaviour = match draw.below(20) {
        0..2 => Behaviour::Decline,
        2..4 if !eager => Behaviour::Ignore,
        _ => Behaviour::Answer(forms::reply(draw, form)),
    };
    Owner { after, behaviour }
}
