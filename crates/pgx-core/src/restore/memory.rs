//! Memory for what a restore makes the server sort: indexes, and the rows that foreign keys check.

use super::request::RestoreRequest;
use crate::connect::Session;
use crate::error::{Code, Result};

/// More has not made an index build faster.
const ENOUGH_KIB: u32 = 1024 * 1024;

/// Sets `maintenance_work_mem` for the whole session, since a restore may be many transactions:
/// what is wanted, or this session's part of half the server's buffers. A role may always see how
/// large those are, and they are what the server's owner could spare; what the server gives anyway
/// is never made less.
///
/// # Errors
/// The server does not take what is wanted.
pub(super) fn give(session: &mut Session, request: &RestoreRequest) -> Result<()> {
    match request.maintenance_work_mem {
        Some(kib) => session
            .execute(&format!("SET maintenance_work_mem = '{kib}kB'"))
            .map_err(|error| error.with_code(Code::TargetUnfit)),
        None => session.execute(&share(request.jobs)),
    }
}

fn share(jobs: usize) -> String {
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
