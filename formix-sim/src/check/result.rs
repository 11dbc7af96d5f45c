//! C1: a completed result is the sum of the roster's planned answers, decoded.

use formix_proto::Decimal;
use formix_proto::machine::Event;
use formix_proto::message::Message;
use formix_proto::outcome::Outcome;
use formix_proto::record::Fact;
use formix_proto::share::Lanes;
use formix_proto::statistic::{Finding, Summary};

use super::Check;
use super::split::expected;
use crate::book::{Books, Page, completion};
use crate::plan::Peer;
use crate::sight::Sight;
use crate::violation::{Breach, Invariant};

pub(super) struct Correct;

impl Check for Correct {
    fn see(&mut self, books: &Books<'_>, sight: &Sight<'_>) -> Result<(), Breach> {
        match sight {
            Sight::Told { event: Event::Ended { id, outcome }, .. } => {
                books.question(id).map_or(Ok(()), |question| is_correct(books, question, outcome))
            }
            Sight::Sent { message: Message::Outcome { id, outcome }, .. } => {
                books.question(id).map_or(Ok(()), |question| is_correct(books, question, outcome))
            }
            Sight::Durable { peer, records } => {
                records.iter().try_for_each(|record| match &record.fact {
                    Fact::Sealed(_) => books.question(&record.id).map_or(Ok(()), |question| {
                        adds_up(books, question, *peer).map_err(|breach| breach.at(*peer))
                    }),
                    _ => Ok(()),
                })
            }
            _ => Ok(()),
        }
    }
}

/// A sealed partial is the sum of the shares that this very seat has accepted.
fn adds_up(books: &Books<'_>, question: usize, peer: Peer) -> Result<(), Breach> {
    let page = books.page(question, peer);
    let Some(sealed) = &page.sealed else { return Ok(()) };
    let share = |id| page.contributed.get(&books.peer(id)?)?.share.first().copied();
    let shares = sealed.entries.iter().filter_map(|entry| share(&entry.light));
    if sealed.partial == [shares.fold(0, u32::wrapping_add)] {
        return Ok(());
    }
    Err(Breach::new(Invariant::C10, question, "a partial is not the sum of the roster's shares"))
}

/// What a light node's entry adds to the total: its answer, or whatever an adversary's shares make.
fn lane(books: &Books<'_>, question: usize, light: Peer) -> Option<u32> {
    if !books.plan.adversary.has(light) {
        return expected(books, question, light);
    }
    let share = |page: &Page| page.contributed.get(&light)?.share.first().copied();
    let [a, b, c] = books.seats(question)?.map(share);
    Some(a?.wrapping_add(b?).wrapping_add(c?))
}

fn is_correct(books: &Books<'_>, question: usize, outcome: &Outcome) -> Result<(), Breach> {
    let broken = |what| Err(Breach::new(Invariant::C1, question, what));
    let Some((digest, count, totals)) = completion(outcome) else { return Ok(()) };
    let Some(roster) = books.roster(question, &digest) else {
        return broken("completed over a roster that nobody has sealed");
    };
    let lane = |id| lane(books, question, books.peer(id)?);
    let lanes: Vec<_> = roster.iter().filter_map(|entry| lane(&entry.light)).collect();
    if lanes.len() != roster.len() || u32::try_from(lanes.len()) != Ok(count) {
        return broken("completed with a wrong count");
    }
    let total = lanes.into_iter().fold(0, u32::wrapping_add);
    if totals != [total] {
        return broken("completed with a wrong total");
    }
    let asked = &books.plan.workload[question];
    let steps = i128::from(total) + i128::from(count) * i128::from(asked.scale.min);
    let sum = Decimal::from_i128_with_scale(steps, asked.scale.decimals.into());
    match asked.proposal.spec.statistic.decode(&Lanes::new(&totals), count) {
        Some(summary) if summary.participants == count && is_sum(&summary, sum) => Ok(()),
        _ => broken("the result decodes to a wrong sum"),
    }
}

fn is_sum(summary: &Summary, expected: Decimal) -> bool {
    let found = summary.parts.iter().map(|part| part.found.as_ref().map(|found| &found.finding));
    matches!(found.collect::<Vec<_>>()[..], [Some(Finding::Sum { sum, .. })] if *sum == expected)
}
