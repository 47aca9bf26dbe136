//! The catalogs of a server, read in bulk into an immutable model.
//!
//! Reading has two parts. [`Listing`] is read first, from plain catalog columns only: which relations
//! exist, how they hang together. It is what objects are chosen by and what is locked. [`Catalog`] is
//! read afterwards, under the locks and in the snapshot: deparse functions of the server see the
//! newest catalogs and not the snapshot, so only what is locked may go through them.
//!
//! One query per catalog, never one per object.

pub mod access_methods;
pub mod acl;
pub mod added;
pub mod aggregates;
mod among;
mod base_types;
pub mod casts;
pub mod collations;
mod columns;
pub mod comments;
pub mod constraints;
pub mod conversions;
pub mod database;
pub mod default_acls;
pub mod defaults;
pub mod depends;
pub mod event_triggers;
pub mod extensions;
pub mod foreign;
pub mod functions;
pub mod globals;
pub mod indexes;
mod inet_classes;
pub(crate) mod known;
pub mod labels;
pub mod languages;
pub mod large_objects;
pub mod listing;
pub mod model;
pub mod object;
pub mod operator_classes;
pub mod operators;
pub mod planner;
pub mod policies;
pub mod publications;
mod read;
pub mod relations;
pub mod roles;
pub mod rules;
pub mod schemas;
pub mod sequences;
pub mod setting;
pub mod shapes;
pub mod statistics;
pub mod subscriptions;
pub mod system_objects;
pub mod text_search;
pub mod transforms;
pub mod triggers;
pub mod types;
pub mod unkept;
pub mod unknown;
pub mod unsupported;

pub use listing::Listing;
pub use model::Catalog;
pub use read::read;
pub use shapes::Shapes;
