//! Sequences: `pg_sequence`, and where each stands.

use std::collections::HashMap;

use super::among::among;
use super::model::{Sequence, class};
use super::{acl, object};
use crate::connect::{Row, Session};
use crate::error::{Code, Error, Result};
use crate::toc::{CatalogId, SequenceValue};

/// Sequences whose values one query reads on servers that have no function for it.
const VALUES_PER_QUERY: usize = 200;

/// Reads the definitions of the sequences among `relations`, in OID order; not where they stand.
///
/// # Errors
/// What the server refuses.
pub fn read(session: &mut Session, relations: &[u32]) -> Result<Vec<Sequence>> {
    let rows = session.query(&format!(
        "SELECT c.oid, n.nspname, c.relname, pg_catalog.pg_get_userbyid(c.relowner) AS owner, \
         c.relpersistence, pg_catalog.format_type(s.seqtypid, NULL) AS type_name, s.seqstart, \
         s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle, \
         o.refobjid, o.refobjsubid, o.deptype, {}, {} \
         FROM {} JOIN pg_catalog.pg_class c ON c.oid = src.oid \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         JOIN pg_catalog.pg_sequence s ON s.seqrelid = c.oid \
         LEFT JOIN pg_catalog.pg_depend o \
           ON o.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND o.objid = c.oid \
           AND o.objsubid = 0 AND o.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass \
           AND o.refobjsubid > 0 AND o.deptype IN ('a', 'i') \
         {} WHERE c.relkind = 'S' ORDER BY c.oid",
        object::extension("pg_class", "c.oid"),
        acl::columns("'s'", "c.relacl", "c.relowner"),
        among(relations),
        acl::join("pg_class", "c.oid", "0"),
    ))?;
    rows.iter().map(sequence).collect()
}

fn sequence(row: &Row) -> Result<Sequence> {
    let owned_by = match row.opt_int("refobjid")? {
        Some(table) => Some((table, row.int("refobjsubid")?)),
        None => None,
    };
    let mut sequence = Sequence {
        type_name: row.text("type_name")?,
        start: row.int("seqstart")?,
        increment: row.int("seqincrement")?,
        min: row.int("seqmin")?,
        max: row.int("seqmax")?,
        cache: row.int("seqcache")?,
        cycle: row.bool("seqcycle")?,
        unlogged: row.char("relpersistence")? == 'u',
        owned_by,
        identity: row.char("deptype")? == 'i',
        ..Sequence::default()
    };
    sequence.object.id = CatalogId { class: class::CLASS, oid: row.oid("oid")? };
    sequence.object.schema = Some(row.text("nspname")?);
    sequence.object.name = row.text("relname")?;
    sequence.object.owner = row.text("owner")?;
    sequence.object.acl = acl::read(row)?;
    sequence.object.extension = row.opt_int("extension")?;
    Ok(sequence)
}

/// Reads where `sequences` stand. Values are never part of a snapshot: they are the newest.
///
/// # Errors
/// The privilege to read a sequence is missing; it was dropped meanwhile.
pub fn read_values(session: &mut Session, sequences: &mut [Sequence]) -> Result<()> {
    for batch in sequences.chunks_mut(VALUES_PER_QUERY) {
        let sql = match session.major() {
            18.. => values_by_function(batch),
            _ => values_by_union(batch),
        };
        let mut values = HashMap::new();
        for row in session.query(&sql)? {
            if let Some(last_value) = row.opt_int("last_value")? {
                let is_called = row.bool("is_called")?;
                values.insert(row.oid("oid")?, SequenceValue { last_value, is_called });
            }
        }
        for sequence in batch {
            let value = values.remove(&sequence.object.id.oid);
            sequence.value = Some(value.ok_or_else(|| hidden(sequence))?);
        }
    }
    Ok(())
}

fn values_by_function(batch: &[Sequence]) -> String {
    let oids: Vec<u32> = batch.iter().map(|sequence| sequence.object.id.oid).collect();
    format!(
        "SELECT src.oid, v.last_value, v.is_called \
         FROM {}, LATERAL pg_catalog.pg_get_sequence_data(src.oid) AS v",
        among(&oids)
    )
}

/// `pg_sequence_last_value` does not tell a fresh sequence from one that has given out its first
/// value.
fn values_by_union(batch: &[Sequence]) -> String {
    let select = |sequence: &Sequence| {
        let (oid, name) = (sequence.object.id.oid, sequence.object.name_ref().sql());
        format!("SELECT {oid}::pg_catalog.oid AS oid, last_value, is_called FROM {name}")
    };
    batch.iter().map(select).collect::<Vec<_>>().join(" UNION ALL ")
}

fn hidden(sequence: &Sequence) -> Error {
    Error::new(Code::Denied, "the value of a sequence cannot be read")
        .object(format!("sequence {}", sequence.object.name_ref()))
        .hint("grant SELECT on the sequence, or dump as its owner")
}
