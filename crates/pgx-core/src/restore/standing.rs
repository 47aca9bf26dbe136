//! What an ordinary role may do on the target: facts that only the server can tell, in one round trip.

use std::collections::{BTreeSet, HashMap};

use super::plan::Plan;
use crate::connect::Session;
use crate::connect::quote::literal;
use crate::error::Result;
use crate::toc::Entry;

/// A fact is about one name or two: `language` and its name, `creates` and a role and a schema.
#[derive(Clone, Debug, Default)]
pub(super) struct Standing(HashMap<(String, String, String), bool>);

impl Standing {
    /// Asks for what `plan` needs to know.
    pub(super) fn read(session: &mut Session, plan: &Plan) -> Result<Standing> {
        let mut parts: Vec<String> = OF_DATABASE.iter().map(|part| (*part).to_owned()).collect();
        parts.extend([subscribes(session.major()), settings(session.major(), plan)]);
        parts.extend(of_owners(plan));
        let sql =
            format!("SELECT f.* FROM ({}) f(fact, name, other, yes)", parts.join(" UNION ALL "));
        let fact = |row: &crate::connect::Row| {
            let key = (row.text("fact")?, row.text("name")?, row.text("other")?);
            Ok((key, row.opt("yes")? == Some("t")))
        };
        session.query(&sql)?.iter().map(fact).collect::<Result<_>>().map(Standing)
    }

    fn fact(&self, fact: &str, name: &str, other: &str) -> Option<bool> {
        self.0.get(&(fact.to_owned(), name.to_owned(), other.to_owned())).copied()
    }

    fn holds(&self, fact: &str, name: &str, other: &str) -> bool {
        self.fact(fact, name, other) == Some(true)
    }

    /// Whether the role has the rights of another without becoming it.
    pub(super) fn has_rights_of(&self, role: &str) -> bool {
        self.holds("rights", role, "")
    }

    /// Whether functions can be made in a language; none if it is not there.
    pub(super) fn writes(&self, language: &str) -> Option<bool> {
        self.fact("language", language, "")
    }

    /// Whether servers can be made for a foreign-data wrapper; none if it is not there.
    pub(super) fn uses_wrapper(&self, wrapper: &str) -> Option<bool> {
        self.fact("wrapper", wrapper, "")
    }

    /// Whether foreign tables can be made for a server; none if it is not there.
    pub(super) fn uses_server(&self, server: &str) -> Option<bool> {
        self.fact("server", server, "")
    }

    /// Whether user mappings of others can be made for a server.
    pub(super) fn owns_server(&self, server: &str) -> bool {
        self.holds("server's owner", server, "")
    }

    /// Whether nothing can be stored in a tablespace that is there.
    pub(super) fn is_closed_tablespace(&self, tablespace: &str) -> bool {
        self.fact("tablespace", tablespace, "") == Some(false)
    }

    /// Whether the role may not change a setting.
    pub(super) fn is_closed_setting(&self, setting: &str) -> bool {
        self.fact("setting", &setting.to_lowercase(), "") == Some(false)
    }

    /// Whether the role may make subscriptions.
    pub(super) fn subscribes(&self) -> bool {
        self.holds("subscribes", "", "")
    }

    /// Whether the members of an installed extension belong to others.
    pub(super) fn is_lent(&self, extension: &str) -> bool {
        self.fact("members", extension, "") == Some(false)
    }

    /// Whether the role has the rights of a schema's owner; none if the schema is not there.
    pub(super) fn owns_schema(&self, schema: &str) -> Option<bool> {
        self.fact("schema", schema, "")
    }

    /// Whether everybody has a right on the schema `public`: `USAGE`, `CREATE`.
    pub(super) fn is_public(&self, right: &str) -> bool {
        self.holds("public", right, "")
    }

    /// Whether a role may create in a schema that is there; none if the schema is not.
    pub(super) fn creates_in(&self, role: &str, schema: &str) -> Option<bool> {
        self.fact("creates", role, schema)
    }

    /// Whether a role may create in the database.
    pub(super) fn creates_in_database(&self, role: &str) -> bool {
        self.holds("database", role, "")
    }

    /// Whether a role has the rights of another.
    pub(super) fn inherits(&self, role: &str, other: &str) -> bool {
        self.holds("inherits", role, other)
    }
}

const OF_DATABASE: &[&str] = &[
    "SELECT 'rights'::pg_catalog.text, r.rolname::pg_catalog.text, ''::pg_catalog.text, \
      pg_catalog.pg_has_role(r.oid, 'USAGE') FROM pg_catalog.pg_roles r",
    "SELECT 'language', l.lanname, '', l.lanpltrusted \
      AND pg_catalog.has_language_privilege(l.oid, 'USAGE') FROM pg_catalog.pg_language l",
    "SELECT 'wrapper', w.fdwname, '', \
      pg_catalog.has_foreign_data_wrapper_privilege(w.oid, 'USAGE') \
     FROM pg_catalog.pg_foreign_data_wrapper w",
    "SELECT 'server', s.srvname, '', pg_catalog.has_server_privilege(s.oid, 'USAGE') \
     FROM pg_catalog.pg_foreign_server s",
    "SELECT 'server''s owner', s.srvname, '', pg_catalog.pg_has_role(s.srvowner, 'USAGE') \
     FROM pg_catalog.pg_foreign_server s",
    "SELECT 'tablespace', t.spcname, '', \
      pg_catalog.has_tablespace_privilege(t.oid, 'CREATE') OR d.oid IS NOT NULL \
     FROM pg_catalog.pg_tablespace t LEFT JOIN pg_catalog.pg_database d \
      ON d.dattablespace = t.oid AND d.datname = pg_catalog.current_database()",
    "SELECT 'schema', n.nspname, '', pg_catalog.pg_has_role(n.nspowner, 'USAGE') \
     FROM pg_catalog.pg_namespace n",
    "SELECT 'public', u.word, '', pg_catalog.has_schema_privilege('public', n.oid, u.word) \
     FROM pg_catalog.pg_namespace n, (VALUES ('USAGE'), ('CREATE')) AS u(word) \
     WHERE n.nspname = 'public'",
    "SELECT 'members', e.extname, '', pg_catalog.bool_and(pg_catalog.pg_has_role( \
       COALESCE(p.proowner, c.relowner, t.typowner, e.extowner), 'USAGE')) \
     FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_depend d ON d.refobjid = e.oid \
      AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.deptype = 'e' \
     LEFT JOIN pg_catalog.pg_proc p ON p.oid = d.objid \
      AND d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass \
     LEFT JOIN pg_catalog.pg_class c ON c.oid = d.objid \
      AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass \
     LEFT JOIN pg_catalog.pg_type t ON t.oid = d.objid \
      AND d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass GROUP BY e.extname",
];

/// Before 16 only a superuser may.
fn subscribes(major: u32) -> String {
    let may = match major {
        16.. => "pg_catalog.pg_has_role('pg_create_subscription', 'USAGE')",
        _ => "false",
    };
    format!("SELECT 'subscribes', '', '', {may}")
}

/// The settings that functions of the plan change. One that the server does not know, or only because
/// somebody has set it, is a superuser's; one of an extension is known when its library is loaded.
fn settings(major: u32, plan: &Plan) -> String {
    let granted = match major {
        15.. => "pg_catalog.has_parameter_privilege(u.name, 'SET')",
        _ => "false",
    };
    let names = plan.made().flat_map(|entry| &entry.needs.settings);
    format!(
        "SELECT 'setting', u.name, '', COALESCE({granted} \
          OR s.context = 'user' AND s.category <> 'Customized Options', false) \
         FROM (SELECT n.name FROM pg_catalog.unnest(ARRAY[{}]::pg_catalog.text[]) AS n(name)) u \
         LEFT JOIN pg_catalog.pg_settings s ON pg_catalog.lower(s.name) = u.name \
         WHERE s.name IS NOT NULL OR u.name IS NOT NULL AND NOT EXISTS (SELECT \
          FROM pg_catalog.pg_extension e \
          WHERE pg_catalog.strpos(u.name, e.extname || '.') = 1)",
        list(names.map(|name| name.to_lowercase()))
    )
}

/// What the owners of the plan's objects may do.
fn of_owners(plan: &Plan) -> [String; 3] {
    let owners = list(plan.made().filter_map(|entry| entry.owner.clone()));
    let schemas = list(plan.made().filter_map(schema));
    [
        format!(
            "SELECT 'creates', r.rolname, n.nspname, \
              pg_catalog.has_schema_privilege(r.oid, n.oid, 'CREATE') \
             FROM pg_catalog.pg_roles r, pg_catalog.pg_namespace n \
             WHERE r.rolname IN ({owners}) AND n.nspname IN ({schemas})"
        ),
        format!(
            "SELECT 'database', r.rolname, '', pg_catalog.has_database_privilege(\
              r.oid, pg_catalog.current_database(), 'CREATE') \
             FROM pg_catalog.pg_roles r WHERE r.rolname IN ({owners})"
        ),
        format!(
            "SELECT 'inherits', r.rolname, o.rolname, pg_catalog.pg_has_role(r.oid, o.oid, 'USAGE') \
             FROM pg_catalog.pg_roles r, pg_catalog.pg_roles o \
             WHERE r.rolname IN ({owners}) AND o.rolname IN ({owners})"
        ),
    ]
}

fn schema(entry: &Entry) -> Option<String> {
    entry.name.schema.clone()
}

/// Literals for IN, never none.
fn list(names: impl Iterator<Item = String>) -> String {
    let names: BTreeSet<String> = names.map(|name| literal(&name)).collect();
    match names.is_empty() {
        true => "NULL".to_owned(),
        false => names.into_iter().collect::<Vec<_>>().join(", "),
    }
}
