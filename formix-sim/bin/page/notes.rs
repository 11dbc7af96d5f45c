//! What a page must know of a run, noted while the run goes on.

use formix_proto::message::Message;

use super::phase::Phase;
use formix_sim::index::Index;
use formix_sim::plan::{Kind, Peer, Plan};

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub(super) flights: Vec<Flight>,
    pub(super) writes: Vec<Write>,
    pub(super) bands: Vec<Band>,
    pub(super) events: Vec<Event>,
    pub(super) outages: Vec<Outage>,
    pub(super) pauses: Vec<Pause>,
    pub(super) moments: Vec<Moment>,
    /// When the last of it was.
    pub(super) end: u64,
    /// What was seen last: if the run broke an invariant, by this.
    pub(super) last: Option<Last>,
}

/// One message.
#[derive(Debug)]
pub(super) struct Flight {
    /// Messages have rising numbers.
    pub(super) number: u64,
    pub(super) from: Peer,
    pub(super) to: Peer,
    pub(super) sent: u64,
    /// When it was heard: not at all, once or twice.
    pub(super) heard: Vec<u64>,
    /// The faults that it met with on the way.
    pub(super) faults: Vec<Kind>,
    pub(super) name: &'static str,
    pub(super) question: Option<usize>,
    /// How long it is, in bytes.
    pub(super) length: usize,
    pub(super) values: Option<String>,
}

/// One batch, on its way to the disk.
#[derive(Debug)]
pub(super) struct Write {
    pub(super) peer: Peer,
    pub(super) issued: u64,
    pub(super) fate: Option<(u64, Fate)>,
    pub(super) questions: Vec<usize>,
    pub(super) text: String,
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Durable,
    Lost,
}

/// A phase of a computation at a node.
#[derive(Debug)]
pub(super) struct Band {
    pub(super) peer: Peer,
    pub(super) question: usize,
    /// It is of the node as the proposer.
    pub(super) asking: bool,
    pub(super) phase: Phase,
    /// No other was before it.
    pub(super) first: bool,
    pub(super) start: u64,
    /// Its end, if the run saw it.
    pub(super) end: Option<u64>,
}

/// Something that happened at a node.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) peer: Peer,
    pub(super) at: u64,
    pub(super) sort: Sort,
    pub(super) text: String,
}

/// What sort of thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sort {
    /// The owner was told something.
    Told,
    /// A fault took effect.
    Fault,
    /// It started or stopped.
    Life,
}

/// A time in which a node was down.
#[derive(Debug)]
pub(super) struct Outage {
    pub(super) peer: Peer,
    pub(super) start: u64,
    pub(super) end: Option<u64>,
}

/// A time in which a node did nothing.
#[derive(Debug)]
pub(super) struct Pause {
    pub(super) peer: Peer,
    pub(super) start: u64,
    pub(super) end: u64,
}

/// Something that happened everywhere.
#[derive(Debug)]
pub(super) struct Moment {
    pub(super) at: u64,
    pub(super) question: Option<usize>,
    pub(super) text: String,
}

/// The place in the notes of what was seen last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Last {
    Flight(usize),
    Write(usize),
    Event(usize),
    Moment(usize),
}

impl Flight {
    /// Whether a fault kept it from arriving.
    pub(super) fn is_lost(&self) -> bool {
        const KEPT: [Kind; 5] =
            [Kind::Loss, Kind::OneWayCut, Kind::Partition, Kind::Deafness, Kind::Reset];
        self.heard.is_empty() && self.faults.iter().any(|kind| KEPT.contains(kind))
    }
}

impl Notes {
    /// A message was heard, which was sent under this number.
    pub(super) fn heard(&mut self, at: u64, number: u64) {
        if let Ok(nth) = self.flights.binary_search_by_key(&number, |flight| flight.number) {
            self.flights[nth].heard.push(at);
        }
    }

    /// Whether a message that nobody heard was still under way when the run ended: its receiver
    /// was there all the time.
    pub(super) fn is_under_way(&self, flight: &Flight) -> bool {
        let missed = |outage: &Outage| {
            outage.peer == flight.to && outage.end.is_none_or(|end| end > flight.sent)
        };
        flight.heard.is_empty() && !flight.is_lost() && !self.outages.iter().any(missed)
    }

    /// Leaves out what was before or after.
    pub(super) fn clip(&mut self, from: u64, until: u64) {
        let within = |at: u64| (from..=until).contains(&at);
        self.flights.retain(|flight| within(flight.sent));
        self.writes.retain(|write| within(write.issued));
        self.events.retain(|event| within(event.at));
        self.moments.retain(|moment| within(moment.at));
        self.outages.retain(|outage| outage.start <= until);
        self.bands.retain(|band| within(band.start));
        for band in &mut self.bands {
            band.end = band.end.filter(|end| within(*end));
        }
        self.end = until;
    }
}

/// Which question of the workload a message is about.
pub(super) fn question(plan: &Plan, message: &Message) -> Option<usize> {
    let mut workload = plan.workload.iter();
    match message {
        Message::Propose { nonce, .. } => workload.position(|asked| asked.proposal.nonce == *nonce),
        _ => Index::new(plan).of(message),
    }
}
