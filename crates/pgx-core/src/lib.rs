//! The engine of pgx.
pub mod archive;
pub mod catalog;
pub mod chunk;
pub mod clone;
pub mod connect;
pub mod ddl;
pub mod dump;
pub mod error;
pub mod event;
pub mod order;
pub mod restore;
pub mod rows;
pub mod salvage;
pub mod select;
pub mod stripe;
pub mod toc;
pub mod verify;
pub use error::{Code, Error, Result};
