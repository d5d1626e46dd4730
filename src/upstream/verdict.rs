//! What an answer means: data, *nothing happened*, or one trouble. The only reader of wolkvox's `msg`.

use std::time::Duration;

use super::envelope::{Data, Words};
use super::trouble::{Cause, Trouble};

/// What an answer that is no trouble means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// The data are what was asked for.
    Data,
    /// wolkvox has nothing to tell of that time, which is an answer.
    Nothing,
    /// The data are not whole: there are exactly as many rows as wolkvox tells at most, which may have been cut, or more
    /// than the facts of one answer hold. Shorter windows tell all of it.
    Cut,
}

/// Judges an answer with a status of success, once its data have been read.
pub(super) fn of_success(words: &Words) -> Result<Answered, Trouble> {
    let told = fold(&[&words.error, &words.msg]);
    // wolkvox's HTTP status and code have never been seen to differ; should they, the refusal is believed.
    if let Ok(code @ 300..=599) = words.code.trim().parse::<u16>() {
        return of_refusal(code, Some(words), None);
    }
    match words.data {
        Data::Told => Ok(Answered::Data),
        Data::Null | Data::Missing if told.contains(NO_DATA_EN) || told.contains(NO_DATA_ES) => Ok(Answered::Nothing),
        // Without data an `error` speaks of a refusal, whatever the status says.
        Data::Null | Data::Missing if !words.error.trim().is_empty() => Err(of_message(&told)
            .unwrap_or_else(|| Trouble::new(Cause::BadShape, "answered with an error but with a status of success"))),
        Data::Null => Ok(Answered::Nothing),
        Data::Missing if words.are_there => Ok(Answered::Nothing),
        Data::Missing => Err(Trouble::new(Cause::BadShape, "answered without any field of wolkvox's")),
    }
}

/// Judges an answer with any other status. `words` are there where the body was wolkvox's envelope.
pub(super) fn of_refusal(
    status: u16,
    words: Option<&Words>,
    retry_after: Option<Duration>,
) -> Result<Answered, Trouble> {
    let told = words.map(|words| fold(&[&words.error, &words.msg])).unwrap_or_default();
    let is_wolkvox = words.is_some_and(|words| words.are_there);
    match status {
        404 if is_wolkvox && (told.contains("does not exist") || told.contains("no existe")) => {
            Err(Trouble::new(Cause::BadRequest, "does not know what was asked for (404)"))
        }
        404 if is_wolkvox => Ok(Answered::Nothing),
        400 => Err(Trouble::new(Cause::BadRequest, "does not understand the question (400)")),
        401 => Err(Trouble::new(Cause::Auth, "saw no token (401)")),
        403 => Err(of_message(&told).unwrap_or_else(|| {
            Trouble::new(Cause::Forbidden, "refused for a reason of its own, most likely maintenance (403)")
        })),
        _ => Err(Trouble::status(status, retry_after)),
    }
}

const NO_DATA_EN: &str = "validate dates";
const NO_DATA_ES: &str = "fechas";

/// The refusals that only the message tells apart. Order matters: each of them may name the token.
fn of_message(told: &str) -> Option<Trouble> {
    let has = |word: &str| told.contains(word);
    let names_the_quota = has("limit") || has("quota") || has("cuota") || has("consumo") || has("exced");
    if has("simult") || has("concurren") {
        Some(Trouble::new(Cause::Concurrency, "says that too many requests run at once with this token (403)"))
    } else if has("mantenimiento") || has("maintenance") || has("backup") || has("respaldo") {
        Some(Trouble::new(Cause::Forbidden, "is in maintenance (403)"))
    } else if names_the_quota {
        Some(Trouble::new(Cause::Quota, "says that the daily quota is spent (403)"))
    } else if has("token") {
        Some(Trouble::new(Cause::Auth, "does not accept the token (403)"))
    } else {
        None
    }
}

/// Lower case, without accents: how messages are compared.
fn fold(texts: &[&str]) -> String {
    texts
        .join(" ")
        .to_lowercase()
        .chars()
        .map(|character| match character {
            'á' => 'a',
            'é' => 'e',
            'í' => 'i',
            'ó' => 'o',
            'ú' | 'ü' => 'u',
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(code: &str, error: &str, msg: &str, data: Data) -> Words {
        Words { code: code.into(), error: error.into(), msg: msg.into(), are_there: true, data }
    }

    #[test]
    fn refusals_are_told_apart_by_their_message_in_both_languages() {
        for (status, msg, expected) in [
            (403, "PLEASE VALIDATE TOKEN", Cause::Auth),
            (403, "Por favor valide el token", Cause::Auth),
            (403, "TOKEN INVÁLIDO", Cause::Auth),
            (403, "TOKEN LIMIT EXCEEDED", Cause::Quota),
            (403, "LÍMITE DE TOKEN EXCEDIDO", Cause::Quota),
            (403, "Ha excedido la cuota diaria", Cause::Quota),
            (403, "EXCEEDS THE LIMIT OF SIMULTANEOUS REQUESTS PER TOKEN (2)", Cause::Concurrency),
            (403, "EXCEDE EL LÍMITE DE PETICIONES SIMULTÁNEAS POR TOKEN (2)", Cause::Concurrency),
            (403, "Server in maintenance, try later", Cause::Forbidden),
            (403, "Servidor en mantenimiento", Cause::Forbidden),
            (403, "API disabled during backup of the token server", Cause::Forbidden),
            (403, "something never seen", Cause::Forbidden),
            (403, "", Cause::Forbidden),
            (401, "PLEASE ENTER THE WOLKVOX-TOKEN", Cause::Auth),
            (400, "THE API YOU WANT TO CONSULT DOES NOT EXIST", Cause::BadRequest),
            (400, "SOME PARAMETERS ARE REQUIRED", Cause::BadRequest),
            (404, "Campaign_id 12 does not exist in your operation.", Cause::BadRequest),
            (500, "", Cause::HttpStatus),
            (429, "", Cause::HttpStatus),
        ] {
            for error in ["", "FORBIDDEN"] {
                let words = words(&status.to_string(), error, msg, Data::Missing);
                let judged = of_refusal(status, Some(&words), None).map_err(|trouble| trouble.cause());
                assert_eq!(judged, Err(expected), "{status} {msg}");
                // The same told with a status of success.
                assert_eq!(of_success(&words).map_err(|trouble| trouble.cause()), Err(expected), "200 {status} {msg}");
            }
        }
    }

    #[test]
    fn a_404_of_wolkvox_is_an_answer_and_any_other_is_not() {
        let nothing = words("404", "Not Found", "Validate dates entered", Data::Missing);
        assert_eq!(of_refusal(404, Some(&nothing), None), Ok(Answered::Nothing));
        assert_eq!(of_success(&nothing), Ok(Answered::Nothing));
        let spanish = words("404", "", "Valide las fechas ingresadas", Data::Missing);
        assert_eq!(of_refusal(404, Some(&spanish), None), Ok(Answered::Nothing));
        for body in [None, Some(Words::default())] {
            let judged = of_refusal(404, body.as_ref(), None).map_err(|trouble| trouble.cause());
            assert_eq!(judged, Err(Cause::HttpStatus));
        }
    }

    #[test]
    fn every_code_of_success_is_one() {
        for code in ["200", "0", "", " ", "201", "ok"] {
            assert_eq!(of_success(&words(code, "", "2 records were found", Data::Told)), Ok(Answered::Data));
            assert_eq!(of_success(&words(code, "", "", Data::Null)), Ok(Answered::Nothing));
            assert_eq!(of_success(&words(code, "", "", Data::Missing)), Ok(Answered::Nothing));
        }
        let bare_list = Words { data: Data::Told, ..Words::default() };
        assert_eq!(of_success(&bare_list), Ok(Answered::Data));
        let empty = of_success(&Words::default()).map_err(|trouble| trouble.cause());
        assert_eq!(empty, Err(Cause::BadShape));
        let refused = words("", "Forbidden", "TOKEN LIMIT EXCEEDED", Data::Missing);
        assert_eq!(of_success(&refused).map_err(|trouble| trouble.cause()), Err(Cause::Quota));
    }
}
