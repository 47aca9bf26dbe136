//! The catalogs of a server, read in bulk into an immutable model.
//!
//! Reading has two parts. [`Listing`] is read first, from plain catalog columns only: which relations
//! exist, how they hang together. It is what objects are chosen by and what is locked. [`Catalog`] is
//! read afterwards, under the locks and in the snapshot: deparse functions of the server see the
//! newest catalogs and not the snapshot, so only what is locked may go through them.
//!
//! One query per catalog, never one per object.

pub mod acl;
pub mod comments;
pub mod database;
pub mod depends;
pub mod extensions;
pub mod functions;
pub mod listing;
pub mod model;
pub mod object;
pub mod roles;
pub mod schemas;
pub mod setting;
pub mod types;

pub use listing::Listing;
pub use model::Catalog;
