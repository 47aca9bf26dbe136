//! Publications: `pg_publication`, `pg_publication_rel`, `pg_publication_namespace`.

use super::among::{among, from_version};
use super::model::{Publication, PublicationSchema, PublicationTable, class};
use super::object::{self, Source};
use crate::connect::{Row, Session};
use crate::error::Result;
use crate::toc::{CatalogId, Ref};

const SOURCE: Source<'_> =
    Source { catalog: "pg_publication", alias: "p", prefix: "pub", acl: None };

/// Reads the publications, in OID order. Of the tables that one excepts, those among `relations` or of
/// extensions are kept apart from the rest.
///
/// # Errors
/// As [`Session::query`].
pub fn read(session: &mut Session, relations: &[u32]) -> Result<Vec<Publication>> {
    let version = session.version();
    let sql = format!(
        "SELECT {}, p.puballtables, {} AS puballsequences, p.pubinsert, p.pubupdate, p.pubdelete, {} AS pubtruncate, \
          {} AS pubviaroot, {} AS pubgencols FROM pg_catalog.pg_publication p ORDER BY p.oid",
        SOURCE.columns(),
        from_version(version, 19, "p.puballsequences", "false"),
        from_version(version, 11, "p.pubtruncate", "false"),
        from_version(version, 13, "p.pubviaroot", "false"),
        from_version(version, 18, "p.pubgencols = 's'", "false"),
    );
    let rows = session.query(&sql)?;
    let mut publications: Vec<Publication> = rows.iter().map(publication).collect::<Result<_>>()?;
    if version >= 190_000 {
        add_exceptions(session, relations, &mut publications)?;
    }
    Ok(publications)
}

fn add_exceptions(
    session: &mut Session,
    relations: &[u32],
    publications: &mut [Publication],
) -> Result<()> {
    let rows = session.query(&format!(
        "SELECT r.prpubid, n.nspname, c.relname, {} AS read FROM pg_catalog.pg_publication_rel r \
         JOIN pg_catalog.pg_class c ON c.oid = r.prrelid \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE r.prexcept \
         ORDER BY n.nspname COLLATE pg_catalog.\"C\", c.relname COLLATE pg_catalog.\"C\"",
        is_read(relations),
    ))?;
    for row in rows {
        let (oid, table) =
            (row.oid("prpubid")?, Ref::new(row.str("nspname")?, row.str("relname")?));
        let read = row.bool("read")?;
        for publication in publications.iter_mut().filter(|one| one.object.id.oid == oid) {
            let list = if read { &mut publication.except } else { &mut publication.except_unread };
            list.push(table.clone());
        }
    }
    Ok(())
}

/// SQL: whether the table of `r` is one of `relations`, or an extension's.
fn is_read(relations: &[u32]) -> String {
    format!(
        "(r.prrelid IN (SELECT src.oid FROM {}) OR EXISTS (SELECT \
          FROM pg_catalog.pg_depend d WHERE d.objid = r.prrelid AND d.objsubid = 0 \
          AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype = 'e'))",
        among(relations)
    )
}

fn publication(row: &Row) -> Result<Publication> {
    let actions = [
        (row.bool("pubinsert")?, "insert"),
        (row.bool("pubupdate")?, "update"),
        (row.bool("pubdelete")?, "delete"),
        (row.bool("pubtruncate")?, "truncate"),
    ];
    let actions: Vec<&str> =
        actions.iter().filter(|action| action.0).map(|action| action.1).collect();
    let mut options = vec![format!("publish = '{}'", actions.join(", "))];
    if row.bool("pubviaroot")? {
        options.push("publish_via_partition_root = true".to_owned());
    }
    if row.bool("pubgencols")? {
        options.push("publish_generated_columns = stored".to_owned());
    }
    Ok(Publication {
        object: object::read(row, class::PUBLICATION, None)?,
        all_tables: row.bool("puballtables")?,
        except: Vec::new(),
        except_unread: Vec::new(),
        all_sequences: row.bool("puballsequences")?,
        options,
    })
}

/// Reads which of `relations`, and of the tables of extensions, are in which publications, in OID
/// order. A row for a table that a publication of all tables excepts is no member.
///
/// # Errors
/// As [`Session::query`]; a table vanished meanwhile.
pub fn read_tables(session: &mut Session, relations: &[u32]) -> Result<Vec<PublicationTable>> {
    let (columns, filter) = match session.version() {
        150_000.. => (
            "ARRAY(SELECT a.attname::pg_catalog.text \
              FROM pg_catalog.unnest(r.prattrs) WITH ORDINALITY AS u(number, at) \
              JOIN pg_catalog.pg_attribute a ON a.attrelid = r.prrelid AND a.attnum = u.number \
              ORDER BY u.at)",
            "pg_catalog.pg_get_expr(r.prqual, r.prrelid)",
        ),
        _ => ("'{}'", "NULL"),
    };
    let sql = format!(
        "SELECT r.oid, p.pubname, r.prrelid, n.nspname, c.relname, \
          {columns} AS columns, {filter} AS filter FROM pg_catalog.pg_publication_rel r \
         JOIN pg_catalog.pg_publication p ON p.oid = r.prpubid \
         JOIN pg_catalog.pg_class c ON c.oid = r.prrelid \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE {} AND {} ORDER BY r.oid",
        is_read(relations),
        from_version(session.version(), 19, "NOT r.prexcept", "true"),
    );
    session.query(&sql)?.iter().map(table).collect()
}

fn table(row: &Row) -> Result<PublicationTable> {
    Ok(PublicationTable {
        id: CatalogId { class: class::PUBLICATION_REL, oid: row.oid("oid")? },
        publication: row.text("pubname")?,
        relation: row.oid("prrelid")?,
        table: Ref::new(row.str("nspname")?, row.str("relname")?),
        columns: row.list("columns")?,
        filter: row.opt_text("filter")?,
    })
}

/// Reads which schemas are in which publications (version 15 and newer), in OID order.
///
/// # Errors
/// As [`Session::query`].
pub fn read_schemas(session: &mut Session) -> Result<Vec<PublicationSchema>> {
    if session.version() < 150_000 {
        return Ok(Vec::new());
    }
    let rows = session.query(
        "SELECT r.oid, p.pubname, n.nspname FROM pg_catalog.pg_publication_namespace r \
         JOIN pg_catalog.pg_publication p ON p.oid = r.pnpubid \
         JOIN pg_catalog.pg_namespace n ON n.oid = r.pnnspid ORDER BY r.oid",
    )?;
    let schema = |row: &Row| {
        Ok(PublicationSchema {
            id: CatalogId { class: class::PUBLICATION_NAMESPACE, oid: row.oid("oid")? },
            publication: row.text("pubname")?,
            schema: row.text("nspname")?,
        })
    };
    rows.iter().map(schema).collect()
}
