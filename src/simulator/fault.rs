//! The ways in which an answer can go wrong, and to which answers they happen.

use std::time::Duration;

macro_rules! faults {
    ($($(#[$doc:meta])* $fault:ident = $name:literal,)*) => {
        /// A way in which an answer goes wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Fault {
            $($(#[$doc])* $fault,)*
        }

        impl Fault {
            /// Every fault there is.
            pub const ALL: &'static [Self] = &[$(Self::$fault,)*];

            /// Its name on the control page.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$fault => $name,)*
                }
            }
        }
    };
}

faults! {
    /// The token is not valid: 403.
    Auth = "auth",
    /// The same in Spanish.
    AuthInSpanish = "auth-es",
    /// The day's quota is spent: 403.
    Quota = "quota",
    /// The same in Spanish.
    QuotaInSpanish = "quota-es",
    /// The same in the body of a 200.
    QuotaIn200 = "quota-in-200",
    /// More than two requests of the token at once: 403.
    Concurrency = "concurrency",
    /// The same in Spanish.
    ConcurrencyInSpanish = "concurrency-es",
    /// The server is being backed up or mended: 403. wolkvox does not publish the text, so it is invented.
    Maintenance = "maintenance",
    /// The same in Spanish.
    MaintenanceInSpanish = "maintenance-es",
    /// The report does not exist: 400.
    BadRequest = "bad-request",
    /// Nothing happened: 404.
    NoData = "no-data",
    /// An error page of the web server: 500.
    Http500 = "http-500",
    /// 429, with `Retry-After`.
    TooManyRequests = "too-many-requests",
    /// A web page in place of the report: 200.
    Html = "html",
    /// The first half of the right answer, then the connection ends without the end of the body.
    CutShort = "cut-short",
    /// A warning of PHP where JSON should be: 200.
    NotJson = "not-json",
    /// `data` is a text.
    DataString = "data-string",
    /// `data` is a list of things that are no rows.
    WrongShape = "wrong-shape",
    /// `data` is lists in lists in lists, a hundred thousand deep.
    EndlessNesting = "endless-nesting",
    /// The rows without the envelope, as one of the vendor's pages shows them.
    BareArray = "bare-array",
    /// More than 256 MiB of rows, made as they are read.
    TooLarge = "too-large",
    /// The right answer, held back for a while.
    Slow = "slow",
    /// No answer, ever.
    Hang = "hang",
    /// Somewhere else: 302.
    Redirect = "redirect",
    /// 200 without a body.
    Empty = "empty",
    /// The right answer, compressed whether that was asked for or not.
    Gzip = "gzip",
    /// The connection breaks before the body.
    Reset = "reset",
}

impl Fault {
    /// The fault of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|fault| fault.name() == name)
    }
}

/// A fault, and the answers that it happens to: all of them, unless narrowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultRule {
    pub(super) fault: Fault,
    pub(super) report: Option<String>,
    pub(super) operation: Option<String>,
    /// How many answers are still to go wrong; all to come where nothing is said.
    pub(super) times: Option<u32>,
    pub(super) delay: Duration,
    pub(super) location: String,
}

impl FaultRule {
    /// A fault of every answer.
    #[must_use]
    pub fn new(fault: Fault) -> Self {
        let location = "https://wv0000.wolkvox.example/".to_owned();
        Self { fault, report: None, operation: None, times: None, delay: Duration::from_secs(30), location }
    }

    /// Only of this report, by its name.
    #[must_use]
    pub fn of_report(self, report: &str) -> Self {
        Self { report: Some(report.to_owned()), ..self }
    }

    /// Only of this operation, by its name.
    #[must_use]
    pub fn of_operation(self, operation: &str) -> Self {
        Self { operation: Some(operation.to_owned()), ..self }
    }

    /// Only of the next so many answers.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self { times: Some(times), ..self }
    }

    /// How long a slow answer is held, and how long to wait before asking again; 30 seconds unless set.
    #[must_use]
    pub fn delay(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    /// Where a redirect leads.
    #[must_use]
    pub fn location(self, location: &str) -> Self {
        Self { location: location.to_owned(), ..self }
    }

    /// Whether it happens to an answer of this report (one that exists or none) in this operation.
    pub(super) fn fits(&self, report: Option<&str>, operation: &str) -> bool {
        self.report.as_deref().is_none_or(|mine| Some(mine) == report)
            && self.operation.as_deref().is_none_or(|mine| mine == operation)
            && self.times != Some(0)
    }

    /// Counts one answer gone wrong; true where that was the last.
    pub(super) fn use_once(&mut self) -> bool {
        self.times = self.times.map(|times| times.saturating_sub(1));
        self.times == Some(0)
    }
}
