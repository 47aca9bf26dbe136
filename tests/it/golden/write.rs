//! Writing golden archives: the same bytes whenever the library is the same.

use std::collections::VecDeque;

use pgx_core::archive::{ChunkHead, ChunkKey, StreamEnd, Writer};
use pgx_core::chunk::{Chunk, Packer};
use pgx_core::error::Error;
use pgx_core::rows::{Cutter, RowSum, header, trailer};
use pgx_core::stripe::StreamCodec;
use pgx_core::toc::{DataSpec, Entry, EntryId, Meta, RowFormat};

/// An archive to be written.
pub(super) struct Golden {
    /// The file's name, and the source of its UUID.
    pub(super) name: &'static str,
    pub(super) codec: StreamCodec,
    pub(super) meta: Meta,
    /// Numbered when they are written.
    pub(super) entries: Vec<Entry>,
    pub(super) streams: Vec<Stream>,
}

/// The rows of an entry.
pub(super) struct Stream {
    pub(super) entry: u32,
    /// Raw bytes a chunk aims at.
    pub(super) target: usize,
    /// The numbers of ranges, and the rows of each.
    pub(super) ranges: Vec<(u32, Vec<u8>)>,
}

impl Golden {
    /// The archive's bytes.
    pub(super) fn write(mut self) -> Vec<u8> {
        let ids = 1_u32..;
        self.entries.iter_mut().zip(ids).for_each(|(entry, id)| entry.id = EntryId(id));
        self.meta.compression = self.codec.to_string();
        let mut uuid = [b'.'; 16];
        uuid.iter_mut().zip(self.name.bytes()).for_each(|(to, from)| *to = from);
        let mut writer = Writer::with_uuid(Vec::new(), &self.meta, uuid).unwrap();
        writer.toc(&self.entries).unwrap();
        let mut packer = Packer::new(self.codec).unwrap();
        let mut ends = Vec::new();
        let mut queues = Vec::new();
        for stream in &self.streams {
            let (end, chunks) = stream.cut(self.entry(stream.entry), self.meta.server_version);
            ends.push((EntryId(stream.entry), end));
            queues.extend(chunks);
        }
        for chunk in interleaved(queues) {
            writer.append(packer.pack(chunk.head, &chunk.raw).unwrap()).unwrap();
        }
        ends.into_iter().rev().for_each(|(id, end)| writer.end_stream(id, end).unwrap());
        writer.finish_at(self.meta.started_unix + 1).unwrap().0
    }

    fn entry(&self, id: u32) -> &DataSpec {
        self.entries[id as usize - 1].data.as_ref().unwrap()
    }
}

impl Stream {
    /// What the stream amounts to, and the chunks of each range.
    fn cut(&self, data: &DataSpec, server_version: u32) -> (StreamEnd, Vec<VecDeque<Chunk>>) {
        let mut end = StreamEnd::default();
        let mut queues = Vec::new();
        for (range, rows) in &self.ranges {
            let key = ChunkKey { stream: EntryId(self.entry), range: *range, sequence: 0 };
            let sum = RowSum::for_rows(server_version, data);
            let (sum, chunks) = cut(key, rows, Cutter::new(self.target, sum), data.format);
            end.rows += sum.0;
            end.row_sum = end.row_sum.wrapping_add(sum.1);
            end.raw_bytes += rows.len() as u64;
            end.chunks += chunks.len() as u64;
            queues.push(chunks);
        }
        (end, queues)
    }
}

/// Count and sum of the rows, and the chunks.
fn cut(
    first: ChunkKey,
    rows: &[u8],
    mut cutter: Cutter,
    format: RowFormat,
) -> ((u64, u128), VecDeque<Chunk>) {
    let mut chunks = VecDeque::new();
    let mut add = |cut: pgx_core::rows::Cut| {
        let sequence = u32::try_from(chunks.len()).unwrap();
        let key = ChunkKey { sequence, ..first };
        let head = ChunkHead { key, rows: cut.rows, continued: cut.continued, format };
        chunks.push_back(Chunk { head, raw: cut.raw });
    };
    let copy = [header(format), rows, trailer(format)].concat();
    for piece in copy.chunks(4096) {
        let pushed = cutter.push(piece, |cut, _| {
            add(cut);
            Ok::<(), Error>(())
        });
        pushed.unwrap();
    }
    cutter.finish().unwrap().into_iter().for_each(&mut add);
    ((cutter.sum().rows(), cutter.sum().value()), chunks)
}

/// A chunk of each in turn; what goes on follows at once.
fn interleaved(mut queues: Vec<VecDeque<Chunk>>) -> Vec<Chunk> {
    let mut all = Vec::new();
    while queues.iter().any(|queue| !queue.is_empty()) {
        for queue in &mut queues {
            while let Some(chunk) = queue.pop_front() {
                let continued = chunk.head.continued;
                all.push(chunk);
                if !continued {
                    break;
                }
            }
        }
    }
    all
}
