//! Row filters against foreign keys: how many taken rows refer to a row that is not taken.

use std::collections::HashMap;

use super::choice::Choice;
use super::family::Family;
use super::foreign_keys::{describe_key, own_keys};
use super::manifest::ForeignKeys;
use crate::catalog::Listing;
use crate::catalog::listing::ListedForeignKey;
use crate::connect::{Session, quote};
use crate::error::{Code, Error, Result};

/// Rows that refer to a row which a filter leaves out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orphans {
    /// OID of the key in `pg_constraint`.
    pub key: u32,
    /// How many rows of the referring table.
    pub rows: u64,
}

/// Tries every row filter, and counts the rows that the filters leave without their parent unless
/// the policy is `ignore`. To be run in the snapshot of the dump; reads the filtered tables whole.
///
/// # Errors
/// [`Code::Manifest`]: the server refuses a filter; [`Code::MissingParent`] with the count per key.
pub fn check_rows(session: &mut Session, listing: &Listing, choice: &Choice) -> Result<()> {
    for (&oid, take) in choice.relations.iter().filter(|(_, take)| take.data) {
        if let Some(filter) = &take.filter {
            let sql = format!("{} LIMIT 0", rows_of(listing, oid, &[], Some(filter)));
            session.execute(&sql).map_err(|error| bad_filter(error, listing, oid, filter))?;
        }
    }
    if !matches!(choice.foreign_keys, Some(ForeignKeys::Check | ForeignKeys::Follow)) {
        return Ok(());
    }
    let orphans = orphans(session, listing, choice)?;
    if orphans.is_empty() { Ok(()) } else { Err(left_alone(&orphans, listing)) }
}

/// Rows left without a parent, per key where a filter stands on either side and both sides are
/// taken with rows; keys with none are left out.
///
/// # Errors
/// Whatever the server refuses.
pub fn orphans(session: &mut Session, listing: &Listing, choice: &Choice) -> Result<Vec<Orphans>> {
    let family = Family::of(listing);
    let keys: Vec<_> = own_keys(listing).filter(|key| is_filtered(key, choice, &family)).collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let comparisons = comparisons(session, &keys)?;
    let mut found = Vec::new();
    for key in keys {
        // A key dropped meanwhile is missing here; the dump notices the change by itself.
        let Some(comparison) = comparisons.get(&key.oid) else { continue };
        let query = Query { key, comparison, listing, choice, family: &family };
        let rows = session.query_one(&query.sql())?.int("orphans")?;
        if rows > 0 {
            found.push(Orphans { key: key.oid, rows });
        }
    }
    Ok(found)
}

fn is_filtered(key: &ListedForeignKey, choice: &Choice, family: &Family<'_>) -> bool {
    let mut tables = family.leaves(key.child);
    tables.retain(|leaf| choice.has_data(*leaf));
    let parents = family.leaves(key.parent);
    if tables.is_empty() || !parents.iter().all(|leaf| choice.has_data(*leaf)) {
        return false;
    }
    tables.extend(parents);
    tables.iter().any(|leaf| choice.filter(*leaf).is_some())
}

/// How a key compares its columns.
struct Comparison {
    /// Referenced column, operator, referring column: `OPERATOR("s".=)` for each pair.
    operators: Vec<String>,
    /// The last column is a period: the parents' periods together must contain the child's.
    period: bool,
}

/// The equality operators need not be in `pg_catalog` (citext has its own), so they are asked for.
fn comparisons(
    session: &mut Session,
    keys: &[&ListedForeignKey],
) -> Result<HashMap<u32, Comparison>> {
    let oids: Vec<String> = keys.iter().map(|key| key.oid.to_string()).collect();
    let rows = session.query(&format!(
        "SELECT k.oid, (pg_catalog.to_jsonb(k) ->> 'conperiod') = 'true' AS period, \
         (SELECT pg_catalog.array_agg('OPERATOR(' || pg_catalog.quote_ident(n.nspname) || '.' \
           || o.oprname || ')' ORDER BY u.at) \
          FROM pg_catalog.unnest(k.conpfeqop) WITH ORDINALITY AS u(op, at) \
          JOIN pg_catalog.pg_operator o ON o.oid = u.op \
          JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace) AS operators \
         FROM pg_catalog.pg_constraint k WHERE k.oid IN ({})",
        oids.join(", ")
    ))?;
    rows.iter()
        .map(|row| {
            let comparison =
                Comparison { operators: row.list("operators")?, period: row.bool("period")? };
            Ok((row.oid("oid")?, comparison))
        })
        .collect()
}

/// The counting query of one key.
struct Query<'q> {
    key: &'q ListedForeignKey,
    comparison: &'q Comparison,
    listing: &'q Listing,
    choice: &'q Choice,
    family: &'q Family<'q>,
}

impl Query<'_> {
    /// A row with a NULL in the key refers to nothing (MATCH FULL has none but all-NULL ones).
    fn sql(&self) -> String {
        let columns = self.key.child_columns.iter();
        let set: Vec<_> =
            columns.map(|column| format!("c.{} IS NOT NULL", quote::ident(column))).collect();
        format!(
            "SELECT pg_catalog.count(*) AS orphans FROM ({}) AS c WHERE {} AND NOT {}",
            self.taken(self.key.child, &self.key.child_columns),
            set.join(" AND "),
            self.has_parent()
        )
    }

    fn has_parent(&self) -> String {
        let parents = self.taken(self.key.parent, &self.key.parent_columns);
        let pairs = self.key.parent_columns.iter().zip(&self.key.child_columns);
        let mut equal: Vec<String> = pairs
            .zip(&self.comparison.operators)
            .map(|((parent, child), operator)| {
                format!("p.{} {operator} c.{}", quote::ident(parent), quote::ident(child))
            })
            .collect();
        let (Some(parent), Some(child), true) =
            (self.key.parent_columns.last(), self.key.child_columns.last(), self.comparison.period)
        else {
            return format!("EXISTS (SELECT FROM ({parents}) AS p WHERE {})", equal.join(" AND "));
        };
        equal.pop();
        format!(
            "COALESCE((SELECT c.{} OPERATOR(pg_catalog.<@) pg_catalog.range_agg(p.{}) \
             FROM ({parents}) AS p WHERE {}), false)",
            quote::ident(child),
            quote::ident(parent),
            if equal.is_empty() { "true".to_owned() } else { equal.join(" AND ") }
        )
    }

    /// The taken rows of a table, or of the taken partitions of one.
    fn taken(&self, table: u32, columns: &[String]) -> String {
        let mut leaves = self.family.leaves(table);
        leaves.retain(|leaf| self.choice.has_data(*leaf));
        let rows: Vec<String> = leaves
            .into_iter()
            .map(|leaf| rows_of(self.listing, leaf, columns, self.choice.filter(leaf)))
            .collect();
        rows.join(" UNION ALL ")
    }
}

/// The line break keeps a comment at the end of a filter from swallowing what follows.
fn rows_of(listing: &Listing, oid: u32, columns: &[String], filter: Option<&str>) -> String {
    let table = match listing.relations.get(&oid) {
        Some(relation) => quote::qualified(&relation.schema, &relation.name),
        None => quote::ident(&oid.to_string()),
    };
    let columns = quote::idents(columns.iter().map(String::as_str));
    match filter {
        Some(filter) => format!("SELECT {columns} FROM ONLY {table} WHERE ({filter}\n)"),
        None => format!("SELECT {columns} FROM ONLY {table}"),
    }
}

fn bad_filter(error: Error, listing: &Listing, oid: u32, filter: &str) -> Error {
    let sqlstate = error.sqlstate().unwrap_or_default();
    // Class 42 is what is wrong in the text itself, a missing privilege excepted.
    if !sqlstate.starts_with("42") || sqlstate == "42501" {
        return error;
    }
    error
        .with_code(Code::Manifest)
        .with_what("the server refuses a row filter")
        .object(listing.label(oid))
        .note(format!("where {filter}"))
        .hint("check the expression; what is not built in needs its schema: public.st_area(geom)")
}

fn left_alone(orphans: &[Orphans], listing: &Listing) -> Error {
    let total: u64 = orphans.iter().map(|orphans| orphans.rows).sum();
    let error = Error::new(
        Code::MissingParent,
        format!("row filters leave {} without what they refer to", count(total)),
    )
    .hint(
        "narrow the filter of the referring table, widen that of the referenced one, or set \
           foreign_keys = \"ignore\"",
    );
    orphans.iter().fold(error, |error, orphans| {
        let key = listing.foreign_keys.iter().find(|key| key.oid == orphans.key);
        let key = key.map_or_else(String::new, |key| describe_key(key, listing));
        error.note(format!("{key}: {}", count(orphans.rows)))
    })
}

fn count(rows: u64) -> String {
    if rows == 1 { "1 row".to_owned() } else { format!("{rows} rows") }
}
