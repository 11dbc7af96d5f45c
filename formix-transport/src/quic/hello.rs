//! The hello: proof to each side that the other has judged its key and goes on.

use std::time::Duration;

use quinn::{Connection, SendStream};

use super::close::{Close, End};
use super::framing::Reader;

/// What each side says first; the version is the one ALPN agreed on.
const HELLO: [u8; 8] = *b"formix/2";

/// The dialler opens the stream and speaks first.
pub(super) async fn dialler(
    connection: &Connection,
    patience: Duration,
) -> Result<(SendStream, Reader), End> {
    let (mut send, receive) = connection.open_bi().await?;
    send.write_all(&HELLO).await?;
    Ok((send, check(Reader::new(receive, patience)).await?))
}

/// The listener answers.
pub(super) async fn listener(
    connection: &Connection,
    patience: Duration,
) -> Result<(SendStream, Reader), End> {
    let (mut send, receive) = connection.accept_bi().await?;
    let receive = check(Reader::new(receive, patience)).await?;
    send.write_all(&HELLO).await?;
    Ok((send, receive))
}

async fn check(mut stream: Reader) -> Result<Reader, End> {
    let mut said = [0; HELLO.len()];
    match stream.fill(&mut said).await {
        Ok(()) if said == HELLO => Ok(stream),
        Ok(()) | Err(End::Close(Close::Truncated)) => Err(Close::BadHello.into()),
        Err(end) => Err(end),
    }
}
