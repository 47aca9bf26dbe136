//! Constraints of tables.

use super::object::Object;

/// A constraint that a user declared on a table (clones on partitions are marked by `parent`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Constraint {
    /// Identity: schema of the table, name of the constraint.
    pub object: Object,
    /// What it demands.
    pub kind: ConstraintKind,
    /// OID of the table.
    pub relation: u32,
    /// `pg_get_constraintdef`.
    pub definition: String,
    /// DEFERRABLE: the definition ends with it.
    pub deferrable: bool,
    /// … INITIALLY DEFERRED
    pub deferred: bool,
    /// Storage options of the index behind a primary key or unique constraint, each `name=value`:
    /// the definition lacks them.
    pub index_options: Vec<String>,
    /// OID of the index behind a primary key, unique or exclusion constraint, or of the referenced
    /// index of a foreign key.
    pub index: Option<u32>,
    /// OID of the referenced table of a foreign key.
    pub referenced: Option<u32>,
    /// OID of the constraint of the partitioned parent that it is a part of.
    pub parent: Option<u32>,
    /// A foreign key that is part of its parent's, and yet has a name of its own, or a comment.
    pub own_part: bool,
    /// False for NOT VALID.
    pub validated: bool,
    /// False for NOT ENFORCED (18 and newer).
    pub enforced: bool,
    /// An inherited CHECK that is enforced here, while a parent's is not (19 and newer).
    pub stricter: bool,
    /// Declared by this table, not merely inherited.
    pub local: bool,
    /// Column number of a NOT NULL constraint.
    pub column: Option<i32>,
}

impl Constraint {
    /// Whether it can stand inside `CREATE TABLE`: only a CHECK that rows already there have
    /// passed. What cannot always gets an entry of its own, after the rows.
    pub fn has_place_in_table(&self) -> bool {
        self.kind == ConstraintKind::Check && self.validated && !self.stricter
    }
}

/// `contype`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ConstraintKind {
    /// `c`
    #[default]
    Check,
    /// `p`
    Primary,
    /// `u`
    Unique,
    /// `x`
    Exclusion,
    /// `f`
    Foreign,
    /// `n` (18 and newer)
    NotNull,
}
