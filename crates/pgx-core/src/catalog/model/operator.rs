//! Operators, operator families and operator classes.

use super::object::Object;
use crate::toc::CatalogId;

/// An operator.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Operator {
    /// Identity and owner.
    pub object: Object,
    /// `oprkind`: `b` between two operands, `l` before one, `r` behind one.
    pub kind: char,
    /// The types of its operands, `NONE` for one that it lacks.
    pub operands: [String; 2],
    /// The clauses of CREATE OPERATOR.
    pub clauses: Vec<String>,
}

/// An operator family.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OperatorFamily {
    /// Identity and owner.
    pub object: Object,
    /// The index access method.
    pub method: String,
    /// The members that belong to no class.
    pub members: Members,
}

/// An operator class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OperatorClass {
    /// Identity and owner.
    pub object: Object,
    /// The index access method.
    pub method: String,
    /// The type it is for.
    pub type_name: String,
    /// It is that type's default.
    pub default: bool,
    /// The family, quoted and with its schema.
    pub family: String,
    /// The type that is stored, when it is another.
    pub storage: Option<String>,
    /// The members that go with the class.
    pub members: Members,
}

/// Operators and support functions of a family or class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Members {
    /// Their rows in `pg_amop` and `pg_amproc`: what depends on operators and functions.
    pub ids: Vec<CatalogId>,
    /// `OPERATOR 1 s.<(s.t,s.t)`, `FUNCTION 1 (s.t, s.t) s.compare(s.t,s.t)`.
    pub items: Vec<String>,
}
