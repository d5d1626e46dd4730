//! One request in flight per token, whatever is configured.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::token::Token;

/// The gates of all tokens in use. Operations that share a token share its gate.
#[derive(Debug, Default)]
pub struct Gates {
    by_token: Mutex<HashMap<Token, Weak<Semaphore>>>,
}

/// The right to have one request in flight, until dropped.
#[derive(Debug)]
pub struct Pass {
    _permit: Option<OwnedSemaphorePermit>,
    _gate: Arc<Semaphore>,
}

impl Gates {
    /// Waits until no other request with this token is in flight; first come, first served.
    pub async fn enter(&self, token: &Token) -> Pass {
        let gate = self.gate(token);
        // The semaphore is never closed, so a permit always comes.
        let permit = Arc::clone(&gate).acquire_owned().await.ok();
        Pass { _permit: permit, _gate: gate }
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
