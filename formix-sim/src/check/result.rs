//! C1: a completed result is the sum of the roster's planned answers, part by part, decoded. C10: and a
//! partial is that of the shares.

use formix_proto::Decimal;
use formix_proto::machine::Event;
use formix_proto::message::Message;
use formix_proto::outcome::Outcome;
use formix_proto::record::Fact;
use formix_proto::roster::Entry;
use formix_proto::statistic::{Finding, Part, Summary};

use super::Check;
use crate::book::{Books, completion};
use crate::plan::Peer;
use crate::sight::Sight;
use crate::truth::Truth;
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
    let share = |id| page.share_of(books.peer(id)?);
    let shares = sealed.entries.iter().filter_map(|entry| share(&entry.light));
    if sealed.partial == books.truths[question].sum(shares) {
        return Ok(());
    }
    Err(Breach::new(Invariant::C10, question, "a partial is not the sum of the roster's shares"))
}

fn is_correct(books: &Books<'_>, question: usize, outcome: &Outcome) -> Result<(), Breach> {
    let broken = |what| Err(Breach::new(Invariant::C1, question, what));
    let Some(reveal) = completion(outcome) else { return Ok(()) };
    let Some(roster) = books.roster(question, &reveal.digest.0) else {
        return broken("completed over a roster that nobody has sealed");
    };
    if u32::try_from(roster.len()) != Ok(reveal.participants) {
        return broken("completed with a wrong count");
    }
    let truth = &books.truths[question];
    let Some(total) = books.total(question, roster) else {
        return broken("completed over somebody who has not answered");
    };
    if truth.values(&reveal.totals) != truth.told(&total, &total) {
        return broken("completed with a wrong total");
    }
    let lies = |entry: &Entry| !books.is_honest(&entry.light);
    if roster.iter().any(lies) {
        return Ok(());
    }
    match books.plan.workload[question]
        .proposal
        .spec
        .statistic
        .decode(&reveal.totals, reveal.participants)
    {
        Some(summary) if is_right(truth, &summary, &total, reveal.participants) => Ok(()),
        _ => broken("the result decodes to something else"),
    }
}

/// Whether a summary says of each part what its lanes come to.
fn is_right(truth: &Truth<'_>, summary: &Summary, total: &[u128], participants: u32) -> bool {
    let found = |part: &Part| {
        part.found.as_ref().map(|found| (found.answers.into(), numbers(&found.finding)))
    };
    let found: Vec<_> = summary.parts.iter().map(found).collect();
    summary.participants == participants && found == truth.findings(total, participants)
}

/// The numbers of a finding that are exact; those that are not have tests of their own.
fn numbers(finding: &Finding) -> Vec<Decimal> {
    match finding {
        Finding::Count { yes } => vec![(*yes).into()],
        Finding::Sum { sum, .. } | Finding::Moments { sum, .. } => vec![*sum],
        Finding::Histogram(buckets) => buckets.iter().map(|bucket| bucket.count.into()).collect(),
        Finding::Frequencies(options) => options.iter().map(|option| option.count.into()).collect(),
        Finding::Vector { sums, .. } => sums.clone(),
        Finding::Regression(_) => Vec::new(),
    }
}
