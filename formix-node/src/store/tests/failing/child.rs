//! A process of its own that writes a log, and says how far it is.

use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};

use super::super::conformance::{History, survivors, whole_lives};
use super::super::*;

/// How many batches the process hands over at once.
pub(super) const AT_ONCE: usize = 3;

/// What the process writes: so many lives of each part.
pub(super) fn history(lives: u32) -> History {
    whole_lives(8, lives)
}

/// The command that goes on with the log of a home, started by what `wrapper` names.
pub(super) fn command(wrapper: &[&str], home: &Home, lives: u32) -> Command {
    let me = std::env::current_exe().unwrap();
    let test = "store::tests::failing::child::writes_what_is_not_there_yet";
    let line = [wrapper, &[me.to_str().unwrap(), "--exact", test, "--ignored", "--nocapture"]];
    let line = line.concat();
    let mut command = Command::new(line[0]);
    command.args(&line[1..]).stdout(Stdio::piped()).stderr(Stdio::null());
    command.env("FORMIX_TEST_FILE", home.file()).env("FORMIX_TEST_LIVES", lives.to_string());
    command
}

/// A process that runs, and what it has said so far.
pub(super) struct Running {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    /// How many batches are in the log.
    pub(super) acknowledged: usize,
    /// Why the log stopped.
    pub(super) refused: Option<String>,
}

impl Running {
    pub(super) fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines, acknowledged: 0, refused: None }
    }

    /// Listens until so many are acknowledged, or nothing comes any more.
    pub(super) fn listen_until(&mut self, acknowledged: usize) {
        while self.acknowledged < acknowledged {
            let Some(line) = self.lines.next() else { return };
            let line = line.unwrap();
            if let Some(number) = line.strip_prefix("acknowledged ") {
                self.acknowledged = number.parse().unwrap();
            }
            self.refused = line.strip_prefix("refused ").map(str::to_owned).or(self.refused.take());
        }
    }

    /// Listens to the end.
    pub(super) fn end(mut self) -> Self {
        self.listen_until(usize::MAX);
        self.child.wait().unwrap();
        self
    }

    /// SIGKILL.
    pub(super) fn kill(mut self) -> Self {
        self.child.kill().unwrap();
        self.end()
    }

    /// The log now: it begins with what was acknowledged, and ends with what was handed over.
    pub(super) fn keeps_its_word(&self, home: &Home, lives: u32, what: &str) {
        let history = history(lives);
        let opened = Store::open(&home.file(), ME);
        let (store, opened) = opened.unwrap_or_else(|error| panic!("{what}: {error}"));
        store.shut();
        let pushed = history.len().min(self.acknowledged + AT_ONCE);
        let kept = survivors(&opened.records, &history, self.acknowledged, pushed);
        assert!(kept.is_some(), "{what}: {} were acknowledged", self.acknowledged);
    }
}

#[test]
#[ignore = "run by others, in a process of its own"]
fn writes_what_is_not_there_yet() {
    let Ok(file) = std::env::var("FORMIX_TEST_FILE") else { return };
    let lives = std::env::var("FORMIX_TEST_LIVES").unwrap().parse().unwrap();
    if let Err(error) = write_the_rest(Path::new(&file), &history(lives)) {
        println!("\nrefused {error}");
    }
}

fn write_the_rest(file: &Path, history: &History) -> Result<(), StoreError> {
    let (store, mut opened) = Store::open(file, ME)?;
    let mut done = survivors(&opened.records, history, 0, history.len()).expect("whole batches");
    println!("\nacknowledged {done}");
    while done < history.len() {
        let last = history.len().min(done + AT_ONCE);
        for (seq, records) in (1..).zip(history).take(last).skip(done) {
            store.append(Batch { seq: BatchSeq(seq), records: records.clone() });
        }
        while done < last {
            let next = opened.acknowledgements.blocking_recv().expect("an error comes last")?;
            done = usize::try_from(next.0).unwrap();
            println!("acknowledged {done}");
        }
    }
    wait(store.close())
}
