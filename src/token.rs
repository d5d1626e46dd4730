//! The key to an operation: a token that cannot be printed, and where it is read from.

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use http::HeaderValue;

use crate::config::{self, Environment};

/// A token is 100 characters or so; a file beyond this is not one, and is not read whole to find that out.
const MAX_BYTES: u64 = 8 * 1024;

/// A wolkvox token. It has no `Display` and no `Serialize`, and its `Debug` says nothing: the only way out is the header.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Token(HeaderValue);

impl Token {
    /// The token that this text is, blanks around it left out.
    ///
    /// # Errors
    ///
    /// Fails where nothing is left, or where it could not be sent: control characters, blanks within, letters beyond
    /// ASCII. The error does not hold the text.
    pub fn new(text: &str) -> Result<Self, NotAToken> {
        let text = text.trim();
        if text.is_empty() {
            return Err(NotAToken::Empty);
        }
        if !text.is_ascii() {
            return Err(NotAToken::NotAscii);
        }
        if text.bytes().any(|byte| !byte.is_ascii_graphic()) {
            return Err(NotAToken::Blank);
        }
        let mut value = HeaderValue::from_str(text).map_err(|_| NotAToken::Blank)?;
        value.set_sensitive(true);
        Ok(Self(value))
    }

    /// The value of the header `wolkvox-token`; marked sensitive, so that HTTP libraries do not print it either. Cloning
    /// it copies no text.
    #[must_use]
    pub fn header(&self) -> &HeaderValue {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(…)")
    }
}

/// Why a text is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAToken {
    /// Nothing but blanks.
    #[error("is empty; put the token there, and nothing else")]
    Empty,
    /// Letters that no header may hold.
    #[error("holds characters beyond ASCII; copy the token anew from wolkvox")]
    NotAscii,
    /// Several lines or words, or control characters.
    #[error("holds blanks or control characters within the token; put the token there alone, on one line")]
    Blank,
}

/// Where an operation's token is read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenSource {
    /// A file, read anew each time, so that a rotated token needs no restart.
    File(PathBuf),
    /// A variable of the process' environment.
    Env(String),
    /// One that is known already: the simulated contact centre's.
    Held(Token),
}

impl TokenSource {
    /// Reads the token; a file is opened each time. This blocks for as long as the file system takes.
    ///
    /// # Errors
    ///
    /// Says what cannot be read and what to do about it, never what was read.
    pub fn read(&self) -> Result<Token, TokenError> {
        self.read_within(&config::process_environment)
    }

    /// Reads the token, taking variables from this environment.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn read_within(&self, environment: Environment<'_>) -> Result<Token, TokenError> {
        match self {
            Self::File(path) => read_file(path),
            Self::Env(variable) => {
                let text = environment(variable).ok_or_else(|| TokenError::Unset { variable: variable.clone() })?;
                Token::new(&text).map_err(|why| TokenError::Variable { variable: variable.clone(), why })
            }
            Self::Held(token) => Ok(token.clone()),
        }
    }
}

fn read_file(path: &Path) -> Result<Token, TokenError> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes));
    let length = read.map_err(|why| TokenError::Unreadable { path: path.to_owned(), why })?;
    if length as u64 > MAX_BYTES {
        return Err(TokenError::TooLong { path: path.to_owned() });
    }
    let text = String::from_utf8(bytes).map_err(|_| NotAToken::NotAscii);
    text.and_then(|text| Token::new(&text)).map_err(|why| TokenError::File { path: path.to_owned(), why })
}

/// Why there is no token, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The file is missing, a folder, or not ours to read.
    #[error("the token file {} cannot be read ({}); {}", shown(path), reason(why), remedy(why))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: std::io::Error,
    },
    /// The file is too long to hold one token.
    #[error("the token file {} is longer than {MAX_BYTES} bytes; put the token there, and nothing else", shown(path))]
    TooLong {
        /// The file.
        path: PathBuf,
    },
    /// The file holds something else.
    #[error("the token file {} {why}", shown(path))]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with its text.
        why: NotAToken,
    },
    /// The variable is not there.
    #[error("the environment variable {variable} is not set; set it to the token, or write token_file")]
    Unset {
        /// The variable's name.
        variable: String,
    },
    /// The variable holds something else.
    #[error("the environment variable {variable} {why}")]
    Variable {
        /// The variable's name.
        variable: String,
        /// What is wrong with its text.
        why: NotAToken,
    },
}

/// A path for people. Whoever writes the token where its file belongs must not find it in the log, so what looks like one
/// is cut; names of files have dots or are short.
fn shown(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if name.len() < 24 || name.contains('.') {
        return path.display().to_string();
    }
    let start: String = name.chars().take(4).collect();
    path.with_file_name(format!("{start}…")).display().to_string()
}

/// The system's words without the number, which differs between systems.
fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}

fn remedy(error: &std::io::Error) -> &'static str {
    match error.kind() {
        std::io::ErrorKind::NotFound => "create it with the token in it, or correct the path",
        std::io::ErrorKind::PermissionDenied => "let the user that runs the exporter read it",
        std::io::ErrorKind::IsADirectory => "name the file within it",
        _ => "make it a readable file with the token in it",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_trimmed_and_cannot_be_seen() {
        let token = Token::new("  7b69645f6469737-2024\r\n").unwrap();
        assert_eq!(token, Token::new("7b69645f6469737-2024").unwrap());
        assert_eq!(format!("{token:?}"), "Token(…)");
        assert!(token.header().is_sensitive());
        assert_eq!(format!("{:?}", token.header()), "Sensitive");
        assert_eq!(token.header().as_bytes(), b"7b69645f6469737-2024");
    }

    #[test]
    fn what_cannot_be_sent_is_no_token() {
        for (text, expected) in [
            ("", NotAToken::Empty),
            (" \r\n\t", NotAToken::Empty),
            ("abc\ndef", NotAToken::Blank),
            ("abc def", NotAToken::Blank),
            ("abc\0def", NotAToken::Blank),
            ("abc\u{7f}", NotAToken::Blank),
            ("añb", NotAToken::NotAscii),
            ("\u{feff}abc", NotAToken::NotAscii),
        ] {
            assert_eq!(Token::new(text), Err(expected), "{text:?}");
        }
    }

    #[test]
    fn a_file_is_read_anew_each_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let source = TokenSource::File(path.clone());
        let missing = source.read().unwrap_err().to_string();
        assert!(missing.ends_with(
            "cannot be read (no such file or directory); create it with the token in it, or correct the path"
        ));
        std::fs::write(&path, "first\n").unwrap();
        assert_eq!(source.read().unwrap(), Token::new("first").unwrap());
        std::fs::write(&path, "second\n").unwrap();
        assert_eq!(source.read().unwrap(), Token::new("second").unwrap());
    }

    #[test]
    fn errors_do_not_tell_the_token() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        for bytes in [&b"s3cret s3cret"[..], b"s3cret\xff", "s3crét".as_bytes(), &[b's'; 9000]] {
            std::fs::write(&path, bytes).unwrap();
            let error = TokenSource::File(path.clone()).read().unwrap_err();
            assert!(!format!("{error} {error:?}").contains("s3cr"), "{error}");
        }
        let variable = TokenSource::Env("ACME_TOKEN".into());
        let error = variable.read_within(&|_| Some("s3cret s3cret".into())).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("s3cret"));
        assert_eq!(
            variable.read_within(&|_| None).unwrap_err().to_string(),
            "the environment variable ACME_TOKEN is not set; set it to the token, or write token_file"
        );
    }
}
