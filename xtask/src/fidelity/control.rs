//! A copy that pg_dump makes. Some texts no dump brings back as they were: a server prints `x IN ('a', 'b')` in one
//! way, and what it printed, read again, in another. What such a copy differs by as well is no fault of ours.

use std::cell::OnceCell;
use std::collections::HashSet;

use anyhow::Result;
use pgx_core::verify::fingerprint::Fingerprint;

use super::database::Copy;
use super::witness::Witness;
use super::{Round, alike};

/// What a copy by pg_dump differs by, found out when it is first asked for.
#[derive(Default)]
pub(super) struct Control(OnceCell<HashSet<String>>);

impl Control {
    /// Takes out of `found` what the copy by pg_dump differs by as well, and returns it.
    pub(super) fn shared(&self, round: &Round, found: &mut Vec<String>) -> Result<Vec<String>> {
        if found.is_empty() {
            return Ok(Vec::new());
        }
        if self.0.get().is_none() {
            let lines = differences(round)?.into_iter().collect();
            self.0.get_or_init(|| lines);
        }
        let known = self.0.get().expect("it was found out above");
        let (shared, own) = found.drain(..).partition(|line| known.contains(line));
        *found = own;
        Ok(shared)
    }
}

/// None where there is no pg_dump for both servers.
fn differences(round: &Round) -> Result<Vec<String>> {
    if round.source.major != round.target.major {
        return Ok(Vec::new());
    }
    let Ok(witness) = Witness::find(round.arguments.pg_dump.as_deref(), &round.source)? else {
        return Ok(Vec::new());
    };
    let copy = round.target.beside(&format!("pgx_fidelity_{}_control", std::process::id()));
    copy.create_like(&round.source)?;
    let copy = Copy { database: copy, keep: false };
    if !witness.restore(&round.source, &copy.database, &round.dir.join("control.dump"))? {
        return Ok(Vec::new());
    }
    let (a, b) = (round.source.fingerprint()?, copy.database.fingerprint()?);
    let mut found = Fingerprint::difference(&a, &b);
    found.extend(witness.differences(&round.source, &copy.database)?);
    let archive = round.dump(&copy.database, "control.pgx")?;
    found.extend(alike::archives(&round.dir.join("first.pgx"), &archive));
    Ok(found)
}
