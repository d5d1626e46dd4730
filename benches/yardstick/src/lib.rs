//! Answers of a made-up wolkvox, of any size, for whoever measures the exporter: the program `yardstick` serves them, the
//! benches in the process fold them.
//!
//! They look like wolkvox's (indented, every value a text, a blank in a field's name) and follow from a shape, a seed and
//! a generation alone, so that two runs weigh the same.

pub mod answers;
pub mod calls;
