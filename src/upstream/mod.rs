//! The only code that speaks HTTP to wolkvox: one question in, facts or one trouble out, in bounded memory and time.

mod cutter;
mod envelope;
mod transport;
mod trouble;
mod unpacking;
mod verdict;

use std::fmt::Write as _;
use std::time::Duration;

use http::{HeaderMap, Request, header};
use tokio::time::Instant;

use self::envelope::{Elements, Envelope, Malformed, Nobody, Words};
use self::transport::Arriving;
use crate::report::{Absorbed, Ask, Folding, Listing, Span};
use crate::row::Rejection;
use crate::token::Token;

pub use self::transport::{Clients, Transport, client};
pub use self::trouble::{Cause, Retry, Trouble};
pub use self::verdict::Answered;

/// wolkvox gives up a request after 60 s itself; nothing comes later.
const ANSWER_TIMEOUT: Duration = Duration::from_mins(1);

/// wolkvox's own limit on an answer, unpacked.
const LARGEST_BODY: u64 = 256 << 20;

/// wolkvox's own limit on rows. An answer of exactly so many may have been cut there, and is asked again in halves.
const ROW_LIMIT: u64 = 60_000;

/// More rows than a body has room for, if they say anything. Each takes time however short it is, and there is room for
/// ninety million of `{}`.
const MOST_ROWS: u64 = 1 << 24;

/// How much of a refusal is read: wolkvox's are below 200 bytes.
const LARGEST_REFUSAL: u64 = 64 << 10;

/// After so many bytes of an answer others have their turn: scrapes that wait for the processor, and the other polls.
const TURN: usize = 256 << 10;

/// The longest pause that a server's `Retry-After` can ask for.
const LONGEST_RETRY_AFTER: Duration = Duration::from_mins(5);

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
    pub outcome: Result<Answered, Trouble>,
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

    /// Asks one question and folds the rows of the answer into `facts` as they arrive.
    ///
    /// The facts are whole only where the outcome is [`Answered::Data`].
    pub async fn ask(&self, token: &Token, report: &Listing, ask: &Ask<'_>, facts: &mut dyn Folding) -> Reply {
        let begun = Instant::now();
        let mut tally = Tally::default();
        let asking = self.exchange(token, report, ask, facts, &mut tally);
        let outcome = tokio::time::timeout(ANSWER_TIMEOUT, asking).await.unwrap_or_else(|_| {
            Err(Trouble::new(Cause::Timeout, format!("did not answer within {} s", ANSWER_TIMEOUT.as_secs())))
        });
        facts.answer_is_over();
        Reply { outcome, tally, duration: begun.elapsed() }
    }

    async fn exchange(
        &self,
        token: &Token,
        report: &Listing,
        ask: &Ask<'_>,
        facts: &mut dyn Folding,
        tally: &mut Tally,
    ) -> Result<Answered, Trouble> {
        let request = self.request(token, report, ask)?;
        let mut arriving = self.transport.send(request).await?;
        let status = arriving.status();
        if !status.is_success() {
            let retry_after = retry_after(arriving.headers());
            let words = refusal(&mut arriving, tally).await;
            return verdict::of_refusal(status.as_u16(), words.as_ref(), retry_after);
        }
        let mut envelope = Envelope::new();
        let mut unyielding = 0;
        while let Some(bytes) = arriving.chunk().await? {
            tally.bytes += bytes.len() as u64;
            if tally.bytes > LARGEST_BODY {
                return Err(Trouble::new(Cause::TooLarge, "sent more than 256 MB"));
            }
            envelope.feed(bytes, &mut Rows { ask, facts, tally }).map_err(of_malformed)?;
            if tally.rows > MOST_ROWS {
                return Err(Trouble::new(Cause::TooLarge, "sent more than sixteen million rows"));
            }
            if facts.is_full() {
                return in_halves(report, "sent more than this process has memory for");
            }
            unyielding += bytes.len();
            if unyielding >= TURN {
                std::thread::yield_now();
                tokio::task::yield_now().await;
                unyielding = 0;
            }
        }
        let answered = verdict::of_success(&envelope.finish().map_err(of_malformed)?)?;
        if tally.rows > 0 && tally.rejected_as(Rejection::NotAnObject) == tally.rows {
            return Err(Trouble::new(Cause::BadShape, "sent a list in which nothing is a row"));
        }
        if tally.rows == ROW_LIMIT {
            return in_halves(report, "sent exactly 60000 rows, where it may have cut the answer");
        }
        Ok(answered)
    }

    fn request(&self, token: &Token, report: &Listing, ask: &Ask<'_>) -> Result<Request<()>, Trouble> {
        let mut uri = format!("{}/api/v2/{}?api={}", self.base_url, report.endpoint.file, report.endpoint.api);
        for (name, value) in (report.parameters)(ask.terms) {
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

/// An answer that is of no use as a whole. Only what is told row by row adds up over shorter windows.
fn in_halves(report: &Listing, why_not: &'static str) -> Result<Answered, Trouble> {
    match report.span {
        Span::Rows => Ok(Answered::Cut),
        Span::Now | Span::Day => Err(Trouble::new(Cause::TooLarge, why_not)),
    }
}

/// Hands the rows of an answer to the report, and counts.
struct Rows<'r, 'a> {
    ask: &'r Ask<'a>,
    facts: &'r mut dyn Folding,
    tally: &'r mut Tally,
}

impl Rows<'_, '_> {
    fn count(&mut self, absorbed: Absorbed) {
        self.tally.rows += 1;
        self.tally.unknown_fields += absorbed.unknown_fields as u64;
        if let Some(rejection) = absorbed.rejection {
            for (count, reason) in self.tally.rejected.iter_mut().zip(Rejection::ALL) {
                *count += u64::from(reason == rejection);
            }
        }
    }
}

impl Elements for Rows<'_, '_> {
    fn take(&mut self, json: &str) -> Result<(), Malformed> {
        let absorbed = self.facts.absorb(json, self.ask);
        self.count(absorbed.map_err(|_| Malformed::NotJson("a row of the answer is not JSON"))?);
        Ok(())
    }

    fn take_first(&mut self, text: &str) -> Option<usize> {
        let (absorbed, length) = self.facts.absorb_alike(text, self.ask)?;
        self.count(absorbed);
        Some(length)
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
        envelope.feed(bytes, &mut Nobody).ok()?;
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

fn of_malformed(malformed: Malformed) -> Trouble {
    let cause = match malformed {
        Malformed::NotJson(_) => Cause::NotJson,
        Malformed::BadShape(_) => Cause::BadShape,
        Malformed::TooLarge => Cause::TooLarge,
    };
    Trouble::new(cause, format!("sent what is no answer of wolkvox: {malformed}"))
}
