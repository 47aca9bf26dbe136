//! What a dump or a restore is told to leave out: pg_dump's `--no-…` switches.

use super::entry::Entry;
use super::kind::Kind;
use super::meta::DatabaseSpec;

/// What is left out; nothing by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Omitted {
    /// Owners: everything belongs to the role that restores.
    pub owners: bool,
    /// Grants, revokes, default privileges.
    pub privileges: bool,
    /// Tablespaces: everything goes to the database's default.
    pub tablespaces: bool,
    /// Access methods of tables: everything is stored as the target's default says.
    pub table_access_methods: bool,
    /// How single columns are compressed out of line.
    pub toast_compression: bool,
    /// Comments.
    pub comments: bool,
    /// Row security and its policies.
    pub policies: bool,
    /// Publications and their members.
    pub publications: bool,
    /// Security labels.
    pub security_labels: bool,
    /// Subscriptions.
    pub subscriptions: bool,
}

impl Omitted {
    /// Whether entries of this kind are left out.
    pub fn has(&self, kind: Kind) -> bool {
        match kind {
            Kind::Publication | Kind::PublicationTable | Kind::PublicationSchema => {
                self.publications
            }
            Kind::Subscription => self.subscriptions,
            Kind::Policy | Kind::RowSecurity => self.policies,
            Kind::DefaultAcl | Kind::ParameterAcl => self.privileges,
            Kind::Tablespace => self.tablespaces,
            _ => false,
        }
    }

    /// Takes out of an entry what is left out.
    pub fn strip(&self, entry: &mut Entry) {
        if self.owners {
            entry.owner = None;
        }
        if self.privileges {
            entry.acl.clear();
        }
        if self.tablespaces {
            entry.tablespace = None;
        }
        if self.table_access_methods {
            entry.access_method = None;
        }
        if self.toast_compression {
            entry.toast_compression.clear();
        }
        if self.comments {
            entry.comments.clear();
        }
        if self.security_labels {
            entry.labels.clear();
        }
    }

    /// The same for the database: without an owner, it is the restoring role's.
    pub fn strip_database(&self, database: &mut DatabaseSpec) {
        if self.owners {
            database.owner.clear();
        }
        if self.privileges {
            database.acl.clear();
        }
        if self.tablespaces {
            database.tablespace = None;
        }
        if self.comments {
            database.comment = None;
        }
    }
}
