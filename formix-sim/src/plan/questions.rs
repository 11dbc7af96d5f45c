//! From a seed to a workload.

use formix_proto::directory::Role;
use formix_proto::id::Nonce;
use formix_proto::spec::{Committee, Proposal, Spec};
use formix_proto::time::Time;

use super::cluster::{Cluster, Member, Peer};
use super::form::{Form, Grouping, Quantity, Reply, Scale};
use super::forms;
use super::workload::{Deed, Flaw, Owner, Question};
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
    let committee = [heavies[0], heavies[1], heavies[2]];
    let lights = cluster.directory.lights();
    let owners = (0..lights).map(|light| Owner {
        after: 10,
        deed: Deed::Answer(Reply::from(10 * (i64::from(light) - 2))),
    });
    let spec = spec(cluster, committee, &form, (20, 6_000), (1, lights));
    let asker = cluster.with_role(Role::Proposer)[0];
    let proposal =
        Proposal { proposer: cluster.member(asker).id, nonce: Nonce(draw.bytes()), spec };
    Question { at: 20, asker, proposal, form, owners: owners.collect(), flaw: None }
}

fn question(draw: &mut Stream, cluster: &Cluster) -> Question {
    let at = draw.below(6_000);
    let lights = cluster.directory.lights();
    let asker = asker(draw, cluster);
    let committee = committee(draw, cluster);
    let least = cluster.policy().least_participants;
    let min = least + u32::try_from(draw.below(u64::from(lights / 2 + 1))).unwrap_or(0);
    let max = if draw.chance(80) { min.max(lights) } else { min };
    let mut form = forms::form(draw, max, least);
    let needed = if draw.chance(80) { form.quantity.least() } else { 0 };
    let (min, max) = (min.max(needed), max.max(needed));
    let after = draw.within(800..=8_000);
    let mut spec = spec(cluster, committee, &form, (at, after), (min, max));
    let flaw = draw.chance(15).then(|| flaw(draw, cluster, &mut spec, &mut form, at));
    let flaw = flaw.or_else(|| hidden_flaw(cluster, &spec, form.quantity));
    let proposal =
        Proposal { proposer: cluster.member(asker).id, nonce: Nonce(draw.bytes()), spec };
    let eager = draw.chance(50);
    let owners = (0..lights).map(|_| owner(draw, &form, after, eager)).collect();
    Question { at, asker, proposal, form, owners, flaw }
}

/// Mostly a proposer; a heavy or a light node now and then.
fn asker(draw: &mut Stream, cluster: &Cluster) -> Peer {
    let role = match draw.below(10) {
        0 => Role::Heavy,
        1 => Role::Light,
        _ => Role::Proposer,
    };
    draw.pick(&cluster.with_role(role))
}

fn committee(draw: &mut Stream, cluster: &Cluster) -> [Peer; 3] {
    let mut heavies = cluster.with_role(Role::Heavy);
    [(); 3].map(|()| heavies.remove(draw.index(heavies.len())))
}

fn spec(
    cluster: &Cluster,
    committee: [Peer; 3],
    form: &Form,
    (at, after): (u64, u64),
    (min_participants, max_participants): (u32, u32),
) -> Spec {
    Spec {
        prompt: "How many hours did you sleep last night?".to_owned(),
        query: None,
        statistic: form.statistic(),
        committee: Committee(committee.map(|peer| cluster.member(peer).id)),
        deadline: Time(crate::EPOCH + at + after),
        min_participants,
        max_participants,
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
            *form = Form { quantity: Quantity::Moments, ..Form::sum(scale) };
        }
        Flaw::Past => spec.deadline = Time(crate::EPOCH + at - 60_000),
        Flaw::TooFar => spec.deadline = Time(crate::EPOCH + at + 100_000),
        Flaw::RepeatedHeavy => spec.committee.0[2] = spec.committee.0[draw.index(2)],
        Flaw::LowThreshold => {
            spec.min_participants = cluster.policy().least_participants - 1;
        }
        Flaw::SmallGroups => {
            let least = cluster.policy().least_participants - 1;
            form.grouping = Some(Grouping { count: 2, least });
        }
        Flaw::HighThreshold => {
            spec.min_participants = cluster.directory.lights() + 1;
            spec.max_participants = spec.min_participants;
        }
        Flaw::NotAHeavy => {
            let light = draw.pick(&cluster.with_role(Role::Light));
            spec.committee.0[draw.index(3)] = cluster.member(light).id;
        }
    }
    spec.statistic = form.statistic();
    flaw
}

/// Terms that came out such that some seat must refuse them.
fn hidden_flaw(cluster: &Cluster, spec: &Spec, quantity: Quantity) -> Option<Flaw> {
    let of_a_group = spec.statistic.groups.as_ref().map(|groups| groups.least);
    let of_a_part = of_a_group.unwrap_or(spec.min_participants);
    let least = of_a_part.min(spec.min_participants);
    let strict = |member: &&Member| {
        spec.committee.0.contains(&member.id) && member.policy.least_participants > least
    };
    let strict = cluster.members.iter().find(strict).map(|_| match least {
        least if least == spec.min_participants => Flaw::LowThreshold,
        _ => Flaw::SmallGroups,
    });
    let many = cluster.directory.lights() < spec.min_participants;
    let few = (of_a_part < quantity.least()).then_some(if of_a_group.is_some() {
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
    let deed = match draw.below(20) {
        0..2 => Deed::Decline,
        2..4 if !eager => Deed::Ignore,
        _ => Deed::Answer(forms::reply(draw, form)),
    };
    Owner { after, deed }
}
