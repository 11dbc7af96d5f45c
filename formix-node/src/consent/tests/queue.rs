use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use formix_proto::answer::Answer;
use formix_proto::id::{NodeId, Nonce};
use formix_proto::machine::Command;
use formix_proto::policy::Slots;
use formix_proto::spec::{Proposal, Spec};
use formix_proto::statistic::Rule as Constant;
use tempfile::TempDir;
use tokio::sync::mpsc;

use super::Reads;
use crate::clock::now;
use crate::consent::error::ConsentError;
use crate::consent::{Choice, Decision, Decisions, Entry, Family, Queue, Rule, Span, read};
use crate::home::{Home, NodeHome};
use crate::request::Request;
use crate::responder::{Fixed, Question, Reply, Responder, Responding};

/// A node whose owner has these rules, and what its queue sends to the machine.
struct Light {
    queue: Queue,
    sent: mpsc::Receiver<Request>,
    place: NodeHome,
    _scratch: TempDir,
}

/// A question of the analyst's, open for an hour, different for each number.
fn question(number: u8) -> Arc<Proposal> {
    let mut proposal = super::proposal(None);
    proposal.nonce = Nonce([number; 16]);
    Arc::make_mut(&mut proposal.spec).deadline = now() + Duration::from_secs(3600);
    Arc::new(proposal)
}

impl Light {
    fn with(rules: &str) -> Self {
        Self::answering(Box::new(Fixed(Answer::parse("7").unwrap())), rules)
    }

    fn answering(responder: Box<dyn Responder>, rules: &str) -> Self {
        let scratch = TempDir::new().unwrap();
        let place = Home::at(scratch.path()).node("light-1");
        place.make().unwrap();
        fs::write(place.consent(), rules).unwrap();
        let enrolled = Arc::new(RwLock::new(super::enrolled()));
        let decisions = Decisions::open(&place, false, enrolled).unwrap();
        let (requests, sent) = mpsc::channel(64);
        let queue = Queue::new(responder, Some(decisions), requests);
        Self { queue, sent, place, _scratch: scratch }
    }

    async fn ask(&self, question: &Arc<Proposal>) {
        // If the owner has to decide, it waits for an hour.
        let submitted = self.queue.submit(Arc::clone(question), None);
        let asked = async {
            while !self.waits(question).await {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            () = submitted => {}
            () = asked => {}
        }
    }

    async fn waits(&self, question: &Proposal) -> bool {
        let (inbox, id) = (self.queue.inbox().await.unwrap(), question.id().to_string());
        inbox.questions.iter().any(|pending| pending.comp_id == id)
    }

    /// What the owner's word came to. That it is the owner's is said before.
    fn sent(&mut self) -> Option<Command> {
        loop {
            match self.sent.try_recv() {
                Ok(Request::Command(Command::Defer(_))) => {}
                Ok(Request::Command(command)) => return Some(command),
                _ => return None,
            }
        }
    }

    fn recorded(&self) -> Vec<Decision> {
        let entries = read(&self.place.consent_log()).unwrap();
        entries.iter().map(|Entry { past, .. }| past.verdict).collect()
    }
}

/// How many questions a node answers at the same time.
const MAX_AT_ONCE: usize = 4;
const DENY: &str = "[[rule]]\nverdict = \"deny\"\n";
const ALLOW: &str = "[[rule]]\nverdict = \"allow\"\nfree_text = true\ncooldown = \"0s\"\n";

#[tokio::test]
async fn what_is_allowed_is_on_the_disk_when_its_answer_leaves() {
    let mut light = Light::with(ALLOW);
    light.ask(&question(1)).await;
    assert!(matches!(light.sent(), Some(Command::Answer { .. })));
    assert_eq!(light.recorded(), [Decision::Allow]);
}

/// A person takes time, and how much is nobody's business: the machine is told before anybody is asked.
#[tokio::test]
async fn only_what_a_person_decides_is_deferred() {
    for (rules, defers) in [(ALLOW, false), (DENY, false), ("", true)] {
        let mut light = Light::with(rules);
        let question = question(1);
        light.ask(&question).await;
        let Ok(Request::Command(first)) = light.sent.try_recv() else { panic!("{rules}") };
        let is_deferred = matches!(first, Command::Defer(id) if id == question.id());
        assert_eq!(is_deferred, defers, "{rules}");
    }
}

/// A person's decision leaves at the same time whether the node was started again after it or not.
#[tokio::test]
async fn what_a_person_has_decided_is_deferred_after_a_restart_too() {
    let mut light = Light::with("");
    let question = question(1);
    light.ask(&question).await;
    light.queue.decide(&question.id().to_string(), Choice::Approve).await.unwrap();
    while light.sent.try_recv().is_ok() {}
    light.queue.submit(Arc::clone(&question), None).await;
    let Ok(Request::Command(first)) = light.sent.try_recv() else { panic!("it is followed") };
    assert!(matches!(first, Command::Defer(id) if id == question.id()));
    assert!(matches!(light.sent(), Some(Command::Answer { .. })));
}

/// The machine has declined by then; here the program is stopped, and the owner is told why.
#[tokio::test]
async fn an_answer_that_is_not_there_in_time_is_given_up() {
    struct Never;
    impl Responder for Never {
        fn respond<'a>(&'a self, _: &'a Question) -> Responding<'a> {
            Box::pin(std::future::pending())
        }
    }
    let mut light = Light::with(ALLOW);
    light.queue.responder = Box::new(Never);
    let slots = Slots { soon: now(), late: now() + Duration::from_secs(60) };
    light.queue.submit(question(1), Some(slots)).await;
    assert!(matches!(light.sent(), Some(Command::Decline(_))));
    fs::write(light.place.consent(), "").unwrap();
    let slots = Slots { late: now(), ..slots };
    light.queue.submit(question(2), Some(slots)).await;
    assert_eq!(light.recorded(), [Decision::Allow, Decision::Expired]);
    assert!(light.sent().is_none());
}

/// A responder that never answers what is asked like this, and everything else at once.
struct Stuck(&'static str);

impl Responder for Stuck {
    fn respond<'a>(&'a self, question: &'a Question) -> Responding<'a> {
        Box::pin(async move {
            if question.prompt == self.0 {
                std::future::pending::<()>().await;
            }
            Ok(Reply::Answer(Answer::parse("7").unwrap()))
        })
    }
}

#[tokio::test]
async fn many_questions_of_one_asker_do_not_keep_anothers_from_an_answer() {
    let mut light = Light::answering(Box::new(Stuck("slow")), ALLOW);
    let slow = |number| {
        let mut proposal = Proposal::clone(&question(number));
        proposal.proposer = NodeId([0xee; 32]);
        Arc::make_mut(&mut proposal.spec).prompt = "slow".to_owned();
        light.queue.submit(Arc::new(proposal), None)
    };
    let greedy = async { tokio::join!(slow(1), slow(2), slow(3), slow(4), slow(5)) };
    let quick = question(6);
    tokio::select! {
        biased;
        _ = greedy => unreachable!("they have no answer"),
        () = light.ask(&quick) => {}
    }
    assert!(matches!(light.sent(), Some(Command::Answer { id, .. }) if id == quick.id()));
}

/// Lets nothing be recorded: the file that would take the log's place cannot be made.
fn break_the_disk(light: &Light) -> PathBuf {
    let decisions = light.queue.decisions.as_ref().unwrap();
    decisions.log().file = Some(File::open(light.place.consent_log()).unwrap());
    let in_the_way = light.place.consent_log().with_extension("log.new");
    fs::create_dir(&in_the_way).unwrap();
    in_the_way
}

/// A disk that was full for a moment: nothing is sent before it is recorded, and nobody has to restart the node.
#[tokio::test]
async fn what_could_not_be_recorded_is_decided_once_it_can_be() {
    for (rules, choice) in [(ALLOW, None), (DENY, None), ("", Some(Choice::Approve))] {
        let mut light = Light::with(rules);
        let in_the_way = break_the_disk(&light);
        let question = question(1);
        let id = question.id().to_string();
        let submitted = light.queue.submit(Arc::clone(&question), None);
        let decided = async {
            while !light.waits(&question).await {
                tokio::task::yield_now().await;
            }
            if let Some(choice) = choice {
                light.queue.decide(&id, choice).await.unwrap_err();
            }
            let trouble = light.queue.trouble().unwrap();
            assert!(light.sent.len() <= 1, "it is deferred, and no more");
            assert!(trouble.contains("consent.log") && trouble.contains("by itself"), "{trouble}");
            assert_eq!(light.recorded(), []);
            fs::remove_dir(&in_the_way).unwrap();
            match choice {
                Some(choice) => light.queue.decide(&id, choice).await.unwrap(),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = submitted => {}
            () = decided => {}
        }
        assert_eq!(light.recorded().len(), 1, "{rules}");
        assert_eq!(light.queue.trouble(), None);
        assert!(light.sent().is_some() && light.sent().is_none(), "{rules}");
    }
}

/// Takes its time, and counts how many are asked at once.
#[derive(Clone, Default)]
struct Busy {
    now: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

impl Responder for Busy {
    fn respond<'a>(&'a self, _: &'a Question) -> Responding<'a> {
        Box::pin(async {
            let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
            self.most.fetch_max(now, Ordering::Relaxed);
            for _ in 0..1_000 {
                tokio::task::yield_now().await;
            }
            self.now.fetch_sub(1, Ordering::Relaxed);
            Ok(Reply::Decline)
        })
    }
}

/// Each may take the memory that its owner allows to one.
#[tokio::test]
async fn of_many_questions_at_once_no_more_than_a_few_are_answered() {
    let busy = Busy::default();
    let (requests, _sent) = mpsc::channel(64);
    let queue = Arc::new(Queue::new(Box::new(busy.clone()), None, requests));
    let mut questions = tokio::task::JoinSet::new();
    for number in 0..12 {
        let queue = Arc::clone(&queue);
        let mut proposal = Proposal::clone(&question(number));
        proposal.proposer = NodeId([number; 32]);
        questions.spawn(async move { queue.submit(Arc::new(proposal), None).await });
    }
    questions.join_all().await;
    assert_eq!(busy.most.load(Ordering::Relaxed), MAX_AT_ONCE);
}

#[tokio::test]
async fn a_decision_that_cannot_be_recorded_is_not_executed() {
    for rules in [ALLOW, DENY, ""] {
        let mut light = Light::with(rules);
        break_the_disk(&light);
        let question = question(1);
        light.ask(&question).await;
        for choice in [Choice::Approve, Choice::Deny] {
            let error = light.queue.decide(&question.id().to_string(), choice).await.unwrap_err();
            assert!(matches!(error, ConsentError::Log(_)), "{error}");
        }
        assert!(light.sent().is_none());
        assert!(light.waits(&question).await);
    }
}

#[tokio::test]
async fn of_questions_that_come_together_a_cooldown_lets_one_through() {
    let mut light = Light::with(&ALLOW.replace("0s", "1h"));
    let questions = [1, 2, 3, 4].map(question);
    let [a, b, c, d] = questions.each_ref().map(|question| light.ask(question));
    tokio::join!(a, b, c, d);
    assert!(matches!(light.sent(), Some(Command::Answer { .. })));
    assert!(light.sent().is_none());
    assert_eq!(light.queue.inbox().await.unwrap().questions.len(), 3);
}

#[tokio::test]
async fn a_question_that_arrives_late_expires_whatever_the_rules_say() {
    for rules in [ALLOW, DENY, ""] {
        let mut light = Light::with(rules);
        let mut late = Proposal::clone(&question(1));
        Arc::make_mut(&mut late.spec).deadline = now();
        let id = late.id().to_string();
        light.queue.submit(Arc::new(late), None).await;
        assert_eq!(light.recorded(), [Decision::Expired]);
        let decided = light.queue.decide(&id, Choice::Approve).await;
        assert!(matches!(decided, Err(ConsentError::Expired(_))));
        assert!(light.sent().is_none());
    }
}

#[tokio::test]
async fn of_two_decisions_at_once_one_counts() {
    let mut light = Light::with("");
    let question = question(1);
    light.ask(&question).await;
    let id = question.id().to_string();
    let decide = |choice| light.queue.decide(&id, choice);
    let (approved, denied) = tokio::join!(decide(Choice::Approve), decide(Choice::Deny));
    assert!(approved.is_ok() != denied.is_ok());
    assert!(light.sent().is_some() && light.sent().is_none());
    assert_eq!(light.recorded().len(), 1);
}

#[tokio::test]
async fn a_decision_is_followed_after_a_restart_whatever_the_rules_say_by_then() {
    let mut light = Light::with(ALLOW);
    let question = question(1);
    light.ask(&question).await;
    fs::write(light.place.consent(), DENY).unwrap();
    let first = light.sent();
    light.ask(&question).await;
    for command in [first, light.sent()] {
        assert!(matches!(command, Some(Command::Answer { .. })));
    }
    assert_eq!(light.recorded(), [Decision::Allow]);
}

/// The same question from another proposer, over fewer participants or other data, is not covered.
#[tokio::test]
async fn always_is_for_exactly_what_was_decided() {
    let sleep: Reads<'_> = &[("sleep", &["day", "ms"])];
    let cooldown = Some(Span(Duration::from_secs(60)));
    let seen = Rule {
        min_participants: Some(20),
        max_bits: Some(4),
        max_totals: Some(1),
        ..Rule::default()
    };
    let allow = Rule { cooldown, stand_ins: true, ..seen };
    let columns = Some(vec!["sleep.day".to_owned(), "sleep.ms".to_owned()]);
    for (choice, reads, data) in [
        (Choice::Approve, None, Rule { free_text: true, ..allow.clone() }),
        (Choice::Approve, Some(sleep), Rule { columns, ..allow.clone() }),
        (Choice::Approve, Some(&[][..]), Rule { any_data: true, ..allow }),
        (Choice::Deny, Some(sleep), Rule::default()),
    ] {
        let mut light = Light::with("default = \"deny\"\n[[rule]]\nverdict = \"ask\"\n");
        let mut question = Proposal::clone(&question(1));
        let spec = Arc::make_mut(&mut question.spec);
        spec.statistic.missing = Constant::Use("0".to_owned());
        spec.query = reads.map(|reads| super::query("SELECT 1", reads));
        let question = Arc::new(question);
        light.ask(&question).await;
        let id = question.id().to_string();
        light.queue.always(&id, choice, cooldown).await.unwrap();
        let decisions = light.queue.decisions.as_ref().unwrap();
        let written = decisions.policy().unwrap().rules.swap_remove(0);
        let expected = Rule {
            verdict: choice.into(),
            proposer: Some(vec![NodeId([1; 32]).to_string()]),
            question: Some(Family::of(&question.spec)),
            ..data
        };
        assert_eq!(written, expected);
        assert_eq!(light.recorded().len(), 1);
        assert!(light.sent().is_some(), "it is also decided now");
    }
}

#[tokio::test]
async fn a_question_is_found_by_a_prefix_of_its_id_that_no_other_shares() {
    let light = Light::with("");
    let questions: Vec<_> = (0..17).map(question).collect();
    for question in &questions {
        light.ask(question).await;
    }
    let ids: Vec<_> = questions.iter().map(|question| question.id().to_string()).collect();
    let shared = |digit: &&str| ids.iter().filter(|id| id.starts_with(digit)).count() > 1;
    let first: Vec<_> = ids.iter().map(|id| &id[..1]).collect();
    let digit = first.into_iter().find(shared).unwrap();
    let ambiguous = light.queue.decide(digit, Choice::Deny).await;
    assert!(matches!(ambiguous, Err(ConsentError::Ambiguous(_))));
    assert!(light.queue.decide(&ids[0].to_uppercase(), Choice::Deny).await.is_ok());
}

#[tokio::test]
async fn the_inbox_warns_of_stand_ins_and_of_a_chosen_subset() {
    let warnings = async |change: fn(&mut Spec)| {
        let light = Light::with("");
        let mut question = Proposal::clone(&question(1));
        change(Arc::make_mut(&mut question.spec));
        light.ask(&Arc::new(question)).await;
        light.queue.inbox().await.unwrap().questions.remove(0).cautions
    };
    assert!(warnings(|_| {}).await.is_empty());
    let zeros = warnings(|spec| spec.statistic.missing = Constant::Use("0".to_owned())).await;
    assert!(zeros[0].contains("fewer people than participants"), "{zeros:?}");
    let few = warnings(|spec| (spec.min_participants, spec.max_participants) = (3, 19)).await;
    assert!(few[0].starts_with("it takes 19 answers of 20 light nodes"), "{few:?}");
}

/// Answers 0 when it is asked for the first time, and 9 from then on.
#[derive(Default)]
struct Moving(AtomicBool);

impl Responder for Moving {
    fn respond<'a>(&'a self, _: &'a Question) -> Responding<'a> {
        let later = self.0.swap(true, Ordering::Relaxed);
        let answer = Answer::parse(if later { "9" } else { "0" }).unwrap();
        Box::pin(async { Ok(Reply::Answer(answer)) })
    }
}

/// The attack: `iif(unixepoch('now') < T, 0, salary)` shows 0 and sends the salary.
#[tokio::test]
async fn nothing_is_approved_that_is_not_what_was_shown() {
    let mut light = Light::answering(Box::<Moving>::default(), "");
    let question = question(1);
    light.ask(&question).await;
    let id = question.id().to_string();
    light.queue.preview(&id).await.unwrap();
    let changed = light.queue.decide(&id, Choice::Approve).await;
    assert!(matches!(changed, Err(ConsentError::Changed(_))), "{changed:?}");
    let changed = light.queue.always(&id, Choice::Approve, None).await;
    assert!(matches!(changed, Err(ConsentError::Changed(_))), "{changed:?}");
    assert!(light.sent().is_none() && light.recorded().is_empty());
    assert_eq!(fs::read_to_string(light.place.consent()).unwrap(), "", "and no rule is written");
    assert!(light.waits(&question).await);
    light.queue.preview(&id).await.unwrap();
    light.queue.decide(&id, Choice::Approve).await.unwrap();
    assert!(matches!(light.sent(), Some(Command::Answer { .. })));
}

#[tokio::test]
async fn a_question_is_denied_or_approved_unseen_whatever_the_data_is_by_now() {
    for (choice, previews) in [(Choice::Deny, 1), (Choice::Approve, 0)] {
        let mut light = Light::answering(Box::<Moving>::default(), "");
        let question = question(1);
        light.ask(&question).await;
        for _ in 0..previews {
            light.queue.preview(&question.id().to_string()).await.unwrap();
        }
        light.queue.decide(&question.id().to_string(), choice).await.unwrap();
        assert!(light.sent().is_some());
    }
}
