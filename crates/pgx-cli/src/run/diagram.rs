//! `pgx diagram`.

use std::path::Path;

use pgx_core::Result;
use pgx_core::connect::Side;
use pgx_core::diagram::Diagram;
use pgx_core::dump::{self, DumpRequest};
use pgx_core::select::Names;
use pgx_core::toc::{Entry, Parts};
use pgx_core::verify::Contents;

use super::{Outcome, Run};
use crate::args::connection::ConnectionArgs;
use crate::args::diagram::{DiagramArgs, Format};
use crate::place;

pub(super) fn run(args: &DiagramArgs, run: &Run) -> Result<Outcome> {
    let tables = super::table_patterns(&args.tables)?;
    let names = Names::new(tables, super::schema_patterns(&args.schemas)?)?;
    let diagram = Diagram::new(&entries(args, run)?, &names)?;
    let text = match args.format() {
        Format::Mermaid => diagram.mermaid(),
        Format::Svg => diagram.svg(),
    };
    match args.file.as_deref().filter(|file| *file != Path::new("-")) {
        Some(file) => super::write_file(file, args.force, &text, "diagram")?,
        None => super::print(&text)?,
    }
    Ok(Outcome::Complete)
}

fn entries(args: &DiagramArgs, run: &Run) -> Result<Vec<Entry>> {
    if place::is_archive(&args.place) {
        let input = place::archive(&args.place, &args.member, &run.interrupt)?;
        return Contents::read(input, &run.interrupt).map(|contents| contents.entries);
    }
    let config = run.config(&ConnectionArgs::default(), Some(&args.place), Side::Source)?;
    let parts = Parts { schema: true, data: false, statistics: false };
    let survey = dump::survey(&DumpRequest::whole(config, parts), false, &run.console)?;
    Ok(survey.entries)
}
