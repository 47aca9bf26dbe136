//! What a dump would hold, without a place to put it.

use std::collections::HashMap;
use std::io;

use super::{CopyFormat, DumpRequest, Ends, Plan, copy_rows, hints, plan};
use crate::archive::{StreamEnd, Writer};
use crate::connect::Config;
use crate::error::Result;
use crate::event::Observer;
use crate::select;
use crate::stripe::StreamCodec;
use crate::toc::{Entry, EntryId, Meta, Omitted, Parts, Sections};

/// A database as a dump sees it.
#[derive(Clone, Debug)]
pub struct Survey {
    /// What an archive would say of itself.
    pub meta: Meta,
    /// The table of contents.
    pub entries: Vec<Entry>,
    /// What the rows of each stream amount to; empty when they were not read.
    pub ends: HashMap<EntryId, StreamEnd>,
}

impl DumpRequest {
    /// These parts of a whole database, as plainly as can be; what cannot be reproduced is left out.
    pub fn whole(config: Config, parts: Parts) -> DumpRequest {
        DumpRequest {
            config,
            selection: select::Request::default(),
            parts,
            sections: Sections::ALL,
            skip_unsupported: true,
            omitted: Omitted::default(),
            codec: StreamCodec::Plain,
            copy_format: CopyFormat::Auto,
            jobs: None,
            lock_wait: None,
            request_text: String::new(),
        }
    }
}

/// Reads what [`dump`](super::dump()) would write, and keeps no row of it; without `rows`, none is read.
///
/// # Errors
/// As [`dump`](super::dump()), the output aside.
pub fn survey(request: &DumpRequest, rows: bool, observer: &dyn Observer) -> Result<Survey> {
    let Plan { mut session, second, meta, entries, described, skipped } = plan(request, observer)?;
    for label in skipped {
        observer.warning(format!("left out: {label}"));
    }
    let mut ends = Ends::new();
    if rows {
        let mut writer = Writer::new(io::sink(), &meta)?;
        writer.toc(&entries)?;
        let sessions = (&mut session, second);
        (_, ends) = copy_rows(request, sessions, (&entries, &described), writer, observer)?;
    }
    session.execute("COMMIT").map_err(hints::conflict)?;
    Ok(Survey { meta, entries, ends })
}
