//! Memory for what a restore makes the server sort: indexes, and the rows that foreign keys check.

use crate::connect::Session;
use crate::error::{Code, Result};

/// More has not made an index build faster.
const ENOUGH_KIB: u32 = 1024 * 1024;

/// Sets `maintenance_work_mem` for the whole session, since a restore may be many transactions:
/// `wanted` KiB, or this session's part of half the server's buffers. A role may always see how
/// large those are, and they are what the server's owner could spare; what the server gives anyway
/// is never made less.
///
/// # Errors
/// The server does not take `wanted`.
pub(super) fn give(session: &mut Session, wanted: Option<u32>, jobs: u32) -> Result<()> {
    match wanted {
        Some(kib) => session
            .execute(&format!("SET maintenance_work_mem = '{kib}kB'"))
            .map_err(|error| error.with_code(Code::TargetUnfit)),
        None => session.execute(&share(jobs)),
    }
}

fn share(jobs: u32) -> String {
    let bytes = |setting: &str| {
        format!("pg_catalog.pg_size_bytes(pg_catalog.current_setting('{setting}'))")
    };
    format!(
        "SELECT pg_catalog.set_config('maintenance_work_mem', \
         GREATEST({own} / 1024, LEAST({buffers} / 1024 / 2, {ENOUGH_KIB}) / {jobs}) || 'kB', false)",
        own = bytes("maintenance_work_mem"),
        buffers = bytes("shared_buffers"),
        jobs = jobs.max(1),
    )
}
