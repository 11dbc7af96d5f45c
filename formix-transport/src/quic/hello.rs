//! The hello: it tells each side that the other has accepted its key.

use std::time::Duration;

use quinn::{Connection, SendStream};

use super::close::{Close, End};
use super::framing::Reader;

/// The first bytes from each side; the version is the one that ALPN agreed on.
const HELLO: [u8; 8] = *b"formix/4";

/// The dialler opens the stream and sends its hello first.
pub(super) async fn dialler(
    connection: &Connection,
    patience: Duration,
) -> Result<(SendStream, Reader), End> {
    let (mut send, receive) = connection.open_bi().await?;
    send.write_all(&HELLO).await?;
    Ok((send, check(Reader::new(receive, patience)).await?))
}

/// The listener replies with its own.
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
    let mut received = [0; HELLO.len()];
    match stream.fill(&mut received).await {
        Ok(()) if received == HELLO => Ok(stream),
        Ok(()) | Err(End::Close(Close::Truncated)) => Err(Close::BadHello.into()),
        Err(end) => Err(end),
    }
}
