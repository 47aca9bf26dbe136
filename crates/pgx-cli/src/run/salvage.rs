//! `pgx salvage`.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::time::Instant;

use pgx_core::archive::cluster::Found;
use pgx_core::archive::{Missing, OutputFile, Part, Totals};
use pgx_core::salvage::{self, Plan, State, Survey};
use pgx_core::{Code, Error, Result};

use super::{Outcome, Run};
use crate::args::salvage::SalvageArgs;
use crate::console::{counted, size};
use crate::table::Table;
use crate::{input, report};

pub(super) fn run(args: &SalvageArgs, run: &Run) -> Result<Outcome> {
    let member = match salvage::members(&args.archive, &run.interrupt)? {
        Some(found) => match chosen(args, &found.parts)? {
            Some(member) => Some(member),
            None => return list_all(&found, run),
        },
        None if args.member.what().is_some() => {
            return Err(input::of_cluster("--database or --globals-only"));
        }
        None => None,
    };
    let survey = match &args.file {
        Some(file) => write(args, member.as_ref(), file, run)?,
        None => {
            let survey = survey(args, member.as_ref(), run)?;
            super::print(&listing(&survey, &survey.plan(false)))?;
            survey
        }
    };
    Ok(if survey.is_complete() { Outcome::Complete } else { Outcome::Skipped })
}

fn survey(args: &SalvageArgs, member: Option<&Part>, run: &Run) -> Result<Survey> {
    match member {
        Some(part) => salvage::survey_part(part, &run.interrupt, &run.console),
        None => salvage::survey(&args.archive, &run.interrupt, &run.console),
    }
}

/// The member of a cluster archive that is salvaged; none to list all of them.
fn chosen(args: &SalvageArgs, members: &[Part]) -> Result<Option<Part>> {
    let Some(what) = args.member.what() else {
        if args.file.is_none() {
            return Ok(None);
        }
        return Err(Error::new(Code::Usage, "a cluster archive is salvaged database by database")
            .hint("name one with --database, or --globals-only; --list lists what is left"));
    };
    let found = members.iter().find(|part| args.member.is(part.member()));
    let none = || {
        let labels: Vec<String> = members.iter().map(|part| part.member().label()).collect();
        Error::new(Code::NoMatch, format!("nothing is left of {what}"))
            .note(format!("there is {}", labels.join(", ")))
    };
    found.map(|part| Some(part.clone())).ok_or_else(none)
}

/// A listing for each member of a cluster archive; one of which nothing can be read is said to be so.
fn list_all(found: &Found, run: &Run) -> Result<Outcome> {
    let mut text = String::new();
    let mut complete = found.is_all;
    for part in &found.parts {
        let _ = writeln!(text, "== {}", report::one_line(&part.member().label()));
        match salvage::survey_part(part, &run.interrupt, &run.console) {
            Ok(survey) => {
                complete &= survey.is_complete() && survey.damage().is_nothing();
                text.push_str(&listing(&survey, &survey.plan(false)));
            }
            Err(error) if error.code() == Code::ArchiveDamaged => {
                complete = false;
                let _ =
                    writeln!(text, "nothing can be salvaged: {}", report::one_line(error.what()));
            }
            Err(error) => return Err(error),
        }
    }
    if !found.is_all {
        text.push_str("the directory is lost: there may have been more databases\n");
    }
    super::print(&text)?;
    Ok(if complete { Outcome::Complete } else { Outcome::Skipped })
}

/// The file appears under its name when it is complete, or not at all.
fn write(args: &SalvageArgs, member: Option<&Part>, file: &Path, run: &Run) -> Result<Survey> {
    refuse_itself(&args.archive, file)?;
    let started = Instant::now();
    let output = OutputFile::create(file, args.force)?;
    if let Some(temporary) = output.temporary() {
        run.leftovers.add(temporary.to_owned());
    }
    let survey = survey(args, member, run)?;
    let plan = survey.plan(args.partial);
    let (output, totals) = survey
        .write(&plan, output, &run.interrupt, &run.console)
        .map_err(|error| super::of_output(error, &format!("file {}", file.display())))?;
    run.interrupt.check()?;
    output.commit()?;
    losses(&survey, &plan).iter().for_each(|loss| run.console.warning(loss));
    run.console.summary(&summary(&survey, &plan, &totals, started));
    Ok(survey)
}

/// The damaged archive may be the only one there is.
fn refuse_itself(archive: &Path, file: &Path) -> Result<()> {
    let same = matches!(
        (fs::canonicalize(archive), fs::canonicalize(file)),
        (Ok(archive), Ok(file)) if archive == file
    );
    if !same {
        return Ok(());
    }
    Err(Error::new(Code::Usage, "the damaged archive is not overwritten")
        .object(format!("file {}", file.display()))
        .hint("choose another name for the repaired archive"))
}

fn summary(survey: &Survey, plan: &Plan, totals: &Totals, started: Instant) -> String {
    let lost = if survey.is_complete() { "; nothing was lost" } else { "" };
    format!(
        "salvaged {}, {}, {} ({} stored) in {:.1} s{lost}",
        counted(plan.entries() as u64, "object"),
        counted(plan.tables() as u64, "table"),
        counted(totals.rows, "row"),
        size(totals.file_bytes),
        started.elapsed().as_secs_f64()
    )
}

/// A line for each table, what else is lost, and a line for all.
fn listing(survey: &Survey, plan: &Plan) -> String {
    let mut table = Table::new(&["table", ">rows", ">of", "state"]);
    for one in survey.tables() {
        let of = one.of.map_or("?".to_owned(), |of| of.to_string());
        let state = state(one.state).to_owned();
        table.row([one.name.to_string(), one.rows.to_string(), of, state]);
    }
    let mut text = if survey.tables().is_empty() { String::new() } else { table.to_string() };
    for loss in losses(survey, plan) {
        let _ = writeln!(text, "{}", report::one_line(&loss));
    }
    let n = |state| survey.tables().iter().filter(|table| table.state == state).count();
    let (whole, partial, gone) = (n(State::Whole), n(State::Partial), n(State::Gone));
    let whole = counted(whole as u64, "table");
    let nothing = if survey.is_complete() { "; nothing is lost" } else { "" };
    format!("{text}{whole} whole, {partial} with lost rows, {gone} gone{nothing}\n")
}

fn state(state: State) -> &'static str {
    match state {
        State::Whole => "whole",
        State::Partial => "LOST ROWS",
        State::Gone => "GONE",
    }
}

/// What is wrong with the file, and what that costs: a line each.
fn losses(survey: &Survey, plan: &Plan) -> Vec<String> {
    let damage = survey.damage();
    let mut lines = Vec::new();
    if damage.cut {
        lines.push(format!(
            "the archive has no end record: it is cut at {}",
            size(damage.file_bytes)
        ));
    }
    if damage.places > 0 {
        let places = counted(damage.places, "place");
        lines.push(format!("{} in {places} cannot be read", counted(damage.bytes, "byte")));
    }
    lines.extend(missing(survey.missing()));
    for stray in survey.strays() {
        let rows = counted(stray.rows, "row");
        lines.push(format!("left out: {rows} of entry {}, which is lost", stray.id));
    }
    lines.extend(plan.left_out().iter().map(|left_out| format!("left out: {left_out}")));
    for table in plan.partial().iter().map(|&at| &survey.tables()[at]) {
        let of = table.of.map_or_else(String::new, |of| format!(" of {of}"));
        lines.push(format!("kept in part: {}{of} rows of {}", table.rows, table.name));
    }
    lines
}

/// What the table of contents lacks, if anything.
fn missing(missing: &Missing) -> Option<String> {
    let ids = missing.entries.iter().map(|ids| match ids.start() == ids.end() {
        true => ids.start().to_string(),
        false => format!("{} to {}", ids.start(), ids.end()),
    });
    let ids = ids.collect::<Vec<_>>().join(", ");
    match (ids.is_empty(), missing.more) {
        (true, false) => None,
        (true, true) => Some("the table of contents may lack entries at its end".to_owned()),
        (false, false) => Some(format!("the table of contents lacks entries {ids}")),
        (false, true) => {
            Some(format!("the table of contents lacks entries {ids}, and maybe some at its end"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_entries_are_listed_by_their_numbers() {
        let said = |entries: &[std::ops::RangeInclusive<u32>], more| {
            missing(&Missing { entries: entries.to_vec(), more })
        };
        assert_eq!(said(&[], false), None);
        assert!(said(&[], true).unwrap().contains("may lack"));
        assert_eq!(said(&[3..=3, 7..=9], false).unwrap().split(' ').next_back(), Some("9"));
        assert!(said(&[3..=3, 7..=9], true).unwrap().contains("entries 3, 7 to 9, and maybe"));
    }
}
