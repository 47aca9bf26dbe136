//! The engine of pgx.
pub mod error;
pub mod event;
pub use error::{Code, Error, Result};
