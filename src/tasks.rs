//! The only place that spawns: every task has a name and an owner, and the first to end unasked ends the process.

use std::collections::HashMap;
use std::future::Future;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::sync::watch;
use tokio::task::{Id, JoinSet};
use tracing::{debug, error, warn};

/// How long tasks have to end after the shutdown has begun.
const DRAIN: Duration = Duration::from_secs(4);

/// All tasks of the process.
#[derive(Debug)]
pub struct Tasks {
    set: JoinSet<()>,
    names: HashMap<Id, String>,
    shutdown: watch::Sender<bool>,
}

/// Tells a task that the process is to end.
#[derive(Clone, Debug)]
pub struct Shutdown(watch::Receiver<bool>);

impl Tasks {
    /// No tasks yet.
    #[must_use]
    pub fn new() -> Self {
        Self { set: JoinSet::new(), names: HashMap::new(), shutdown: watch::Sender::new(false) }
    }

    /// What tells the tasks of this set to end.
    #[must_use]
    pub fn shutdown(&self) -> Shutdown {
        Shutdown(self.shutdown.subscribe())
    }

    /// Starts a task under a name.
    pub fn spawn(&mut self, name: impl Into<String>, task: impl Future<Output = ()> + Send + 'static) {
        let id = self.set.spawn(task).id();
        self.names.insert(id, name.into());
    }

    /// Starts a task under a name, on a thread and with timers and sockets of its own: whatever the others do, it waits for
    /// none of them, and what it starts stays with it.
    pub fn spawn_apart(&mut self, name: impl Into<String>, task: impl Future<Output = ()> + Send + 'static) {
        let mut shutdown = self.shutdown();
        let bounded = async move {
            // Nobody can stop a thread from outside.
            let overdue = async {
                shutdown.begun().await;
                tokio::time::sleep(DRAIN).await;
            };
            tokio::select! {
                () = task => {}
                () = overdue => warn!("a task did not end by itself and was stopped"),
            }
        };
        let thread = move || match Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime.block_on(bounded),
            Err(error) => error!(%error, "the runtime of a thread could not be started"),
        };
        let id = self.set.spawn_blocking(thread).id();
        self.names.insert(id, name.into());
    }

    /// Waits until a task ends; answers its name.
    pub async fn first_end(&mut self) -> String {
        let Some(ended) = self.set.join_next_with_id().await else { return "all tasks".to_owned() };
        let (id, outcome) = match ended {
            Ok((id, ())) => (id, Ok(())),
            Err(failed) => (failed.id(), Err(failed)),
        };
        let name = self.names.remove(&id).unwrap_or_default();
        match outcome {
            Ok(()) => debug!(task = name, "ended"),
            Err(failure) => error!(task = name, %failure, "stopped by a defect of the exporter"),
        }
        name
    }

    /// Tells all tasks to end, and ends those that do not within a few seconds.
    pub async fn end(mut self) {
        self.shutdown.send_replace(true);
        let all = async {
            while !self.set.is_empty() {
                self.first_end().await;
            }
        };
        if tokio::time::timeout(DRAIN, all).await.is_err() {
            warn!("some tasks did not end by themselves and were stopped");
        }
    }
}

impl Default for Tasks {
    fn default() -> Self {
        Self::new()
    }
}

impl Shutdown {
    /// Waits until the process is to end.
    pub async fn begun(&mut self) {
        // An error says that the owner of all tasks is gone, which is an end too.
        drop(self.0.wait_for(|begun| *begun).await);
    }
}
