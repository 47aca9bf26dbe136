//! What an archive says of itself and of the database it was taken from.

use minicbor::{Decode, Encode};

/// The first frame of an archive. Holds no secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Meta {
    /// Version of the pgx that wrote the archive.
    #[n(0)]
    pub pgx_version: String,
    /// `server_version_num` of the source.
    #[n(1)]
    pub server_version: u32,
    /// `server_version` of the source, as text.
    #[n(2)]
    pub server_version_text: String,
    /// Encoding of every name, definition and row (a PostgreSQL encoding name). Text in the table of
    /// contents is UTF-8 when this is `UTF8`; otherwise each byte of the source is the character with
    /// that number.
    #[n(3)]
    pub encoding: String,
    /// The database and its properties, for `--create`.
    #[n(4)]
    pub database: DatabaseSpec,
    /// When the snapshot was taken: seconds since 1970-01-01 00:00:00 UTC.
    #[n(5)]
    pub started_unix: u64,
    /// Whether definitions are in the archive.
    #[n(6)]
    pub has_schema: bool,
    /// Whether rows are in the archive.
    #[n(7)]
    pub has_data: bool,
    /// What the dump was asked for, for people: `--tables-from parcels.toml`.
    #[n(8)]
    pub request: String,
    /// Raw bytes a chunk aims at.
    #[n(9)]
    pub chunk_bytes: u32,
    /// How rows are compressed, for people: `zstd:1`.
    #[n(10)]
    #[cbor(default)]
    pub compression: String,
    /// Whether statistics of the planner are in the archive.
    #[n(11)]
    #[cbor(skip_if = "super::is_false")]
    pub has_statistics: bool,
    /// What the archive is of; a database when absent.
    #[n(12)]
    #[cbor(default, skip_if = "Content::is_database")]
    pub content: Content,
}

impl Meta {
    /// The database's name as everybody else knows it: names of databases are bytes in no known
    /// encoding, which are UTF-8 as a rule, whatever the encoding of the database that was asked.
    pub fn database_name(&self) -> String {
        let name = &self.database.name;
        let bytes: Option<Vec<u8>> = name.chars().map(|c| u8::try_from(c).ok()).collect();
        match bytes.map(String::from_utf8) {
            Some(Ok(utf8)) if self.encoding != "UTF8" => utf8,
            _ => name.clone(),
        }
    }
}

/// What an archive is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Content {
    /// A database, or a part of one.
    #[default]
    #[n(0)]
    Database,
    /// Roles, tablespaces and what else a cluster's databases share. `database` is empty.
    #[n(1)]
    Globals,
}

impl Content {
    fn is_database(&self) -> bool {
        *self == Content::Database
    }
}

impl Meta {
    /// Whether entries that can have rows have some: of tables, or statistics.
    pub fn has_rows(&self) -> bool {
        self.has_data || self.has_statistics
    }
}

/// A database as `CREATE DATABASE` and the statements behind it need it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct DatabaseSpec {
    /// The name.
    #[n(0)]
    pub name: String,
    /// The owner.
    #[n(1)]
    pub owner: String,
    /// `c` libc, `i` ICU, `b` builtin.
    #[n(2)]
    pub locale_provider: String,
    /// LC_COLLATE.
    #[n(3)]
    pub collate: String,
    /// LC_CTYPE.
    #[n(4)]
    pub ctype: String,
    /// ICU or builtin locale.
    #[n(5)]
    pub locale: Option<String>,
    /// ICU rules.
    #[n(6)]
    pub icu_rules: Option<String>,
    /// Settings of the database: statements behind `ALTER DATABASE name`: `SET "work_mem" TO '64MB'`.
    #[n(7)]
    pub settings: Vec<String>,
    /// The comment.
    #[n(8)]
    pub comment: Option<String>,
    /// Privilege changes; their `on` is empty, since the name may change.
    #[n(9)]
    pub acl: Vec<super::AclChange>,
    /// Connection limit; -1 is none.
    #[n(10)]
    pub connection_limit: i32,
    /// Settings of roles within this database.
    #[n(11)]
    pub role_settings: Vec<RoleSetting>,
    /// IS_TEMPLATE
    #[n(12)]
    pub is_template: bool,
    /// Tablespace, when it is not `pg_default`.
    #[n(13)]
    pub tablespace: Option<String>,
    /// Somebody dropped the schema `public`, which every new database has.
    #[n(14)]
    #[cbor(skip_if = "super::is_false")]
    pub lacks_public: bool,
}

/// A setting of a role within a database.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RoleSetting {
    /// The role.
    #[n(0)]
    pub role: String,
    /// What follows `ALTER ROLE role IN DATABASE name`: `SET "work_mem" TO '64MB'`.
    #[n(1)]
    pub setting: String,
}
