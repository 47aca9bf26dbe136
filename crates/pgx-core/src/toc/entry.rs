//! One entry of the table of contents.

use std::fmt;

use minicbor::{Decode, Encode};

use super::global::Global;
use super::kind::{Kind, Section};
use super::large_objects::LargeObjects;
use super::needs::Needs;
use super::shape::Shape;
use super::variant::Variant;
use crate::connect::quote;

/// The dump id: dense, from 1, in the order in which entries are restored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct EntryId(#[n(0)] pub u32);

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Where an object stands in the catalogs of its server: the catalog's OID and the object's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct CatalogId {
    /// OID of the catalog (`pg_class` is 1259); 0 for what has no row of its own.
    #[n(0)]
    pub class: u32,
    /// OID of the object.
    #[n(1)]
    pub oid: u32,
}

/// A name with the schema it stands in, if it stands in one.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct Ref {
    /// The schema; none for objects outside schemas.
    #[n(0)]
    pub schema: Option<String>,
    /// The name.
    #[n(1)]
    pub name: String,
}

impl Ref {
    /// `schema.name`.
    pub fn new(schema: &str, name: &str) -> Ref {
        Ref { schema: Some(schema.to_owned()), name: name.to_owned() }
    }

    /// As quoted SQL.
    pub fn sql(&self) -> String {
        quote::maybe_qualified(self.schema.as_deref(), &self.name)
    }

    /// As a row of two SQL literals, to be compared with `(nspname, relname)`.
    pub fn literals(&self) -> String {
        let schema = self.schema.as_deref().unwrap_or_default();
        format!("({}, {})", quote::literal(schema), quote::literal(&self.name))
    }
}

impl fmt::Display for Ref {
    /// For messages: without quotes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.schema {
            Some(schema) => write!(f, "{schema}.{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// An object of the source, or its rows.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Entry {
    /// The dump id; also the stream id of the entry's data frames.
    #[n(0)]
    pub id: EntryId,
    /// What it is.
    #[n(1)]
    pub kind: Kind,
    /// When it is restored.
    #[n(2)]
    pub section: Section,
    /// Where it stands in the source's catalogs. Known while a dump is made, and not written: the
    /// same definitions give the same table of contents, whatever their OIDs.
    #[cbor(skip)]
    pub catalog: CatalogId,
    /// Schema (none for objects outside schemas) and name. The name of a function is the bare one.
    #[n(4)]
    pub name: Ref,
    /// The relation or domain it sits on: of a constraint, index, trigger, rule, policy, default, …
    #[n(5)]
    pub on: Option<Ref>,
    /// What `ALTER … OWNER TO` and `COMMENT ON` call it, keyword included and quoted:
    /// `FUNCTION "s"."f"(integer)`, `TRIGGER "t" ON "s"."x"`. Empty where neither exists.
    #[n(6)]
    pub address: String,
    /// The owner, where the kind has one that can be set by `ALTER address OWNER TO`.
    #[n(7)]
    pub owner: Option<String>,
    /// The tablespace, when it is not the database's default.
    #[n(8)]
    pub tablespace: Option<String>,
    /// The table access method, when it is not heap. Of a partitioned table: the one its partitions
    /// get, heap included.
    #[n(9)]
    pub access_method: Option<String>,
    /// Statements that make it, in order, each without a final semicolon, each sent on its own.
    #[n(10)]
    pub create: Vec<String>,
    /// The statement that removes it; none for what goes with its parent.
    #[n(11)]
    pub drop: Option<String>,
    /// Privilege changes against what the server gives by default, in order, revokes first.
    #[n(12)]
    pub acl: Vec<AclChange>,
    /// Comments on it and on its columns.
    #[n(13)]
    pub comments: Vec<Comment>,
    /// Entries that must be restored before.
    #[n(14)]
    pub deps: Vec<EntryId>,
    /// For TABLE DATA: what its rows are.
    #[n(15)]
    pub data: Option<DataSpec>,
    /// For SEQUENCE SET: where the sequence stood.
    #[n(16)]
    pub sequence: Option<SequenceValue>,
    /// For a foreign key whose referenced table is not in the archive (policy `ignore`): that table.
    /// It is added only if the target has the table.
    #[n(17)]
    pub needs_in_target: Option<Ref>,
    /// For EXTENSION: the version on the source.
    #[n(18)]
    pub version: Option<String>,
    /// For a table made by restoring this entry: a partitioned table (no rows of its own).
    #[n(19)]
    pub partitioned: bool,
    /// For LARGE OBJECT METADATA and LARGE OBJECTS: which, and how they are cut. In such an entry the
    /// `on` of privilege changes is empty: they hold for each of the objects.
    #[n(20)]
    pub large_objects: Option<LargeObjects>,
    /// Security labels on it and on its columns.
    #[n(21)]
    #[cbor(skip_if = "Vec::is_empty")]
    pub labels: Vec<SecurityLabel>,
    /// Statements that say how columns are compressed out of line; they follow those of `create`.
    #[n(22)]
    #[cbor(skip_if = "Vec::is_empty")]
    pub toast_compression: Vec<String>,
    /// Where statements of `create` name roles, in order. Owners and grants are not in there.
    #[n(23)]
    #[cbor(skip_if = "Vec::is_empty")]
    pub role_slots: Vec<RoleSlot>,
    /// For an object of the cluster: what makes it. Its statements come from here, not from `create`.
    #[n(24)]
    pub global: Option<Global>,
    /// What making it takes, beyond what its kind says.
    #[n(26)]
    #[cbor(default, skip_if = "Needs::is_empty")]
    pub needs: Needs,
    /// How servers of other versions make it, where they do not take `create`.
    #[n(27)]
    #[cbor(skip_if = "Vec::is_empty")]
    pub variants: Vec<Variant>,
    /// For a primary key or unique constraint: how it is made of an index that is there, so that indexes
    /// of one table can be made side by side.
    #[n(28)]
    pub of_index: Option<OfIndex>,
}

impl Entry {
    /// An entry with nothing but its identity; `id` 0 until it is numbered.
    pub fn new(kind: Kind, catalog: CatalogId, name: Ref) -> Entry {
        Entry {
            id: EntryId::default(),
            kind,
            section: kind.section(),
            catalog,
            name,
            on: None,
            address: String::new(),
            owner: None,
            tablespace: None,
            access_method: None,
            create: Vec::new(),
            drop: None,
            acl: Vec::new(),
            comments: Vec::new(),
            deps: Vec::new(),
            data: None,
            sequence: None,
            needs_in_target: None,
            version: None,
            partitioned: false,
            large_objects: None,
            labels: Vec::new(),
            toast_compression: Vec::new(),
            global: None,
            role_slots: Vec::new(),
            needs: Needs::default(),
            variants: Vec::new(),
            of_index: None,
        }
    }

    /// What servers of this major version are given instead of `create`.
    pub fn variant(&self, major: u32) -> Option<&Variant> {
        self.variants.iter().find(|variant| variant.is_for(major))
    }

    /// How many large objects it makes.
    pub fn large_objects(&self) -> u64 {
        self.large_objects.as_ref().map_or(0, |objects| objects.oids.count())
    }

    /// Kind and name for messages: `TRIGGER t on s.x`.
    pub fn label(&self) -> String {
        match &self.on {
            _ if self.kind == Kind::LargeObjects => self.kind.to_string(),
            Some(on) => format!("{} {} on {on}", self.kind, self.name.name),
            None => format!("{} {}", self.kind, self.title()),
        }
    }

    /// The name; of memberships and settings, whose names say too little, more.
    pub fn title(&self) -> String {
        match &self.global {
            Some(Global::Membership(of)) => format!("{} in {}", of.member, self.name),
            Some(Global::Setting(of)) => {
                format!("{} of {}", self.name, of.role.as_deref().unwrap_or("ALL"))
            }
            _ => self.name.to_string(),
        }
    }
}

/// A key that takes over an index.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct OfIndex {
    /// Makes the index.
    #[n(0)]
    pub index: String,
    /// Instead of the first statement of `create`, when the index is there.
    #[n(1)]
    pub key: String,
}

/// A role's name within a statement, so that a restore can put another in its place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RoleSlot {
    /// Which statement of `create`, from 0.
    #[n(0)]
    pub statement: u32,
    /// Where the name begins, quoted, in bytes of the statement as stored.
    #[n(1)]
    pub offset: u32,
    /// The role.
    #[n(2)]
    pub role: String,
}

/// A GRANT or REVOKE.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AclChange {
    /// REVOKE instead of GRANT.
    #[n(0)]
    pub revoke: bool,
    /// `ALL`, or SQL privilege names: `SELECT`, `UPDATE`.
    #[n(1)]
    pub privileges: Vec<String>,
    /// Column the privileges are limited to.
    #[n(2)]
    pub column: Option<String>,
    /// What follows ON, keyword included and quoted: `TABLE "s"."t"`, `FUNCTION "s"."f"(integer)`.
    #[n(3)]
    pub on: String,
    /// The role; none is PUBLIC.
    #[n(4)]
    pub grantee: Option<String>,
    /// The role that grants, when it is not the owner.
    #[n(5)]
    pub grantor: Option<String>,
    /// WITH GRANT OPTION.
    #[n(6)]
    pub grant_option: bool,
}

/// A comment.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Comment {
    /// What follows COMMENT ON: `TABLE "s"."t"`, `COLUMN "s"."t"."c"`.
    #[n(0)]
    pub address: String,
    /// The text.
    #[n(1)]
    pub text: String,
}

/// A security label.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SecurityLabel {
    /// The module that gives it a meaning, and must be loaded to set it.
    #[n(0)]
    pub provider: String,
    /// What follows ON, as with comments.
    #[n(1)]
    pub address: String,
    /// The text.
    #[n(2)]
    pub text: String,
}

/// The rows of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct DataSpec {
    /// The columns of each row, in the order of the COPY list; generated columns are left out.
    #[n(0)]
    pub columns: Vec<Column>,
    /// The row filter the rows passed, an SQL expression; none means all rows.
    #[n(1)]
    pub filter: Option<String>,
    /// Load through this partitioned ancestor, because the partition a row belongs to may differ.
    #[n(2)]
    pub via_root: Option<Ref>,
    /// Bytes of the table's heap and TOAST when it was listed: an estimate for progress.
    #[n(3)]
    pub bytes_estimate: u64,
    /// The rows belong to an extension's configuration table: the table is made by CREATE EXTENSION.
    #[n(4)]
    pub extension_config: bool,
    /// How rows are written; text when absent.
    #[n(5)]
    #[cbor(default)]
    pub format: RowFormat,
    /// The rows of a foreign table: its server gave them, and takes them.
    #[n(6)]
    #[cbor(skip_if = "super::is_false")]
    pub foreign: bool,
}

/// Blocks of a heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockRange {
    /// The first block.
    pub from: u64,
    /// The block behind the last one; none for all that follow.
    pub to: Option<u64>,
}

/// How the rows of a stream are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum RowFormat {
    /// COPY text: lines that end in a line feed, fields between tabs, `\N` for NULL.
    #[default]
    #[n(0)]
    Text,
    /// COPY BINARY: tuples without the file's header and trailer. Every column has a shape.
    #[n(1)]
    Binary,
}

impl RowFormat {
    /// The word for it: `text`, `binary`.
    pub fn text(self) -> &'static str {
        match self {
            RowFormat::Text => "text",
            RowFormat::Binary => "binary",
        }
    }

    /// What follows STDOUT, or STDIN where nothing else is to be said, in a COPY of such rows.
    pub fn copy_options(self) -> &'static str {
        match self {
            RowFormat::Text => "",
            RowFormat::Binary => " WITH (FORMAT binary)",
        }
    }
}

/// A column of a row.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Column {
    /// The name.
    #[n(0)]
    pub name: String,
    /// The type as the server prints it with its modifier: `numeric(12,2)`, `public.geometry(Point,4326)`.
    #[n(1)]
    pub type_name: String,
    /// The OID of a built-in type (below 10,000); any other means nothing elsewhere and is 0.
    #[n(2)]
    pub type_oid: u32,
    /// The binary form of its values, where pgx knows it.
    #[n(3)]
    pub shape: Option<Shape>,
}

/// Where a sequence stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SequenceValue {
    /// `last_value`.
    #[n(0)]
    pub last_value: i64,
    /// Whether `last_value` has been given out.
    #[n(1)]
    pub is_called: bool,
}
