//! Reads the rest of a large answer on a thread of its own, while this one receives and unpacks it.
//!
//! The bytes are handed over in batches, so that the other thread is seldom woken.

use std::pin::pin;

use bytes::Bytes;
use futures_util::FutureExt as _;
use tokio::sync::mpsc;
use tokio::task::{spawn_blocking, yield_now};
use tokio::time::{Instant, timeout_at};

use super::reading::Reading;
use super::transport::Arriving;
use super::trouble::Trouble;
use super::{Early, late};
use crate::report::Absorbing;

/// A batch has so many bytes, unless the other thread waits already.
const BATCH: usize = 256 << 10;

/// Nor has it more pieces, of which each may be a byte and takes memory of its own.
const MOST_PIECES: usize = 64;

/// So many batches wait at most: with one that is read and one that is gathered they take two megabytes, however large the
/// answer is.
const WAITING: usize = 2;

type Batch = Vec<Bytes>;

/// Reads the rest of an answer.
pub(super) async fn read<A>(
    mut reading: Reading<A>,
    rest: Arriving,
    deadline: Instant,
) -> (Reading<A>, Result<(), Early>)
where
    A: Absorbing + 'static,
{
    let (batches, mut handed_over) = mpsc::channel(WAITING);
    let thread = spawn_blocking(move || {
        let read = read_all(&mut reading, &mut handed_over);
        (reading, read)
    });
    let received = tokio::select! {
        received = timeout_at(deadline, hand_over(rest, &batches)) => received.unwrap_or_else(|_| Err(late())),
        // Nothing more is wanted, whatever else the server may send, or not send.
        () = batches.closed() => Ok(()),
    };
    drop(batches);
    match thread.await {
        Ok((reading, read)) => (reading, read.and(received.map_err(Early::from))),
        Err(failed) => match failed.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The process is ending, and this task with it.
            Err(_) => std::future::pending().await,
        },
    }
}

/// Hands over what arrives, until it ends.
async fn hand_over(mut rest: Arriving, batches: &mpsc::Sender<Batch>) -> Result<(), Trouble> {
    let (mut batch, mut length) = (Batch::new(), 0);
    loop {
        // What has reached this machine is received first, as much as there is, so that batches are large.
        yield_now().await;
        let mut next = pin!(rest.chunk());
        let mut come = (&mut next).now_or_never();
        if come.is_none() && length > 0 {
            // Until there is more, or all that was handed over is read.
            tokio::select! {
                biased;
                more = &mut next => come = Some(more),
                _ = batches.reserve_many(WAITING) => {}
            }
        }
        if length >= BATCH || batch.len() >= MOST_PIECES || length > 0 && come.is_none() {
            drop(batches.send(std::mem::take(&mut batch)).await);
            length = 0;
        }
        let come = match come {
            Some(come) => come,
            None => next.await,
        };
        let Some(bytes) = come? else { break };
        length += bytes.len();
        batch.push(bytes);
    }
    drop(batches.send(batch).await);
    Ok(())
}

fn read_all<A: Absorbing>(reading: &mut Reading<A>, batches: &mut mpsc::Receiver<Batch>) -> Result<(), Early> {
    while let Some(batch) = batches.blocking_recv() {
        for bytes in batch {
            reading.read(&bytes)?;
        }
    }
    Ok(())
}
