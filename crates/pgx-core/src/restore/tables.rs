//! The tables of a target that rows alone are loaded into: looked up by name, columns by name.

use std::collections::{BTreeSet, HashMap};

use super::plan::{Action, Plan};
use super::preflight::listed;
use super::rows::{Freeze, Table};
use crate::connect::Session;
use crate::connect::quote::literal;
use crate::error::{Code, Error, Result};
use crate::toc::{Entry, EntryId, Ref};

/// A table of the target and the entry whose rows it takes.
#[derive(Clone, Debug)]
pub(super) struct Destination {
    pub(super) entry: EntryId,
    /// Its OID in the target.
    pub(super) oid: u32,
    /// Its columns that the archive's rows do not fill.
    pub(super) unfilled: BTreeSet<String>,
    pub(super) table: Table,
}

/// A relation of the target.
struct Found {
    oid: u32,
    kind: char,
    drops_rows: bool,
}

impl Found {
    fn takes(&self, entry: &Entry) -> bool {
        let foreign = entry.data.as_ref().is_some_and(|data| data.foreign);
        matches!(self.kind, 'r' | 'p') || foreign && self.kind == 'f'
    }
}

/// A column of the target.
struct FoundColumn {
    generated: bool,
    may_insert: bool,
}

/// Everything that keeps the rows out.
#[derive(Default)]
struct Unfit {
    tables: Vec<String>,
    kinds: Vec<String>,
    columns: Vec<String>,
    generated: Vec<String>,
    denied: Vec<String>,
}

/// Finds the destinations of the plan's rows, in the archive's order.
///
/// # Errors
/// [`Code::TargetUnfit`], naming every missing table and column and every generated column;
/// [`Code::Denied`], naming every table that the role may not insert into.
pub(super) fn find(session: &mut Session, plan: &Plan) -> Result<Vec<Destination>> {
    let entries: Vec<&Entry> = plan.of(Action::Load).map(|(_, entry)| entry).collect();
    let relations = relations(session, &entries)?;
    let mut unfit = Unfit::default();
    let mut chosen = Vec::new();
    for entry in entries {
        let (into, found) = destination(entry, &relations);
        match found {
            None => unfit.tables.push(into.to_string()),
            Some(found) if !found.takes(entry) => unfit.kinds.push(into.to_string()),
            Some(found) => chosen.push((entry, into, found)),
        }
    }
    let columns = columns(session, chosen.iter().map(|(_, _, found)| found.oid))?;
    let destinations = chosen
        .into_iter()
        .map(|(entry, into, found)| {
            let columns = columns.get(&found.oid);
            let filled = columns.map(|columns| unfit.compare(entry, into, columns));
            let mut table = Table::new(entry, into.clone(), Freeze::Never);
            table.may_drop_rows = found.drops_rows;
            let unfilled = filled.unwrap_or_default();
            Destination { entry: entry.id, oid: found.oid, unfilled, table }
        })
        .collect();
    unfit.into_error().map_or(Ok(destinations), Err)
}

/// The table rows go into: the partitioned ancestor where the archive says so and the target has
/// it.
fn destination<'e, 'f>(
    entry: &'e Entry,
    relations: &'f HashMap<Ref, Found>,
) -> (&'e Ref, Option<&'f Found>) {
    let root = entry.data.as_ref().and_then(|data| data.via_root.as_ref());
    if let Some(root) = root
        && let Some(found) = relations.get(root).filter(|found| found.kind == 'p')
    {
        return (root, Some(found));
    }
    (&entry.name, relations.get(&entry.name))
}

fn relations(session: &mut Session, entries: &[&Entry]) -> Result<HashMap<Ref, Found>> {
    let roots = entries.iter().filter_map(|entry| entry.data.as_ref()?.via_root.as_ref());
    let names = entries.iter().map(|entry| &entry.name).chain(roots);
    let schemas: BTreeSet<String> =
        names.filter_map(|name| name.schema.as_deref()).map(literal).collect();
    if schemas.is_empty() {
        return Ok(HashMap::new());
    }
    // Bits of tgtype: 1 row, 2 before, 4 insert. Rows of a partitioned table meet its partitions'.
    let rows = session.query(&format!(
        "SELECT c.oid, n.nspname, c.relname, c.relkind, EXISTS ( \
           SELECT FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class o ON o.oid = t.tgrelid \
           WHERE NOT t.tgisinternal AND t.tgtype & 7 = 7 \
           AND (o.oid = c.oid OR c.relkind = 'p' AND o.relispartition)) AS drops_rows \
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname IN ({}) AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')",
        schemas.into_iter().collect::<Vec<_>>().join(", ")
    ))?;
    rows.iter()
        .map(|row| {
            let name = Ref::new(row.str("nspname")?, row.str("relname")?);
            let (oid, kind) = (row.oid("oid")?, row.char("relkind")?);
            Ok((name, Found { oid, kind, drops_rows: row.bool("drops_rows")? }))
        })
        .collect()
}

type Columns = HashMap<String, FoundColumn>;

fn columns(
    session: &mut Session,
    oids: impl Iterator<Item = u32>,
) -> Result<HashMap<u32, Columns>> {
    let oids: BTreeSet<u32> = oids.collect();
    let mut tables: HashMap<u32, Columns> = oids.iter().map(|&oid| (oid, Columns::new())).collect();
    if oids.is_empty() {
        return Ok(tables);
    }
    let generated = if session.major() >= 12 { "a.attgenerated <> ''" } else { "false" };
    let list: Vec<String> = oids.iter().map(u32::to_string).collect();
    let rows = session.query(&format!(
        "SELECT a.attrelid, a.attname, {generated} AS generated, \
         pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'INSERT') AS may_insert \
         FROM pg_catalog.pg_attribute a \
         WHERE a.attrelid IN ({}) AND a.attnum > 0 AND NOT a.attisdropped",
        list.join(", ")
    ))?;
    for row in rows {
        let column =
            FoundColumn { generated: row.bool("generated")?, may_insert: row.bool("may_insert")? };
        let table = tables.entry(row.oid("attrelid")?).or_default();
        table.insert(row.text("attname")?, column);
    }
    Ok(tables)
}

impl Unfit {
    /// Compares the archive's columns with the target's; returns those that are not filled.
    fn compare(&mut self, entry: &Entry, into: &Ref, columns: &Columns) -> BTreeSet<String> {
        let mut unfilled: BTreeSet<String> = columns.keys().cloned().collect();
        let mut may_insert = true;
        for column in entry.data.iter().flat_map(|data| &data.columns) {
            unfilled.remove(&column.name);
            match columns.get(&column.name) {
                None => self.columns.push(format!("{into}.{}", column.name)),
                Some(found) if found.generated => {
                    self.generated.push(format!("{into}.{}", column.name));
                }
                Some(found) => may_insert &= found.may_insert,
            }
        }
        if !may_insert {
            self.denied.push(into.to_string());
        }
        unfilled
    }

    fn into_error(self) -> Option<Error> {
        let code = match [&self.tables, &self.kinds, &self.columns, &self.generated] {
            lists if lists.iter().all(|list| list.is_empty()) => Code::Denied,
            _ => Code::TargetUnfit,
        };
        let sentences = [
            ("the target lacks", self.tables),
            ("not a table in the target:", self.kinds),
            ("the target lacks the column", self.columns),
            ("generated in the target, so that no value can be loaded:", self.generated),
            ("the role may not insert into", self.denied),
        ];
        let mut found: Vec<String> = sentences
            .into_iter()
            .filter(|(_, names)| !names.is_empty())
            .map(|(what, names)| format!("{what} {}", listed(names)))
            .collect();
        let hint = match code {
            Code::Denied => "grant INSERT to the role, or choose tables with -t",
            _ => "choose tables with -t, or restore the definitions as well",
        };
        match found.len() {
            0 => None,
            1 => Some(Error::new(code, found.remove(0)).hint(hint)),
            _ => {
                let error = Error::new(code, "the target's tables do not fit the archive's rows");
                Some(found.into_iter().fold(error, Error::note).hint(hint))
            }
        }
    }
}
