//! Keeping the sequences of a target as they were if its rows are rolled back.
//!
//! What advances or sets a sequence is not undone by a rollback, except when the sequence was
//! altered in the same transaction: ALTER SEQUENCE gives it a new file, and a rollback brings the
//! old one back. Setting an option to what it is already keeps the value and is enough.

use std::collections::{BTreeMap, BTreeSet};

use super::plan::{Action, Plan};
use super::preflight::listed;
use super::tables::Destination;
use crate::connect::Session;
use crate::connect::quote::literal;
use crate::error::{Code, Error, Result};
use crate::toc::Ref;

/// A sequence of the target.
#[derive(Clone, Debug)]
struct Found {
    oid: u32,
    cycle: bool,
    owned: bool,
}

/// Protects the sequences the plan sets, and those that defaults of unfilled columns advance; all
/// of them where triggers fire, since what a function does cannot be known. Returns warnings about
/// those that cannot be protected.
///
/// # Errors
/// [`Code::TargetUnfit`]: sequences to set are missing; [`Code::Denied`]: they belong to another
/// role.
pub(super) fn protect(
    session: &mut Session,
    plan: &Plan,
    destinations: &[Destination],
) -> Result<Vec<String>> {
    let sequences = sequences(session)?;
    let set = to_set(plan, &sequences)?;
    let mut sql = String::new();
    let mut warnings = Vec::new();
    let advanced = advanced(session, destinations)?;
    let triggers = triggers_fire(session, destinations)?;
    let mut out_of_reach = Vec::new();
    for (name, found) in &sequences {
        let used = set.contains(name) || advanced.contains(&found.oid);
        if !used && !triggers {
            continue;
        }
        if found.owned {
            let cycle = if found.cycle { "CYCLE" } else { "NO CYCLE" };
            sql.push_str(&format!("ALTER SEQUENCE {} {cycle};\n", name.sql()));
        } else if !used {
            out_of_reach.push(name.to_string());
        } else {
            warnings.push(format!(
                "sequence {name} belongs to another role: a default advances it, and a failed \
                 restore does not take that back"
            ));
        }
    }
    if !sql.is_empty() {
        session.execute(&sql)?;
    }
    if !out_of_reach.is_empty() {
        warnings.push(format!(
            "triggers fire for the rows: should they advance sequences of other roles, a failed \
             restore does not take that back: {}",
            listed(out_of_reach)
        ));
    }
    Ok(warnings)
}

fn sequences(session: &mut Session) -> Result<BTreeMap<Ref, Found>> {
    let rows = session.query(
        "SELECT c.oid, n.nspname, c.relname, s.seqcycle, \
         pg_catalog.pg_has_role(c.relowner, 'USAGE') AS owned \
         FROM pg_catalog.pg_sequence s JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.relpersistence <> 't'",
    )?;
    rows.iter()
        .map(|row| {
            let name = Ref::new(row.str("nspname")?, row.str("relname")?);
            let (oid, cycle) = (row.oid("oid")?, row.bool("seqcycle")?);
            Ok((name, Found { oid, cycle, owned: row.bool("owned")? }))
        })
        .collect()
}

fn to_set<'p>(plan: &'p Plan, found: &BTreeMap<Ref, Found>) -> Result<BTreeSet<&'p Ref>> {
    let set: BTreeSet<&Ref> = plan.of(Action::SetSequence).map(|(_, entry)| &entry.name).collect();
    let named = |wanted: &dyn Fn(Option<&Found>) -> bool| -> Vec<String> {
        set.iter().filter(|name| wanted(found.get(**name))).map(ToString::to_string).collect()
    };
    let missing = named(&|found| found.is_none());
    if !missing.is_empty() {
        let what = format!("the target lacks the sequence {}", listed(missing));
        return Err(Error::new(Code::TargetUnfit, what)
            .hint("create it, or choose tables with -t to leave it out"));
    }
    let foreign = named(&|found| found.is_some_and(|found| !found.owned));
    if !foreign.is_empty() {
        let what = format!("only its owner can set the sequence {}", listed(foreign));
        return Err(Error::new(Code::Denied, what).hint("restore as the owner of the sequences"));
    }
    Ok(set)
}

/// Whether loading the rows runs functions of triggers, on the tables or on partitions of them.
fn triggers_fire(session: &mut Session, destinations: &[Destination]) -> Result<bool> {
    let oids: Vec<String> =
        destinations.iter().map(|to| format!("({}::pg_catalog.oid)", to.oid)).collect();
    if oids.is_empty() {
        return Ok(false);
    }
    // Bit 4 of tgtype: insert.
    let row = session.query_one(&format!(
        "WITH RECURSIVE filled (oid) AS (VALUES {} UNION \
         SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN filled f ON f.oid = i.inhparent \
         JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid AND c.relispartition) \
         SELECT EXISTS (SELECT FROM pg_catalog.pg_trigger t JOIN filled f ON f.oid = t.tgrelid \
         WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND t.tgtype & 4 = 4) AS fire",
        oids.join(", ")
    ))?;
    row.bool("fire")
}

/// Sequences behind a default or an identity of a column that the rows do not fill.
fn advanced(session: &mut Session, destinations: &[Destination]) -> Result<BTreeSet<u32>> {
    let unfilled: Vec<String> = destinations
        .iter()
        .flat_map(|to| to.unfilled.iter().map(move |column| (to.oid, column)))
        .map(|(oid, column)| format!("({oid}, {})", literal(column)))
        .collect();
    if unfilled.is_empty() {
        return Ok(BTreeSet::new());
    }
    let rows = session.query(&format!(
        "SELECT d.refobjid AS oid FROM pg_catalog.pg_attribute a \
         JOIN pg_catalog.pg_attrdef f ON f.adrelid = a.attrelid AND f.adnum = a.attnum \
         JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass \
           AND d.objid = f.oid AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass \
         WHERE (a.attrelid, a.attname) IN ({list}) \
         UNION \
         SELECT d.objid FROM pg_catalog.pg_attribute a \
         JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass \
           AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass \
           AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum AND d.deptype = 'i' \
         WHERE (a.attrelid, a.attname) IN ({list})",
        list = unfilled.join(", ")
    ))?;
    rows.iter().map(|row| row.oid("oid")).collect()
}
