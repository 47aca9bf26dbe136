//! The model of a database: what its catalogs say, without OIDs where a name will do, and without
//! anything that needs a server. One file per object kind.

mod access_method;
mod acl;
mod aggregate;
mod cast;
mod collation;
mod constraint;
mod conversion;
mod default_acl;
mod event_trigger;
mod extension;
mod find;
mod foreign;
mod function;
mod index;
mod label;
mod language;
mod large_object;
mod object;
mod operator;
mod policy;
mod publication;
mod relation;
mod rule;
mod schema;
mod sequence;
mod statistics;
mod subscription;
mod system_object;
mod text_search;
mod transform;
mod trigger;
mod types;

use std::collections::HashMap;

pub use access_method::AccessMethod;
pub use acl::{Acl, AclTarget, changes, column_changes};
pub use aggregate::Aggregate;
pub use cast::Cast;
pub use collation::Collation;
pub use constraint::{Constraint, ConstraintKind};
pub use conversion::Conversion;
pub use default_acl::{DefaultAcl, DefaultAclObjects};
pub use event_trigger::EventTrigger;
pub use extension::{Added, Extension};
pub use foreign::{ForeignDataWrapper, ForeignServer, ForeignTable, UserMapping};
pub use function::{Function, FunctionKind};
pub use index::Index;
pub use label::{Label, Labels};
pub use language::Language;
pub use large_object::{LargeObjectGroup, LargeObjects};
pub use object::{Depend, DependKind, Object, Unkept, Unsupported, class, relation_id};
pub use operator::{Members, Operator, OperatorClass, OperatorFamily};
pub use policy::Policy;
pub use publication::{Publication, PublicationSchema, PublicationTable};
pub use relation::{Column, ColumnDefault, Generated, Identity, Partition, RelKind, Relation};
pub use rule::Rule;
pub use schema::Schema;
pub use sequence::Sequence;
pub use statistics::Statistics;
pub use subscription::{Connection, Subscription};
pub use system_object::SystemObject;
pub use text_search::{Mapping, TextSearch, TextSearchKind};
pub use transform::Transform;
pub use trigger::{Trigger, TriggerKey};
pub use types::{CompositeAttribute, DomainConstraint, Type, TypeKind};

use super::shapes::Shapes;
use crate::toc::{CatalogId, DatabaseSpec};

/// Everything read from one database. Objects of the system are left out; members of extensions are
/// in, marked as such, so that dependencies on them lead to their extension.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// `server_version_num`.
    pub version: u32,
    /// The database itself.
    pub database: DatabaseSpec,
    /// Schemas.
    pub schemas: Vec<Schema>,
    /// Extensions.
    pub extensions: Vec<Extension>,
    /// Enums, domains, composites, ranges, base and shell types, and row and array types as stand-ins for dependencies; in the
    /// order of their OIDs.
    pub types: Vec<Type>,
    /// Functions and procedures.
    pub functions: Vec<Function>,
    /// Aggregates.
    pub aggregates: Vec<Aggregate>,
    /// Tables, partitioned tables, views, materialized views; in OID order.
    pub relations: Vec<Relation>,
    /// Sequences, identity sequences included; in OID order.
    pub sequences: Vec<Sequence>,
    /// Column defaults and generation expressions; by relation and column number.
    pub defaults: Vec<ColumnDefault>,
    /// Constraints of tables: primary keys, unique, exclusion, check, not null, foreign keys; by
    /// relation and name.
    pub constraints: Vec<Constraint>,
    /// Indexes that belong to no constraint, and those that do (marked); in OID order.
    pub indexes: Vec<Index>,
    /// Triggers.
    pub triggers: Vec<Trigger>,
    /// Rules, `_RETURN` rules of views included: they carry the view's dependencies; by relation and
    /// name.
    pub rules: Vec<Rule>,
    /// Row security policies.
    pub policies: Vec<Policy>,
    /// Extended statistics.
    pub statistics: Vec<Statistics>,
    /// Collations.
    pub collations: Vec<Collation>,
    /// Casts.
    pub casts: Vec<Cast>,
    /// Operators.
    pub operators: Vec<Operator>,
    /// Operator families.
    pub operator_families: Vec<OperatorFamily>,
    /// Operator classes.
    pub operator_classes: Vec<OperatorClass>,
    /// Access methods.
    pub access_methods: Vec<AccessMethod>,
    /// Procedural languages.
    pub languages: Vec<Language>,
    /// Transforms.
    pub transforms: Vec<Transform>,
    /// Conversions between encodings.
    pub conversions: Vec<Conversion>,
    /// Text search: parsers, templates, dictionaries, configurations.
    pub text_search: Vec<TextSearch>,
    /// Publications.
    pub publications: Vec<Publication>,
    /// Tables of publications.
    pub publication_tables: Vec<PublicationTable>,
    /// Schemas of publications.
    pub publication_schemas: Vec<PublicationSchema>,
    /// Objects of the system whose privileges were changed.
    pub system_objects: Vec<SystemObject>,
    /// Subscriptions.
    pub subscriptions: Vec<Subscription>,
    /// Foreign-data wrappers.
    pub wrappers: Vec<ForeignDataWrapper>,
    /// Foreign servers.
    pub servers: Vec<ForeignServer>,
    /// User mappings.
    pub mappings: Vec<UserMapping>,
    /// Event triggers.
    pub event_triggers: Vec<EventTrigger>,
    /// Default privileges.
    pub default_acls: Vec<DefaultAcl>,
    /// `pg_depend`, as far as both ends are not the system's, in the order of the dependent object.
    pub depends: Vec<Depend>,
    /// Comments by object and column number (0 is the object itself).
    pub comments: HashMap<(CatalogId, i32), String>,
    /// Security labels.
    pub labels: Labels,
    /// Objects that pgx cannot reproduce yet.
    pub unsupported: Vec<Unsupported>,
    /// What users put on the relations of extensions.
    pub added: Added,
    /// What is lost without being in the way.
    pub unkept: Vec<Unkept>,
    /// The binary forms of types, for rows.
    pub shapes: Shapes,
}
