//! Types.

use super::object::Object;

/// A type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Type {
    /// Identity, owner, privileges.
    pub object: Object,
    /// What it is made of.
    pub kind: TypeKind,
}

impl Type {
    /// Whether functions that the type needs may need it in turn: those are made for its shell.
    pub fn has_shell(&self) -> bool {
        matches!(self.kind, TypeKind::Base { .. } | TypeKind::Range { own_canonical: true, .. })
    }
}

/// The kinds of types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypeKind {
    /// Labels in sort order.
    Enum(Vec<String>),
    /// A domain.
    Domain {
        /// The base type with its modifier, as `format_type` prints it.
        base: String,
        /// Collation as quoted SQL, when it is not the base type's.
        collation: Option<String>,
        /// NOT NULL without a constraint of its own (servers before 17).
        not_null: bool,
        /// The default as SQL, when it is not the base type's.
        default: Option<String>,
        /// It has no default, although its base type has one.
        lost_default: bool,
        /// CHECK and (17 and newer) NOT NULL constraints.
        constraints: Vec<DomainConstraint>,
    },
    /// A composite type and the OID of its `pg_class` row.
    Composite {
        /// OID in `pg_class`: column comments and dependencies hang on it.
        class_oid: u32,
        /// Attributes in order, dropped ones left out.
        attributes: Vec<CompositeAttribute>,
    },
    /// A range: the parts between the parentheses of CREATE TYPE … AS RANGE, each `name = value`.
    Range {
        /// `subtype = …`, `collation = …`, `multirange_type_name = …`, …
        parts: Vec<String>,
        /// Its canonical function is a user's, which needs the type itself.
        own_canonical: bool,
        /// The functions that come with it, as far as somebody changed their privileges: with the
        /// argument types as `name`, as GRANT calls them.
        constructors: Vec<Object>,
    },
    /// A base type: the clauses between the parentheses of CREATE TYPE.
    Base {
        /// `INPUT = …`, `OUTPUT = …`, …
        clauses: Vec<String>,
    },
    /// A type that was announced and never defined.
    Shell,
    /// Row type of a relation, array type of another type, multirange type: never created by itself;
    /// dependencies on it are dependencies on `of` (a type, or a relation).
    Derived {
        /// What it comes with.
        of: crate::toc::CatalogId,
    },
    /// What an extension makes.
    Other,
}

/// A constraint of a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainConstraint {
    /// OID in `pg_constraint`.
    pub oid: u32,
    /// Name.
    pub name: String,
    /// `pg_get_constraintdef`.
    pub definition: String,
    /// `contype`: `c`, `n`.
    pub kind: char,
    /// False for NOT VALID.
    pub validated: bool,
}

/// An attribute of a composite type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompositeAttribute {
    /// `attnum`.
    pub number: i32,
    /// Name.
    pub name: String,
    /// Type with modifier.
    pub type_name: String,
    /// Collation as quoted SQL, when it is not the type's.
    pub collation: Option<String>,
}
