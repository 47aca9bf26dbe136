//! Rows: what each row of a table holds, and the COPY statements that read and write them.

use super::Context;
use super::attach::synthetic;
use crate::catalog::model::{Generated, RelKind, Relation};
use crate::connect::quote::{idents, literal};
use crate::toc::{BlockRange, Column, DataSpec, Entry, Kind, Ref, RowFormat};

/// The entry of a table's rows; none for what has no rows of its own. Which of them, only the choice
/// knows: the entry is of all.
pub fn entry(relation: &Relation, ctx: &Context<'_>) -> Option<Entry> {
    if !matches!(relation.kind, RelKind::Table | RelKind::Foreign) {
        return None;
    }
    let columns = relation.columns.iter().filter(|column| column.generated == Generated::No);
    let columns = columns.map(|column| Column {
        name: column.name.clone(),
        type_name: column.type_name.clone(),
        type_oid: builtin(column.type_oid),
        shape: ctx.catalog.shapes.of(column.type_oid),
    });
    let mut columns: Vec<Column> = columns.collect();
    let root = unsafe_root(relation, ctx);
    if let Some(root) = root {
        // Rows of all partitions are compared as rows of the root.
        columns.sort_by_key(|column| root.columns.iter().position(|of| of.name == column.name));
    }
    let name = relation.object.name_ref();
    let mut entry = Entry::new(Kind::TableData, synthetic(relation.object.id), name.clone());
    entry.data = Some(DataSpec {
        columns,
        filter: None,
        via_root: root.map(|root| root.object.name_ref()),
        bytes_estimate: relation.bytes_estimate,
        extension_config: false,
        format: RowFormat::Text,
        foreign: relation.kind == RelKind::Foreign,
    });
    entry.on = Some(name);
    Some(entry)
}

/// OIDs below are given by hand, and never again to anything else.
const FIRST_ASSIGNED_OID: u32 = 10_000;

fn builtin(oid: u32) -> u32 {
    if oid < FIRST_ASSIGNED_OID { oid } else { 0 }
}

/// The topmost table above a partition, when one on the way hashes its rows by the OIDs of enum
/// labels: after a restore a row may belong to another partition.
fn unsafe_root<'c>(relation: &'c Relation, ctx: &Context<'c>) -> Option<&'c Relation> {
    let (mut table, mut hashed) = (relation, false);
    while let Some(partition) = table.partition.as_ref().filter(|_| !table.is_detaching()) {
        let Some(parent) = ctx.catalog.relation(partition.parent) else { break };
        hashed |= parent.hashes_enum;
        table = parent;
    }
    hashed.then_some(table)
}

/// The statement that reads the rows of a TABLE DATA entry, or those in some blocks of its heap, and
/// never those of inheritance children.
pub fn copy_out_sql(entry: &Entry, blocks: Option<BlockRange>) -> String {
    let table = entry.name.sql();
    let columns = entry.data.iter().flat_map(|data| &data.columns);
    let columns = idents(columns.map(|column| column.name.as_str()));
    let format = entry.data.as_ref().map(|data| data.format).unwrap_or_default();
    let filter = entry.data.as_ref().and_then(|data| data.filter.as_deref());
    // The condition ends on its own line, so that a comment in it cannot swallow what follows.
    let filter = filter.map(|filter| format!("({filter}\n)"));
    let conditions: Vec<String> = blocks.map(in_blocks).into_iter().chain(filter).collect();
    let foreign = entry.data.as_ref().is_some_and(|data| data.foreign);
    let rows = match conditions.is_empty() {
        true if foreign => format!("(SELECT {columns} FROM ONLY {table})"),
        true => format!("{table}{}", in_parentheses(&columns)),
        false => {
            let conditions = conditions.join(" AND ");
            format!("(SELECT {columns} FROM ONLY {table} WHERE {conditions})")
        }
    };
    format!("COPY {rows} TO STDOUT{}", format.copy_options())
}

fn in_blocks(blocks: BlockRange) -> String {
    let tid = |block| format!("'({block},0)'::pg_catalog.tid");
    let from = format!("ctid OPERATOR(pg_catalog.>=) {}", tid(blocks.from));
    match blocks.to {
        Some(to) => format!("{from} AND ctid OPERATOR(pg_catalog.<) {}", tid(to)),
        None => from,
    }
}

/// How a table takes rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CopyIn {
    /// How the rows are written.
    pub format: RowFormat,
    /// Legal only into a table that was made or truncated in the same subtransaction.
    pub freeze: bool,
    /// The encoding of text rows, where it is not that of the session.
    pub encoding: Option<String>,
}

/// The statement that writes rows of `columns` into a table.
pub fn copy_in_sql(table: &Ref, columns: &[String], options: &CopyIn) -> String {
    let columns = in_parentheses(&idents(columns.iter().map(String::as_str)));
    let encoding = options.encoding.as_ref().filter(|_| options.format == RowFormat::Text);
    let options = [
        (options.format == RowFormat::Binary).then(|| "FORMAT binary".to_owned()),
        options.freeze.then(|| "FREEZE true".to_owned()),
        encoding.map(|encoding| format!("ENCODING {}", literal(encoding))),
    ];
    let options: Vec<String> = options.into_iter().flatten().collect();
    let with = match options.as_slice() {
        [] => String::new(),
        options => format!(" WITH ({})", options.join(", ")),
    };
    format!("COPY {}{columns} FROM STDIN{with}", table.sql())
}

/// Without columns (none at all, or generated ones only) COPY takes no list.
fn in_parentheses(columns: &str) -> String {
    if columns.is_empty() { String::new() } else { format!(" ({columns})") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toc::CatalogId;

    fn data(columns: &[&str], filter: Option<&str>) -> Entry {
        let mut entry = Entry::new(Kind::TableData, CatalogId::default(), Ref::new("s", "t"));
        entry.data = Some(DataSpec {
            columns: columns
                .iter()
                .map(|&name| Column {
                    name: name.into(),
                    type_name: "integer".into(),
                    type_oid: 23,
                    shape: None,
                })
                .collect(),
            filter: filter.map(str::to_owned),
            via_root: None,
            bytes_estimate: 0,
            extension_config: false,
            format: RowFormat::Text,
            foreign: false,
        });
        entry
    }

    #[test]
    fn rows_are_read_with_a_column_list_and_without_children() {
        assert_eq!(
            copy_out_sql(&data(&["a", "b\""], None), None),
            r#"COPY "s"."t" ("a", "b""") TO STDOUT"#
        );
        let mut foreign = data(&["a"], None);
        foreign.data.as_mut().unwrap().foreign = true;
        assert_eq!(
            copy_out_sql(&foreign, None),
            r#"COPY (SELECT "a" FROM ONLY "s"."t") TO STDOUT"#,
            "COPY reads no foreign table by its name"
        );
        assert_eq!(
            copy_out_sql(&data(&["a"], Some("a > 1 -- x")), None),
            "COPY (SELECT \"a\" FROM ONLY \"s\".\"t\" WHERE (a > 1 -- x\n)) TO STDOUT"
        );
    }

    #[test]
    fn blocks_of_a_heap_are_read_by_their_numbers() {
        let blocks = Some(BlockRange { from: 8192, to: Some(16384) });
        assert_eq!(
            copy_out_sql(&data(&["a"], Some("a > 1")), blocks),
            "COPY (SELECT \"a\" FROM ONLY \"s\".\"t\" WHERE \
             ctid OPERATOR(pg_catalog.>=) '(8192,0)'::pg_catalog.tid AND \
             ctid OPERATOR(pg_catalog.<) '(16384,0)'::pg_catalog.tid AND (a > 1\n)) TO STDOUT"
        );
    }

    #[test]
    fn a_table_without_columns_has_rows_too() {
        assert_eq!(copy_out_sql(&data(&[], None), None), r#"COPY "s"."t" TO STDOUT"#);
        let frozen = CopyIn { freeze: true, ..CopyIn::default() };
        assert_eq!(
            copy_in_sql(&Ref::new("s", "t"), &[], &frozen),
            r#"COPY "s"."t" FROM STDIN WITH (FREEZE true)"#
        );
    }

    #[test]
    fn only_text_rows_have_an_encoding_of_their_own() {
        let sql = |format| {
            let encoding = Some("UTF8".to_owned());
            let options = CopyIn { format, encoding, ..CopyIn::default() };
            copy_in_sql(&Ref::new("s", "t"), &["a".to_owned()], &options)
        };
        let text = r#"COPY "s"."t" ("a") FROM STDIN WITH (ENCODING 'UTF8')"#;
        assert_eq!(sql(RowFormat::Text), text);
        let binary = r#"COPY "s"."t" ("a") FROM STDIN WITH (FORMAT binary)"#;
        assert_eq!(sql(RowFormat::Binary), binary);
    }
}
