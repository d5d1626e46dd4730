//! Where an operation's server is: by its number, or by its whole address.

use http::Uri;

/// The server's name for the label, and the address to put requests behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Server {
    /// Four digits, or the host of the address.
    pub(super) name: String,
    /// Scheme, host, port and path, without `/` at the end and without `/api/v2`.
    pub(super) base_url: String,
}

/// The server of this number: 1 to 4 digits, as wolkvox names it.
pub(super) fn numbered(text: &str) -> Result<Server, String> {
    if (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let name = format!("{text:0>4}");
        let base_url = format!("https://wv{name}.wolkvox.com");
        return Ok(Server { name, base_url });
    }
    let number = text.trim_start_matches("https://").trim_start_matches("wv").trim_end_matches(".wolkvox.com");
    if numbered_text(number) {
        return Err(format!("\"{text}\" is more than the number; write \"{number:0>4}\""));
    }
    Err(format!("\"{text}\" is not the number of a server; write 1 to 4 digits such as \"0013\", or use base_url"))
}

fn numbered_text(text: &str) -> bool {
    (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The server at this address.
pub(super) fn addressed(text: &str) -> Result<Server, String> {
    const ADVICE: &str = "write it such as https://wv0013.wolkvox.com";
    if text.contains('#') {
        // The parser below would drop it without a word.
        return Err(format!("an address with a fragment (#) leads nowhere; {ADVICE}"));
    }
    if text.contains('@') {
        return Err(format!("an address with a user or password is not taken; {ADVICE}"));
    }
    let uri: Uri = text.parse().map_err(|_| format!("\"{text}\" is not an address; {ADVICE}"))?;
    let scheme = match uri.scheme_str() {
        Some(scheme @ ("https" | "http")) => scheme,
        Some(scheme) => return Err(format!("{scheme} is not spoken; {ADVICE}")),
        None => return Err(format!("\"{text}\" does not say https:// or http://; {ADVICE}")),
    };
    let Some(authority) = uri.authority().filter(|authority| !authority.host().is_empty()) else {
        return Err(format!("\"{text}\" has no host; {ADVICE}"));
    };
    if uri.query().is_some() {
        return Err(format!("an address with a query (?) cannot be completed; {ADVICE}"));
    }
    let path = uri.path().trim_end_matches('/');
    let path = path.strip_suffix("/api/v2").unwrap_or(path).trim_end_matches('/');
    if path.to_ascii_lowercase().ends_with(".php") {
        return Err(format!("this is the address of one report; {ADVICE}"));
    }
    let host = authority.host().to_ascii_lowercase();
    let port = authority.port().map(|port| format!(":{port}")).unwrap_or_default();
    Ok(Server { base_url: format!("{scheme}://{host}{port}{path}"), name: host })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_keeps_its_zeros() {
        for (text, name) in [("0013", "0013"), ("13", "0013"), ("7", "0007"), ("1234", "1234")] {
            let server = numbered(text).unwrap();
            assert_eq!(server.name, name);
            assert_eq!(server.base_url, format!("https://wv{name}.wolkvox.com"));
        }
        assert_eq!(numbered("wv0013").unwrap_err(), "\"wv0013\" is more than the number; write \"0013\"");
        assert!(numbered("https://wv0013.wolkvox.com").unwrap_err().ends_with("write \"0013\""));
        for text in ["", "00013", "-1", "acme", "1.3", "٣"] {
            assert!(numbered(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_address_is_cut_to_what_requests_go_behind() {
        for (text, name, base_url) in [
            ("https://wv0013.wolkvox.com", "wv0013.wolkvox.com", "https://wv0013.wolkvox.com"),
            ("https://WV0013.wolkvox.com/", "wv0013.wolkvox.com", "https://wv0013.wolkvox.com"),
            ("https://wv0013.wolkvox.com/api/v2/", "wv0013.wolkvox.com", "https://wv0013.wolkvox.com"),
            ("http://127.0.0.1:19656", "127.0.0.1", "http://127.0.0.1:19656"),
            ("http://[::1]:19656/wolkvox/api/v2", "[::1]", "http://[::1]:19656/wolkvox"),
        ] {
            let expected = Server { name: name.into(), base_url: base_url.into() };
            assert_eq!(addressed(text), Ok(expected), "{text}");
        }
        for text in [
            "",
            "wv0013.wolkvox.com",
            "ftp://wv0013.wolkvox.com",
            "https://",
            "https:///api/v2",
            "https://user:secret@wv0013.wolkvox.com",
            "https://wv0013.wolkvox.com?api=x",
            "https://wv0013.wolkvox.com/#top",
            "https://wv0013.wolkvox.com/api/v2/real_time.php",
            "https://wv 0013",
        ] {
            let error = addressed(text).unwrap_err();
            assert!(error.contains("https://wv0013.wolkvox.com") && !error.contains("secret"), "{text}: {error}");
        }
    }
}
