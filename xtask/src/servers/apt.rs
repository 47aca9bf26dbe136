//! Debian's and Ubuntu's packages; only root can install them.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::account;
use crate::process;

const CREATE_CLUSTER: &str = "/etc/postgresql-common/createcluster.conf";
const SERVICE_POLICY: &str = "/usr/sbin/policy-rc.d";

/// Whether packages can be installed.
pub(crate) fn usable() -> bool {
    account::is_root() && process::on_path("apt-get").is_some()
}

/// Installs packages, whose servers and services are not started.
pub(crate) fn install(packages: &[&str]) -> Result<()> {
    eprintln!("installing by apt-get: {}", packages.join(" "));
    no_cluster()?;
    let _policy = NoServices::begin()?;
    let mut command = apt_get();
    command.args(["install", "-y", "--no-install-recommends"]).args(packages);
    process::output(&mut command).map(drop)
}

/// Reads the package lists anew.
pub(crate) fn update() -> Result<()> {
    eprintln!("reading the package lists: apt-get update");
    process::output(apt_get().arg("update")).map(drop)
}

/// The newest major version of a server whose PostGIS is offered.
pub(crate) fn newest_postgis() -> Option<u32> {
    let mut command = Command::new("apt-cache");
    command.args(["search", "--names-only", "^postgresql-[0-9]+-postgis-3$"]);
    newest(&process::output(&mut command).ok()?)
}

fn newest(found: &str) -> Option<u32> {
    let major = |line: &str| line.split('-').nth(1)?.parse().ok();
    found.lines().filter_map(major).max()
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive").arg("-q");
    command
}

/// A server package makes and starts a cluster of its own unless told before it is installed.
fn no_cluster() -> Result<()> {
    let file = Path::new(CREATE_CLUSTER);
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).with_context(|| format!("cannot read {CREATE_CLUSTER}")),
    };
    let Some(text) = without_main_cluster(&text) else { return Ok(()) };
    eprintln!("setting create_main_cluster = false in {CREATE_CLUSTER}");
    fs::create_dir_all(file.parent().expect("the path has a parent"))?;
    fs::write(file, text).with_context(|| format!("cannot write {CREATE_CLUSTER}"))
}

/// The file's text with the setting, `None` when it stands there already.
fn without_main_cluster(text: &str) -> Option<String> {
    let setting = |line: &str| line.trim_start().starts_with("create_main_cluster");
    if text.lines().any(|line| setting(line) && line.contains("false")) {
        return None;
    }
    let kept = text.lines().filter(|line| !setting(line)).map(|line| format!("{line}\n"));
    Some(kept.collect::<String>() + "create_main_cluster = false\n")
}

/// While this lives, no package starts a service.
struct NoServices {
    ours: bool,
}

impl NoServices {
    fn begin() -> Result<NoServices> {
        let file = Path::new(SERVICE_POLICY);
        if file.exists() {
            return Ok(NoServices { ours: false });
        }
        let policy = NoServices { ours: true };
        fs::write(file, "#!/bin/sh\nexit 101\n")?;
        fs::set_permissions(file, fs::Permissions::from_mode(0o755))?;
        Ok(policy)
    }
}

impl Drop for NoServices {
    fn drop(&mut self) {
        if self.ours {
            let _ = fs::remove_file(SERVICE_POLICY);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_postgis_is_by_number() {
        let found = "postgresql-9-postgis-3 - x\npostgresql-15-postgis-3 - Geographic objects\n";
        assert_eq!(newest(found), Some(15));
        assert_eq!(newest(""), None);
    }

    #[test]
    fn the_cluster_setting_is_replaced_once() {
        assert_eq!(without_main_cluster("create_main_cluster = false\n"), None);
        let text = without_main_cluster("a = 1\ncreate_main_cluster = true\n").unwrap();
        assert_eq!(text, "a = 1\ncreate_main_cluster = false\n");
        let text = without_main_cluster("#create_main_cluster = false\n").unwrap();
        assert!(text.ends_with("\ncreate_main_cluster = false\n"));
    }
}
