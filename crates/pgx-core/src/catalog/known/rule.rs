//! What a catalog column says, so that it can be told in every database alike.

/// How one column of a catalog enters the fingerprint. In SQL texts the catalog's row is `x`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rule {
    /// As the server prints it.
    Value,
    /// An array of text whose order means nothing.
    Sorted,
    /// A role's OID; 0 is everybody.
    Role,
    /// An array of role OIDs, in the order of their names.
    Roles,
    /// A type's OID.
    Type,
    /// An array or vector of type OIDs.
    Types,
    /// The OID of an object in this catalog.
    Name(&'static str),
    /// An array or vector of such OIDs.
    Names(&'static str),
    /// An array or vector of column numbers of the relation in this other column.
    AttNums(&'static str),
    /// An access control list: the SQL of `acldefault`'s kind, and the column with the owner.
    Acl(&'static str, &'static str),
    /// The OID of a constraint, which may have a name made up by the server.
    Constraint,
    /// The OID of a trigger, which may have a name made up by the server.
    Trigger,
    /// SQL of its own: deparsed trees, ranks instead of numbers, several columns in one.
    Expr(&'static str),
    /// Not compared, and why.
    Excluded(&'static str),
}
