//! `pgx diff`.

use pgx_core::connect::Side;
use pgx_core::diff::{self, Change, Difference, Differences, How, Place, Which};
use pgx_core::{Code, Error, Result};
use serde::Serialize;

use super::{Outcome, Run};
use crate::args::connection::ConnectionArgs;
use crate::args::diff::DiffArgs;
use crate::console::counted;
use crate::{place, report};

/// What is shown of one line of a definition.
const SHOWN_CHARS_MAX: usize = 160;

pub(super) fn run(args: &DiffArgs, run: &Run) -> Result<Outcome> {
    if args.a == "-" && args.b == "-" {
        return Err(Error::new(Code::Usage, "stdin is one archive, not two")
            .hint("name a file or a database for one of them"));
    }
    let places = (open(&args.a, args, run)?, open(&args.b, args, run)?);
    let omitted = args.omitted.omitted();
    let found = diff::diff(places, omitted, &run.interrupt, &run.console)?;
    super::print(&if args.json { json(&found)? } else { text(&found) })?;
    found.result()?;
    Ok(Outcome::Complete)
}

fn open(argument: &str, args: &DiffArgs, run: &Run) -> Result<Place> {
    if place::is_archive(argument) {
        return place::archive(argument, &args.member, &run.interrupt).map(Place::Archive);
    }
    let none = ConnectionArgs::default();
    let config = run.config(&none, Some(argument), Side::Source)?;
    Ok(Place::Database(Box::new(config)))
}

/// A line for each difference; one for all when there is none.
fn text(found: &Differences) -> String {
    if found.found.is_empty() {
        let (objects, tables) = (found.objects as u64, found.tables as u64);
        let objects = counted(objects, "object");
        return format!("no difference: {objects}, rows of {}\n", counted(tables, "table"));
    }
    found.found.iter().map(|one| format!("{}\n", report::one_line(&line(one)))).collect()
}

fn line(difference: &Difference) -> String {
    let object = &difference.object;
    match &difference.how {
        How::OnlyIn { which, with } => {
            let with = match with {
                0 => String::new(),
                1 => ", and one entry with it".to_owned(),
                n => format!(", and {n} entries with it"),
            };
            format!("only in {}: {object}{with}", letter(*which).to_uppercase())
        }
        How::Changed(changes) => {
            let changes: Vec<String> = changes.iter().map(change).collect();
            format!("differs: {object}: {}", changes.join("; "))
        }
    }
}

/// `owner - ann + bob`
fn change(change: &Change) -> String {
    let only_a = change.a.iter().map(|text| format!(" - {}", shortened(text)));
    let only_b = change.b.iter().map(|text| format!(" + {}", shortened(text)));
    std::iter::once(change.what.to_owned()).chain(only_a).chain(only_b).collect()
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

fn letter(which: Which) -> &'static str {
    match which {
        Which::A => "a",
        Which::B => "b",
    }
}

#[derive(Serialize)]
struct DiffJson<'a> {
    equal: bool,
    objects: usize,
    tables: usize,
    differences: Vec<DifferenceJson<'a>>,
}

#[derive(Serialize)]
struct DifferenceJson<'a> {
    kind: &'a str,
    schema: Option<&'a str>,
    name: &'a str,
    object: &'a str,
    /// `a` or `b`; null when both have it.
    only_in: Option<&'static str>,
    with: usize,
    changes: Vec<ChangeJson<'a>>,
}

#[derive(Serialize)]
struct ChangeJson<'a> {
    what: &'a str,
    a: &'a [String],
    b: &'a [String],
}

fn json(found: &Differences) -> Result<String> {
    super::json_text(&DiffJson {
        equal: found.found.is_empty(),
        objects: found.objects,
        tables: found.tables,
        differences: found.found.iter().map(difference_json).collect(),
    })
}

fn difference_json(difference: &Difference) -> DifferenceJson<'_> {
    let (only_in, with, changes) = match &difference.how {
        How::OnlyIn { which, with } => (Some(letter(*which)), *with, &[][..]),
        How::Changed(changes) => (None, 0, changes.as_slice()),
    };
    DifferenceJson {
        kind: difference.kind,
        schema: difference.name.schema.as_deref(),
        name: &difference.name.name,
        object: &difference.object,
        only_in,
        with,
        changes: changes
            .iter()
            .map(|one| ChangeJson { what: one.what, a: &one.a, b: &one.b })
            .collect(),
    }
}
