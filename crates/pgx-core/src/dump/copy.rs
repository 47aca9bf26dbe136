//! Rows of one table into the pipeline.

use std::io::Write;

use super::pipeline::Pipeline;
use crate::archive::{ChunkHead, ChunkKey, StreamEnd};
use crate::chunk::Chunk;
use crate::connect::Session;
use crate::ddl;
use crate::error::{Code, Error, Result, ResultExt};
use crate::event::{Event, Observer};
use crate::rows::{CHUNK_BYTES, Cut, Cutter, RowSum};
use crate::toc::{Entry, RowFormat};

/// Copies the rows of `entry` and returns what the stream holds.
///
/// # Errors
/// The server's, with the table's name; a row count that differs from the server's command tag.
pub(super) fn table<'scope, W: Write + Send + 'scope>(
    session: &mut Session,
    entry: &Entry,
    pipeline: &mut Pipeline<'scope, W>,
    observer: &dyn Observer,
) -> Result<StreamEnd> {
    let Some(data) = &entry.data else {
        return Err(Error::internal("rows of an entry that has none"));
    };
    let mut stream = Stream {
        key: ChunkKey { stream: entry.id, range: 0, sequence: 0 },
        format: data.format,
        end: StreamEnd { rows: 0, raw_bytes: 0, chunks: 0, row_sum: 0 },
    };
    let mut cutter = Cutter::new(CHUNK_BYTES, RowSum::for_rows(session.version(), data));
    let copied = session
        .copy_out(&ddl::data::copy_out_sql(entry), |piece| {
            cutter.push(piece, |cut, sum| {
                stream.chunk(cut, pipeline)?;
                observer.event(&stream.progress(entry, sum.rows(), false));
                Ok(())
            })
        })
        .map_err(super::hints::conflict)
        .object(|| entry.label())?;
    if let Some(cut) = cutter.finish().map_err(Error::from).object(|| entry.label())? {
        stream.chunk(cut, pipeline)?;
    }
    let sum = cutter.sum();
    if copied != sum.rows() {
        return Err(Error::new(
            Code::SourceFailed,
            format!("the server counted {copied} rows and sent {}", sum.rows()),
        )
        .object(entry.label()));
    }
    stream.end.rows = copied;
    stream.end.row_sum = sum.value();
    pipeline.end(entry.id, stream.end)?;
    observer.event(&stream.progress(entry, copied, true));
    Ok(stream.end)
}

struct Stream {
    key: ChunkKey,
    format: RowFormat,
    end: StreamEnd,
}

impl Stream {
    fn chunk<'scope, W: Write + Send + 'scope>(
        &mut self,
        cut: Cut,
        pipeline: &mut Pipeline<'scope, W>,
    ) -> Result<()> {
        let Cut { raw, rows, continued } = cut;
        self.end.raw_bytes += raw.len() as u64;
        self.end.chunks += 1;
        let head = ChunkHead { key: self.key, rows, continued, format: self.format };
        pipeline.chunk(Chunk { head, raw })?;
        self.key.sequence += 1;
        Ok(())
    }

    fn progress(&self, entry: &Entry, rows: u64, done: bool) -> Event {
        Event::Rows { table: entry.name.to_string(), rows, bytes: self.end.raw_bytes, done }
    }
}
