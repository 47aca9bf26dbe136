//! A standby, for the tests of dumps that conflict with replay.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use anyhow::{Result, anyhow};

use super::cluster::Place;
use super::state::Server;
use crate::{database, process};

/// Copies a running primary as a base backup does, and makes the copy a standby that follows it. What
/// conflicts with replay is cancelled soon, so that a test need not wait.
pub(crate) fn copy(place: &Place<'_>, primary: &Server, data: &Path, port: u16) -> Result<()> {
    let mut session = database::open(primary, "postgres")?;
    database::run(&mut session, "SELECT pg_backup_start('standby', true)")?;
    let source = place.dir.join(&primary.name);
    let mut command = place.account.command(Path::new("cp"), place.dir);
    process::output(command.arg("-a").arg(&source).arg(data))?;
    let label = session.query_one("SELECT labelfile FROM pg_backup_stop(false)");
    let label =
        label.and_then(|row| row.text("labelfile")).map_err(|error| anyhow!("{error:?}"))?;
    for (name, text) in [("backup_label", label.as_str()), ("standby.signal", "")] {
        fs::write(data.join(name), text)?;
        place.account.own(&data.join(name))?;
    }
    fs::remove_file(data.join("postmaster.pid"))?;
    let mut settings = File::options().append(true).open(data.join("postgresql.conf"))?;
    writeln!(settings, "port = {port}")?;
    writeln!(settings, "max_standby_streaming_delay = 100ms")?;
    let (host, port) = (primary.socket.display(), primary.port);
    writeln!(settings, "primary_conninfo = 'host={host} port={port} user=postgres'")?;
    Ok(())
}
