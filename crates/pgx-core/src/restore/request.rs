//! What a restore is asked to do.

use crate::connect::Config;
use crate::error::{Code, Error, Result};
use crate::select::Pattern;
use crate::toc::{Maps, Meta, Omitted, Parts, Sections};

/// A restore, as asked for.
#[derive(Clone, Debug)]
pub struct RestoreRequest {
    /// The server, the role, and (without `create`) the database to restore into.
    pub config: Config,
    /// `config` names a database because the user did; globals go into any.
    pub database_named: bool,
    /// Make the database first (`--create`), instead of restoring into an existing one.
    pub create: Option<CreateDatabase>,
    /// Definitions, rows, statistics. Rows alone go into tables that exist already, and no SQL text of
    /// the archive is executed.
    pub parts: Parts,
    /// Which sections of them.
    pub sections: Sections,
    /// Only these relations (`-t`), by name; empty means all. Unlike pg_restore's `-t`, a table
    /// comes whole: rows, defaults, indexes, constraints, triggers, rules, policies, owned
    /// sequences.
    pub tables: Vec<Pattern>,
    /// Only what stands in these schemas (`-n`), and the schemas themselves; empty means all.
    /// Together with `tables`, both must hold.
    pub schemas: Vec<Pattern>,
    /// Large objects too, unless `tables` or `schemas` choose.
    pub large_objects: bool,
    /// The passwords of roles, too.
    pub role_passwords: bool,
    /// Extensions in the versions of the archive, and not those the target prefers.
    pub extension_versions: bool,
    /// What is not wanted, whatever the archive has.
    pub omitted: Omitted,
    /// Names that become others (`--map-*`).
    pub maps: Maps,
    /// What the role cannot make is left out, with all that needs it, and told (`--skip-denied`).
    pub skip_denied: bool,
    /// Into a database to be made, too, everything in one transaction: otherwise it is built in as
    /// many as keep the server's lock table small, and dropped on any failure.
    pub single_transaction: bool,
    /// Memory in KiB for each index build and each check of a foreign key; none is what the server
    /// can spare.
    pub maintenance_work_mem: Option<u32>,
    /// ANALYZE the restored tables at the end.
    pub analyze: bool,
    /// Sessions that load rows, make indexes and check foreign keys side by side; 1 is none beside
    /// the one that does everything.
    pub jobs: usize,
    /// Continue what such a restore into an existing database has left when it stopped.
    pub resume: bool,
}

impl RestoreRequest {
    /// Everything in the archive, into the database `config` names.
    pub fn new(config: Config) -> RestoreRequest {
        RestoreRequest {
            config,
            database_named: true,
            create: None,
            parts: Parts::ALL,
            sections: Sections::ALL,
            tables: Vec::new(),
            schemas: Vec::new(),
            large_objects: true,
            role_passwords: true,
            extension_versions: false,
            omitted: Omitted::default(),
            maps: Maps::default(),
            skip_denied: false,
            single_transaction: false,
            maintenance_work_mem: None,
            analyze: true,
            jobs: 1,
            resume: false,
        }
    }

    /// What is restored from this archive: what is asked for, as far as the archive has it.
    ///
    /// # Errors
    /// [`Code::Usage`]: nothing is left, or the request contradicts itself.
    pub(super) fn parts_of(&self, meta: &Meta) -> Result<Parts> {
        let asked = self.sections.of(self.parts);
        let parts = Parts {
            schema: asked.schema && meta.has_schema,
            data: asked.data && meta.has_data,
            statistics: asked.statistics && meta.has_statistics,
        };
        match (parts.is_nothing(), parts.data || parts.statistics) {
            (true, _) if !asked.schema && !asked.data => {
                Err(Error::new(Code::Usage, "the archive holds no statistics")
                    .hint("dump with --statistics to have them"))
            }
            (true, _) if !asked.schema => Err(Error::new(Code::Usage, "the archive holds no rows")
                .hint("leave out --data-only to restore its definitions")),
            (true, _) => Err(Error::new(Code::Usage, "the archive holds no definitions")
                .hint("leave out --schema-only to restore its rows")),
            (_, true) if self.create.is_some() && !(parts.schema && self.sections.pre_data) => {
                Err(Error::new(Code::Usage, "a new database has no tables to load rows into")
                    .hint("leave out --create, or restore the definitions before the rows as well"))
            }
            _ => Ok(parts),
        }
    }
}

/// The database to make.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreateDatabase {
    /// Its name; none is the name of the archive's database.
    pub name: Option<String>,
    /// Its owner; none is the owner of the archive's database, or with `no_owner` the restoring
    /// role.
    pub owner: Option<String>,
    /// Where the first connection goes; none tries `postgres`, then `template1`.
    pub maintenance_database: Option<String>,
}
