//! Functions and procedures.

use super::object::Object;

/// A function or procedure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Function {
    /// Identity, owner, privileges.
    pub object: Object,
    /// Which of them.
    pub kind: FunctionKind,
    /// `pg_get_function_identity_arguments`: with the name, what DROP, COMMENT, GRANT call it.
    pub identity_arguments: String,
    /// Types of the input arguments, `schema.type` each: the tie-breaker in the order of a dump.
    pub argument_types: Vec<String>,
    /// The whole CREATE statement, without the final semicolon.
    pub definition: String,
    /// The same without body, where the body is SQL in the standard's form, whose dependencies the
    /// server records. None where arguments have defaults, for which it records them likewise.
    pub stub: Option<String>,
    /// OIDs of the types of arguments and result.
    pub signature: Vec<u32>,
    /// The language.
    pub language: String,
    /// The settings it changes while it runs.
    pub settings: Vec<String>,
    /// It is leakproof or has a support function.
    pub superusers: bool,
}

/// `prokind`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FunctionKind {
    /// `f`
    #[default]
    Function,
    /// `p`
    Procedure,
    /// `w`
    Window,
}
