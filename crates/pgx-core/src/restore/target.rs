//! What is known of the target before anything is changed: read in one round trip.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::plan::Plan;
use super::standing::Standing;
use crate::catalog::large_objects;
use crate::connect::quote::literal;
use crate::connect::{Row, Session};
use crate::ddl::label;
use crate::error::Result;
use crate::toc::{Kind, Oids, Ref};

/// The target as it is.
#[derive(Clone, Debug, Default)]
pub(super) struct Target {
    pub(super) version: u32,
    pub(super) user: String,
    pub(super) superuser: bool,
    /// The role that logged in is no superuser, though the one it acts as may be.
    pub(super) login_is_ordinary: bool,
    pub(super) create_database: bool,
    pub(super) in_recovery: bool,
    /// The role may make schemas in the database.
    pub(super) can_create: bool,
    pub(super) encoding: String,
    /// Relations in the schemas the plan names, with their relkind.
    pub(super) relations: HashMap<Ref, char>,
    /// Types in those schemas, without those of relations and arrays.
    pub(super) types: HashSet<Ref>,
    /// Schemas, and whether the role may create in them.
    pub(super) schemas: HashMap<String, bool>,
    /// What an ordinary role may do; none for a superuser, who may do all.
    pub(super) standing: Option<Standing>,
    /// Extensions that are installed.
    pub(super) extensions: HashMap<String, Installed>,
    /// Extensions that can be installed; none when the server cannot say: one broken control file
    /// among its extensions is enough.
    pub(super) available: Option<HashMap<String, Available>>,
    /// Roles, and whether the restoring role can give things to them.
    pub(super) roles: HashMap<String, bool>,
    pub(super) tablespaces: HashSet<String>,
    pub(super) access_methods: HashSet<String>,
    /// How columns can be compressed out of line: `pglz`, and `lz4` where the server was built with it.
    pub(super) compressions: Vec<String>,
    /// Large objects that are there; read only when the plan makes some.
    pub(super) large_objects: Oids,
    /// The role may make temporary tables.
    pub(super) can_stage: bool,
    /// Providers of security labels that the plan needs and the server has not loaded.
    pub(super) missing_providers: BTreeSet<String>,
    /// `max_locks_per_transaction × (max_connections + max_prepared_transactions)`.
    pub(super) locks: u64,
}

/// An extension that is installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Installed {
    pub(super) version: String,
    pub(super) schema: String,
    /// The restoring role owns it, or is a member of the role that does.
    pub(super) owned: bool,
}

/// An extension that can be installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Available {
    /// Only a superuser may.
    pub(super) superuser_only: bool,
    /// Its script runs as the superuser, to whom its objects belong.
    pub(super) by_superuser: bool,
}

/// Roles of managed services that may create extensions although they are no superusers.
const MANAGED: &[&str] = &["rds_superuser", "cloudsqlsuperuser", "azure_pg_admin"];

impl Target {
    /// Reads what `plan` needs to know.
    pub(super) fn read(session: &mut Session, plan: &Plan) -> Result<Target> {
        let sql = [
            general(),
            relations(plan),
            types(plan),
            schemas(),
            installed(),
            roles(session.major()),
            "SELECT spcname FROM pg_catalog.pg_tablespace".to_owned(),
            "SELECT amname FROM pg_catalog.pg_am".to_owned(),
        ];
        let sets = session.query_sets(&sql.join(";\n"))?;
        let mut target = Target { version: session.version(), ..Target::default() };
        for (at, rows) in sets.iter().enumerate() {
            for row in rows {
                match at {
                    0 => target.take_general(row)?,
                    1 => drop(target.relations.insert(name(row)?, row.char("relkind")?)),
                    2 => drop(target.types.insert(name(row)?)),
                    3 => {
                        target.schemas.insert(row.text("nspname")?, row.bool("can_create")?);
                    }
                    4 => {
                        let version = row.text("extversion")?;
                        let schema = row.text("nspname")?;
                        let owned = row.bool("owned")?;
                        let installed = Installed { version, schema, owned };
                        target.extensions.insert(row.text("extname")?, installed);
                    }
                    5 => drop(target.roles.insert(row.text("rolname")?, row.bool("assumable")?)),
                    6 => drop(target.tablespaces.insert(row.text("spcname")?)),
                    _ => drop(target.access_methods.insert(row.text("amname")?)),
                }
            }
        }
        if plan.made().any(|entry| entry.kind == Kind::Extension) {
            target.available = read_available(session)?;
        }
        if plan.made().any(|entry| entry.kind == Kind::LargeObjectMetadata) {
            target.large_objects = large_objects::oids(session)?;
        }
        if !target.superuser {
            target.standing = Some(Standing::read(session, plan)?);
        }
        target.missing_providers = missing_providers(session, plan)?;
        Ok(target)
    }

    fn take_general(&mut self, row: &Row) -> Result<()> {
        self.user = row.text("user")?;
        self.superuser = row.bool("superuser")?;
        self.login_is_ordinary = row.bool("login_is_ordinary")?;
        self.create_database = row.bool("create_database")?;
        self.in_recovery = row.bool("in_recovery")?;
        self.can_create = row.bool("can_create")?;
        self.can_stage = row.bool("can_stage")?;
        self.encoding = row.text("encoding")?;
        self.compressions = row.list("compressions")?;
        self.locks = row.int("locks")?;
        Ok(())
    }

    /// The major version.
    pub(super) fn major(&self) -> u32 {
        self.version / 10_000
    }

    /// Whether the members of an extension belong to another role than the restoring one, whether it
    /// is there or to be made.
    pub(super) fn lends(&self, extension: &str) -> bool {
        let Some(standing) = &self.standing else { return false };
        match self.extensions.contains_key(extension) {
            true => standing.is_lent(extension),
            false => {
                let available = self.available.as_ref().and_then(|all| all.get(extension));
                available.is_some_and(|available| available.by_superuser)
            }
        }
    }

    /// Whether the server is one whose owner gives roles more than PostgreSQL does.
    pub(super) fn is_managed(&self) -> bool {
        MANAGED.iter().any(|role| self.roles.contains_key(*role))
    }
}

fn name(row: &Row) -> Result<Ref> {
    Ok(Ref::new(row.str("nspname")?, row.str("name")?))
}

fn general() -> String {
    "SELECT current_user AS user, r.rolsuper AS superuser, \
     (SELECT NOT s.rolsuper FROM pg_catalog.pg_roles s WHERE s.rolname = session_user) \
     AS login_is_ordinary, \
     r.rolsuper OR r.rolcreatedb AS create_database, \
     pg_catalog.pg_is_in_recovery() AS in_recovery, \
     pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE') AS can_create, \
     pg_catalog.has_database_privilege(pg_catalog.current_database(), 'TEMPORARY') AS can_stage, \
     pg_catalog.current_setting('server_encoding') AS encoding, \
     (SELECT s.enumvals::pg_catalog.text FROM pg_catalog.pg_settings s \
      WHERE s.name = 'default_toast_compression') AS compressions, \
     pg_catalog.current_setting('max_locks_per_transaction')::pg_catalog.int8 \
     * (pg_catalog.current_setting('max_connections')::pg_catalog.int8 \
     + pg_catalog.current_setting('max_prepared_transactions')::pg_catalog.int8) AS locks \
     FROM pg_catalog.pg_roles r WHERE r.rolname = current_user"
        .to_owned()
}

/// The schemas the plan's entries stand in, as a list of literals that is never empty.
fn schema_list(plan: &Plan) -> String {
    let mut names: BTreeSet<&str> = BTreeSet::from(["public"]);
    names.extend(plan.renames.iter().map(|rename| rename.to.as_str()));
    for step in &plan.steps {
        let entry = &plan.entries[step.entry];
        let refs = [Some(&entry.name), entry.on.as_ref(), step.needs.as_ref()];
        names.extend(refs.into_iter().flatten().filter_map(|name| name.schema.as_deref()));
    }
    names.into_iter().map(literal).collect::<Vec<_>>().join(", ")
}

fn relations(plan: &Plan) -> String {
    format!(
        "SELECT n.nspname, c.relname AS name, c.relkind FROM pg_catalog.pg_class c \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname IN ({})",
        schema_list(plan)
    )
}

fn types(plan: &Plan) -> String {
    format!(
        "SELECT n.nspname, t.typname AS name FROM pg_catalog.pg_type t \
         JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace \
         LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid \
         WHERE n.nspname IN ({}) AND t.typcategory <> 'A' AND COALESCE(c.relkind, 'c') = 'c'",
        schema_list(plan)
    )
}

fn schemas() -> String {
    "SELECT nspname, pg_catalog.has_schema_privilege(oid, 'CREATE') AS can_create \
     FROM pg_catalog.pg_namespace"
        .to_owned()
}

fn installed() -> String {
    "SELECT e.extname, e.extversion, n.nspname, \
     pg_catalog.pg_has_role(e.extowner, 'USAGE') AS owned FROM pg_catalog.pg_extension e \
     JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace"
        .to_owned()
}

/// The server cannot list the providers it has loaded: it says so when it is given a label.
fn missing_providers(session: &mut Session, plan: &Plan) -> Result<BTreeSet<String>> {
    let labels = plan.steps.iter().filter(|step| step.action.makes());
    let labels = labels.flat_map(|step| &plan.entries[step.entry].labels);
    let mut missing: BTreeSet<String> = labels.map(|label| label.provider.clone()).collect();
    let mut failure = None;
    missing.retain(|provider| match session.execute(&label::probe(provider)) {
        Err(error) if error.sqlstate() == Some(NOT_LOADED) => true,
        Err(error) if error.server_error().is_none() => {
            failure = Some(error);
            true
        }
        _ => false,
    });
    failure.map_or(Ok(missing), Err)
}

/// SQLSTATE invalid_parameter_value.
const NOT_LOADED: &str = "22023";

/// A trusted extension (13 and newer) can be installed by whoever may create in the database.
fn read_available(session: &mut Session) -> Result<Option<HashMap<String, Available>>> {
    let trusted = if session.major() >= 13 { "NOT v.trusted" } else { "true" };
    let outcome = session.query(&format!(
        "SELECT e.name, v.superuser AND {trusted} AS superuser_only, \
         v.superuser AS by_superuser \
         FROM pg_catalog.pg_available_extensions e \
         JOIN pg_catalog.pg_available_extension_versions v \
         ON v.name = e.name AND v.version = e.default_version"
    ));
    let rows = match outcome {
        Err(error) if error.server_error().is_some() => return Ok(None),
        outcome => outcome?,
    };
    let one = |row: &Row| {
        let superuser_only = row.bool("superuser_only")?;
        let by_superuser = row.bool("by_superuser")?;
        Ok((row.text("name")?, Available { superuser_only, by_superuser }))
    };
    rows.iter().map(one).collect::<Result<_>>().map(Some)
}

/// To give an object to a role one must be able to SET ROLE to it, which 16 tells apart from
/// membership.
fn roles(major: u32) -> String {
    let right = if major >= 16 { "SET" } else { "MEMBER" };
    format!(
        "SELECT rolname, pg_catalog.pg_has_role(oid, '{right}') AS assumable \
         FROM pg_catalog.pg_roles"
    )
}
