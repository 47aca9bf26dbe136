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
    /// The CREATE statement up to its settings; empty for a member of an extension.
    pub head: String,
    /// Settings while it runs, each `name=value`.
    pub settings: Vec<String>,
    /// The rest of the statement.
    pub body: String,
    /// The body is SQL in the standard's form, whose dependencies the server records.
    pub sql_body: bool,
    /// Such a function can be made with another body first: no argument has a default, for which the
    /// server records dependencies likewise.
    pub stub: bool,
    /// OIDs of the types of arguments and result.
    pub signature: Vec<u32>,
    /// The language.
    pub language: String,
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
