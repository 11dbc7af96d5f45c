//! The owner's end.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use zeroize::Zeroizing;

use super::{ControlError, Request, Response};
use crate::home::Home;

/// How long a node may take over what it can answer at once.
const PROMPTLY: Duration = Duration::from_secs(5);

/// How long a node may take to finish what is under way.
const DRAINING: Duration = Duration::from_secs(60);

/// The pause between two looks at whether a process is still there.
const POLL: Duration = Duration::from_millis(10);

/// Asks how a node is, or to read its network again: a node that does not answer in time is stuck.
pub async fn call_promptly(
    home: &Home,
    name: &str,
    request: &Request,
) -> Result<Response, ControlError> {
    let answer = tokio::time::timeout(PROMPTLY, call(home, name, request)).await;
    answer.unwrap_or_else(|_| Err(ControlError::Stuck(name.to_owned())))
}

/// Lets a node finish what is under way, and waits until nobody holds its log any more. A node that is
/// starting is stopped once it can be asked.
pub async fn stop(home: &Home, name: &str) -> Result<(), ControlError> {
    let begun = Instant::now();
    loop {
        match ask_to_stop(home, name).await {
            Err(ControlError::NotRunning(name)) => match home.node(&name).holder()? {
                None => return Err(ControlError::NotRunning(name)),
                Some(_) if begun.elapsed() < PROMPTLY => tokio::time::sleep(POLL).await,
                Some(holder) => return Err(ControlError::NoSocket { name, holder }),
            },
            stopped => return stopped,
        }
    }
}

async fn ask_to_stop(home: &Home, name: &str) -> Result<(), ControlError> {
    let stuck = |_| ControlError::Stuck(name.to_owned());
    let asked = Connection::ask(home, name, &Request::Stop);
    let mut connection = tokio::time::timeout(PROMPTLY, asked).await.map_err(stuck)??;
    let ended = async {
        // The node closes the connection by ending.
        connection.line().await?;
        while home.node(name).holder()?.is_some() {
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    };
    tokio::time::timeout(DRAINING, ended).await.map_err(stuck)?
}

/// Asks one thing of the node of that name, and waits for its answer.
pub async fn call(home: &Home, name: &str, request: &Request) -> Result<Response, ControlError> {
    Connection::ask(home, name, request).await.map(|connection| connection.response)
}

/// A connection over which one request was answered.
struct Connection {
    name: String,
    path: PathBuf,
    stream: BufReader<UnixStream>,
    response: Response,
}

impl Connection {
    async fn ask(home: &Home, name: &str, request: &Request) -> Result<Self, ControlError> {
        let (name, path) = (name.to_owned(), home.node(name).socket());
        let stream = match UnixStream::connect(&path).await {
            Ok(stream) => BufReader::new(stream),
            Err(error) => return Err(failed(&name, &path, error)),
        };
        let mut connection = Self { name, path, stream, response: Response::Done };
        let mut line = serde_json::to_vec(request).map_err(|_| connection.garbled())?;
        line.push(b'\n');
        let written = connection.stream.write_all(&line).await;
        written.map_err(|error| failed(&connection.name, &connection.path, error))?;
        let answer = Zeroizing::new(connection.line().await?);
        if answer.is_empty() {
            return Err(ControlError::NotRunning(connection.name));
        }
        match serde_json::from_str(&answer).map_err(|_| connection.garbled())? {
            Response::Failed(reason) => Err(ControlError::Failed(reason)),
            Response::Refused(reason) => Err(ControlError::Refused(reason)),
            response => Ok(Self { response, ..connection }),
        }
    }

    async fn line(&mut self) -> Result<String, ControlError> {
        let mut line = String::new();
        let read = self.stream.read_line(&mut line).await;
        read.map_err(|error| failed(&self.name, &self.path, error))?;
        Ok(line)
    }

    fn garbled(&self) -> ControlError {
        ControlError::Garbled(self.name.clone())
    }
}

fn failed(name: &str, path: &Path, error: io::Error) -> ControlError {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
            ControlError::NotRunning(name.to_owned())
        }
        _ => ControlError::Io { path: path.to_owned(), error },
    }
}
