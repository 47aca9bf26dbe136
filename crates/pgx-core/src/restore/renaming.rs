//! Renaming schemas around a restore: what the target has under a name that the archive uses steps
//! aside and comes back, all within the transaction.

use std::collections::BTreeMap;

use super::plan::Plan;
use super::preflight::listed;
use super::request::RestoreRequest;
use super::schemas::Rename;
use super::target::Target;
use super::texts;
use crate::connect::Session;
use crate::connect::quote::{ident, literal};
use crate::error::{Code, Error, Result};
use crate::toc::{Entry, Kind, Ref};

/// What is renamed, and when.
#[derive(Debug, Default)]
pub(super) struct Renaming {
    /// Schemas of the target that step aside: their names.
    aside: Vec<String>,
    /// Schemas of the target that are restored into: under the name of the archive, then their own.
    lent: Vec<Rename>,
    /// `public` is made, since the target's steps aside or is missing.
    makes_public: bool,
    /// The empty `public` of a new database makes way for another schema.
    drops_public: bool,
    /// Names for in between, that no schema has.
    free: String,
}

impl Renaming {
    /// What the plan asks for in this target.
    ///
    /// # Errors
    /// [`Code::ObjectExists`], [`Code::TargetUnfit`], [`Code::Denied`]: it cannot be done there.
    pub(super) fn new(
        session: &mut Session,
        plan: &Plan,
        target: &Target,
        request: &RestoreRequest,
    ) -> Result<Renaming> {
        if plan.renames.is_empty() {
            return Ok(Renaming::default());
        }
        let there = |name: &str| target.schemas.contains_key(name);
        let ours = request.create.is_some();
        let mut renaming = Renaming { free: free_prefix(target), ..Renaming::default() };
        for rename in &plan.renames {
            match (there(&rename.to), rename.made) {
                (true, false) => renaming.lent.push(rename.clone()),
                (true, true) if plan.chosen_by_name && !ours => renaming.lent.push(rename.clone()),
                (true, true) if ours && rename.to == "public" => {}
                (true, true) => return Err(exists(rename)),
                (false, false) if ours && there(&rename.from) => {}
                (false, false) => return Err(lacks(rename)),
                (false, true) => {}
            }
        }
        let is_lent = |name: &str| renaming.lent.iter().any(|rename| rename.to == name);
        let used = plan.renames.iter().map(|rename| rename.from.as_str());
        let aside = used.filter(|from| there(from) && !ours && !is_lent(from));
        renaming.aside = aside.map(str::to_owned).collect();
        let lends_public = renaming.lent.iter().any(|rename| rename.from == "public");
        let of_public = plan.renames.iter().any(|rename| rename.from == "public");
        renaming.makes_public = of_public
            && !lends_public
            && (!there("public") || renaming.aside.iter().any(|name| name == "public"));
        renaming.drops_public = ours
            && !of_public
            && !is_lent("public")
            && plan.renames.iter().any(|rename| rename.to == "public");
        renaming.check_rights(session, plan, target)?;
        renaming.check_extensions(session, plan, request)?;
        Ok(renaming)
    }

    /// The target as it is when the schemas have stepped aside.
    pub(super) fn seen(&self, target: &mut Target) {
        let lent: BTreeMap<&str, &str> =
            self.lent.iter().map(|rename| (rename.to.as_str(), rename.from.as_str())).collect();
        let under = |schema: &str| match lent.get(schema) {
            Some(from) => Some((*from).to_owned()),
            None => (!self.aside.iter().any(|name| name == schema)).then(|| schema.to_owned()),
        };
        let renamed = |name: &Ref| {
            let schema = under(name.schema.as_deref().unwrap_or_default())?;
            Some(Ref { schema: Some(schema), name: name.name.clone() })
        };
        let relations = std::mem::take(&mut target.relations).into_iter();
        target.relations =
            relations.filter_map(|(name, kind)| Some((renamed(&name)?, kind))).collect();
        target.types = target.types.iter().filter_map(renamed).collect();
        let schemas = std::mem::take(&mut target.schemas).into_iter();
        target.schemas = schemas.filter_map(|(name, may)| Some((under(&name)?, may))).collect();
        if self.makes_public {
            target.schemas.insert("public".to_owned(), true);
        }
    }

    /// Makes room for the names of the archive.
    ///
    /// # Errors
    /// What the server refuses.
    pub(super) fn before(
        &self,
        session: &mut Session,
        target: &Target,
        request: &RestoreRequest,
    ) -> Result<()> {
        let mut pairs = Vec::new();
        for (at, name) in self.aside.iter().enumerate() {
            pairs.push((name.clone(), self.aside_name(at)));
        }
        for (at, rename) in self.lent.iter().enumerate() {
            pairs.push((rename.to.clone(), self.between(at)));
        }
        for (at, rename) in self.lent.iter().enumerate() {
            pairs.push((self.between(at), rename.from.clone()));
        }
        rename(session, &pairs)?;
        if self.makes_public { make_public(session, target, request) } else { Ok(()) }
    }

    /// Gives the schemas their new names, and the target its own back. Event triggers that the restore
    /// made would fire, and sleep meanwhile.
    ///
    /// # Errors
    /// What the server refuses.
    pub(super) fn after(
        &self,
        session: &mut Session,
        plan: &Plan,
        request: &RestoreRequest,
    ) -> Result<()> {
        if plan.renames.is_empty() {
            return Ok(());
        }
        let awake = event_triggers(session, plan)?;
        for (name, _) in &awake {
            session.execute(&format!("ALTER EVENT TRIGGER {name} DISABLE"))?;
        }
        for entry in plan.made() {
            if let Some(sql) = texts::new_search_path(entry, &request.maps.schemas) {
                session.execute(&sql).map_err(|error| error.object(entry.label()))?;
            }
        }
        if self.drops_public {
            session.execute("DROP SCHEMA \"public\"")?;
        }
        let renames = || plan.renames.iter().enumerate();
        let mut pairs: Vec<(String, String)> =
            renames().map(|(at, rename)| (rename.from.clone(), self.between(at))).collect();
        pairs.extend(renames().map(|(at, rename)| (self.between(at), rename.to.clone())));
        let aside = self.aside.iter().enumerate();
        pairs.extend(aside.map(|(at, name)| (self.aside_name(at), name.clone())));
        rename(session, &pairs)?;
        for (name, state) in &awake {
            session.execute(&format!("ALTER EVENT TRIGGER {name} {state}"))?;
        }
        Ok(())
    }

    fn aside_name(&self, at: usize) -> String {
        format!("{}_aside_{at}", self.free)
    }

    fn between(&self, at: usize) -> String {
        format!("{}_{at}", self.free)
    }

    /// Renaming takes the owner of the schema, who may make schemas.
    fn check_rights(&self, session: &mut Session, plan: &Plan, target: &Target) -> Result<()> {
        if target.superuser {
            return Ok(());
        }
        let user = ident(&target.user);
        if !target.can_create {
            let what = format!("role {user} may not rename schemas of the database");
            return Err(Error::new(Code::Denied, what)
                .hint(format!("grant CREATE on the database to {user}")));
        }
        let lent = self.lent.iter().map(|rename| &rename.to);
        let stays = plan.renames.iter().map(|rename| &rename.from);
        let stays = stays.filter(|from| target.schemas.contains_key(*from));
        let names: Vec<String> =
            lent.chain(&self.aside).chain(stays).map(|name| literal(name)).collect();
        let rows = session.query(&format!(
            "SELECT nspname FROM pg_catalog.pg_namespace \
             WHERE nspname = ANY (ARRAY[{}]::pg_catalog.name[]) \
             AND NOT pg_catalog.pg_has_role(nspowner, 'USAGE') ORDER BY nspname",
            names.join(", ")
        ))?;
        let foreign: Vec<String> =
            rows.iter().map(|row| row.str("nspname").map(ident)).collect::<Result<_>>()?;
        if foreign.is_empty() {
            return Ok(());
        }
        let what = format!("only its owner can rename the schema {}", listed(foreign));
        Err(Error::new(Code::Denied, what)
            .note("--map-schema moves it aside while the archive's is made, and back")
            .hint("restore as the owner of the schema, or into a new database with --create"))
    }

    /// An extension that is in a schema that steps aside is not where the archive's definitions look
    /// for it; one that is bound to its schema may name it in its functions.
    fn check_extensions(
        &self,
        session: &mut Session,
        plan: &Plan,
        request: &RestoreRequest,
    ) -> Result<()> {
        let names: Vec<String> = extensions(plan).map(literal).collect();
        if names.is_empty() {
            return Ok(());
        }
        let names = format!("ARRAY[{}]::pg_catalog.name[]", names.join(", "));
        let aside: Vec<String> = self.aside.iter().map(|name| literal(name)).collect();
        let there = extension_names(
            session,
            &format!(
                "SELECT e.extname AS name FROM pg_catalog.pg_extension e \
                 JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace \
                 WHERE e.extname = ANY ({names}) \
                 AND n.nspname = ANY (ARRAY[{}]::pg_catalog.name[])",
                aside.join(", ")
            ),
        )?;
        if !there.is_empty() {
            let what = format!("the target has the extension {}", listed(there));
            return Err(Error::new(Code::TargetUnfit, what)
                .note("it is in a schema that --map-schema moves aside")
                .hint("restore into a new database with --create, or map without that schema"));
        }
        if request.maps.keep_schema_text { Ok(()) } else { refuse_bound(session, &names) }
    }
}

/// The extensions of the plan that are made in schemas that are renamed.
fn extensions(plan: &Plan) -> impl Iterator<Item = &str> {
    let in_renamed = |entry: &&Entry| {
        let create = entry.create.first().map(String::as_str).unwrap_or_default();
        let ends = |rename: &Rename| format!(" WITH SCHEMA {}", ident(&rename.from));
        plan.renames.iter().any(|rename| create.ends_with(&ends(rename)))
    };
    let entries = plan.steps.iter().map(|step| &plan.entries[step.entry]);
    let entries = entries.filter(|entry| entry.kind == Kind::Extension).filter(in_renamed);
    entries.map(|entry| entry.name.name.as_str())
}

/// Refuses those of the extensions `names`, an SQL array, that are bound to their schema.
fn refuse_bound(session: &mut Session, names: &str) -> Result<()> {
    let sql = format!(
        "SELECT e.name FROM pg_catalog.pg_available_extensions e \
         JOIN pg_catalog.pg_available_extension_versions v \
         ON v.name = e.name AND v.version = e.default_version \
         WHERE NOT v.relocatable AND e.name = ANY ({names})"
    );
    let bound = match extension_names(session, &sql) {
        // One broken control file among its extensions, and the server cannot say.
        Err(error) if error.server_error().is_some() => Vec::new(),
        bound => bound?,
    };
    if bound.is_empty() {
        return Ok(());
    }
    let what = format!("the extension {} is bound to the schema it is in", listed(bound));
    Err(Error::new(Code::TargetUnfit, what)
        .note("its functions may name that schema, which --map-schema renames")
        .hint("map without that schema, or try it with --map-schema-text=keep"))
}

fn extension_names(session: &mut Session, sql: &str) -> Result<Vec<String>> {
    session.query(sql)?.iter().map(|row| row.str("name").map(ident)).collect()
}

fn exists(rename: &Rename) -> Error {
    Error::new(Code::ObjectExists, "the target has a schema of the new name already")
        .object(format!("schema {}", ident(&rename.to)))
        .hint(
            "map to another name, or choose with -n or -t what goes into the schema that is there",
        )
}

fn lacks(rename: &Rename) -> Error {
    let what = format!("the target lacks the schema {}", ident(&rename.to));
    Error::new(Code::TargetUnfit, what).hint("create it, or restore it with -n")
}

/// The beginning of names that no schema of the target has.
fn free_prefix(target: &Target) -> String {
    let mut number = 0;
    loop {
        let prefix = format!("pgx_renamed_{number}");
        if !target.schemas.keys().any(|name| name.starts_with(&prefix)) {
            return prefix;
        }
        number += 1;
    }
}

fn rename(session: &mut Session, pairs: &[(String, String)]) -> Result<()> {
    for (from, to) in pairs {
        session
            .execute(&format!("ALTER SCHEMA {} RENAME TO {}", ident(from), ident(to)))
            .map_err(|error| error.object(format!("schema {}", ident(from))))?;
    }
    Ok(())
}

/// Makes `public` as initdb does: what the archive says of it are changes of that.
fn make_public(session: &mut Session, target: &Target, request: &RestoreRequest) -> Result<()> {
    session.execute("CREATE SCHEMA \"public\"; GRANT USAGE ON SCHEMA \"public\" TO PUBLIC")?;
    let owner = match target.major() {
        15.. => "pg_database_owner".to_owned(),
        _ => {
            let sql = "SELECT rolname FROM pg_catalog.pg_roles WHERE oid = 10";
            session.query_one(sql)?.text("rolname")?
        }
    };
    let may = target.superuser || target.roles.get(&owner) == Some(&true);
    if request.omitted.owners || !may {
        return Ok(());
    }
    session.execute(&format!("ALTER SCHEMA \"public\" OWNER TO {}", ident(&owner)))
}

/// The event triggers of the plan that are enabled: their quoted names, and what enables them again.
fn event_triggers(session: &mut Session, plan: &Plan) -> Result<Vec<(String, &'static str)>> {
    let made = plan.made().filter(|entry| entry.kind == Kind::EventTrigger);
    let names: Vec<String> = made.map(|entry| literal(&entry.name.name)).collect();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let rows = session.query(&format!(
        "SELECT evtname, evtenabled FROM pg_catalog.pg_event_trigger \
         WHERE evtenabled <> 'D' AND evtname = ANY (ARRAY[{}]::pg_catalog.name[])",
        names.join(", ")
    ))?;
    let state = |letter| match letter {
        'R' => "ENABLE REPLICA",
        'A' => "ENABLE ALWAYS",
        _ => "ENABLE",
    };
    rows.iter()
        .map(|row| Ok((ident(row.str("evtname")?), state(row.char("evtenabled")?))))
        .collect()
}
