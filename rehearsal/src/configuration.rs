//! What the operator of a scenario's operations has configured: a file like anybody's, read as anybody's.

use std::fmt::Write as _;
use std::path::Path;

use wolkvox_exporter::config::{Config, Switches};
use wolkvox_exporter::token::{Token, TokenSource};

use crate::scenario::Centre;
use crate::stage::RecordError;

/// The token of a simulated operation, which is nobody's secret.
pub(crate) fn token(operation: &str) -> String {
    format!("{operation}-token")
}

/// The variable that a configuration would have the token in.
fn variable(operation: &str) -> String {
    format!("TOKEN_OF_{}", operation.to_uppercase().replace('-', "_"))
}

/// The configuration of these operations.
pub(crate) fn of(centres: &[Centre]) -> Result<Config, RecordError> {
    let environment = |name: &str| {
        let found = centres.iter().find(|centre| variable(&centre.profile.name) == name);
        found.map(|centre| token(&centre.profile.name))
    };
    let path = Path::new("rehearsal.yaml");
    let mut config =
        Config::parse(&text(centres), path, &Switches::default(), &environment).map_err(RecordError::Configuration)?;
    for operation in &mut config.operations {
        // A variable is read anew before every request, and this one is not really set.
        let token = Token::new(&token(&operation.name)).map_err(|error| RecordError::Token(error.to_string()))?;
        operation.token = TokenSource::Held(token);
    }
    Ok(config)
}

fn text(centres: &[Centre]) -> String {
    let mut text = "operations:\n".to_owned();
    for centre in centres {
        let Centre { profile, open_hours, target, threshold, births } = centre;
        let zone = profile.timezone.iana_name().unwrap_or("UTC");
        let _ = write!(
            text,
            "  - name: {name}\n    base_url: http://wolkvox.test\n    token_env: {variable}\n    timezone: {zone}\n    \
             licenses: {licences}\n    service_level: {{ target: {target}%, threshold: {threshold}s }}\n",
            name = profile.name,
            variable = variable(&profile.name),
            licences = profile.licences,
        );
        for (key, value) in [("open_hours", open_hours), ("births", births)] {
            if let Some(value) = value {
                let _ = writeln!(text, "    {key}: {value}");
            }
        }
    }
    text
}
