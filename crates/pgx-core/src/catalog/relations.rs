//! Tables, partitioned tables, foreign tables, views, materialized views: `pg_class` and what hangs on it one to
//! one.

use std::collections::HashMap;

use super::among::{among, from_version};
use super::model::{Acl, ForeignTable, Partition, RelKind, Relation, class};
use super::{acl, columns, object};
use crate::connect::{Row, Session};
use crate::error::Result;
use crate::toc::{CatalogId, Ref};

/// Reads the relations among `relations` that have columns, in OID order, with their columns.
/// Sequences among them are passed over. How large they are is asked only for `sizes`.
///
/// # Errors
/// What the server refuses; a relation that vanished meanwhile.
pub fn read(session: &mut Session, relations: &[u32], sizes: bool) -> Result<Vec<Relation>> {
    let mut read = session.query_map(&query(session.version(), relations, sizes), relation)?;
    let mut columns = columns::read(session, relations)?;
    let mut system_columns = columns::read_system(session, relations)?;
    let mut parents = parents(session, relations)?;
    for relation in &mut read {
        let oid = relation.object.id.oid;
        relation.columns = columns.remove(&oid).unwrap_or_default();
        relation.columns.shrink_to_fit();
        relation.system_columns = system_columns.remove(&oid).unwrap_or_default();
        for parent in parents.remove(&oid).unwrap_or_default() {
            attach_parent(relation, parent);
        }
    }
    Ok(read)
}

/// A row of `pg_inherits`.
struct Parent {
    oid: u32,
    name: Ref,
    detach_pending: bool,
}

fn attach_parent(relation: &mut Relation, parent: Parent) {
    match &mut relation.partition {
        Some(partition) => {
            partition.parent = parent.oid;
            partition.detach_pending = parent.detach_pending;
        }
        None => {
            relation.parents.push(parent.oid);
            relation.parent_names.push(parent.name);
        }
    }
}

/// By child, in order.
fn parents(session: &mut Session, relations: &[u32]) -> Result<HashMap<u32, Vec<Parent>>> {
    let pending = from_version(session.version(), 14, "i.inhdetachpending", "false");
    let rows = session.query(&format!(
        "SELECT i.inhrelid, i.inhparent, n.nspname, c.relname, {pending} AS pending \
         FROM {} JOIN pg_catalog.pg_inherits i ON i.inhrelid = src.oid \
         JOIN pg_catalog.pg_class c ON c.oid = i.inhparent \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         ORDER BY i.inhrelid, i.inhseqno",
        among(relations)
    ))?;
    let mut parents: HashMap<u32, Vec<Parent>> = HashMap::new();
    for row in &rows {
        parents.entry(row.oid("inhrelid")?).or_default().push(Parent {
            oid: row.oid("inhparent")?,
            name: Ref::new(row.str("nspname")?, row.str("relname")?),
            detach_pending: row.bool("pending")?,
        });
    }
    Ok(parents)
}

fn relation(row: &Row) -> Result<Relation> {
    let mut options = row.list("reloptions")?;
    let check_option = take_check_option(&mut options);
    options.extend(row.list("toast_options")?);
    let query = row.opt_text("query")?.map(|query| query.trim_end_matches(';').to_owned());
    let partition = |bound| Partition { bound, ..Partition::default() };
    let mut relation = Relation {
        kind: kind(row.char("relkind")?),
        unlogged: row.char("relpersistence")? == 'u',
        row_type: row.oid("reltype")?,
        of_type: row.opt_text("of_type")?,
        partition_key: row.opt_text("partition_key")?,
        partition: row.opt_text("bound")?.map(partition),
        hashes_enum: row.bool("hashes_enum")?,
        options,
        tablespace: row.opt_text("spcname")?,
        access_method: row.opt_text("amname")?,
        replica_identity: row.char("relreplident")?,
        row_security: row.bool("relrowsecurity")?,
        force_row_security: row.bool("relforcerowsecurity")?,
        query,
        check_option,
        populated: row.bool("relispopulated")?,
        foreign: foreign(row)?,
        bytes_estimate: row.int("bytes")?,
        ..Relation::default()
    };
    relation.object.id = CatalogId { class: class::CLASS, oid: row.oid("oid")? };
    relation.object.schema = Some(row.text("nspname")?);
    relation.object.name = row.text("relname")?;
    relation.object.owner = row.text("owner")?;
    relation.object.acl = acl::read(row)?;
    relation.object.extension = row.opt_int("extension")?;
    Ok(relation)
}

fn foreign(row: &Row) -> Result<Option<ForeignTable>> {
    let Some(server) = row.opt_text("srvname")? else { return Ok(None) };
    Ok(Some(ForeignTable { server, options: row.list("ftoptions")? }))
}

fn kind(relkind: char) -> RelKind {
    match relkind {
        'p' => RelKind::Partitioned,
        'v' => RelKind::View,
        'm' => RelKind::MaterializedView,
        'f' => RelKind::Foreign,
        _ => RelKind::Table,
    }
}

/// CHECK OPTION is stored among the storage options, but it is a clause of CREATE VIEW.
fn take_check_option(options: &mut Vec<String>) -> Option<String> {
    let at = options.iter().position(|option| option.starts_with("check_option="))?;
    let option = options.remove(at);
    option.split_once('=').map(|(_, value)| value.to_uppercase())
}

/// Bytes of a table and what it keeps out of line. Only of tables, because only they are locked; and
/// not `pg_table_size`, which looks for four files each and takes six times as long.
const BYTES: &str = "\
CASE WHEN c.relkind <> 'r' THEN 0 ELSE COALESCE(pg_catalog.pg_relation_size(c.oid), 0) \
 + CASE WHEN c.reltoastrelid = 0 THEN 0 \
   ELSE COALESCE(pg_catalog.pg_relation_size(c.reltoastrelid), 0) END END";

fn query(version: u32, relations: &[u32], sizes: bool) -> String {
    let bytes = if sizes { BYTES } else { "0" };
    let access_method =
        from_version(version, 12, "CASE WHEN c.relkind <> 'v' THEN am.amname END", "NULL");
    let acl_columns = acl::columns("'r'", "c.relacl", "c.relowner");
    let init_privileges = acl::join("pg_class", "c.oid", "0");
    let extension = object::extension("pg_class", "c.oid");
    format!(
        "SELECT c.oid, n.nspname, c.relname, c.relkind, c.relpersistence, c.reltype, \
         pg_catalog.pg_get_userbyid(c.relowner) AS owner, \
         CASE WHEN c.reloftype <> 0 THEN pg_catalog.format_type(c.reloftype, NULL) END AS of_type, \
         CASE WHEN c.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) END AS partition_key, \
         CASE WHEN c.relispartition THEN pg_catalog.pg_get_expr(c.relpartbound, c.oid) END \
           AS bound, \
         {HASHES_ENUM} AS hashes_enum, c.reloptions, \
         ARRAY(SELECT 'toast.' || option FROM pg_catalog.unnest(t.reloptions) AS option) \
           AS toast_options, \
         s.spcname, {access_method} AS amname, c.relreplident, c.relrowsecurity, \
         c.relforcerowsecurity, c.relispopulated, \
         CASE WHEN c.relkind IN ('v', 'm') THEN pg_catalog.pg_get_viewdef(c.oid) END AS query, \
         {bytes} AS bytes, fs.srvname, ft.ftoptions, \
         {extension}, {acl_columns} \
         FROM {src} JOIN pg_catalog.pg_class c ON c.oid = src.oid \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         LEFT JOIN pg_catalog.pg_class t ON t.oid = c.reltoastrelid \
         LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = c.reltablespace \
         LEFT JOIN pg_catalog.pg_foreign_table ft ON ft.ftrelid = c.oid \
         LEFT JOIN pg_catalog.pg_foreign_server fs ON fs.oid = ft.ftserver \
         LEFT JOIN pg_catalog.pg_am am ON am.oid = c.relam {init_privileges} \
         WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY c.oid",
        src = among(relations)
    )
}

/// Such a table's rows are hashed by the OIDs of enum labels, which are others after a restore.
const HASHES_ENUM: &str = "\
EXISTS (SELECT FROM pg_catalog.pg_partitioned_table p \
 JOIN pg_catalog.pg_opclass o ON o.oid = ANY (p.partclass) \
 WHERE p.partrelid = c.oid AND p.partstrat = 'h' \
 AND o.opcintype = 'pg_catalog.anyenum'::pg_catalog.regtype)";

/// Privileges on system columns, by column name.
pub(super) type SystemColumns = Vec<(String, Acl)>;
