//! A process of its own that writes a log, and says how far it is.

use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};

use super::super::conformance::{Batches, survivors, whole_lives};
use super::super::*;

/// How many batches the process hands over at once.
pub(super) const AT_ONCE: usize = 3;

/// What the process writes: this number of lives for each part that a node can have.
pub(super) fn batches(lives: u32) -> Batches {
    whole_lives(8, lives)
}

/// The command that goes on with the log of a home, started by what `wrapper` names.
pub(super) fn command(wrapper: &[&str], home: &Home, lives: u32) -> Command {
    let me = std::env::current_exe().unwrap();
    let test = "log::tests::failing::child::writes_what_is_not_there_yet";
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

    /// Listens until this number of batches is acknowledged, or the process says nothing more.
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
        let batches = batches(lives);
        let opened = try_open(&home.file());
        let (log, opened) = opened.unwrap_or_else(|error| panic!("{what}: {error}"));
        log.shut();
        let pushed = batches.len().min(self.acknowledged + AT_ONCE);
        let kept = survivors(&opened.records, &batches, self.acknowledged, pushed);
        assert!(kept.is_some(), "{what}: {} were acknowledged", self.acknowledged);
    }
}

#[test]
#[ignore = "run by others, in a process of its own"]
fn writes_what_is_not_there_yet() {
    let Ok(file) = std::env::var("FORMIX_TEST_FILE") else { return };
    let lives = std::env::var("FORMIX_TEST_LIVES").unwrap().parse().unwrap();
    if let Err(error) = write_the_rest(Path::new(&file), &batches(lives)) {
        println!("\nrefused {error}");
    }
}

fn write_the_rest(file: &Path, batches: &Batches) -> Result<(), DatabaseError> {
    let (log, mut opened) = try_open(file)?;
    let mut done = survivors(&opened.records, batches, 0, batches.len()).expect("whole batches");
    println!("\nacknowledged {done}");
    while done < batches.len() {
        let last = batches.len().min(done + AT_ONCE);
        for (seq, records) in (1..).zip(batches).take(last).skip(done) {
            log.append(Batch { seq: BatchSeq(seq), records: records.clone() });
        }
        while done < last {
            let next = opened.acknowledgements.blocking_recv().expect("an error comes last")?;
            done = usize::try_from(next.0).unwrap();
            println!("acknowledged {done}");
        }
    }
    wait(log.close())
}
