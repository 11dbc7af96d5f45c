//! Turns: how the questions of many askers share what a node does a few at a time.
//!
//! Askers are served in turn, each its oldest question first, and one gets another turn while it holds fewer than are
//! left free. So the questions of one wait behind each other, and not in front of those of others.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use formix_proto::id::NodeId;
use tokio::sync::oneshot;

/// A number of turns.
pub(super) struct Turns(Arc<Mutex<Line>>);

/// One turn, which is over when this is dropped.
pub(super) struct Turn {
    line: Arc<Mutex<Line>>,
    asker: NodeId,
}

struct Line {
    size: usize,
    taken: usize,
    held: BTreeMap<NodeId, usize>,
    /// By asker, in the order in which they are served.
    waiting: VecDeque<(NodeId, VecDeque<oneshot::Sender<Turn>>)>,
}

impl Turns {
    /// So many at the same time.
    pub(super) fn new(size: usize) -> Self {
        let (held, waiting) = (BTreeMap::new(), VecDeque::new());
        Self(Arc::new(Mutex::new(Line { size, taken: 0, held, waiting })))
    }

    /// Waits for a turn of this asker's.
    pub(super) async fn take(&self, asker: NodeId) -> Option<Turn> {
        let turn = lock(&self.0).enter(asker);
        serve(&self.0);
        turn.await.ok()
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        lock(&self.line).leave(self.asker);
        serve(&self.line);
    }
}

/// Gives out what turns are free. A turn that nobody takes any more comes back as it is dropped.
fn serve(line: &Arc<Mutex<Line>>) {
    loop {
        // The guard must be gone before a turn may be dropped.
        let next = lock(line).next();
        let Some((asker, waits)) = next else { return };
        let _ = waits.send(Turn { line: Arc::clone(line), asker });
    }
}

fn lock(line: &Mutex<Line>) -> MutexGuard<'_, Line> {
    line.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Line {
    fn enter(&mut self, asker: NodeId) -> oneshot::Receiver<Turn> {
        let (waits, turn) = oneshot::channel();
        match self.waiting.iter_mut().find(|(known, _)| *known == asker) {
            Some((_, line)) => line.push_back(waits),
            None => self.waiting.push_back((asker, [waits].into())),
        }
        turn
    }

    fn leave(&mut self, asker: NodeId) {
        self.taken -= 1;
        if let Some(held) = self.held.get_mut(&asker) {
            *held -= 1;
            if *held == 0 {
                self.held.remove(&asker);
            }
        }
    }

    /// Takes a turn for whoever is served next; those behind it come before its other questions.
    fn next(&mut self) -> Option<(NodeId, oneshot::Sender<Turn>)> {
        for (_, line) in &mut self.waiting {
            line.retain(|waits| !waits.is_closed());
        }
        self.waiting.retain(|(_, line)| !line.is_empty());
        let first = self.waiting.iter().position(|(asker, _)| self.admits(asker))?;
        let (asker, mut line) = self.waiting.remove(first)?;
        let waits = line.pop_front()?;
        if !line.is_empty() {
            self.waiting.push_back((asker, line));
        }
        self.taken += 1;
        *self.held.entry(asker).or_default() += 1;
        Some((asker, waits))
    }

    fn admits(&self, asker: &NodeId) -> bool {
        self.held.get(asker).copied().unwrap_or_default() < self.size - self.taken
    }
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    const GREEDY: NodeId = NodeId([1; 32]);
    const OTHER: NodeId = NodeId([2; 32]);

    type Waiting<'t> = Pin<Box<dyn Future<Output = Option<Turn>> + 't>>;

    /// Asks for a turn, without waiting.
    fn ask(turns: &Turns, asker: NodeId) -> Waiting<'_> {
        let mut waiting = Box::pin(turns.take(asker)) as Waiting<'_>;
        assert!(has_come(&mut waiting).is_none(), "somebody has to wait");
        waiting
    }

    fn has_come(waiting: &mut Waiting<'_>) -> Option<Turn> {
        match waiting.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(turn) => Some(turn.expect("a turn")),
            Poll::Pending => None,
        }
    }

    #[tokio::test]
    async fn one_asker_gets_half_of_the_turns_and_the_next_half_of_the_rest() {
        let turns = Turns::new(4);
        let _held = (turns.take(GREEDY).await, turns.take(GREEDY).await);
        let mut third = ask(&turns, GREEDY);
        let other = turns.take(OTHER).await;
        let _second = ask(&turns, OTHER);
        drop(other);
        assert!(has_come(&mut third).is_none(), "it holds as many as are left");
    }

    #[tokio::test]
    async fn askers_are_served_in_turn_and_each_in_its_order() {
        let turns = Turns::new(1);
        let mut turn = turns.take(GREEDY).await;
        let asked = [GREEDY, GREEDY, OTHER, GREEDY, OTHER];
        let mut waiting = asked.map(|asker| Some(ask(&turns, asker)));
        let mut served = Vec::new();
        for _ in asked {
            drop(turn.take());
            let come = |waits: &mut Option<Waiting<'_>>| waits.as_mut().and_then(has_come);
            let at = waiting.iter_mut().position(|waits| {
                turn = come(waits);
                turn.is_some()
            });
            let at = at.expect("a turn is free");
            waiting[at] = None;
            served.push(at);
        }
        assert_eq!(served, [0, 2, 1, 4, 3]);
    }

    #[tokio::test]
    async fn whoever_has_gone_takes_no_turn() {
        let turns = Turns::new(1);
        let turn = turns.take(GREEDY).await;
        drop(ask(&turns, OTHER));
        drop(turn);
        drop(turns.take(GREEDY).await);
        let line = lock(&turns.0);
        assert_eq!((line.taken, line.held.len(), line.waiting.len()), (0, 0, 0));
    }
}
