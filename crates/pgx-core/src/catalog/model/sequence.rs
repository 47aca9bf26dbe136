//! Sequences.

use super::object::Object;
use crate::toc::SequenceValue;

/// A sequence: free, owned by a column (serial), or behind an identity column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sequence {
    /// Identity, owner, privileges.
    pub object: Object,
    /// `bigint`, `integer`, `smallint`.
    pub type_name: String,
    /// START
    pub start: i64,
    /// INCREMENT
    pub increment: i64,
    /// MINVALUE
    pub min: i64,
    /// MAXVALUE
    pub max: i64,
    /// CACHE
    pub cache: i64,
    /// CYCLE
    pub cycle: bool,
    /// UNLOGGED
    pub unlogged: bool,
    /// Table and column number that own it.
    pub owned_by: Option<(u32, i32)>,
    /// It is the inside of an identity column.
    pub identity: bool,
    /// Where it stands; none when only definitions are read.
    pub value: Option<SequenceValue>,
}
