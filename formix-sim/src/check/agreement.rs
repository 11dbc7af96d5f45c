//! C4: all nodes that end a computation agree on how, the proposer and the light nodes too.

use std::collections::BTreeMap;

use formix_proto::fault::Fault;
use formix_proto::id::NodeId;
use formix_proto::machine::Event;
use formix_proto::outcome::Outcome;
use formix_proto::record::Fact;
use formix_proto::roster::Entry;

use super::Check;
use crate::model::{Model, completion};
use crate::observation::Observation;
use crate::violation::{Breach, Invariant};

/// How each computation ended where it ended first.
#[derive(Default)]
pub(super) struct Agreement(BTreeMap<usize, End>);

/// The roster's digest and the totals, or `None` if it failed.
type End = Option<([u8; 32], Vec<u128>)>;

impl Check for Agreement {
    fn observe(&mut self, model: &Model<'_>, observation: &Observation<'_>) -> Result<(), Breach> {
        match observation {
            Observation::Told { peer, event: Event::Ended { id, outcome } } => {
                let Some(question) = model.question(id) else { return Ok(()) };
                self.ended(model, question, outcome).map_err(|breach| breach.at(*peer))
            }
            Observation::Told {
                peer,
                event: Event::Fault { fault: Fault::Contradiction(_), peer: accused },
            } if model.is_honest(accused) => {
                let what = "a node that keeps to the protocol is said to contradict itself";
                Err(Breach::new(Invariant::C4, None, what).at(*peer))
            }
            Observation::Durable { peer, records } => records.iter().try_for_each(|record| {
                let Some(question) = model.question(&record.id) else { return Ok(()) };
                match &record.fact {
                    Fact::Concluded(outcome) => self.ended(model, question, outcome),
                    Fact::Failed(_) => self.first(question, None),
                    Fact::Revealed(partials) => match &model.node(question, *peer).sealed {
                        Some(sealed) => {
                            let truth = &model.truths[question];
                            let partials = partials.values().map(|it| truth.values(it.expose()));
                            self.first(question, Some((sealed.digest, truth.sum(partials))))
                        }
                        None => Ok(()),
                    },
                    Fact::Learned(Some(counted)) => {
                        let id = model.plan.cluster.member(*peer).id;
                        self.settled(model, question, &id, *counted)
                    }
                    _ => Ok(()),
                }
                .map_err(|breach| breach.at(*peer))
            }),
            _ => Ok(()),
        }
    }
}

impl Agreement {
    fn ended(
        &mut self,
        model: &Model<'_>,
        question: usize,
        outcome: &Outcome,
    ) -> Result<(), Breach> {
        let end = completion(outcome)
            .map(|reveal| (reveal.digest.0, model.truths[question].values(reveal.totals.expose())));
        self.first(question, end)
    }

    fn first(&mut self, question: usize, end: End) -> Result<(), Breach> {
        let first = self.0.entry(question).or_insert_with(|| end.clone());
        if *first == end {
            return Ok(());
        }
        Err(Breach::new(Invariant::C4, question, "two nodes ended it differently"))
    }

    /// A light node is told that it was counted exactly if the roster has it.
    fn settled(
        &self,
        model: &Model<'_>,
        question: usize,
        light: &NodeId,
        counted: bool,
    ) -> Result<(), Breach> {
        let Some(end) = self.0.get(&question) else {
            let what = "a light node heard of an end that no seat has recorded";
            return Err(Breach::new(Invariant::C4, question, what));
        };
        let roster = end.as_ref().and_then(|(digest, _)| model.roster(question, digest));
        let has =
            |roster: &[Entry]| roster.binary_search_by_key(light, |entry| entry.light).is_ok();
        let is_in = roster.is_some_and(has);
        if counted == is_in {
            return Ok(());
        }
        Err(Breach::new(Invariant::C4, question, "a light node was told wrongly if it was counted"))
    }
}
