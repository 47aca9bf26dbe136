//! What is fuzzed: for each target a function from any bytes to an outcome, and the inputs to begin
//! with.
//!
//! A target panics when a promise of pgx is broken, and never otherwise. `cargo test` replays the
//! corpora, `cargo xtask fuzz` explores around them for a bounded time, and `fuzz/libfuzzer` explores
//! with the help of coverage. See `docs/fuzzing.md`.

pub mod assemble;
pub mod corpus;
pub mod explore;
mod input;
mod mutate;
mod outcome;
mod random;
mod shrink;
mod targets;
pub mod watch;

pub use input::Input;
pub use outcome::Outcome;
pub use random::Random;
pub use targets::{TARGETS, Target, target};
