//! How wolkvox spells a count, a percentage, a duration, an hour, a name and a blank.
//!
//! Nearly every value arrives as a JSON string; JSON numbers are read as if they were quoted. Each reader takes the text
//! without its outer blanks, and says no to what it does not understand: a wrong number is worse than none.

mod duration;
mod number;
mod text;
mod time;

pub use duration::{clock, seconds};
pub use number::{amount, count, ratio, sum};
pub use text::{is_blank, name, plain_name, tidy};
pub use time::{day, hour};
