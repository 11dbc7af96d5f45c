//! C4: all nodes that end a computation agree on how, the proposer and the light nodes too.

use std::collections::BTreeMap;

use formix_proto::fault::Fault;
use formix_proto::id::NodeId;
use formix_proto::machine::Event;
use formix_proto::outcome::Outcome;
use formix_proto::record::Fact;
use formix_proto::roster::Entry;

use super::Check;
use crate::book::{Books, completion};
use crate::sight::Sight;
use crate::violation::{Breach, Invariant};

/// How each computation ended where it ended first.
#[derive(Default)]
pub(super) struct Agreement(BTreeMap<usize, End>);

/// The roster's digest and the totals, or `None` if it failed.
type End = Option<([u8; 32], Vec<u128>)>;

impl Check for Agreement {
    fn see(&mut self, books: &Books<'_>, sight: &Sight<'_>) -> Result<(), Breach> {
        match sight {
            Sight::Told { peer, event: Event::Ended { id, outcome } } => {
                let Some(question) = books.question(id) else { return Ok(()) };
                self.ended(books, question, outcome).map_err(|breach| breach.at(*peer))
            }
            Sight::Told {
                peer,
                event: Event::Fault { fault: Fault::Contradiction(_), peer: accused },
            } if books.is_honest(accused) => {
                let what = "a node that keeps to the protocol is said to contradict itself";
                Err(Breach::new(Invariant::C4, None, what).at(*peer))
            }
            Sight::Durable { peer, records } => records.iter().try_for_each(|record| {
                let Some(question) = books.question(&record.id) else { return Ok(()) };
                match &record.fact {
                    Fact::Concluded(outcome) => self.ended(books, question, outcome),
                    Fact::Failed(_) => self.first(question, None),
                    Fact::Revealed(partials) => match &books.page(question, *peer).sealed {
                        Some(sealed) => {
                            let truth = &books.truths[question];
                            let partials = partials.each_ref().map(|lanes| truth.values(lanes));
                            self.first(question, Some((sealed.digest, truth.sum(partials))))
                        }
                        None => Ok(()),
                    },
                    Fact::Settled(Some(counted)) => {
                        let id = books.plan.cluster.member(*peer).id;
                        self.settled(books, question, &id, *counted)
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
        books: &Books<'_>,
        question: usize,
        outcome: &Outcome,
    ) -> Result<(), Breach> {
        let end = completion(outcome)
            .map(|reveal| (reveal.digest.0, books.truths[question].values(&reveal.totals)));
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
        books: &Books<'_>,
        question: usize,
        light: &NodeId,
        counted: bool,
    ) -> Result<(), Breach> {
        let Some(end) = self.0.get(&question) else {
            let what = "a light node was told of an end that nobody has recorded";
            return Err(Breach::new(Invariant::C4, question, what));
        };
        let roster = end.as_ref().and_then(|(digest, _)| books.roster(question, digest));
        let has =
            |roster: &[Entry]| roster.binary_search_by_key(light, |entry| entry.light).is_ok();
        let is_in = roster.is_some_and(has);
        if counted == is_in {
            return Ok(());
        }
        Err(Breach::new(Invariant::C4, question, "a light node was told wrongly if it was counted"))
    }
}
