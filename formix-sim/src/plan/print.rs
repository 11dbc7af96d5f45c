//! A plan as people read it.

use core::fmt;
use std::collections::BTreeSet;

use super::{Crash, Fault, Kind, Member, Plan, Question, Trigger};

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.cluster.peers().map(|peer| self.cluster.name(peer)).collect();
        writeln!(f, "seed {}: {}", self.seed, names.join(" "))?;
        for (number, question) in self.workload.iter().enumerate() {
            self.write_question(f, number, question)?;
        }
        if !self.adversary.members.is_empty() {
            let names: Vec<_> =
                self.adversary.members.iter().map(|peer| self.cluster.name(*peer)).collect();
            let count = self.adversary.moves.len();
            writeln!(f, "{} do not keep to the protocol, {count} times", names.join(" "))?;
        }
        let listed = self.faults.list.iter().map(Fault::kind);
        let odd = |of: fn(&Member) -> i64| self.cluster.members.iter().any(|m| of(m) != 0);
        let rest = [
            (Kind::Skew, odd(|member| member.ahead)),
            (Kind::Drift, odd(|member| member.drift)),
            (Kind::Reordering, self.network.reordering),
        ];
        let rest = rest.into_iter().filter(|(_, holds)| *holds).map(|(kind, _)| kind);
        let kinds: BTreeSet<_> = listed.chain(rest).collect();
        if kinds.is_empty() {
            return writeln!(f, "no faults");
        }
        writeln!(
            f,
            "{} faults until {} ms, of these kinds:",
            self.faults.list.len(),
            self.faults.heal
        )?;
        kinds.iter().try_for_each(|kind| writeln!(f, "  {kind}"))?;
        self.faults.crashes().try_for_each(|crash| self.write_crash(f, crash))
    }
}

impl Plan {
    fn write_question(
        &self,
        f: &mut fmt::Formatter<'_>,
        number: usize,
        question: &Question,
    ) -> fmt::Result {
        let spec = &question.proposal.spec;
        let seat =
            |id| self.cluster.peer(&id).map_or_else(String::new, |peer| self.cluster.name(peer));
        let seats: Vec<_> = spec.committee.nodes().map(seat).collect();
        write!(
            f,
            "c{number}: {} asks {} at {} ms, deadline {} ms, {} to {} answers",
            self.cluster.name(question.proposer),
            seats.join(" "),
            question.at,
            question.deadline(),
            spec.min_participants,
            spec.max_participants,
        )?;
        match question.flaw {
            Some(flaw) => writeln!(f, ", must be refused: {flaw:?}"),
            None => writeln!(f),
        }
    }

    fn write_crash(&self, f: &mut fmt::Formatter<'_>, crash: &Crash) -> fmt::Result {
        let name = self.cluster.name(crash.peer);
        match crash.trigger {
            Trigger::Time(at) => write!(f, "{name} stops at {at} ms")?,
            Trigger::Output(nth) => write!(f, "{name} stops after output {nth}")?,
            Trigger::Persist(nth) => write!(f, "{name} stops after issuing batch {nth}")?,
            Trigger::Send(nth) => write!(f, "{name} stops after message {nth}")?,
        }
        match crash.down {
            Some(down) => writeln!(f, ", is back {down} ms later ({})", crash.kind),
            None => writeln!(f, ", for good"),
        }
    }
}
