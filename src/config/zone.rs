//! The operation's time zone, by its IANA name.

use jiff::tz::{self, TimeZone};

use super::suggestion;

/// The time zone of this name, and the name as the database spells it.
pub(super) fn named(text: &str) -> Result<(TimeZone, String), String> {
    match tz::db().get(text) {
        // A zone without a name of its own is `Etc/Unknown`, which is no place.
        Ok(zone) if !zone.is_unknown() => {
            let name = zone.iana_name().unwrap_or(text).to_owned();
            Ok((zone, name))
        }
        _ => Err(match meant(text) {
            Some(name) => format!("no time zone is called \"{text}\"; did you mean {name}?"),
            None => format!("no time zone is called \"{text}\"; write an IANA name such as America/Bogota"),
        }),
    }
}

/// The name that was probably meant: that of the place, or one that is spelled nearly so.
fn meant(text: &str) -> Option<String> {
    // Some systems list every zone twice more, under these.
    let names: Vec<String> = tz::db()
        .available()
        .map(|name| name.as_str().to_owned())
        .filter(|name| !name.starts_with("posix/") && !name.starts_with("right/"))
        .collect();
    let place = |name: &str| name.rsplit('/').next().unwrap_or(name).to_lowercase();
    let written = text.to_lowercase().replace(' ', "_");
    // "Bogota" is near to no full name, but it is the place of one.
    let of_place = names.iter().filter(|name| name.contains('/') && place(name) == written).min();
    of_place.cloned().or_else(|| suggestion::nearest(text, names.iter().map(String::as_str)).map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_found_by_name_and_suggested_by_likeness() {
        assert_eq!(named("America/Bogota").unwrap().1, "America/Bogota");
        assert_eq!(named("UTC").unwrap().1, "UTC");
        for (text, meant) in [
            ("Bogota", "America/Bogota"),
            ("Mexico City", "America/Mexico_City"),
            ("America/Bogotá", "America/Bogota"),
            ("America/Limma", "America/Lima"),
        ] {
            let expected = format!("no time zone is called \"{text}\"; did you mean {meant}?");
            assert_eq!(named(text).map(|(_, name)| name), Err(expected));
        }
        for text in ["", "COT", "GMT-5:00", "Etc/Unknown", "<-05>5", "/etc/passwd", "../../etc/passwd"] {
            assert!(named(text).is_err(), "{text}");
        }
    }
}
