//! The table of contents: what an archive lists, as a model.
//!
//! An [`Entry`] keeps its parts apart (owner, grants, comments, tablespace, each definition statement)
//! so that a restore maps roles or leaves parts out by changing fields, never by editing SQL text.
//! `ddl/` makes entries, `archive/` stores them, `restore/` turns them into statements.
//!
//! The numbers in `#[n(…)]` are the keys of the archive's CBOR maps: normative, never reused.

mod entry;
pub mod global;
mod kind;
mod large_objects;
mod maps;
mod meta;
mod needs;
mod omitted;
mod shape;
mod statistics;
mod variant;

pub use entry::{
    AclChange, BlockRange, CatalogId, Column, Comment, DataSpec, Entry, EntryId, OfIndex, Ref,
    RoleSlot, RowFormat, SecurityLabel, SequenceValue,
};
pub use global::Global;
pub use kind::{Kind, Parts, Section, Sections};
pub use large_objects::{LargeObjects, OidRun, Oids};
pub use maps::{Maps, NameMap};
pub use meta::{Content, DatabaseSpec, Meta, RoleSetting};
pub use needs::Needs;
pub use omitted::Omitted;
pub use shape::{Leaf, Shape, UnknownShape};
pub use statistics::Described;
pub use variant::Variant;

/// For flags that are written only when they are set.
fn is_false(flag: &bool) -> bool {
    !flag
}
