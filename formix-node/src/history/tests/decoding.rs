//! Decoding is the readers' business: the log goes on meanwhile.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use super::*;

/// The only thread on which one may block is taken, so nothing is decoded until it is free.
#[test]
fn the_log_acknowledges_while_a_result_waits_to_be_decoded() {
    let home = Home::new();
    let (log, history, mut opened) = open(&home.file());
    log.write(&mut opened, 1, vec![proposed(1)]);
    log.write(&mut opened, 2, vec![completed(1)]);
    let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).build();
    let (free, taken) = std::sync::mpsc::channel::<()>();
    runtime.unwrap().block_on(async {
        tokio::task::spawn_blocking(move || taken.recv());
        let mut reading = pin!(history.computation(id(1)));
        let mut is_pending =
            async || poll_fn(|cx| Poll::Ready(reading.as_mut().poll(cx).is_pending())).await;
        assert!(is_pending().await, "the bytes are asked for");
        log.append(Batch { seq: BatchSeq(3), records: vec![proposed(2)] });
        let acknowledged = opened.acknowledgements.recv().await.unwrap().unwrap();
        assert_eq!(acknowledged, BatchSeq(3));
        for _ in 0..8 {
            tokio::task::yield_now().await;
            assert!(is_pending().await, "the bytes are there, and wait to be decoded");
        }
        drop(free);
        let row = reading.await.unwrap().unwrap();
        assert_eq!(row.result.as_deref(), Some("-0.4"));
    });
}
