//! What an archive amounts to, in the form that every reader of it can be asked for.

use pgx_core::archive::FileReader;
use pgx_core::chunk::Unpacker;
use pgx_core::toc::{DataSpec, Entry, Meta};
use serde_json::{Map, Value, json};
use xxhash_rust::xxh3::xxh3_128;

/// Everything that `docs/reader/pgx_read.py --json` prints, read by the library.
pub(super) fn of(reader: &FileReader) -> Value {
    let totals = reader.totals();
    let entries = reader.toc().iter().map(entry);
    json!({
        "file_bytes": totals.file_bytes,
        "uuid": hex(totals.uuid.as_bytes()),
        "digest": hex(&totals.digest),
        "finished_unix": totals.finished_unix,
        "meta": meta(reader.meta()),
        "entries": entries.collect::<Vec<_>>(),
        "streams": streams(reader),
    })
}

fn meta(meta: &Meta) -> Value {
    let mut listed = json!({
        "pgx_version": meta.pgx_version,
        "server_version": meta.server_version,
        "server_version_text": meta.server_version_text,
        "encoding": meta.encoding,
        "database": meta.database.name,
        "owner": meta.database.owner,
        "started_unix": meta.started_unix,
        "has_schema": meta.has_schema,
        "has_data": meta.has_data,
        "request": meta.request,
        "chunk_bytes": meta.chunk_bytes,
        "compression": meta.compression,
    });
    if meta.has_statistics {
        listed["has_statistics"] = true.into();
    }
    listed
}

fn entry(entry: &Entry) -> Value {
    let sql: String = entry.create.iter().map(|sql| format!("{sql}\0")).collect();
    let digest = || format!("{:032x}", xxh3_128(sql.as_bytes()));
    let listed = json!({
        "id": entry.id.0,
        "kind": entry.kind.text(),
        "section": entry.section.to_string(),
        "name": entry.name.to_string(),
        "on": entry.on.as_ref().map(ToString::to_string),
        "owner": entry.owner,
        "deps": entry.deps.iter().map(|id| id.0).collect::<Vec<_>>(),
        "comments": entry.comments.iter().map(|comment| &comment.text).collect::<Vec<_>>(),
        "statements": entry.create.len(),
        "sql": (!sql.is_empty()).then(digest),
        "sequence": entry.sequence.map(|at| json!([at.last_value, at.is_called])),
    });
    let Value::Object(mut listed) = listed else { unreachable!("it is an object") };
    entry.data.iter().for_each(|data| rows(data, &mut listed));
    if let Some(objects) = &entry.large_objects {
        let runs = objects.oids.runs().iter().map(|run| json!([run.first, run.count]));
        listed.insert("large_objects".into(), runs.collect());
        listed.insert("page".into(), json!(objects.page_bytes));
    }
    if let Some(global) = &entry.global {
        listed.insert("global".into(), super::globals::listed(global));
    }
    listed.retain(|_, value| !value.is_null() && *value != json!([]));
    Value::Object(listed)
}

fn rows(data: &DataSpec, listed: &mut Map<String, Value>) {
    let columns = data.columns.iter().map(|column| {
        json!([column.name, column.type_name, column.shape.as_ref().map(ToString::to_string)])
    });
    listed.insert("columns".into(), columns.collect());
    listed.insert("filter".into(), json!(data.filter));
    listed.insert("format".into(), json!(data.format.text()));
}

fn streams(reader: &FileReader) -> Vec<Value> {
    let mut unpacker = Unpacker::new().unwrap();
    let streams = reader.streams().iter().map(|stream| {
        let (mut hash, mut ranges, mut continued) = (blake3::Hasher::new(), Vec::new(), 0);
        for chunk in reader.chunks(stream.id) {
            let chunk = unpacker.unpack(&chunk.unwrap()).unwrap();
            hash.update(&chunk.raw);
            ranges.push(chunk.head.key.range);
            continued += u32::from(chunk.head.continued);
        }
        ranges.dedup();
        json!({
            "entry": stream.id.0,
            "rows": stream.rows,
            "raw_bytes": stream.raw_bytes,
            "chunks": stream.chunks,
            "ranges": ranges.len(),
            "continued": continued,
            "row_sum": format!("{:032x}", stream.row_sum),
            "blake3": hex(hash.finalize().as_bytes()),
        })
    });
    streams.collect()
}

/// A listing as it lies beside its archive: an entry a line, a stream a line.
pub(super) fn text(listing: &Value) -> String {
    let lines = |value: &Value| match value {
        Value::Array(items) if !items.is_empty() => {
            let items: Vec<String> = items.iter().map(ToString::to_string).collect();
            format!("[\n{}]", items.join(",\n"))
        }
        other => other.to_string(),
    };
    let fields = listing.as_object().unwrap().iter();
    let fields: Vec<_> =
        fields.map(|(key, value)| format!("\"{key}\": {}", lines(value))).collect();
    format!("{{\n{}\n}}\n", fields.join(",\n"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
