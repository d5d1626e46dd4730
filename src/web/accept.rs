//! What a client wants to have: which format, and whether packed.

use axum::http::{HeaderMap, HeaderName, header};

use crate::format::Format;

/// The format that the client wants: OpenMetrics where it is named and wanted no less than text.
pub(super) fn format(headers: &HeaderMap) -> Format {
    let mut openmetrics = 0.0_f64;
    // The most exact of the ranges that text falls under counts: how exact it is, and its weight.
    let mut text = (0, 0.0);
    for offer in offers(headers, &header::ACCEPT) {
        let is_version = |version| offer.parameter("version").is_none_or(|asked| asked == version);
        let exactness = match offer.name.to_ascii_lowercase().as_str() {
            // Other versions than this one are not spoken; a client that knows only those gets text.
            "application/openmetrics-text" if is_version("1.0.0") => {
                openmetrics = openmetrics.max(offer.weight());
                continue;
            }
            "text/plain" if is_version("0.0.4") => 3,
            "text/*" => 2,
            "*/*" => 1,
            _ => continue,
        };
        if exactness > text.0 {
            text = (exactness, offer.weight());
        } else if exactness == text.0 {
            text.1 = offer.weight().max(text.1);
        }
    }
    if openmetrics > 0.0 && openmetrics >= text.1 { Format::OpenMetrics } else { Format::Text }
}

/// Whether the client takes gzip: named or by `*`, and not with a weight of 0.
pub(super) fn gzip(headers: &HeaderMap) -> bool {
    let mut by_star = None;
    for offer in offers(headers, &header::ACCEPT_ENCODING) {
        let is_wanted = offer.weight() > 0.0;
        if offer.name.eq_ignore_ascii_case("gzip") || offer.name.eq_ignore_ascii_case("x-gzip") {
            return is_wanted;
        }
        if offer.name == "*" {
            by_star = Some(is_wanted);
        }
    }
    by_star.unwrap_or(false)
}

/// One element of such a header: `name;parameter=value;q=weight`.
struct Offer<'h> {
    name: &'h str,
    parameters: &'h str,
}

impl<'h> Offer<'h> {
    fn parameter(&self, name: &str) -> Option<&'h str> {
        self.parameters.split(';').find_map(|parameter| {
            let (key, value) = parameter.split_once('=')?;
            key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"'))
        })
    }

    /// From 0, not at all, to 1. A weight that is no number is none.
    fn weight(&self) -> f64 {
        self.parameter("q").map_or(1.0, |weight| weight.parse().unwrap_or(0.0))
    }
}

fn offers<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl Iterator<Item = Offer<'h>> {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(|offer| {
        let (name, parameters) = offer.split_once(';').unwrap_or((offer, ""));
        Offer { name: name.trim(), parameters }
    })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(name: HeaderName, value: Option<&'static str>) -> HeaderMap {
        value.map(|value| (name, HeaderValue::from_static(value))).into_iter().collect()
    }

    #[test]
    fn gzip_only_where_it_is_accepted() {
        for (accepted, expected) in [
            (Some("gzip"), true),
            (Some("deflate, GZip;q=0.5"), true),
            (Some("gzip;q=0"), false),
            (Some("gzip; q=0.000"), false),
            (Some("gzip; Q=0"), false),
            (Some("*"), true),
            (Some("*, gzip;q=0"), false),
            (Some("*;q=0"), false),
            (Some("identity"), false),
            (Some("br, zstd"), false),
            (Some(""), false),
            (None, false),
        ] {
            assert_eq!(gzip(&headers(header::ACCEPT_ENCODING, accepted)), expected, "{accepted:?}");
        }
    }

    #[test]
    fn openmetrics_only_where_it_is_asked_for() {
        const PROMETHEUS_2_42: &str = "application/openmetrics-text;version=1.0.0,\
            application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
        const PROMETHEUS_2_5: &str =
            "application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
        const PROMETHEUS_3: &str = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
            application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,\
            text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
        for (accepted, is_openmetrics) in [
            (Some(PROMETHEUS_2_42), true),
            (Some(PROMETHEUS_3), true),
            (Some(PROMETHEUS_2_5), false),
            (Some("application/openmetrics-text"), true),
            (Some("Application/OpenMetrics-Text; Version=\"1.0.0\"; charset=utf-8"), true),
            (Some("application/openmetrics-text;q=0.2,text/plain;q=0.3"), false),
            (Some("application/openmetrics-text;q=0.3,text/plain;q=0.2,text/*,*/*"), true),
            (Some("application/openmetrics-text;q=0.3,*/*"), false),
            (Some("application/openmetrics-text;q=0"), false),
            (Some("application/openmetrics-text;q=most"), false),
            (Some("application/*"), false),
            (Some("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"), false),
            (Some("*/*"), false),
            (Some(""), false),
            (None, false),
        ] {
            let expected = if is_openmetrics { Format::OpenMetrics } else { Format::Text };
            assert_eq!(format(&headers(header::ACCEPT, accepted)), expected, "{accepted:?}");
        }
    }
}
