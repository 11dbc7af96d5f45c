//! One node's rules and the log of what was decided by them. Reads and writes files: not for a task
//! that others wait for.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use formix_proto::id::NodeId;
use formix_proto::spec::Proposal;
use tracing::{error, info};

use super::desk::Asked;
use super::ledger::{By, Decision, Entry, Ledger, LedgerError, Past};
use super::policy::{Judgement, Policy};
use super::rule::{Choice, Rule, Span, Verdict};
use super::subject::{Family, Subject};
use super::view::Waiting;
use crate::clock::now;
use crate::config::ConfigError;
use crate::home::NodeHome;
use crate::words;

/// What people call the enrolled nodes.
pub(crate) type Names = Arc<RwLock<BTreeMap<NodeId, String>>>;

/// One node's rules, and the log of what was decided.
#[derive(Debug)]
pub(crate) struct Book {
    rules: PathBuf,
    made_up: bool,
    names: Names,
    /// Held from the judgement until it is recorded: a cooldown lets one through, not two at once.
    ledger: Mutex<Ledger>,
}

/// What becomes of a question.
#[derive(Debug)]
pub(super) enum Opinion {
    /// That, and it is recorded.
    Decided(Choice),
    /// The owner is to decide, for this reason.
    Ask(String),
}

impl Book {
    /// Opens the log in a node's directory.
    pub(crate) fn open(home: &NodeHome, made_up: bool, names: Names) -> Result<Self, LedgerError> {
        let ledger = Mutex::new(Ledger::open(&home.consent_log())?);
        Ok(Self { rules: home.consent(), made_up, names, ledger })
    }

    /// What becomes of a question.
    pub(super) fn judge(&self, proposal: &Proposal) -> Opinion {
        let (now, mut ledger) = (now(), self.ledger());
        match ledger.of(proposal.id()).map(|past| past.verdict) {
            // Before a restart, which the decision has outlived.
            Some(Decision::Allow) => return Opinion::Decided(Choice::Approve),
            Some(Decision::Deny) => return Opinion::Decided(Choice::Deny),
            Some(Decision::Expired) | None => {}
        }
        if proposal.spec.deadline <= now {
            return Opinion::Ask("it came too late".to_owned());
        }
        let judgement = match self.policy() {
            Ok(policy) => policy.judge(&self.subject(proposal), ledger.past(), now),
            Err(error) => {
                error!(%error, "the rules cannot be used: the owner is asked about everything");
                return Opinion::Ask(format!("the rules cannot be used: {error}"));
            }
        };
        let choice = match judgement.verdict {
            Verdict::Ask => return Opinion::Ask(why(&judgement)),
            Verdict::Allow => Choice::Approve,
            Verdict::Deny => Choice::Deny,
        };
        match self.write(&mut ledger, proposal, choice.into(), judgement.by) {
            Ok(()) => Opinion::Decided(choice),
            Err(error) => {
                error!(%error, "a decision cannot be recorded, and is not carried out");
                Opinion::Ask(format!("what the rules say could not be recorded: {error}"))
            }
        }
    }

    /// Records what the owner, or nobody, has decided.
    pub(super) fn record(
        &self,
        proposal: &Proposal,
        decision: Decision,
        by: By,
    ) -> Result<(), LedgerError> {
        self.write(&mut self.ledger(), proposal, decision, by)
    }

    fn write(
        &self,
        ledger: &mut Ledger,
        proposal: &Proposal,
        verdict: Decision,
        by: By,
    ) -> Result<(), LedgerError> {
        let (id, spec, subject) = (proposal.id(), &proposal.spec, self.subject(proposal));
        ledger.record(Entry {
            past: Past { time: now(), comp_id: id, verdict, by, subject },
            prompt: spec.prompt.clone(),
            sql: spec.query.as_ref().map(|query| query.sql.clone()),
            reveals: words::revealed(&spec.statistic),
        })?;
        info!(id = id.short(), "{verdict} {by}");
        Ok(())
    }

    /// What was decided about the one computation whose id begins like this.
    pub(super) fn decided(&self, beginning: &str) -> Option<Past> {
        let begins = |past: &&Past| past.comp_id.to_string().starts_with(beginning);
        self.ledger().past().iter().rev().find(begins).cloned()
    }

    /// The rules as they are now.
    pub(super) fn policy(&self) -> Result<Policy, ConfigError> {
        Policy::load(&self.rules, &self.names())
    }

    /// Writes a rule for exactly this question, from this asker, over no fewer participants.
    pub(super) fn always(
        &self,
        proposal: &Proposal,
        choice: Choice,
        cooldown: Option<Span>,
    ) -> Result<(), ConfigError> {
        self.policy()?;
        let subject = self.subject(proposal);
        let mut rule = Rule {
            verdict: choice.into(),
            proposer: Some(vec![subject.proposer.to_string()]),
            question: Some(subject.question),
            ..Rule::default()
        };
        if choice == Choice::Approve {
            rule.min_participants = Some(subject.min_participants);
            rule.cooldown = cooldown;
            rule.name_data(subject.tables.as_deref());
        }
        Policy::put_first(&self.rules, rule, &remark(proposal))
    }

    /// The question as its owner reads it.
    pub(super) fn waiting(&self, Asked { proposal, why }: &Asked) -> Waiting {
        let (names, spec) = (self.names(), &proposal.spec);
        let name = |id: &NodeId| names.get(id).cloned().unwrap_or_else(|| id.short());
        Waiting {
            comp_id: proposal.id().to_string(),
            proposer: name(&proposal.proposer),
            proposer_uid: proposal.proposer.to_string(),
            prompt: spec.prompt.clone(),
            query: spec.query.clone(),
            reveals: words::revealed(&spec.statistic),
            rules: words::rules(&spec.statistic),
            committee: spec.committee.0.iter().map(name).collect(),
            min_participants: spec.min_participants,
            deadline: spec.deadline.0,
            question: Family::of(spec),
            why: why.clone(),
        }
    }

    fn subject(&self, proposal: &Proposal) -> Subject {
        Subject::of(proposal, self.names().get(&proposal.proposer).cloned(), self.made_up)
    }

    fn names(&self) -> RwLockReadGuard<'_, BTreeMap<NodeId, String>> {
        self.names.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn why(judgement: &Judgement) -> String {
    let says = match judgement.by {
        By::Rule(number) => format!("rule {number} says so"),
        _ => "no rule decides it".to_owned(),
    };
    match judgement.cooling {
        Some(number) => format!("{says}; rule {number} would allow it, but cools down"),
        None => says,
    }
}

/// Which question a rule was written for, in one line whatever the question says.
fn remark(proposal: &Proposal) -> String {
    let prompt: String = proposal.spec.prompt.chars().take(60).collect();
    format!("`formix always`, about {prompt:?}")
}
