//! Objects of a cluster, which belong to no database: roles, memberships, settings, tablespaces.
//!
//! An entry of one holds no SQL: its `address` and `create` are empty, and so are the `on` of its
//! privilege changes and the `address` of its comments and labels, which are on the object itself. A
//! restore makes the statements from fields, so that every role and tablespace can be given another
//! name.

use std::fmt;

use minicbor::{Decode, Encode};

use super::entry::Entry;

/// What makes an object of a cluster, beside the name and the owner of its entry. Privileges of a
/// parameter are their entry's, and need nothing more.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
pub enum Global {
    /// ROLE: the entry's name is the role.
    #[n(0)]
    Role(#[n(0)] Role),
    /// ROLE MEMBERSHIP: the entry's name is the role that is granted.
    #[n(1)]
    Membership(#[n(0)] Membership),
    /// ROLE SETTING: the entry's name is that of the setting.
    #[n(2)]
    Setting(#[n(0)] Setting),
    /// TABLESPACE: the entry's name is the tablespace.
    #[n(3)]
    Tablespace(#[n(0)] Tablespace),
}

/// The attributes of a role.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Role {
    /// SUPERUSER
    #[n(0)]
    pub superuser: bool,
    /// INHERIT
    #[n(1)]
    pub inherit: bool,
    /// CREATEROLE
    #[n(2)]
    pub create_role: bool,
    /// CREATEDB
    #[n(3)]
    pub create_database: bool,
    /// LOGIN
    #[n(4)]
    pub login: bool,
    /// REPLICATION
    #[n(5)]
    pub replication: bool,
    /// BYPASSRLS
    #[n(6)]
    pub bypass_rls: bool,
    /// CONNECTION LIMIT; -1 is none.
    #[n(7)]
    pub connection_limit: i32,
    /// The password; none where it was not read.
    #[n(8)]
    pub password: Option<Password>,
    /// VALID UNTIL: `infinity`, or an ISO date and time with its offset.
    #[n(9)]
    pub valid_until: Option<String>,
    /// The superuser that initdb made.
    #[n(10)]
    #[cbor(skip_if = "super::is_false")]
    pub bootstrap: bool,
}

/// A password as the server keeps it: an md5 or SCRAM verifier. Empty: the role has none.
#[derive(Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct Password(#[n(0)] pub String);

impl Password {
    /// One that tells only whether there is a password.
    #[must_use]
    pub fn hidden(self) -> Password {
        Password(if self.0.is_empty() { self.0 } else { "…".to_owned() })
    }
}

impl fmt::Debug for Password {
    /// Says only whether there is one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "Password(none)" } else { "Password(…)" })
    }
}

/// A membership in a role.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Membership {
    /// The role that is a member.
    #[n(0)]
    pub member: String,
    /// WITH ADMIN OPTION
    #[n(1)]
    pub admin: bool,
    /// WITH INHERIT; none on servers before 16, where the member's own attribute decides.
    #[n(2)]
    pub inherit: Option<bool>,
    /// WITH SET; none on servers before 16, where every member may.
    #[n(3)]
    pub set: Option<bool>,
    /// GRANTED BY; none is the superuser that initdb made.
    #[n(4)]
    pub grantor: Option<String>,
}

/// A setting of a role in every database.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Setting {
    /// The role; none is every role: ALTER ROLE ALL.
    #[n(0)]
    pub role: Option<String>,
    /// The value as `pg_db_role_setting` has it: of a list of names, the names quoted where need be.
    #[n(1)]
    pub value: String,
}

/// A tablespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Tablespace {
    /// The directory; empty for one in place, within the server's own.
    #[n(0)]
    pub location: String,
    /// Options as `pg_tablespace` has them: `random_page_cost=1.1`.
    #[n(1)]
    pub options: Vec<String>,
}

impl Entry {
    /// The roles that an object of the cluster is, or is about; owners and grants aside.
    pub fn roles_of_global(&self) -> impl Iterator<Item = &str> {
        let name = self.name.name.as_str();
        let roles = match &self.global {
            Some(Global::Role(_)) => [Some(name), None, None],
            Some(Global::Membership(of)) => [Some(name), Some(&*of.member), of.grantor.as_deref()],
            Some(Global::Setting(of)) => [of.role.as_deref(), None, None],
            Some(Global::Tablespace(_)) | None => [None; 3],
        };
        roles.into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_shown() {
        let role = Role { password: Some(Password("md5abc".to_owned())), ..Role::default() };
        assert!(!format!("{:?}", Global::Role(role)).contains("md5"));
    }

    #[test]
    fn every_variant_is_an_array_of_its_number_and_its_map() {
        let setting = Setting { role: None, value: "64MB".to_owned() };
        let bytes = minicbor::to_vec(Global::Setting(setting.clone())).expect("memory");
        assert_eq!(bytes[..3], [0x82, 2, 0xa1], "array(2), 2, map(1)");
        assert_eq!(minicbor::decode::<Global>(&bytes).expect("own"), Global::Setting(setting));
    }
}
