//! The owner's end.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

use super::{ControlError, Request, Response};
use crate::home::Home;

/// How long a node may take over what it can answer at once.
const PROMPTLY: Duration = Duration::from_secs(5);

/// Asks how a node is, or to read its network again: a node that does not answer in time is stuck.
pub async fn call_promptly(
    home: &Home,
    name: &str,
    request: &Request,
) -> Result<Response, ControlError> {
    let answer = tokio::time::timeout(PROMPTLY, call(home, name, request)).await;
    answer.unwrap_or_else(|_| Err(ControlError::Stuck(name.to_owned())))
}

/// Asks one thing of the node of that name, and waits for its answer.
pub async fn call(home: &Home, name: &str, request: &Request) -> Result<Response, ControlError> {
    let path = home.node(name).socket();
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
            ControlError::NotRunning(name.to_owned())
        }
        _ => ControlError::Io { path: path.clone(), error },
    };
    let mut stream = BufReader::new(UnixStream::connect(&path).await.map_err(failed)?);
    let garbled = |_| ControlError::Garbled(name.to_owned());
    let mut line = serde_json::to_vec(request).map_err(garbled)?;
    line.push(b'\n');
    stream.write_all(&line).await.map_err(failed)?;
    let mut answer = String::new();
    stream.read_line(&mut answer).await.map_err(failed)?;
    if answer.is_empty() {
        return Err(ControlError::NotRunning(name.to_owned()));
    }
    match serde_json::from_str(&answer).map_err(garbled)? {
        Response::Failed(reason) => Err(ControlError::Failed(reason)),
        Response::Refused(reason) => Err(ControlError::Refused(reason)),
        response => {
            if *request == Request::Stop {
                // The node closes the connection by ending.
                let _ = stream.read_line(&mut answer).await;
            }
            Ok(response)
        }
    }
}
