//! Archive → database: all of it or nothing.

mod report;
mod request;

pub use report::{RestoreReport, Skipped};
pub use request::{CreateDatabase, Input, RestoreRequest};
