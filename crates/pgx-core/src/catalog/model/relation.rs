//! Tables, views and their columns.

use super::acl::Acl;
use super::foreign::ForeignTable;
use super::object::Object;
use crate::toc::{CatalogId, Ref};

/// A table, partitioned table, foreign table, view or materialized view.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Relation {
    /// Identity, owner, privileges.
    pub object: Object,
    /// Which of them.
    pub kind: RelKind,
    /// UNLOGGED.
    pub unlogged: bool,
    /// Columns in order, dropped ones left out.
    pub columns: Vec<Column>,
    /// OID of the row type in `pg_type`.
    pub row_type: u32,
    /// The composite type of a typed table, as quoted SQL.
    pub of_type: Option<String>,
    /// `pg_get_partkeydef`, for a partitioned table.
    pub partition_key: Option<String>,
    /// For a partition: of what.
    pub partition: Option<Partition>,
    /// Inheritance parents in order (not for partitions).
    pub parents: Vec<u32>,
    /// Their names: a parent need not be among the relations that were read.
    pub parent_names: Vec<Ref>,
    /// Hash-partitioned by an enum: its hash depends on OIDs, so rows may belong elsewhere after a
    /// restore.
    pub hashes_enum: bool,
    /// Storage options, each `name=value`; toast options as `toast.name=value`. CHECK OPTION left
    /// out.
    pub options: Vec<String>,
    /// Tablespace, when not the database's default.
    pub tablespace: Option<String>,
    /// Table access method (server 12 and newer; none for views and where it does not apply). A
    /// partitioned table has one (17 and newer) when it was given one for its partitions.
    pub access_method: Option<String>,
    /// `relreplident`: `d n f i`.
    pub replica_identity: char,
    /// ROW LEVEL SECURITY enabled.
    pub row_security: bool,
    /// … and forced for the owner too.
    pub force_row_security: bool,
    /// The query of a view or materialized view, without the final semicolon.
    pub query: Option<String>,
    /// `LOCAL` or `CASCADED`, for a view.
    pub check_option: Option<String>,
    /// A materialized view holds rows.
    pub populated: bool,
    /// For a foreign table: where its rows are.
    pub foreign: Option<ForeignTable>,
    /// Privileges on system columns, by column name; almost always empty.
    pub system_columns: Vec<(String, Acl)>,
    /// Bytes of heap and TOAST.
    pub bytes_estimate: u64,
}

impl Relation {
    /// The column with this number.
    pub fn column(&self, number: i32) -> Option<&Column> {
        self.columns
            .binary_search_by_key(&number, |column| column.number)
            .ok()
            .map(|at| &self.columns[at])
    }

    /// A partition that was being detached: it is made as the table it will be.
    pub fn is_detaching(&self) -> bool {
        self.partition.as_ref().is_some_and(|partition| partition.detach_pending)
    }

    /// Whether columns can be added to it one by one: those of a table below others or of a type are
    /// not its own alone, and those of a partitioned one may be its key.
    pub fn can_grow(&self) -> bool {
        self.kind == RelKind::Table && self.parent_names.is_empty() && self.of_type.is_none()
    }

    /// Whether the column with this number is a generated one.
    pub fn generates(&self, number: i32) -> bool {
        self.column(number).is_some_and(|column| column.generated != Generated::No)
    }

    /// A view or materialized view.
    pub fn has_query(&self) -> bool {
        matches!(self.kind, RelKind::View | RelKind::MaterializedView)
    }

    /// Whether `CREATE TABLE` lists the column. An inherited one comes from the parents; a
    /// partition is made by itself first and attached later, so it lists all.
    pub fn lists(&self, column: &Column) -> bool {
        column.local || self.partition.is_some()
    }
}

/// `relkind` of what has columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RelKind {
    /// `r`
    #[default]
    Table,
    /// `p`
    Partitioned,
    /// `v`
    View,
    /// `m`
    MaterializedView,
    /// `f`
    Foreign,
}

/// Of what a table is a partition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Partition {
    /// OID of the partitioned table.
    pub parent: u32,
    /// `FOR VALUES …` or `DEFAULT`.
    pub bound: String,
    /// Being detached concurrently.
    pub detach_pending: bool,
}

/// A column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Column {
    /// `attnum`.
    pub number: i32,
    /// Name.
    pub name: String,
    /// Type with modifier, as `format_type` prints it under an empty search path.
    pub type_name: String,
    /// OID of the type.
    pub type_oid: u32,
    /// Collation as quoted SQL, when it is not the type's.
    pub collation: Option<String>,
    /// NOT NULL by the column's flag.
    pub not_null: bool,
    /// Name of the NOT NULL constraint (server 18 and newer), when it must be spelled out.
    pub not_null_name: Option<String>,
    /// The NOT NULL constraint is NO INHERIT.
    pub not_null_no_inherit: bool,
    /// The NOT NULL is to be printed with this table: it is valid, and it is local or the table is
    /// a partition (which is made with all its columns) or no parent passes it on.
    pub not_null_local: bool,
    /// GENERATED … AS (expression).
    pub generated: Generated,
    /// GENERATED … AS IDENTITY.
    pub identity: Identity,
    /// Declared by this table, not merely inherited.
    pub local: bool,
    /// A parent has a default and this table has none.
    pub loses_default: bool,
    /// `attstorage` when it is not the type's, or not what an inheritance parent passes on.
    pub storage: Option<char>,
    /// `attcompression` when set; `d` (DEFAULT) when only an inheritance parent has it set.
    pub compression: Option<char>,
    /// Statistics target when set.
    pub statistics: Option<i32>,
    /// Column options, each `name=value`.
    pub options: Vec<String>,
    /// Options for the foreign-data wrapper, each `name=value`.
    pub foreign_options: Vec<String>,
    /// Column privileges.
    pub acl: Acl,
}

/// `attgenerated`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Generated {
    /// An ordinary column.
    #[default]
    No,
    /// STORED
    Stored,
    /// VIRTUAL (18 and newer)
    Virtual,
}

/// `attidentity`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Identity {
    /// An ordinary column.
    #[default]
    No,
    /// ALWAYS
    Always,
    /// BY DEFAULT
    ByDefault,
}

/// A row of `pg_attrdef`: a default or a generation expression.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnDefault {
    /// Catalog and OID.
    pub id: CatalogId,
    /// OID of the relation.
    pub relation: u32,
    /// `attnum` of the column.
    pub number: i32,
    /// The expression as SQL.
    pub expression: String,
}
