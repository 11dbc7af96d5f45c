//! Takes note of a run while it goes on.

use formix_proto::record::{Fact, Record};

use super::notes::{self, Band, Event, Fate, Flight, Last, Moment, Outage, Pause, Sort, Write};
use super::values::Values;
use super::{Page, phase};
use formix_sim::observation::{InputKind, Observation, Observer};
use formix_sim::plan::{Fault, Kind, Peer};

impl Page<'_> {
    fn issued(&mut self, at: u64, peer: Peer, records: &[Record], text: String) {
        let mut questions: Vec<_> =
            records.iter().filter_map(|record| self.ids.get(&record.id).copied()).collect();
        questions.dedup();
        let mut lines = vec![text];
        if self.secrets {
            lines.extend(records.iter().filter_map(|record| {
                let question = *self.ids.get(&record.id)?;
                Values::new(self.plan, question).of_record(peer, record)
            }));
        }
        let write = Write { peer, issued: at, fate: None, questions, text: lines.join("\n") };
        self.notes.last = Some(Last::Write(self.notes.writes.len()));
        self.notes.writes.push(write);
    }

    /// Batches become durable in the order in which they were issued.
    fn durable(&mut self, at: u64, peer: Peer, records: &[Record]) {
        let mut waiting = self.notes.writes.iter_mut().enumerate();
        if let Some((nth, write)) =
            waiting.find(|(_, write)| write.peer == peer && write.fate.is_none())
        {
            write.fate = Some((at, Fate::Durable));
            self.notes.last = Some(Last::Write(nth));
        }
        records.iter().for_each(|record| self.turn(at, peer, record));
    }

    /// A computation enters another phase at a node, if the record says so.
    fn turn(&mut self, at: u64, peer: Peer, Record { id, fact }: &Record) {
        let Some(question) = self.ids.get(id).copied() else { return };
        let (phase, asking) = (phase::phase(fact), phase::is_proposers(fact));
        let forgotten = matches!(fact, Fact::Forgotten);
        if phase.is_none() && !forgotten {
            return;
        }
        let same = |band: &&mut Band| {
            (band.peer, band.question) == (peer, question) && (band.asking == asking || forgotten)
        };
        let mut first = true;
        for band in self.notes.bands.iter_mut().filter(same) {
            band.end = band.end.or(Some(at));
            first = false;
        }
        if let Some(phase) = phase {
            self.notes.bands.push(Band {
                peer,
                question,
                asking,
                phase,
                first,
                start: at,
                end: None,
            });
        }
    }

    fn struck(&mut self, at: u64, kind: Kind, peer: Peer, to: Option<Peer>, text: String) {
        *self.faults.entry(kind).or_default() += 1;
        let pause = |fault: &Fault| match fault {
            Fault::Pause { peer: paused, at: start, length }
                if (*paused, *start) == (peer, at) && kind == Kind::Pause =>
            {
                Some(Pause { peer, start: at, end: at + length })
            }
            _ => None,
        };
        self.notes.pauses.extend(self.plan.faults.list.iter().find_map(pause));
        let same =
            |flight: &&mut Flight| (flight.from, Some(flight.to), flight.sent) == (peer, to, at);
        match self.notes.flights.last_mut().filter(same) {
            Some(flight) => flight.faults.push(kind),
            None => self.event(at, peer, Sort::Fault, text),
        }
    }

    fn stopped(&mut self, at: u64, peer: Peer, amnesia: bool) {
        let waiting = |write: &&mut Write| write.peer == peer && write.fate.is_none();
        self.notes.writes.iter_mut().filter(waiting).for_each(|w| w.fate = Some((at, Fate::Lost)));
        self.notes.outages.push(Outage { peer, start: at, end: None });
        let open = |band: &&mut Band| amnesia && band.peer == peer && band.end.is_none();
        self.notes.bands.iter_mut().filter(open).for_each(|band| band.end = Some(at));
    }

    fn started(&mut self, at: u64, peer: Peer) {
        let open = |outage: &&mut Outage| outage.peer == peer && outage.end.is_none();
        self.notes.outages.iter_mut().filter(open).for_each(|outage| outage.end = Some(at));
    }

    fn event(&mut self, at: u64, peer: Peer, sort: Sort, text: String) {
        self.notes.last = Some(Last::Event(self.notes.events.len()));
        self.notes.events.push(Event { peer, at, sort, text });
    }

    fn moment(&mut self, at: u64, question: Option<usize>, text: String) {
        self.notes.last = Some(Last::Moment(self.notes.moments.len()));
        self.notes.moments.push(Moment { at, question, text });
    }
}

impl Observer for Page<'_> {
    fn observe(&mut self, at: u64, observation: &Observation<'_>) {
        let text = self.story.line(observation).unwrap_or_default();
        self.notes.end = at;
        match observation {
            Observation::Issued { peer, records, .. } => self.issued(at, *peer, records, text),
            Observation::Durable { peer, records } => self.durable(at, *peer, records),
            Observation::Sent { number, from, to, frame, message } => {
                let question = notes::question(self.plan, message);
                let values = |question| Values::new(self.plan, question).of_message(message);
                let values = question.filter(|_| self.secrets).and_then(values);
                self.notes.last = Some(Last::Flight(self.notes.flights.len()));
                self.notes.flights.push(Flight {
                    number: *number,
                    from: *from,
                    to: *to,
                    sent: at,
                    heard: Vec::new(),
                    faults: Vec::new(),
                    name: message.name(),
                    question,
                    length: frame.len(),
                    values,
                });
            }
            Observation::Input { input: InputKind::Frame { number, .. }, .. } => {
                self.notes.heard(at, *number)
            }
            Observation::Told { peer, .. } => self.event(at, *peer, Sort::Told, text),
            Observation::Fault { kind, peer, to } => self.struck(at, *kind, *peer, *to, text),
            Observation::Stopped { peer, amnesia, .. } => {
                self.stopped(at, *peer, *amnesia);
                self.event(at, *peer, Sort::Life, text);
            }
            Observation::Started { peer, .. } => {
                self.started(at, *peer);
                self.event(at, *peer, Sort::Life, text);
            }
            Observation::Unrecoverable { peer } => self.event(at, *peer, Sort::Fault, text),
            Observation::Healed => self.moment(at, None, text),
            Observation::TimeUp { question, .. } => self.moment(at, Some(*question), text),
            // The end of a question is an event at its proposer as well.
            _ => {}
        }
    }
}
