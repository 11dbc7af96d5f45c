use std::collections::BTreeMap;
use std::fs::{self, File};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use formix_proto::answer::Answer;
use formix_proto::id::{NodeId, Nonce};
use formix_proto::machine::Command;
use formix_proto::spec::Proposal;
use tempfile::TempDir;
use tokio::sync::mpsc;

use super::Reads;
use crate::clock::now;
use crate::consent::error::ConsentError;
use crate::consent::{Book, Choice, Decision, Desk, Entry, Family, Rule, Span, read};
use crate::home::{Home, NodeHome};
use crate::request::Request;
use crate::responder::Fixed;

/// A desk whose owner has these rules, and what leaves it for the machine.
struct Office {
    desk: Desk,
    sent: mpsc::Receiver<Request>,
    place: NodeHome,
    _scratch: TempDir,
}

/// A question of the analyst's that is open for an hour, other than those of other numbers.
fn question(number: u8) -> Arc<Proposal> {
    let mut proposal = super::proposal(None);
    proposal.nonce = Nonce([number; 16]);
    proposal.spec.deadline = now() + Duration::from_secs(3600);
    Arc::new(proposal)
}

impl Office {
    fn with(rules: &str) -> Self {
        let scratch = TempDir::new().unwrap();
        let place = Home::at(scratch.path()).node("light-1");
        place.make().unwrap();
        fs::write(place.consent(), rules).unwrap();
        let names = BTreeMap::from([(NodeId([1; 32]), "analyst".to_owned())]);
        let book = Book::open(&place, false, Arc::new(RwLock::new(names))).unwrap();
        let (requests, sent) = mpsc::channel(16);
        let responder = Box::new(Fixed(Answer::parse("7").unwrap()));
        let desk = Desk::new(responder, Some(book), requests);
        Self { desk, sent, place, _scratch: scratch }
    }

    async fn ask(&self, question: &Arc<Proposal>) {
        // Where the owner is asked it waits on, for an hour.
        let considered = self.desk.consider(Arc::clone(question));
        let asked = async {
            while !self.waits(question).await {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            () = considered => {}
            () = asked => {}
        }
    }

    async fn waits(&self, question: &Proposal) -> bool {
        let (inbox, id) = (self.desk.inbox().await.unwrap(), question.id().to_string());
        inbox.questions.iter().any(|waiting| waiting.comp_id == id)
    }

    fn sent(&mut self) -> Option<Command> {
        match self.sent.try_recv() {
            Ok(Request::Command(command)) => Some(command),
            _ => None,
        }
    }

    fn recorded(&self) -> Vec<Decision> {
        let entries = read(&self.place.consent_log()).unwrap();
        entries.iter().map(|Entry { past, .. }| past.verdict).collect()
    }
}

const ALLOW: &str = "[[rule]]\nverdict = \"allow\"\nfree_text = true\n";

#[tokio::test]
async fn what_is_allowed_is_on_the_disk_when_its_answer_leaves() {
    let mut office = Office::with(ALLOW);
    office.ask(&question(1)).await;
    assert!(matches!(office.sent(), Some(Command::Answer { .. })));
    assert_eq!(office.recorded(), [Decision::Allow]);
}

#[tokio::test]
async fn a_decision_that_cannot_be_recorded_is_not_carried_out() {
    for rules in [ALLOW, &ALLOW.replace("allow", "deny"), ""] {
        let mut office = Office::with(rules);
        let book = office.desk.book.as_ref().unwrap();
        book.ledger().file = Some(File::open("/dev/null").unwrap());
        let question = question(1);
        office.ask(&question).await;
        for choice in [Choice::Approve, Choice::Deny] {
            let error = office.desk.decide(&question.id().to_string(), choice).await.unwrap_err();
            assert!(matches!(error, ConsentError::Ledger(_)), "{error}");
        }
        assert!(office.sent().is_none());
        assert!(office.waits(&question).await);
    }
}

#[tokio::test]
async fn of_questions_that_come_together_a_cooldown_lets_one_through() {
    let mut office = Office::with(&format!("{ALLOW}cooldown = \"1h\"\n"));
    let questions = [1, 2, 3, 4].map(question);
    let [a, b, c, d] = questions.each_ref().map(|question| office.ask(question));
    tokio::join!(a, b, c, d);
    assert!(matches!(office.sent(), Some(Command::Answer { .. })));
    assert!(office.sent().is_none());
    assert_eq!(office.desk.inbox().await.unwrap().questions.len(), 3);
}

#[tokio::test]
async fn what_comes_too_late_expires_whatever_the_rules_say() {
    for rules in [ALLOW, &ALLOW.replace("allow", "deny"), ""] {
        let mut office = Office::with(rules);
        let mut late = Proposal::clone(&question(1));
        late.spec.deadline = now();
        let id = late.id().to_string();
        office.desk.consider(Arc::new(late)).await;
        assert_eq!(office.recorded(), [Decision::Expired]);
        let decided = office.desk.decide(&id, Choice::Approve).await;
        assert!(matches!(decided, Err(ConsentError::Expired(_))));
        assert!(office.sent().is_none());
    }
}

#[tokio::test]
async fn two_who_decide_at_once_decide_once() {
    let mut office = Office::with("");
    let question = question(1);
    office.ask(&question).await;
    let id = question.id().to_string();
    let decide = |choice| office.desk.decide(&id, choice);
    let (approved, denied) = tokio::join!(decide(Choice::Approve), decide(Choice::Deny));
    assert!(approved.is_ok() != denied.is_ok());
    assert!(office.sent().is_some() && office.sent().is_none());
    assert_eq!(office.recorded().len(), 1);
}

#[tokio::test]
async fn a_decision_is_followed_after_a_restart_whatever_the_rules_say_by_then() {
    let mut office = Office::with(ALLOW);
    let question = question(1);
    office.ask(&question).await;
    fs::write(office.place.consent(), ALLOW.replace("allow", "deny")).unwrap();
    let first = office.sent();
    office.ask(&question).await;
    for command in [first, office.sent()] {
        assert!(matches!(command, Some(Command::Answer { .. })));
    }
    assert_eq!(office.recorded(), [Decision::Allow]);
}

/// The same question of fewer participants, by somebody else or of other data is another matter.
#[tokio::test]
async fn always_is_for_exactly_what_was_decided() {
    let sleep: Reads<'_> = &[("sleep", &["day", "ms"])];
    let cooldown = Some(Span(Duration::from_secs(60)));
    let allow = Rule { min_participants: Some(20), cooldown, ..Rule::default() };
    let columns = Some(vec!["sleep.day".to_owned(), "sleep.ms".to_owned()]);
    for (choice, reads, data) in [
        (Choice::Approve, None, Rule { free_text: true, ..allow.clone() }),
        (Choice::Approve, Some(sleep), Rule { columns, ..allow.clone() }),
        (Choice::Approve, Some(&[][..]), Rule { any_data: true, ..allow }),
        (Choice::Deny, Some(sleep), Rule::default()),
    ] {
        let mut office = Office::with("default = \"deny\"\n[[rule]]\nverdict = \"ask\"\n");
        let mut question = Proposal::clone(&question(1));
        question.spec.query = reads.map(|reads| super::query("SELECT 1", reads));
        let question = Arc::new(question);
        office.ask(&question).await;
        let id = question.id().to_string();
        office.desk.always(&id, choice, cooldown).await.unwrap();
        let book = office.desk.book.as_ref().unwrap();
        let written = book.policy().unwrap().rules.swap_remove(0);
        let expected = Rule {
            verdict: choice.into(),
            proposer: Some(vec![NodeId([1; 32]).to_string()]),
            question: Some(Family::of(&question.spec)),
            ..data
        };
        assert_eq!(written, expected);
        assert_eq!(office.recorded().len(), 1);
        assert!(office.sent().is_some(), "it is decided now, too");
    }
}

#[tokio::test]
async fn a_question_is_named_by_what_no_other_begins_with() {
    let office = Office::with("");
    let questions: Vec<_> = (0..17).map(question).collect();
    for question in &questions {
        office.ask(question).await;
    }
    let ids: Vec<_> = questions.iter().map(|question| question.id().to_string()).collect();
    let shared = |digit: &&str| ids.iter().filter(|id| id.starts_with(digit)).count() > 1;
    let first: Vec<_> = ids.iter().map(|id| &id[..1]).collect();
    let digit = first.into_iter().find(shared).unwrap();
    let ambiguous = office.desk.decide(digit, Choice::Deny).await;
    assert!(matches!(ambiguous, Err(ConsentError::Ambiguous(_))));
    assert!(office.desk.decide(&ids[0].to_uppercase(), Choice::Deny).await.is_ok());
}
