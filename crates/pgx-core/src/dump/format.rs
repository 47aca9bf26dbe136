//! How the rows of each table travel: as COPY BINARY where every type is known.

use super::request::CopyFormat;
use crate::error::{Code, Error, Result};
use crate::toc::{DataSpec, Entry, RowFormat};

/// Unknown columns that an error names; more are counted.
const NAMED_MAX: usize = 5;

/// Decides the format of every table.
///
/// # Errors
/// [`Code::Unsupported`]: binary rows were asked for, and a table has a column whose type is not
/// known.
pub(super) fn decide(entries: &mut [Entry], wanted: CopyFormat) -> Result<()> {
    let mut unknown = Vec::new();
    for entry in entries {
        let Some(data) = &mut entry.data else { continue };
        let mut strange = data.columns.iter().filter(|column| column.shape.is_none());
        data.format = match (wanted, strange.next()) {
            (CopyFormat::Text, _) | (CopyFormat::Auto, Some(_)) => RowFormat::Text,
            (CopyFormat::Auto, None) => binary(data),
            (CopyFormat::Binary, None) => RowFormat::Binary,
            (CopyFormat::Binary, Some(column)) => {
                unknown.push(format!("{}.{} ({})", entry.name, column.name, column.type_name));
                RowFormat::Text
            }
        };
    }
    if unknown.is_empty() { Ok(()) } else { Err(refusal(&unknown)) }
}

/// Rows without columns have nothing to gain.
fn binary(data: &DataSpec) -> RowFormat {
    if data.columns.is_empty() { RowFormat::Text } else { RowFormat::Binary }
}

fn refusal(unknown: &[String]) -> Error {
    let what = match unknown.len() {
        1 => "a table has a column of a type whose binary form is unknown".to_owned(),
        n => format!("{n} tables have columns of types whose binary form is unknown"),
    };
    let more = unknown.len().saturating_sub(NAMED_MAX);
    let named = unknown.iter().take(NAMED_MAX);
    let error = named.fold(Error::new(Code::Unsupported, what), |error, name| error.note(name));
    let error = if more > 0 { error.note(format!("and {more} more")) } else { error };
    error.hint("dump with --copy-format auto: such tables travel as text")
}
