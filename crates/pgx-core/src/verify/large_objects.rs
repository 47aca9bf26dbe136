//! The large objects of a database against those of an archive: which there are, and their bytes.

use super::contents::{Contents, Stream};
use super::database::{TableComparison, Verdict};
use crate::catalog::large_objects;
use crate::connect::Session;
use crate::error::{Code, Error, Result};
use crate::rows::StreamSum;
use crate::toc::{Entry, Kind, LargeObjects, Oids};

/// Compares all large objects of the database of `session`; none when the archive has none.
///
/// # Errors
/// As [`large_objects::copy_pages`].
pub(super) fn compare(
    contents: &Contents,
    session: &mut Session,
) -> Result<Option<TableComparison>> {
    let tables = contents.tables()?;
    let Some((entry, stream)) = tables.iter().find(|(entry, _)| entry.kind == Kind::LargeObjects)
    else {
        return Ok(None);
    };
    let archived = archived(&contents.entries);
    let found = large_objects::oids(session)?;
    let common = archived.in_common(&found);
    let verdict = match (archived.count() - common, found.count() - common) {
        (0, 0) => bytes(session, entry, stream)?,
        (missing, more) => Verdict::LargeObjects { missing, more },
    };
    let (table, rows) = (entry.name.clone(), stream.end.rows);
    Ok(Some(TableComparison { table, rows, verdict }))
}

fn archived(entries: &[Entry]) -> Oids {
    let objects = entries.iter().filter_map(|entry| entry.large_objects.as_ref());
    Oids::union(objects.map(|objects: &LargeObjects| &objects.oids))
}

/// The pages, in the form the archive has them in.
fn bytes(session: &mut Session, entry: &Entry, stream: &Stream) -> Result<Verdict> {
    let objects = entry.large_objects.as_ref().filter(|objects| objects.has_pages());
    let (Some(data), Some(objects)) = (&entry.data, objects) else {
        return Err(Error::new(Code::ArchiveDamaged, "the archive does not say what pages are")
            .object(entry.label()));
    };
    let mut sum = StreamSum::for_rows(session.version(), data);
    let (page_bytes, all) = (objects.page_bytes, &large_objects::ALL);
    large_objects::copy_pages(session, page_bytes, data.format, all, |piece| {
        Ok(sum.update(piece)?)
    })?;
    Ok(Verdict::of(sum.sum(), (stream.end.rows, stream.end.row_sum)))
}
