//! Default privileges.

use super::acl::Acl;
use crate::toc::CatalogId;

/// What a role's future objects of one type will be granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefaultAcl {
    /// The row in `pg_default_acl`.
    pub id: CatalogId,
    /// The role whose objects they are.
    pub role: String,
    /// The schema they are limited to.
    pub schema: Option<String>,
    /// Which objects.
    pub objects: DefaultAclObjects,
    /// The privileges: all of them where there is no schema, what a schema adds where there is one.
    pub acl: Acl,
}

/// `defaclobjtype`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultAclObjects {
    /// `r`
    Tables,
    /// `S`
    Sequences,
    /// `f`
    Functions,
    /// `T`
    Types,
    /// `n`
    Schemas,
    /// `L`
    LargeObjects,
}

impl DefaultAclObjects {
    /// What follows ON.
    pub fn keyword(self) -> &'static str {
        match self {
            DefaultAclObjects::Tables => "TABLES",
            DefaultAclObjects::Sequences => "SEQUENCES",
            DefaultAclObjects::Functions => "FUNCTIONS",
            DefaultAclObjects::Types => "TYPES",
            DefaultAclObjects::Schemas => "SCHEMAS",
            DefaultAclObjects::LargeObjects => "LARGE OBJECTS",
        }
    }
}
