//! Whatever stands in a configuration: mistakes are told, and nothing panics.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use wolkvox_exporter::config::{Config, Switches};
use wolkvox_exporter::plan::Plan;

fuzz_target!(|text: &str| {
    let environment = |variable: &str| (variable == "TOKEN").then(|| "a-token".to_owned());
    match Config::parse(text, Path::new("wolkvox.yaml"), &Switches::default(), &environment) {
        Ok(config) => config.operations.iter().for_each(|operation| drop(Plan::of(operation))),
        Err(mistakes) => assert!(!mistakes.to_string().is_empty(), "what is wrong is told"),
    }
});
