//! A shell over a log and a transport in memory.

use std::sync::Arc;
use std::sync::Mutex;

use formix_proto::directory::{Directory, Role};
use formix_proto::id::{ComputationId, Nonce};
use formix_proto::node::Config;
use formix_proto::policy::Policy;
use formix_proto::record::{Fact, Record};
use formix_proto::time::Time;
use formix_transport::memory::{Hub, MemoryTransport};

use super::*;
use crate::clock::now;
use crate::log::MemoryLog;
use crate::log::memory::Memory;
use crate::log::tests::{ME, proposal, wait};

/// A log that claims the words for a proposal as it is appended, no later than any listener could.
struct Claiming {
    log: MemoryLog,
    words: Words,
    claimed: Arc<Mutex<Vec<Option<Schema>>>>,
}

impl Log for Claiming {
    fn append(&self, batch: Batch) {
        for Record { id, fact } in &batch.records {
            if let Fact::Proposed(_) = fact {
                self.claimed.lock().unwrap().push(self.words.take(id));
            }
        }
        self.log.append(batch);
    }

    async fn close(self) -> Result<(), DatabaseError> {
        self.log.close().await
    }
}

/// The attack: a heavy node says why it refuses, and its words are lines of the analyst's log.
#[test]
fn what_a_peer_says_is_one_line_of_the_log() {
    use formix_proto::outcome::{Failure, Outcome, Refusal};
    use formix_proto::query::QueryError;
    use formix_proto::spec::SpecError;
    let written = Arc::new(Mutex::new(Vec::new()));
    let log_file = Arc::clone(&written);
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || Written(Arc::clone(&log_file)))
        .finish();
    let words = "x\n2026-11-28T12:00:00Z INFO completed\u{1b}[2J".repeat(1000);
    let refusal = Refusal::Terms(SpecError::Query(QueryError::Name(words)));
    let failure = Failure::Refused { by: ME, refusal };
    let id = ComputationId([1; 32]);
    tracing::subscriber::with_default(subscriber, || {
        log(&Event::Ended { id, outcome: Outcome::Failed(failure) });
    });
    let text = String::from_utf8(written.lock().unwrap().clone()).unwrap();
    assert_eq!(text.matches('\n').count(), 1, "{text}");
    assert!(text.ends_with('\n') && text.len() < 2000, "{text}");
    assert!(!text.trim_end().contains(char::is_control), "{text}");
}

struct Written(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The shell of a proposer that is alone, its log, and where requests and events go.
struct Alone {
    shell: Shell<MemoryTransport, Claiming>,
    log: Memory,
    words: Words,
    claimed: Arc<Mutex<Vec<Option<Schema>>>>,
    requests: mpsc::Sender<Request>,
    events: broadcast::Receiver<Event>,
}

fn alone() -> Alone {
    let (memory, words, claimed) = (Memory::default(), Words::default(), Arc::default());
    let (requests, inbox) = mpsc::channel(16);
    let (events, heard) = broadcast::channel(16);
    let (log, opened) = MemoryLog::open(&memory);
    let heavies = proposal().spec.committee.clone();
    let heavies = heavies.nodes().map(|id| (id, Role::Heavy));
    let directory: Directory = heavies.chain([(ME, Role::Proposer)]).collect();
    let (policy, directory) = (Policy::default(), Arc::new(directory));
    let config = Config { id: ME, role: Role::Proposer, policy, directory };
    let node = Node::recover_with(config, Coins::new().unwrap(), now(), opened.records).unwrap();
    let ports = Ports {
        log: Claiming { log, words: words.clone(), claimed: Arc::clone(&claimed) },
        words: words.clone(),
        transport: Arc::new(Hub::default().join(ME, Role::Proposer, Arc::default())),
        events,
        owner: Owner::new(None, requests.clone()),
        issued: BatchSeq::default(),
        durable: BatchSeq::default(),
        faults: BTreeMap::new(),
    };
    let shell = Shell::start(node, ports, inbox, opened.acknowledgements);
    Alone { shell, log: memory, words, claimed, requests, events: heard }
}

/// A question that is open until then, and the words for it.
fn question(nonce: u8, deadline: Time) -> (ComputationId, Box<Proposal>, Schema) {
    let mut proposal = Box::new(proposal());
    proposal.nonce = Nonce([nonce; 16]);
    let spec = Arc::make_mut(&mut proposal.spec);
    (spec.deadline, spec.min_participants) = (deadline, 3);
    let words = Schema::from(proposal.spec.statistic.clone());
    (proposal.id(), proposal, words)
}

#[test]
fn words_are_there_when_the_proposal_is_recorded_and_wait_for_no_other() {
    let Alone { mut shell, words, claimed, .. } = alone();
    let later = now() + std::time::Duration::from_secs(60);
    let (id, proposal, meant) = question(1, later);
    shell.propose(proposal.clone(), meant.clone());
    assert_eq!(*claimed.lock().unwrap(), [Some(meant.clone())]);
    shell.propose(proposal, meant);
    assert_eq!(words.take(&id), None, "it was proposed before");
    let (late, proposal, meant) = question(2, Time(1));
    shell.propose(proposal, meant);
    assert_eq!(words.take(&late), None, "it is rejected");
    assert_eq!(claimed.lock().unwrap().len(), 1);
}

#[test]
fn what_is_recorded_is_acknowledged_before_the_doors_close() {
    let Alone { shell, log, requests, mut events, .. } = alone();
    let later = now() + std::time::Duration::from_secs(60);
    let (id, proposal, meant) = question(1, later);
    wait(async {
        requests.send(Request::Propose(proposal, Box::new(meant))).await.unwrap();
        requests.send(Request::Stop).await.unwrap();
        shell.run().await.unwrap();
    });
    assert!(matches!(events.try_recv(), Ok(Event::Proposed(of)) if of == id));
    let log = log.lock().unwrap();
    assert!(matches!(&log[..], [record] if matches!(record.fact, Fact::Proposed(_))));
}
