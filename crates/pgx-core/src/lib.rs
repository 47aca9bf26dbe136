//! The engine of pgx.
pub mod catalog;
pub mod connect;
pub mod error;
pub mod event;
pub mod order;
pub mod toc;
pub use error::{Code, Error, Result};
