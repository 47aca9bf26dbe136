//! What the role may not read, all of it at once and before any work.

use std::collections::{BTreeMap, BTreeSet};

use super::request::DumpRequest;
use super::unsupported;
use crate::catalog::{self, Listing, large_objects};
use crate::connect::{Row, Session};
use crate::error::{Code, Error, Result};
use crate::select::Choice;

/// Objects named one by one; the rest is counted.
const NAMES_MAX: usize = 50;

/// Fails if the role cannot read all that was chosen; `also` are relations to lock besides.
///
/// # Errors
/// [`Code::Denied`], with a line for each object and what it lacks.
pub(super) fn check(
    session: &mut Session,
    request: &DumpRequest,
    listing: &Listing,
    (choice, also): (&Choice, &[u32]),
) -> Result<()> {
    let mut unreadable = Unreadable::default();
    let needs = needs(request, listing, choice, also);
    if !needs.is_empty() {
        for row in session.query(&rights(session.major(), needs.keys()))? {
            unreadable.relation(listing, &needs, &row)?;
        }
    }
    if choice.large_objects {
        let (count, oids) = large_objects::unreadable(session, NAMES_MAX)?;
        unreadable.large_objects = count;
        unreadable.oids = oids;
    }
    if request.parts.schema && choice.everything && !request.skip_unsupported {
        let hidden = catalog::unsupported::hidden(session)?;
        let wanted = hidden.iter().filter(|object| !unsupported::is_omitted(object, request));
        unreadable.hidden = wanted.map(|object| object.label.clone()).collect();
    }
    unreadable.into_error(session).map_or(Ok(()), Err)
}

/// What a dump does with a relation that takes a privilege.
#[derive(Clone, Copy, Default)]
struct Need {
    /// It is locked.
    lock: bool,
    /// Its rows are read, or where it stands if it is a sequence.
    contents: bool,
}

/// Definitions are in catalogs that everybody may read: only tables are locked for them.
fn needs(
    request: &DumpRequest,
    listing: &Listing,
    choice: &Choice,
    also: &[u32],
) -> BTreeMap<u32, Need> {
    let identities = listing.owned_sequences.iter();
    let identities = identities.filter(|(_, table)| choice.relations.contains_key(*table));
    let oids: BTreeSet<u32> = choice
        .relations
        .keys()
        .chain(also)
        .chain(identities.map(|(sequence, _)| sequence))
        .copied()
        .collect();
    let need = |oid: u32| {
        let kind = listing.relations.get(&oid).map_or('S', |relation| relation.kind);
        Need {
            lock: matches!(kind, 'r' | 'p'),
            contents: match kind {
                'S' => request.parts.data,
                'r' | 'f' => choice.has_data(oid),
                _ => false,
            },
        }
    };
    let all = oids.into_iter().map(|oid| (oid, need(oid)));
    all.filter(|(_, need)| need.lock || need.contents).collect()
}

/// ACCESS SHARE takes SELECT; from 16 on any right to change rows will do.
fn rights<'o>(major: u32, oids: impl Iterator<Item = &'o u32>) -> String {
    let oids: Vec<String> = oids.map(u32::to_string).collect();
    let lock = match major {
        17.. => "SELECT, INSERT, UPDATE, DELETE, TRUNCATE, MAINTAIN",
        16 => "SELECT, INSERT, UPDATE, DELETE, TRUNCATE",
        _ => "SELECT",
    };
    format!(
        "SELECT c.oid, c.relkind, n.nspname, \
          pg_catalog.has_schema_privilege(c.relnamespace, 'USAGE') AS reached, \
          pg_catalog.has_table_privilege(c.oid, 'SELECT') AS readable, \
          pg_catalog.has_table_privilege(c.oid, '{lock}') AS lockable, \
          pg_catalog.row_security_active(c.oid) AS filtered \
         FROM pg_catalog.unnest('{{{}}}'::pg_catalog.oid[]) AS u(oid) \
         JOIN pg_catalog.pg_class c ON c.oid = u.oid \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         ORDER BY n.nspname::pg_catalog.text COLLATE pg_catalog.\"C\", \
          c.relname::pg_catalog.text COLLATE pg_catalog.\"C\"",
        oids.join(",")
    )
}

/// What cannot be read, by what stands in the way.
#[derive(Default)]
struct Unreadable {
    /// Schemas that may not be used, and how many of the relations stand in them.
    schemas: BTreeMap<String, usize>,
    relations: Vec<String>,
    /// Tables whose policies show this role a part of the rows.
    filtered: Vec<String>,
    large_objects: u64,
    /// The first of them.
    oids: Vec<u32>,
    /// What only a superuser sees whole.
    hidden: Vec<String>,
}

impl Unreadable {
    fn relation(
        &mut self,
        listing: &Listing,
        needs: &BTreeMap<u32, Need>,
        row: &Row,
    ) -> Result<()> {
        let oid = row.oid("oid")?;
        let need = needs.get(&oid).copied().unwrap_or_default();
        let name = listing.label(oid);
        let kind = match row.char("relkind")? {
            'S' => "sequence",
            'f' => "foreign table",
            _ => "table",
        };
        if !row.bool("reached")? {
            *self.schemas.entry(row.text("nspname")?).or_default() += 1;
        }
        if need.contents && !row.bool("readable")? || need.lock && !row.bool("lockable")? {
            self.relations.push(format!("{kind} {name}: no SELECT"));
        } else if need.contents && row.bool("filtered")? {
            self.filtered.push(format!("{kind} {name}: row security hides rows from the role"));
        }
        Ok(())
    }

    fn into_error(self, session: &Session) -> Option<Error> {
        let lines = self.lines();
        let unnamed = self.large_objects.saturating_sub(self.oids.len() as u64);
        let count = lines.len() as u64 + unnamed;
        if count == 0 {
            return None;
        }
        let objects = if count == 1 { "object" } else { "objects" };
        let error = Error::new(Code::Denied, format!("{count} {objects} cannot be read"))
            .object(format!("user {:?}", session.config().user));
        let shown = lines.len().min(NAMES_MAX);
        let error = lines.into_iter().take(NAMES_MAX).fold(error, Error::note);
        let error = match count - shown as u64 {
            0 => error,
            more => error.note(format!("and {more} more")),
        };
        Some(error.hint(self.hint()))
    }

    fn lines(&self) -> Vec<String> {
        let schema = |(name, count): (&String, &usize)| {
            let relations = if *count == 1 { "relation" } else { "relations" };
            format!("schema {name}: no USAGE, and {count} chosen {relations} in it")
        };
        let mut lines: Vec<String> = self.schemas.iter().map(schema).collect();
        lines.extend(self.relations.iter().chain(&self.filtered).cloned());
        lines.extend(self.oids.iter().map(|oid| format!("large object {oid}: no SELECT")));
        lines.extend(self.hidden.iter().cloned());
        lines
    }

    /// What can be done, for each sort of obstacle that there is.
    fn hint(&self) -> String {
        let relations = !self.schemas.is_empty() || !self.relations.is_empty();
        let ways = [
            (
                relations || self.large_objects > 0,
                "grant what is missing (from 14 on: membership in pg_read_all_data)",
            ),
            (relations, "leave relations out with -T or -N"),
            (
                !self.filtered.is_empty(),
                "dump as a role with BYPASSRLS, or leave such rows out with --exclude-table-data",
            ),
            (self.large_objects > 0, "leave large objects out with --no-large-objects"),
            (!self.hidden.is_empty(), "leave what is hidden out with --skip-unsupported"),
        ];
        let ways = ways.iter().filter(|(fits, _)| *fits);
        ways.map(|(_, way)| *way).collect::<Vec<_>>().join("; ")
    }
}
