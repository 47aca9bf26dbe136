//! Statistics for the planner, once the rows are there.

use std::collections::BTreeSet;

use super::batch::server_warnings;
use super::plan::{Action, Plan};
use super::preflight::listed;
use super::rows::Table;
use super::session;
use crate::connect::quote::{literal, qualified};
use crate::connect::{Row, Session};
use crate::error::{Code, Result};
use crate::toc::{Entry, Kind, Ref};

/// Analyzes what was loaded. ANALYZE of a partitioned table covers its partitions, and gives it
/// statistics of its own, which nothing else does; but where statistics came along, those `described`
/// by them are left as they are, and every other table is analyzed by itself. Returns warnings: the restore is done, and
/// statistics can be had later.
///
/// # Errors
/// An interrupt.
pub(super) fn analyze<'t>(
    session: &mut Session,
    plan: &Plan,
    tables: impl Iterator<Item = &'t Table>,
    described: &BTreeSet<Ref>,
) -> Result<Vec<String>> {
    if !plan.parts.data {
        return Ok(Vec::new());
    }
    let mut names: BTreeSet<&Ref> = tables.map(|table| &table.into).collect();
    let roots = plan.made().filter(|entry| entry.kind == Kind::Table && entry.partitioned);
    names.extend(roots.map(|entry| &entry.name));
    let filled = plan.of(Action::DefineLast).map(|(_, entry)| entry);
    names.extend(filled.filter(|e| e.kind == Kind::MaterializedViewData).map(relation));
    names.retain(|name| !described.contains(name));
    let names: BTreeSet<Ref> = names.into_iter().map(|name| plan.final_ref(name)).collect();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let mut warnings = Vec::new();
    let together = described.is_empty();
    let topmost = match topmost(session, &names, together) {
        Ok(topmost) => topmost,
        Err(error) => return given_up(error, "the tables", session).map(|warning| vec![warning]),
    };
    let (far, topmost): (Vec<Topmost>, Vec<Topmost>) =
        topmost.into_iter().partition(|table| table.reads_foreign);
    warnings.extend(left_to_the_user(&far));
    for Topmost { name: table, .. } in topmost {
        let pins = session::pins(session.major());
        let only = if together { "" } else { "ONLY " };
        let sql = format!("BEGIN{pins}; ANALYZE {only}{table}; COMMIT");
        if let Err(error) = session.execute(&sql) {
            warnings.push(given_up(error, &table, session)?);
        }
        warnings.extend(server_warnings(session));
    }
    Ok(warnings)
}

fn relation(entry: &Entry) -> &Ref {
    entry.on.as_ref().unwrap_or(&entry.name)
}

fn given_up(error: crate::Error, table: &str, session: &mut Session) -> Result<String> {
    if matches!(error.code(), Code::Interrupted | Code::Terminated) {
        return Err(error);
    }
    session::roll_back(session);
    Ok(format!("ANALYZE of {table} failed: {error}"))
}

/// A table whose statistics cover all below it.
struct Topmost {
    /// Quoted.
    name: String,
    /// Foreign tables are among those below.
    reads_foreign: bool,
}

/// A restore reaches out to no foreign server.
fn left_to_the_user(tables: &[Topmost]) -> Option<String> {
    let names: Vec<String> = tables.iter().map(|table| table.name.clone()).collect();
    (!names.is_empty()).then(|| {
        let names = listed(names);
        format!("ANALYZE of {names} would read foreign tables below and is left to you")
    })
}

/// The tables, quoted; instead of a partition, the topmost table it is a part of that the role may
/// analyze, if no foreign table is a part of that. If not `together`, each stays what it is.
fn topmost(session: &mut Session, names: &BTreeSet<Ref>, together: bool) -> Result<Vec<Topmost>> {
    let list: Vec<String> = names
        .iter()
        .map(|name| format!("({}::pg_catalog.regclass)", literal(&name.sql())))
        .collect();
    let rows = session.query(&format!(
        "WITH RECURSIVE far (oid) AS ( \
           SELECT c.oid FROM pg_catalog.pg_class c WHERE c.relkind = 'f' \
           UNION \
           SELECT i.inhparent FROM far JOIN pg_catalog.pg_inherits i ON i.inhrelid = far.oid), \
         chosen (oid) AS (VALUES {}), \
         above (oid, ancestor, level) AS ( \
           SELECT oid::pg_catalog.oid, oid::pg_catalog.oid, 0 FROM chosen \
           UNION ALL \
           SELECT a.oid, i.inhparent, a.level + 1 FROM above a \
             JOIN pg_catalog.pg_class c ON c.oid = a.ancestor AND c.relispartition \
              AND {together} \
             JOIN pg_catalog.pg_inherits i ON i.inhrelid = a.ancestor \
             JOIN pg_catalog.pg_class p ON p.oid = i.inhparent \
             WHERE pg_catalog.pg_has_role(p.relowner, 'USAGE') \
             AND NOT EXISTS (SELECT FROM far WHERE far.oid = p.oid)) \
         SELECT DISTINCT n.nspname, c.relname, \
           EXISTS (SELECT FROM far WHERE far.oid = a.ancestor) AS reads_foreign FROM above a \
         JOIN pg_catalog.pg_class c ON c.oid = a.ancestor \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE NOT EXISTS (SELECT FROM above b WHERE b.oid = a.oid AND b.level > a.level) \
         ORDER BY n.nspname, c.relname",
        list.join(", ")
    ))?;
    let topmost = |row: &Row| {
        let name = qualified(row.str("nspname")?, row.str("relname")?);
        Ok(Topmost { name, reads_foreign: row.bool("reads_foreign")? })
    };
    rows.iter().map(topmost).collect()
}
