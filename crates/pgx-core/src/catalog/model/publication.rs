//! Publications and what belongs to them.

use super::object::Object;
use crate::toc::{CatalogId, Ref};

/// A publication.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Publication {
    /// Identity and owner.
    pub object: Object,
    /// FOR ALL TABLES.
    pub all_tables: bool,
    /// … EXCEPT these (19 and newer), by schema and name.
    pub except: Vec<Ref>,
    /// Tables that are excepted too, and were not read: a copy lacks them.
    pub except_unread: Vec<Ref>,
    /// ALL SEQUENCES (19 and newer).
    pub all_sequences: bool,
    /// The clauses of WITH.
    pub options: Vec<String>,
}

/// A table of a publication.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublicationTable {
    /// The row in `pg_publication_rel`.
    pub id: CatalogId,
    /// The publication's name.
    pub publication: String,
    /// OID of the table.
    pub relation: u32,
    /// The table.
    pub table: Ref,
    /// The columns it is limited to; empty for all.
    pub columns: Vec<String>,
    /// The row filter.
    pub filter: Option<String>,
}

/// A schema whose tables a publication has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublicationSchema {
    /// The row in `pg_publication_namespace`.
    pub id: CatalogId,
    /// The publication's name.
    pub publication: String,
    /// The schema.
    pub schema: String,
}
