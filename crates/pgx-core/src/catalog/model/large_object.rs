//! Large objects.

use super::acl::Acl;
use super::label::Label;
use crate::toc::Oids;

/// The large objects of a database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LargeObjects {
    /// Each large object is in one of them.
    pub groups: Vec<LargeObjectGroup>,
    /// Comments by OID, ascending; most large objects have none.
    pub comments: Vec<(u32, String)>,
    /// Security labels by OID, ascending.
    pub labels: Vec<(u32, Label)>,
    /// Bytes of a page of `pg_largeobject`: a quarter of a block.
    pub page_bytes: u32,
    /// Bytes of `pg_largeobject` on disk.
    pub bytes_estimate: u64,
}

/// Large objects that differ in nothing but their OIDs and comments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LargeObjectGroup {
    /// The owner.
    pub owner: String,
    /// Privileges.
    pub acl: Acl,
    /// Which.
    pub oids: Oids,
}
