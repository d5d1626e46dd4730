//! How wolkvox says no. 403 has four meanings, which only the words tell apart.

use http::StatusCode;
use serde::Serialize;

/// An answer without data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    error: &'static str,
    message: &'static str,
}

/// The body of a refusal, which has no key for data.
#[derive(Serialize)]
pub(super) struct RefusalBody {
    code: String,
    error: &'static str,
    msg: &'static str,
}

const fn forbidden(message: &'static str) -> Refusal {
    Refusal { status: StatusCode::FORBIDDEN, error: "FORBIDDEN", message }
}

const fn bad_request(message: &'static str) -> Refusal {
    Refusal { status: StatusCode::BAD_REQUEST, error: "BAD REQUEST", message }
}

impl Refusal {
    pub(super) const NO_TOKEN: Self =
        Self { status: StatusCode::UNAUTHORIZED, error: "UNAUTHORIZED", message: "PLEASE ENTER THE WOLKVOX-TOKEN" };
    pub(super) const BAD_TOKEN: Self = forbidden("PLEASE VALIDATE TOKEN");
    pub(super) const BAD_TOKEN_IN_SPANISH: Self = forbidden("POR FAVOR VALIDE EL TOKEN");
    pub(super) const QUOTA: Self = forbidden("TOKEN LIMIT EXCEEDED");
    pub(super) const QUOTA_IN_SPANISH: Self = forbidden("LÍMITE DE CONSUMO DEL TOKEN EXCEDIDO");
    pub(super) const CONCURRENCY: Self = forbidden("EXCEEDS THE LIMIT OF SIMULTANEOUS REQUESTS PER TOKEN (2)");
    pub(super) const CONCURRENCY_IN_SPANISH: Self =
        forbidden("EXCEDE EL LÍMITE DE PETICIONES SIMULTÁNEAS POR TOKEN (2)");
    pub(super) const MAINTENANCE: Self = forbidden("SERVER UNDER MAINTENANCE, PLEASE TRY AGAIN LATER");
    pub(super) const MAINTENANCE_IN_SPANISH: Self = forbidden("SERVIDOR EN MANTENIMIENTO, INTENTE MÁS TARDE");
    pub(super) const NO_SUCH_API: Self = bad_request("THE API YOU WANT TO CONSULT DOES NOT EXIST");
    pub(super) const MISSING_PARAMETER: Self = bad_request("SOME PARAMETERS ARE REQUIRED");
    pub(super) const TOO_LONG: Self = bad_request("THE DATE RANGE EXCEEDS 31 DAYS");
    pub(super) const NO_DATA: Self =
        Self { status: StatusCode::NOT_FOUND, error: "Not Found", message: "Validate dates entered" };
    pub(super) const TOO_MANY_REQUESTS: Self =
        Self { status: StatusCode::TOO_MANY_REQUESTS, error: "TOO MANY REQUESTS", message: "TOO MANY REQUESTS" };

    pub(super) fn body(self) -> RefusalBody {
        RefusalBody { code: self.status.as_u16().to_string(), error: self.error, msg: self.message }
    }
}
