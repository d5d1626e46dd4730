//! One request in flight per token, whatever is configured, and not too many answers at once in all.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::token::Token;

/// So many answers are asked for at once, with whatever tokens. At the start a thousand operations ask all at the same
/// moment, and were all of their answers to arrive together, each would wait for this process's CPU while its own time runs
/// out. So many keep two cores busy, and whoever has fewer tokens never meets the limit.
const MOST_ANSWERS: usize = 16;

/// Who is not answered by then waits for wolkvox and not for this process, and no longer keeps others from asking: one
/// operation's trouble is none of another's.
const LONGEST_PLACE: Duration = Duration::from_secs(2);

/// The gates of all tokens in use. Operations that share a token share its gate.
#[derive(Debug)]
pub struct Gates {
    by_token: Mutex<HashMap<Token, Weak<Semaphore>>>,
    places: Arc<Semaphore>,
}

/// The right to have one request in flight, until dropped.
#[derive(Debug)]
pub struct Pass {
    place: Option<OwnedSemaphorePermit>,
    _permit: Option<OwnedSemaphorePermit>,
    _gate: Arc<Semaphore>,
}

impl Default for Gates {
    fn default() -> Self {
        Self { by_token: Mutex::default(), places: Arc::new(Semaphore::new(MOST_ANSWERS)) }
    }
}

impl Gates {
    /// Waits until no other request with this token is in flight, and then until there is a place among all; first come,
    /// first served.
    pub async fn enter(&self, token: &Token) -> Pass {
        let gate = self.gate(token);
        // The semaphores are never closed, so permits always come. Only who has the gate takes a place: who waits for a
        // token takes none away.
        let permit = Arc::clone(&gate).acquire_owned().await.ok();
        let place = Arc::clone(&self.places).acquire_owned().await.ok();
        Pass { place, _permit: permit, _gate: gate }
    }

    fn gate(&self, token: &Token) -> Arc<Semaphore> {
        let mut by_token = self.by_token.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(gate) = by_token.get(token).and_then(Weak::upgrade) {
            return gate;
        }
        // Rotated tokens would pile up otherwise.
        by_token.retain(|_, gate| gate.strong_count() > 0);
        let gate = Arc::new(Semaphore::new(1));
        by_token.insert(token.clone(), Arc::downgrade(&gate));
        gate
    }
}

impl Pass {
    /// Makes the request that this is the right to.
    pub async fn during<T>(mut self, asking: impl Future<Output = T>) -> T {
        let mut asking = pin!(asking);
        if let Ok(answer) = tokio::time::timeout(LONGEST_PLACE, &mut asking).await {
            return answer;
        }
        self.place = None;
        asking.await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::join_all;
    use tokio::time::{Instant, sleep};

    use super::*;

    const MILLISECOND: Duration = Duration::from_millis(1);

    fn token(number: usize) -> Token {
        Token::new(&format!("token-{number}")).unwrap()
    }

    /// Asks once with each token, with answers that take so long; answers how many requests were in flight at most.
    async fn ask(gates: &Gates, tokens: impl Iterator<Item = Token>, answer: Duration) -> usize {
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let asking = tokens.map(async |token| {
            let pass = gates.enter(&token).await;
            pass.during(async {
                most.fetch_max(now.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
                sleep(answer).await;
                now.fetch_sub(1, Ordering::Relaxed);
            })
            .await;
        });
        join_all(asking).await;
        most.load(Ordering::Relaxed)
    }

    #[tokio::test(start_paused = true)]
    async fn a_thousand_tokens_ask_sixteen_at_a_time() {
        let begun = Instant::now();
        assert_eq!(ask(&Gates::default(), (0..1_000).map(token), 10 * MILLISECOND).await, MOST_ANSWERS);
        // 62 times all places and half of them once more.
        assert!(begun.elapsed() < 700 * MILLISECOND, "{:?}", begun.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn one_token_asks_once_at_a_time_and_takes_one_place() {
        let gates = Gates::default();
        let one = ask(&gates, (0..20).map(|_| token(0)), 10 * MILLISECOND);
        let others = ask(&gates, (1..MOST_ANSWERS).map(token), 10 * MILLISECOND);
        let begun = Instant::now();
        let others = async {
            let most = others.await;
            (most, begun.elapsed())
        };
        let (one, (others, took)) = tokio::join!(one, others);
        assert_eq!((one, others), (1, MOST_ANSWERS - 1));
        assert!(took < 15 * MILLISECOND, "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn operations_that_are_not_answered_do_not_hold_up_the_others() {
        let gates = Gates::default();
        let unanswered = ask(&gates, (0..100).map(token), Duration::from_mins(1));
        let begun = Instant::now();
        let last = async {
            ask(&gates, std::iter::once(token(100)), MILLISECOND).await;
            begun.elapsed()
        };
        let (most, waited) = tokio::join!(unanswered, last);
        assert_eq!(most, 100);
        // Behind a hundred: six times all places, each for two seconds.
        assert!(waited < Duration::from_secs(13), "{waited:?}");
    }
}
