//! Whom the servers run as: PostgreSQL refuses root.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;

/// The user a server runs as; `None` inside is ourselves.
#[derive(Clone, Debug)]
pub(crate) struct Account(Option<Ids>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ids {
    user: u32,
    group: u32,
}

/// Whether we are root.
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

impl Account {
    /// As root the user `postgres` if there is one, else `nobody`; otherwise ourselves.
    pub(crate) fn choose() -> Result<Account> {
        if !is_root() {
            return Ok(Account(None));
        }
        let users = fs::read_to_string("/etc/passwd").context("cannot read /etc/passwd")?;
        let ids = find(&users, "postgres").or_else(|| find(&users, "nobody"));
        let ids =
            ids.context("root may not run PostgreSQL, and there is no user postgres or nobody")?;
        Ok(Account(Some(ids)))
    }

    /// Gives a file or directory to this user alone.
    pub(crate) fn own(&self, path: &Path) -> Result<()> {
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
        if let Some(ids) = self.0 {
            chown(path, Some(ids.user), Some(ids.group))?;
        }
        Ok(())
    }

    /// A command run by this user in this directory, in a plain environment.
    pub(crate) fn command(&self, program: &Path, dir: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(dir).env("LC_ALL", "C").env_remove("LANGUAGE");
        process::without_pg_environment(&mut command);
        if let Some(ids) = self.0 {
            command.uid(ids.user).gid(ids.group).env("HOME", dir);
        }
        command
    }
}

fn find(users: &str, name: &str) -> Option<Ids> {
    let fields: Vec<&str> =
        users.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|f| f[0] == name)?;
    Some(Ids { user: fields.get(2)?.parse().ok()?, group: fields.get(3)?.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_by_whole_name() {
        let users =
            "root:x:0:0:root:/root:/bin/sh\nnob:x:7:8::/:/bin/sh\nnobody:x:65534:65533::/:x\n";
        assert_eq!(find(users, "nobody"), Some(Ids { user: 65534, group: 65533 }));
        assert_eq!(find(users, "postgres"), None);
    }
}
