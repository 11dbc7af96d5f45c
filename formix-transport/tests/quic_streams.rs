//! What an enrolled peer may send over QUIC, and what happens if it sends anything else.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod common;

use std::time::Duration;

use common::raw::{HELLO, Raw, Target, certified, code};
use common::{connected, deliver, next, run, until};
use formix_proto::directory::Role;
use formix_proto::limits::{MAX_FRAME, SMALL_FRAME};
use formix_transport::identity::Identity;
use formix_transport::quic::Close;
use formix_transport::{Limits, Transport};

fn quick() -> Limits {
    Limits { min_backoff: Duration::from_millis(5), ..Limits::default() }
}

fn framed(len: usize, body: &[u8]) -> Vec<u8> {
    [&(len as u32).to_be_bytes(), body].concat()
}

/// Sends these first bytes, and perhaps the end of the stream; returns the code of the close.
async fn first_words(words: &[u8], finish: bool, limits: Limits) -> u64 {
    let target = Target::start(limits).await;
    let connection = target.client().connect(target.address()).await.unwrap();
    let (mut send, _receive) = connection.open_bi().await.unwrap();
    send.write_all(words).await.unwrap();
    if finish {
        send.finish().unwrap();
    }
    let code = code(&connection).await;
    let violations = u64::from(code != Close::Done as u64);
    until(|| target.heavy.counts().violations == violations).await;
    target.is_unharmed().await;
    code
}

/// Sends these bytes on a stream for a large frame; returns the code of the close.
async fn large(words: &[u8], finish: bool, limits: Limits) -> u64 {
    let target = Target::start(limits).await;
    let (connection, _send, _receive) = target.client().greet(target.address()).await;
    let mut stream = connection.open_uni().await.unwrap();
    // Fails if the close arrives first.
    if stream.write_all(words).await.is_ok() && finish {
        let _ = stream.finish();
    }
    let code = code(&connection).await;
    until(|| target.heavy.counts().violations == 1).await;
    target.is_unharmed().await;
    code
}

#[test]
fn the_hello_is_exact_and_in_time() {
    run(async {
        for words in [b"formix/1".as_slice(), b"FORMIX/2", &[0; 8], &[0xff; 64]] {
            assert_eq!(first_words(words, false, quick()).await, Close::BadHello as u64);
        }
        for words in [b"".as_slice(), b"formix/"] {
            assert_eq!(first_words(words, true, quick()).await, Close::BadHello as u64);
        }
        let limits = Limits { handshake_timeout: Duration::from_millis(200), ..quick() };
        assert_eq!(first_words(b"formix/", false, limits).await, Close::TooSlow as u64);
    });
}

#[test]
fn a_small_length_is_judged_before_its_body() {
    run(async {
        for len in [SMALL_FRAME + 1, MAX_FRAME, u32::MAX as usize] {
            let words = [HELLO, &framed(len, b"")].concat();
            assert_eq!(first_words(&words, false, quick()).await, Close::BadLength as u64);
        }
    });
}

#[test]
fn a_small_frame_comes_whole_and_in_time() {
    run(async {
        let words = [HELLO, &framed(100, &[1; 99])].concat();
        for cut in HELLO.len() + 1..HELLO.len() + 6 {
            assert_eq!(first_words(&words[..cut], true, quick()).await, Close::Truncated as u64);
        }
        assert_eq!(first_words(&words, true, quick()).await, Close::Truncated as u64);
        let limits = || Limits { frame_timeout: Duration::from_millis(200), ..quick() };
        assert_eq!(first_words(&words, false, limits()).await, Close::TooSlow as u64);
        let words = [HELLO, b"\0"].concat();
        assert_eq!(first_words(&words, false, limits()).await, Close::TooSlow as u64);
    });
}

#[test]
fn a_peer_may_take_leave() {
    run(async {
        let words = [HELLO, &framed(0, b"")].concat();
        assert_eq!(first_words(&words, true, quick()).await, Close::Done as u64);
    });
}

#[test]
fn a_large_length_is_judged_before_its_body() {
    run(async {
        for len in [0, SMALL_FRAME, MAX_FRAME + 1, u32::MAX as usize] {
            let words = framed(len, b"");
            assert_eq!(large(&words, false, quick()).await, Close::BadLength as u64);
        }
    });
}

#[test]
fn a_large_frame_comes_whole_alone_and_in_time() {
    run(async {
        let len = SMALL_FRAME + 1;
        let short = framed(len, &vec![1; len - 1]);
        let long = framed(len, &vec![1; len + 1]);
        assert_eq!(large(&short, true, quick()).await, Close::Truncated as u64);
        assert_eq!(large(b"\0", true, quick()).await, Close::Truncated as u64);
        assert_eq!(large(&long, true, quick()).await, Close::TrailingBytes as u64);
        let limits = || Limits { frame_timeout: Duration::from_millis(200), ..quick() };
        let exact = framed(len, &vec![1; len]);
        for words in [&short, &exact, &vec![0]] {
            assert_eq!(large(words, false, limits()).await, Close::TooSlow as u64);
        }
    });
}

/// All the memory for large frames is announced, by two that send next to nothing of it.
#[test]
fn a_frame_does_not_wait_for_slower_ones_of_others() {
    run(async {
        let target = Target::start(quick()).await;
        let mut enrolment = target.enrolment.clone();
        let slow = [(); 3].map(|()| Identity::generate().unwrap());
        slow.iter().for_each(|key| enrolment.add(key.id(), Role::Light, None));
        target.heavy.set_peers(enrolment.peers());
        let mut open = Vec::new();
        for key in &slow {
            let client = Raw::new(Some(certified(key, key)));
            let (connection, send, receive) = client.greet(target.address()).await;
            let mut stream = connection.open_uni().await.unwrap();
            stream.write_all(&framed(MAX_FRAME, &[1; 100_000])).await.unwrap();
            open.push((client, connection, send, receive, stream));
        }
        let large = common::frame(&vec![5; MAX_FRAME]);
        target.light.send(target.heavy.id(), large.clone()).unwrap();
        assert!(next(&target.heavy, target.light.id()).await == large.as_ref());
        assert!(open.iter().all(|(_, connection, ..)| connection.close_reason().is_none()));
    });
}

#[test]
fn a_large_frame_that_does_not_come_on_ends_its_connection() {
    run(async {
        let limits = Limits { stall_timeout: Duration::from_millis(200), ..quick() };
        let words = framed(MAX_FRAME, &[1; 100_000]);
        assert_eq!(large(&words, false, limits).await, Close::TooSlow as u64);
    });
}

#[test]
fn an_abandoned_stream_ends_the_connection() {
    run(async {
        let target = Target::start(quick()).await;
        let (connection, mut send, _receive) = target.client().greet(target.address()).await;
        send.reset(7_u8.into()).unwrap();
        assert_eq!(code(&connection).await, Close::Truncated as u64);
        target.is_unharmed().await;
    });
}

#[test]
fn frames_may_come_a_byte_at_a_time_and_from_another_address() {
    run(async {
        let target = Target::start(quick()).await;
        let client = target.client();
        let (_connection, mut send, _receive) = client.greet(target.address()).await;
        let frame = framed(40, &[9; 40]);
        for (n, byte) in frame.iter().enumerate() {
            if n == 20 {
                client.move_away();
            }
            target.is_unharmed().await;
            send.write_all(&[*byte]).await.unwrap();
        }
        let arrived = async {
            loop {
                let received = target.heavy.receive().await.unwrap();
                if received.from == target.key.id() {
                    return received.frame;
                }
            }
        };
        assert_eq!(arrived.await.as_ref(), &frame[4..]);
    });
}

#[test]
fn streams_left_open_block_no_other() {
    run(async {
        let target = Target::start(quick()).await;
        let (connection, mut send, _receive) = target.client().greet(target.address()).await;
        let mut open = Vec::new();
        for _ in 0..Limits::default().large_streams {
            let mut stream = connection.open_uni().await.unwrap();
            stream.write_all(&framed(MAX_FRAME, &[1; 1000])).await.unwrap();
            open.push(stream);
        }
        // The peer may open no more, but its small frames still pass, and so do the large ones of others.
        let more = tokio::time::timeout(Duration::from_millis(50), connection.open_uni()).await;
        assert!(more.is_err());
        send.write_all(&framed(2, b"hi")).await.unwrap();
        assert_eq!(next(&target.heavy, target.key.id()).await, b"hi");
        let large = common::frame(&vec![5; MAX_FRAME]);
        target.light.send(target.heavy.id(), large.clone()).unwrap();
        assert!(next(&target.heavy, target.light.id()).await == large.as_ref());
    });
}

/// However many peers send: what has come of a large frame, or may still come, was set aside before.
#[test]
fn large_frames_together_take_no_more_memory_than_was_set_aside() {
    run(async {
        let longest = u32::try_from(MAX_FRAME).unwrap();
        let target = Target::start(Limits { inbound_large_bytes: longest, ..quick() }).await;
        let (address, other) = (target.address(), Identity::generate().unwrap());
        let mut enrolment = target.enrolment.clone();
        enrolment.add(other.id(), Role::Light, None);
        target.heavy.set_peers(enrolment.peers());
        // Longer than the window of a stream: all of it can be sent only if the node reads it.
        let body = vec![5; 1 << 20];
        let other = Raw::new(Some(certified(&other, &other)));
        let (first, _send, _receive) = other.greet(address).await;
        let mut begun = first.open_uni().await.unwrap();
        begun.write_all(&framed(MAX_FRAME, &body)).await.unwrap();

        let (second, mut send, _receive) = target.client().greet(address).await;
        let mut stream = second.open_uni().await.unwrap();
        let words = framed(body.len(), &body);
        let mut written = 0;
        let write = async {
            while let Some(rest @ [_, ..]) = words.get(written..) {
                written += stream.write(rest).await.unwrap();
            }
        };
        let at_once = tokio::time::timeout(Duration::from_millis(200), write).await;
        assert!(at_once.is_err(), "there was no room for it");
        send.write_all(&framed(2, b"hi")).await.unwrap();
        assert_eq!(next(&target.heavy, target.key.id()).await, b"hi");
        begun.reset(0_u8.into()).unwrap();
        stream.write_all(&words[written..]).await.unwrap();
        stream.finish().unwrap();
        assert!(next(&target.heavy, target.key.id()).await == body);
    });
}

#[test]
fn the_newest_connection_of_a_key_wins() {
    run(async {
        let target = Target::start(quick()).await;
        let client = target.client();
        let (older, _send, _receive) = client.greet(target.address()).await;
        let (newer, mut send, _receive) = client.greet(target.address()).await;
        assert_eq!(code(&older).await, Close::Replaced as u64);
        send.write_all(&framed(2, b"hi")).await.unwrap();
        assert_eq!(next(&target.heavy, target.key.id()).await, b"hi");
        assert!(newer.close_reason().is_none());
        assert_eq!(target.heavy.connected().len(), 2);
    });
}

#[test]
fn a_dropped_peer_learns_why() {
    run(async {
        let target = Target::start(quick()).await;
        let (connection, _send, _receive) = target.client().greet(target.address()).await;
        until(|| target.heavy.connected().contains(&target.key.id())).await;
        target.heavy.disconnect(target.key.id());
        assert_eq!(code(&connection).await, Close::Misbehaved as u64);
        let (connection, _send, _receive) = target.client().greet(target.address()).await;
        until(|| target.heavy.connected().contains(&target.key.id())).await;
        target.heavy.set_peers(target.enrolment.without(target.key.id()));
        assert_eq!(code(&connection).await, Close::NotEnrolled as u64);
        assert_eq!(target.heavy.counts().violations, 0);
        connected(&target.heavy, &[target.light.id()]).await;
        deliver(&target.light, &target.heavy).await;
    });
}
