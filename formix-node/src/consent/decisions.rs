//! One node's rules and its log of decisions. Reads and writes files: call it where blocking is fine.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use formix_proto::spec::Proposal;
use formix_proto::time::Time;
use tracing::{error, info};

use super::log::{By, Decision, DecisionLog, DecisionLogError, Entry, Keep, PastDecision};
use super::policy::{Evaluation, Held, Policy};
use super::rule::{Choice, Rule, Span, Verdict};
use super::seen::Seen;
use super::subject::{Party, Subject};
use super::view::PendingView;
use crate::clock::now;
use crate::config::{ConfigError, Enrolled};
use crate::home::NodeHome;
use crate::words;

/// Who is enrolled at the moment.
pub(crate) type SharedEnrolled = Arc<RwLock<Enrolled>>;

/// One node's rules, and the log of what was decided.
#[derive(Debug)]
pub(crate) struct Decisions {
    rules: PathBuf,
    pub(super) made_up: bool,
    enrolled: SharedEnrolled,
    /// Held from the evaluation until the decision is recorded, so that a cooldown lets one question
    /// through, not two at once.
    log: Mutex<DecisionLog>,
    /// Why the last decision could not be recorded.
    trouble: Mutex<Option<String>>,
}

/// A question that waits for the owner.
#[derive(Debug, Clone)]
pub(super) struct Pending {
    pub(super) proposal: Arc<Proposal>,
    /// Why the owner has to decide it.
    pub(super) why: String,
    /// Until when the owner can.
    pub(super) until: Time,
    /// What the owner was shown last.
    pub(super) seen: Option<Arc<Seen>>,
}

/// What happens to a new question.
#[derive(Debug)]
pub(super) enum Ruling {
    /// It is decided, and the decision is recorded.
    Decided {
        /// How.
        choice: Choice,
        /// By whom; by the owner before a restart.
        by: By,
    },
    /// The owner has to decide, for this reason.
    Ask(String),
    /// A rule decides it, which could not be recorded for this reason, and is not carried out before it is.
    Unrecorded(String),
}

impl Decisions {
    /// Opens the log in a node's directory.
    pub(crate) fn open(
        home: &NodeHome,
        made_up: bool,
        enrolled: SharedEnrolled,
    ) -> Result<Self, DecisionLogError> {
        let log = Mutex::new(DecisionLog::open(&home.consent_log())?);
        let (rules, trouble) = (home.consent(), Mutex::default());
        let decisions = Self { rules, made_up, enrolled, log, trouble };
        decisions.log().tidy(|| decisions.keep());
        Ok(decisions)
    }

    /// Applies the rules to a question, and records what they decide.
    pub(super) fn rule(&self, proposal: &Proposal) -> Ruling {
        let (now, mut log) = (now(), self.log());
        if let Some(past) = log.of(proposal.id())
            && let Some(choice) = past.verdict.choice()
        {
            // Decided before a restart: the decision stands.
            return Ruling::Decided { choice, by: past.by };
        }
        if proposal.spec.deadline <= now {
            return Ruling::Ask("it arrived after its deadline".to_owned());
        }
        let evaluation = match self.policy() {
            Ok(policy) => policy.evaluate(&self.subject(proposal), log.past(), now),
            Err(error) => {
                error!(%error, "the rules cannot be used: every question waits for the owner");
                return Ruling::Ask(format!("the rules cannot be used: {error}"));
            }
        };
        let choice = match evaluation.verdict {
            Verdict::Ask => return Ruling::Ask(why(&evaluation)),
            Verdict::Allow => Choice::Approve,
            Verdict::Deny => Choice::Deny,
        };
        match self.write(&mut log, proposal, choice.into(), evaluation.by) {
            Ok(()) => Ruling::Decided { choice, by: evaluation.by },
            Err(error) => {
                let why = format!("the decision of a rule could not be recorded: {error}");
                Ruling::Unrecorded(why)
            }
        }
    }

    /// Records a decision of the owner's, or that there was none in time.
    pub(super) fn record(
        &self,
        proposal: &Proposal,
        decision: Decision,
        by: By,
    ) -> Result<(), DecisionLogError> {
        self.write(&mut self.log(), proposal, decision, by)
    }

    fn write(
        &self,
        log: &mut DecisionLog,
        proposal: &Proposal,
        verdict: Decision,
        by: By,
    ) -> Result<(), DecisionLogError> {
        let (id, spec, subject) = (proposal.id(), &proposal.spec, self.subject(proposal));
        log.tidy(|| self.keep());
        let recorded = log.record(Entry {
            past: PastDecision { time: now(), comp_id: id, verdict, by, subject },
            prompt: spec.prompt.clone(),
            sql: spec.query.as_ref().map(|query| query.sql.clone()),
            reveals: words::revealed(&spec.statistic),
        });
        match &recorded {
            Ok(()) => info!(id = id.short(), "{verdict} {by}"),
            Err(error) => error!(id = id.short(), %error, "a decision is not recorded"),
        }
        *self.trouble() = recorded.as_ref().err().map(ToString::to_string);
        recorded
    }

    /// Which decisions still matter. With rules that cannot be read, all may.
    fn keep(&self) -> Keep {
        let cooldown = self.policy().ok().map(|policy| policy.longest_cooldown());
        Keep { now: now(), cooldown }
    }

    /// Why the last decision could not be recorded; `None` if it was.
    pub(super) fn trouble(&self) -> MutexGuard<'_, Option<String>> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The newest decision about a computation whose id starts like this.
    pub(super) fn find(&self, prefix: &str) -> Option<PastDecision> {
        let matches = |past: &&PastDecision| past.comp_id.to_string().starts_with(prefix);
        self.log().past().iter().rev().find(matches).cloned()
    }

    /// The rules as they are now.
    pub(super) fn policy(&self) -> Result<Policy, ConfigError> {
        Policy::load(&self.rules, &self.enrolled().names)
    }

    /// Writes a rule for exactly this question, from this proposer, over no fewer participants.
    pub(super) fn add_rule(
        &self,
        proposal: &Proposal,
        choice: Choice,
        cooldown: Option<Span>,
    ) -> Result<(), ConfigError> {
        self.policy()?;
        let rule = Rule::for_exactly(&self.subject(proposal), choice, cooldown);
        Policy::put_first(&self.rules, rule, &comment(proposal))
    }

    /// The question as its owner reads it.
    pub(super) fn view(&self, Pending { proposal, why, .. }: &Pending) -> PendingView {
        let (subject, spec) = (self.subject(proposal), &proposal.spec);
        PendingView {
            comp_id: proposal.id().to_string(),
            proposer: subject.proposer.to_string(),
            proposer_uid: proposal.proposer.to_string(),
            prompt: spec.prompt.clone(),
            query: spec.query.clone(),
            reveals: words::revealed(&spec.statistic),
            rules: words::rules(&spec.statistic),
            schema: spec.statistic.clone().into(),
            room: spec.statistic.capacity().to_string(),
            cautions: cautions(&subject),
            committee: subject.committee.iter().map(Party::to_string).collect(),
            min_participants: spec.min_participants,
            max_participants: spec.max_participants,
            light_nodes: subject.light_nodes,
            deadline: spec.deadline.0,
            question: subject.question,
            why: why.clone(),
        }
    }

    fn subject(&self, proposal: &Proposal) -> Subject {
        Subject::of(proposal, &self.enrolled(), self.made_up)
    }

    fn enrolled(&self) -> RwLockReadGuard<'_, Enrolled> {
        self.enrolled.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn log(&self) -> MutexGuard<'_, DecisionLog> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn why(evaluation: &Evaluation) -> String {
    let reason = match evaluation.by {
        By::Rule(number) => format!("rule {number} leaves it to you"),
        _ => "no rule matches".to_owned(),
    };
    match &evaluation.held {
        Some(Held { rule, limit }) => format!("{reason}; rule {rule} would allow it, but {limit}"),
        None => reason,
    }
}

/// What an owner may overlook.
fn cautions(subject: &Subject) -> Vec<String> {
    let Subject { max_participants, light_nodes, .. } = subject;
    let subset = (max_participants < light_nodes).then(|| {
        format!("it takes {max_participants} answers of {light_nodes} light nodes, so who asks can choose whose")
    });
    let stand_ins = subject.stand_ins.then(|| words::STAND_INS.to_owned());
    stand_ins.into_iter().chain(subset).collect()
}

/// Which question a rule was written for, on one line whatever the question says.
fn comment(proposal: &Proposal) -> String {
    let prompt: String = proposal.spec.prompt.chars().take(60).collect();
    format!("Added by `formix always` for {prompt:?}")
}
