//! `pgx inspect` of a cluster archive: a line for each member.

use pgx_core::Result;
use pgx_core::archive::Cluster;
use pgx_core::toc::{Content, Kind};
use pgx_core::verify::Contents;
use serde::Serialize;

use super::{ArchiveJson, archive_json, large_objects};
use crate::console::{and_large_objects, counted, size};
use crate::run::{Outcome, Run, json_text, print};
use crate::table::Table;

/// A cluster archive has members where others have entries.
#[derive(Serialize)]
struct ClusterJson<'a> {
    uuid: String,
    file_bytes: u64,
    members: Vec<ArchiveJson<'a>>,
}

pub(super) fn run(mut cluster: Cluster, json: bool, run: &Run) -> Result<Outcome> {
    let mut members = Vec::new();
    cluster.each(|_, input| {
        members.push(Contents::read(input, &run.interrupt)?);
        Ok(())
    })?;
    let text = match json {
        true => as_json(&cluster, &members)?,
        false => as_text(&cluster, &members)?,
    };
    print(&text)?;
    Ok(Outcome::Complete)
}

fn as_json(cluster: &Cluster, members: &[Contents]) -> Result<String> {
    let list = |contents| Contents::tables(contents).map(|tables| archive_json(contents, &tables));
    json_text(&ClusterJson {
        uuid: cluster.uuid().to_string(),
        file_bytes: cluster.file_bytes(),
        members: members.iter().map(list).collect::<Result<_>>()?,
    })
}

fn as_text(cluster: &Cluster, members: &[Contents]) -> Result<String> {
    let head =
        ["member", "database", "owner", "encoding", ">objects", ">tables", ">rows", ">stored"];
    let mut table = Table::new(&head);
    let (mut all_rows, mut all_objects) = (0, 0);
    for contents in members {
        let meta = &contents.meta;
        let tables = contents.tables()?;
        let tables: Vec<_> =
            tables.iter().filter(|(entry, _)| entry.kind == Kind::TableData).collect();
        let rows: u64 = tables.iter().map(|(_, stream)| stream.end.rows).sum();
        all_rows += rows;
        all_objects += large_objects(contents);
        table.row([
            match meta.content {
                Content::Globals => "globals".to_owned(),
                Content::Database => "database".to_owned(),
            },
            meta.database_name(),
            meta.database.owner.clone(),
            meta.encoding.clone(),
            contents.entries.len().to_string(),
            tables.len().to_string(),
            rows.to_string(),
            size(contents.totals.file_bytes),
        ]);
    }
    let databases = members.iter().filter(|one| one.meta.content == Content::Database).count();
    Ok(format!(
        "cluster    {}, {}\n\n{table}{}, {}{}\n",
        cluster.uuid(),
        size(cluster.file_bytes()),
        counted(databases as u64, "database"),
        counted(all_rows, "row"),
        and_large_objects(all_objects)
    ))
}
