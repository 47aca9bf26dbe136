//! What all kinds of objects have in common.

use super::acl::Acl;
use crate::toc::{CatalogId, Ref};

/// OIDs of the catalogs: fixed in every version of PostgreSQL.
pub mod class {
    /// The first OID that initdb does not give.
    pub const FIRST_OF_USERS: u32 = 16_384;
    /// The role that initdb makes.
    pub const BOOTSTRAP_SUPERUSER: u32 = 10;
    /// `pg_class`.
    pub const CLASS: u32 = 1259;
    /// `pg_type`.
    pub const TYPE: u32 = 1247;
    /// `pg_proc`.
    pub const PROC: u32 = 1255;
    /// `pg_namespace`.
    pub const NAMESPACE: u32 = 2615;
    /// `pg_extension`.
    pub const EXTENSION: u32 = 3079;
    /// `pg_constraint`.
    pub const CONSTRAINT: u32 = 2606;
    /// `pg_attrdef`.
    pub const ATTRDEF: u32 = 2604;
    /// `pg_rewrite`.
    pub const REWRITE: u32 = 2618;
    /// `pg_trigger`.
    pub const TRIGGER: u32 = 2620;
    /// `pg_policy`.
    pub const POLICY: u32 = 3256;
    /// `pg_language`.
    pub const LANGUAGE: u32 = 2612;
    /// `pg_collation`.
    pub const COLLATION: u32 = 3456;
    /// `pg_cast`.
    pub const CAST: u32 = 2605;
    /// `pg_operator`.
    pub const OPERATOR: u32 = 2617;
    /// `pg_opclass`.
    pub const OPCLASS: u32 = 2616;
    /// `pg_default_acl`.
    pub const DEFAULT_ACL: u32 = 826;
    /// `pg_statistic_ext`.
    pub const STATISTIC_EXT: u32 = 3381;
    /// `pg_event_trigger`.
    pub const EVENT_TRIGGER: u32 = 3466;
    /// `pg_database`.
    pub const DATABASE: u32 = 1262;
    /// `pg_authid`.
    pub const AUTHID: u32 = 1260;
    /// `pg_auth_members`.
    pub const AUTH_MEMBERS: u32 = 1261;
    /// `pg_tablespace`.
    pub const TABLESPACE: u32 = 1213;
    /// `pg_db_role_setting`.
    pub const DB_ROLE_SETTING: u32 = 2964;
    /// `pg_parameter_acl`.
    pub const PARAMETER_ACL: u32 = 6243;
    /// `pg_foreign_data_wrapper`.
    pub const FOREIGN_DATA_WRAPPER: u32 = 2328;
    /// `pg_foreign_server`.
    pub const FOREIGN_SERVER: u32 = 1417;
    /// `pg_user_mapping`.
    pub const USER_MAPPING: u32 = 1418;
    /// `pg_subscription`.
    pub const SUBSCRIPTION: u32 = 6100;
    /// `pg_publication`.
    pub const PUBLICATION: u32 = 6104;
    /// `pg_publication_rel`.
    pub const PUBLICATION_REL: u32 = 6106;
    /// `pg_publication_namespace`.
    pub const PUBLICATION_NAMESPACE: u32 = 6237;
    /// `pg_opfamily`.
    pub const OPFAMILY: u32 = 2753;
    /// `pg_am`.
    pub const AM: u32 = 2601;
    /// `pg_conversion`.
    pub const CONVERSION: u32 = 2607;
    /// `pg_transform`.
    pub const TRANSFORM: u32 = 3576;
    /// `pg_ts_parser`.
    pub const TS_PARSER: u32 = 3601;
    /// `pg_ts_template`.
    pub const TS_TEMPLATE: u32 = 3764;
    /// `pg_ts_dict`.
    pub const TS_DICT: u32 = 3600;
    /// `pg_ts_config`.
    pub const TS_CONFIG: u32 = 3602;
    /// `pg_largeobject`: what comments and labels on large objects name.
    pub const LARGE_OBJECT: u32 = 2613;
    /// `pg_largeobject_metadata`.
    pub const LARGE_OBJECT_METADATA: u32 = 2995;
}

/// The relation of an OID.
pub fn relation_id(oid: u32) -> CatalogId {
    CatalogId { class: class::CLASS, oid }
}

/// Identity, owner and privileges of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Object {
    /// Catalog and OID.
    pub id: CatalogId,
    /// Schema, for objects in one.
    pub schema: Option<String>,
    /// Name.
    pub name: String,
    /// Owner; empty for kinds without one.
    pub owner: String,
    /// Privileges.
    pub acl: Acl,
    /// OID of the extension it is a member of: only its privileges are dumped.
    pub extension: Option<u32>,
}

impl Object {
    /// Schema and name.
    pub fn name_ref(&self) -> Ref {
        Ref { schema: self.schema.clone(), name: self.name.clone() }
    }
}

/// A row of `pg_depend`: `of` needs `on`. Column numbers are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Depend {
    /// The dependent object.
    pub of: CatalogId,
    /// What it needs.
    pub on: CatalogId,
    /// How.
    pub kind: DependKind,
}

/// `pg_depend.deptype`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DependKind {
    /// `n`
    Normal,
    /// `a`
    Auto,
    /// `i`
    Internal,
    /// `P` or `S`
    Partition,
    /// `x`
    AutoExtension,
    /// `e`
    Extension,
}

/// An object that pgx cannot reproduce yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsupported {
    /// Catalog and OID.
    pub id: CatalogId,
    /// Kind and name, for people: `AGGREGATE public.median(numeric)`.
    pub label: String,
    /// Its schema, where it has one.
    pub schema: Option<String>,
    /// OID of the relation it belongs to, where it belongs to one.
    pub relation: Option<u32>,
}

/// Something that a dump does not keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unkept {
    /// What it is, for people: `INDEX public.i, which is invalid`.
    pub label: String,
    /// Its schema, where it has one.
    pub schema: Option<String>,
    /// OID of the relation it belongs to, where it belongs to one.
    pub relation: Option<u32>,
}
