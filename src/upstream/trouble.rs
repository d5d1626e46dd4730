//! What can go wrong when wolkvox is asked: one cause each for the metric, and when to ask again.

use std::time::Duration;

/// The values of the label `cause`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// No connection, or it broke: a wrong address, a closed port, a firewall that does not know this machine.
    Connect,
    /// No whole answer within the time allowed.
    Timeout,
    /// No trustworthy connection: a certificate or the protocol.
    Tls,
    /// An HTTP status that is none of wolkvox's own refusals.
    HttpStatus,
    /// wolkvox refuses for a reason of its own, most likely maintenance.
    Forbidden,
    /// wolkvox does not accept the token.
    Auth,
    /// The operation's daily quota is spent.
    Quota,
    /// Too many requests at once with this token.
    Concurrency,
    /// wolkvox does not understand the question.
    BadRequest,
    /// The answer is not JSON, or cut short.
    NotJson,
    /// The answer is JSON of another shape.
    BadShape,
    /// The answer is larger than the API allows, or may be cut at its limit of rows.
    TooLarge,
    /// Anything else: an answer that breaks HTTP itself.
    Other,
}

impl Cause {
    /// Every cause, for the metric that counts them.
    pub const ALL: [Self; 13] = [
        Self::Connect,
        Self::Timeout,
        Self::Tls,
        Self::HttpStatus,
        Self::Forbidden,
        Self::Auth,
        Self::Quota,
        Self::Concurrency,
        Self::BadRequest,
        Self::NotJson,
        Self::BadShape,
        Self::TooLarge,
        Self::Other,
    ];

    /// The value of the label `cause`.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Timeout => "timeout",
            Self::Tls => "tls",
            Self::HttpStatus => "http_status",
            Self::Forbidden => "forbidden",
            Self::Auth => "auth",
            Self::Quota => "quota",
            Self::Concurrency => "concurrency",
            Self::BadRequest => "bad_request",
            Self::NotJson => "not_json",
            Self::BadShape => "bad_shape",
            Self::TooLarge => "too_large",
            Self::Other => "other",
        }
    }

    /// What an operator can do about it, as a sentence.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Connect => {
                "Check the server number or base_url, and that the firewall of wolkvox lists the public address of this machine \
                 (an address that it does not list is dropped without an answer)."
            }
            Self::Timeout => {
                "wolkvox took too long. If it goes on, check that its firewall lists the public address of this machine."
            }
            Self::Tls => "Check the clock of this machine, and whether a proxy stands in between.",
            Self::HttpStatus => "Check base_url; if it is right, wolkvox has trouble of its own.",
            Self::Forbidden => {
                "Wait: polling goes on at the usual pace. If it lasts for hours, ask the support of wolkvox."
            }
            Self::Auth => {
                "Make a new token in wolkvox Manager (Configuration, Integrations, Tokens) and write it into the token \
                 file; it is used at once. A token in a variable of the environment needs a restart."
            }
            Self::Quota => {
                "Nothing more is asked until local midnight. Lengthen intervals, lower quota_share, or find the other \
                 integration that spends the quota."
            }
            Self::Concurrency => "Another integration uses the same token: give this exporter a token of its own.",
            Self::BadRequest => "wolkvox does not know this report: switch it off for this operation.",
            Self::NotJson | Self::BadShape | Self::Other => {
                "wolkvox (or something in between) answered in a way that it never does; see base_url."
            }
            Self::TooLarge => {
                "The answer passes the limits of wolkvox itself; leave the report out for this operation."
            }
        }
    }
}

/// When it makes sense to ask again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// After a short pause, twice at most.
    Soon,
    /// At the report's next turn.
    NextTurn,
    /// When the token has changed, or after a pause that grows.
    NewToken,
    /// After the operation's midnight.
    Tomorrow,
}

/// One request that was not answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Trouble {
    cause: Cause,
    retry: Retry,
    what: String,
    retry_after: Option<Duration>,
}

impl Trouble {
    /// A trouble of this cause, in our own words: never a piece of the answer, which may hold personal data.
    pub(super) fn new(cause: Cause, what: impl Into<String>) -> Self {
        let retry = match cause {
            Cause::Connect | Cause::Timeout | Cause::Concurrency => Retry::Soon,
            Cause::Auth => Retry::NewToken,
            Cause::Quota => Retry::Tomorrow,
            Cause::Tls
            | Cause::HttpStatus
            | Cause::Forbidden
            | Cause::BadRequest
            | Cause::NotJson
            | Cause::BadShape
            | Cause::TooLarge
            | Cause::Other => Retry::NextTurn,
        };
        Self { cause, retry, what: what.into(), retry_after: None }
    }

    /// Every answer is cut, however little is asked for.
    pub(crate) fn always_cut() -> Self {
        Self::new(
            Cause::TooLarge,
            "cuts its answers at 60000 rows, or tells of too many calls, however short the time asked for",
        )
    }

    /// The answers about a day tell more, all together, than there is memory for.
    pub(crate) fn day_too_large() -> Self {
        Self::new(Cause::TooLarge, "told of more calls in one day than this process has memory for")
    }

    /// A status that is none of wolkvox's own refusals; a server's momentary trouble is asked about again soon.
    pub(super) fn status(status: u16, retry_after: Option<Duration>) -> Self {
        let retry = if matches!(status, 408 | 429 | 500..=599) { Retry::Soon } else { Retry::NextTurn };
        let what = match status {
            300..=399 => format!("answered with a redirect (HTTP {status}), which is never followed with a token"),
            429 => "answered that there are too many requests (HTTP 429)".to_owned(),
            _ => format!("answered HTTP {status}"),
        };
        Self { retry, retry_after, ..Self::new(Cause::HttpStatus, what) }
    }

    /// The one cause.
    #[must_use]
    pub fn cause(&self) -> Cause {
        self.cause
    }

    /// When it makes sense to ask again.
    #[must_use]
    pub fn retry(&self) -> Retry {
        self.retry
    }

    /// How long the server asks to be left alone, already bounded.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}
