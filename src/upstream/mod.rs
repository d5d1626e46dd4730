//! The only code that speaks HTTP to wolkvox: one question in, facts or one trouble out, in bounded memory and time.

mod apart;
mod cutter;
mod envelope;
mod reading;
mod transport;
mod trouble;
mod unpacking;
mod verdict;

use std::fmt::Write as _;
use std::time::Duration;

use http::{HeaderMap, Request, header};
use tokio::time::{Instant, timeout_at};

use self::envelope::{Envelope, Nobody, Words};
use self::reading::Reading;
use self::transport::Arriving;
use crate::report::{Absorbing, Ask, Listing, Span};
use crate::row::Rejection;
use crate::token::Token;

pub use self::transport::{Clients, Transport, client};
pub use self::trouble::{Cause, Retry, Trouble};
pub use self::verdict::Answered;

/// wolkvox gives up a request after 60 s itself; nothing comes later.
const ANSWER_TIMEOUT: Duration = Duration::from_mins(1);

/// How much of a refusal is read: wolkvox's are below 200 bytes.
const LARGEST_REFUSAL: u64 = 64 << 10;

/// After so many bytes of an answer others have their turn: scrapes that wait for the processor, and the other polls.
const TURN: usize = 256 << 10;

/// What an answer has beyond this is read on a thread of its own. Those about a hundred agents are smaller: for them it would
/// only be one more thread that scrapes wait for.
const LARGE: u64 = 4 << 20;

/// The longest pause that a server's `Retry-After` can ask for.
const LONGEST_RETRY_AFTER: Duration = Duration::from_mins(5);

/// What came of a question.
type Outcome = Result<Answered, Trouble>;

/// What came of a question, known before its answer was read to the end.
struct Early(Outcome);

impl From<Trouble> for Early {
    fn from(trouble: Trouble) -> Self {
        Self(Err(trouble))
    }
}

/// Where one operation is asked.
#[derive(Clone, Debug)]
pub struct Upstream {
    transport: Transport,
    base_url: String,
}

/// What came of one request.
#[derive(Debug)]
pub struct Reply {
    /// What the answer means, or why there is none.
    pub outcome: Outcome,
    /// What was counted on the way.
    pub tally: Tally,
    /// From sending the request to the end of the answer.
    pub duration: Duration,
}

/// What was counted while an answer was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Bytes of the body, unpacked.
    pub bytes: u64,
    /// Elements of the data.
    pub rows: u64,
    /// Rows that were not counted, by reason, in the order of [`Rejection::ALL`].
    pub rejected: [u64; Rejection::ALL.len()],
    /// Fields that nobody knows.
    pub unknown_fields: u64,
}

impl Tally {
    /// How many rows were not counted for this reason.
    fn rejected_as(&self, reason: Rejection) -> u64 {
        self.rejected.iter().zip(Rejection::ALL).filter(|(_, one)| *one == reason).map(|(count, _)| *count).sum()
    }

    /// Adds another answer's counts.
    pub fn add(&mut self, more: &Self) {
        self.bytes += more.bytes;
        self.rows += more.rows;
        self.unknown_fields += more.unknown_fields;
        for (total, more) in self.rejected.iter_mut().zip(&more.rejected) {
            *total += more;
        }
    }
}

impl Upstream {
    /// Asks at this base URL (`https://wv0013.wolkvox.com`), over this transport.
    #[must_use]
    pub fn new(transport: Transport, base_url: impl Into<String>) -> Self {
        Self { transport, base_url: base_url.into() }
    }

    /// Asks one question and hands the rows of the answer on as they arrive; gives back who took them.
    ///
    /// What was told is whole only where the outcome is [`Answered::Data`].
    pub async fn ask<A>(&self, token: &Token, report: &Listing, ask: Ask, taker: A) -> (Reply, A)
    where
        A: Absorbing + 'static,
    {
        let begun = Instant::now();
        let deadline = begun + ANSWER_TIMEOUT;
        let request = self.request(token, report, &ask);
        let mut reading = Reading::new(report.span, ask, taker);
        let exchange = timeout_at(deadline, self.exchange(request, &mut reading)).await;
        let (reading, read) = match exchange.unwrap_or_else(|_| Err(late().into())) {
            Ok(Some(more)) => apart::read(reading, more, deadline).await,
            Ok(None) => (reading, Ok(())),
            Err(early) => (reading, Err(early)),
        };
        let (outcome, tally, taker) = reading.end(read);
        (Reply { outcome, tally, duration: begun.elapsed() }, taker)
    }

    /// Sends a request and reads its answer; gives the answer back where there is much more of it.
    async fn exchange<A: Absorbing>(
        &self,
        request: Result<Request<()>, Trouble>,
        reading: &mut Reading<A>,
    ) -> Result<Option<Arriving>, Early> {
        let mut arriving = self.transport.send(request?).await?;
        let status = arriving.status();
        if !status.is_success() {
            let retry_after = retry_after(arriving.headers());
            let words = refusal(&mut arriving, reading.tally()).await;
            return Err(Early(verdict::of_refusal(status.as_u16(), words.as_ref(), retry_after)));
        }
        let mut unyielding = 0;
        while let Some(bytes) = arriving.chunk().await? {
            reading.read(&bytes)?;
            if reading.tally().bytes > LARGE {
                return Ok(Some(arriving));
            }
            unyielding += bytes.len();
            if unyielding >= TURN {
                std::thread::yield_now();
                tokio::task::yield_now().await;
                unyielding = 0;
            }
        }
        Ok(None)
    }

    fn request(&self, token: &Token, report: &Listing, ask: &Ask) -> Result<Request<()>, Trouble> {
        let mut uri = format!("{}/api/v2/{}?api={}", self.base_url, report.endpoint.file, report.endpoint.api);
        for (name, value) in (report.parameters)(&ask.terms) {
            let _ = write!(uri, "&{name}={value}");
        }
        if report.span != Span::Now {
            let [from, to] = [ask.window.from, ask.window.to].map(|moment| moment.strftime("%Y%m%d%H%M%S").to_string());
            let _ = write!(uri, "&date_ini={from}&date_end={to}");
        }
        Request::get(uri)
            .header("wolkvox-token", token.header())
            .header(header::ACCEPT, "application/json")
            .header(header::ACCEPT_ENCODING, "gzip")
            .body(())
            .map_err(|_| Trouble::new(Cause::Other, "cannot be asked: base_url and query make no address"))
    }
}

/// Reads the words of a refusal, where it is wolkvox's own. Whatever is wrong with its body, the status counts.
async fn refusal(arriving: &mut Arriving, tally: &mut Tally) -> Option<Words> {
    let mut envelope = Envelope::new();
    while let Ok(Some(bytes)) = arriving.chunk().await {
        tally.bytes += bytes.len() as u64;
        if tally.bytes > LARGEST_REFUSAL {
            return None;
        }
        envelope.feed(&bytes, &mut Nobody).ok()?;
    }
    envelope.finish().ok()
}

/// How long the server asks to be left alone, bounded. Told as a date it is not read: the usual pause follows.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // A number that no integer holds is a long pause, too.
    is_number.then(|| text.parse().map_or(LONGEST_RETRY_AFTER, Duration::from_secs).min(LONGEST_RETRY_AFTER))
}

fn late() -> Trouble {
    Trouble::new(Cause::Timeout, format!("did not answer within {} s", ANSWER_TIMEOUT.as_secs()))
}
