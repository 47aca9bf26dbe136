//! The archive's entries and the request, as steps in order. Pure.
//!
//! Definitions of the pre-data section, rows, sequence values, definitions of the post-data
//! section; then privileges, because a REVOKE may take from the restoring role what a later step
//! needs; last what must see all of that or would interfere with it: materialized views are filled
//! with their owner's privileges, and event triggers would fire on the restore's own statements.

use std::collections::{HashMap, HashSet};
use std::fmt;

use super::journal::{Done, Part};
use super::large_objects;
use super::maps;
use super::pick::{self, Picked};
use super::preflight::Denied;
use super::report::Skipped;
use super::request::RestoreRequest;
use super::schemas::Rename;
use super::statements;
use crate::error::Result;
use crate::toc::{Entry, EntryId, Kind, Meta, Parts, Ref, Section};

/// What is done, in order.
#[derive(Clone, Debug)]
pub struct Plan {
    pub(super) entries: Vec<Entry>,
    pub(super) parts: Parts,
    pub(super) steps: Vec<Step>,
    pub(super) skipped: Vec<Skipped>,
    /// Only a choice of the archive's entries is restored.
    pub(super) chosen_by_name: bool,
    /// Schemas that get other names at the end.
    pub(super) renames: Vec<Rename>,
    /// What the user should know although it can be done.
    pub(super) warnings: Vec<String>,
    /// What an earlier attempt has done.
    pub(super) done: Done,
    /// What is done is written down.
    pub(super) journaled: bool,
    database: String,
    create: bool,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// Position in the table of contents.
    pub(super) entry: usize,
    pub(super) action: Action,
    /// The table that must be there for this step to be taken at all.
    pub(super) needs: Option<Ref>,
}

/// What is done with an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Before the rows: make it, give it to its owner, comment it.
    Define,
    /// The same without making it: it is there already.
    Complete {
        /// The restoring role may set the comments.
        comments: bool,
    },
    /// Make large objects, as their owner, and comment them.
    MakeLargeObjects,
    /// Load its rows.
    Load,
    /// Fill the large objects.
    LoadLargeObjects,
    /// Set a sequence.
    SetSequence,
    /// After the rows: as `Define`.
    DefineAfter,
    /// Change privileges.
    Grant,
    /// Change privileges of large objects.
    GrantLargeObjects,
    /// At the very end: as `Define`.
    DefineLast,
    /// Restore statistics of what is there now.
    LoadStatistics,
}

impl Action {
    /// The pass it belongs to: completing belongs to the first definitions.
    pub(super) fn pass(self) -> Action {
        match self {
            Action::Complete { .. } => Action::Define,
            action => action,
        }
    }

    /// Whether it makes the entry's object.
    pub(super) fn makes(self) -> bool {
        matches!(
            self,
            Action::Define | Action::MakeLargeObjects | Action::DefineAfter | Action::DefineLast
        )
    }

    /// The heading under which a plan lists it.
    pub(super) fn heading(self) -> &'static str {
        match self {
            Action::Define | Action::Complete { .. } => "definitions before the rows",
            Action::MakeLargeObjects => "large objects",
            Action::Load | Action::LoadLargeObjects => "rows",
            Action::SetSequence => "sequence values",
            Action::DefineAfter => "definitions after the rows",
            Action::Grant | Action::GrantLargeObjects => "privileges",
            Action::DefineLast => "last",
            Action::LoadStatistics => "statistics",
        }
    }
}

impl Plan {
    /// What `request` asks to do with an archive of this `meta` and these `entries`.
    ///
    /// # Errors
    /// [`Code::Usage`](crate::Code::Usage) and [`Code::NoMatch`](crate::Code::NoMatch): the request
    /// does not fit the archive; [`Code::ArchiveDamaged`](crate::Code::ArchiveDamaged): an entry that
    /// no dump writes.
    pub fn new(meta: &Meta, mut entries: Vec<Entry>, request: &RestoreRequest) -> Result<Plan> {
        let parts = request.parts_of(meta)?;
        maps::refuse_unmatched(&request.maps, meta, &entries)?;
        let picked = pick::pick(&entries, request, parts)?;
        large_objects::check(&entries)?;
        entries.iter_mut().try_for_each(|entry| maps::apply(&request.maps, entry))?;
        entries.iter_mut().for_each(|entry| request.omitted.strip(entry));
        if request.extension_versions {
            entries.iter_mut().for_each(statements::pin_version);
        }
        let steps = steps(&entries, &picked);
        let create = request.create.as_ref();
        let named = create.map_or(Some(&request.config.database), |create| create.name.as_ref());
        let mut plan = Plan {
            database: named.cloned().unwrap_or_else(|| meta.database_name()),
            create: create.is_some(),
            chosen_by_name: !request.tables.is_empty() || !request.schemas.is_empty(),
            skipped: picked.skipped,
            steps,
            parts,
            entries,
            renames: Vec::new(),
            warnings: Vec::new(),
            done: Done::default(),
            journaled: false,
        };
        plan.map_schemas(request, &meta.database)?;
        Ok(plan)
    }

    /// Takes out entries that cannot be made, and all that needs them.
    pub(super) fn leave_out(&mut self, denied: Vec<Denied>) {
        let mut reasons: HashMap<EntryId, String> =
            denied.into_iter().map(|one| (self.entries[one.entry].id, one.reason)).collect();
        // What an entry needs stands before it.
        for entry in &self.entries {
            let gone = |id: &&EntryId| reasons.contains_key(*id);
            if !reasons.contains_key(&entry.id)
                && let Some(needed) = entry.deps.iter().find(gone).and_then(|id| self.entry(*id))
            {
                reasons.insert(entry.id, format!("{} is left out", needed.label()));
            }
        }
        let (left, stay) = std::mem::take(&mut self.steps)
            .into_iter()
            .partition(|step| reasons.contains_key(&self.entries[step.entry].id));
        self.steps = stay;
        let left: Vec<Step> = left;
        let mut told = HashSet::new();
        for entry in left.iter().map(|step| &self.entries[step.entry]) {
            if told.insert(entry.id) {
                let reason = reasons.get(&entry.id).cloned().unwrap_or_default();
                self.skipped.push(Skipped { label: entry.label(), reason });
            }
        }
    }

    /// Whether an earlier attempt did it.
    pub(super) fn is_done(&self, step: &Step) -> bool {
        self.done.has(self.entries[step.entry].id, step.action)
    }

    /// Takes out what is done, but for what leads to more: large objects are to be filled, foreign keys
    /// to be checked.
    pub(super) fn leave_out_done(&mut self) {
        let steps = std::mem::take(&mut self.steps);
        let leads_to_more = |step: &Step| {
            let entry = &self.entries[step.entry];
            let unchecked = entry.kind == Kind::ForeignKey && step.action == Action::DefineAfter;
            step.action == Action::MakeLargeObjects
                || unchecked && !self.done.has_part(entry.id, &Part::Check)
        };
        let left = steps.into_iter().filter(|step| !self.is_done(step) || leads_to_more(step));
        self.steps = left.collect();
    }

    /// The database restored into or made.
    pub fn database(&self) -> &str {
        &self.database
    }

    /// Whether the database is made.
    pub(super) fn creates(&self) -> bool {
        self.create
    }

    /// Whether only rows are restored, into tables that exist.
    pub fn is_data_only(&self) -> bool {
        !self.parts.schema
    }

    /// Whether rows go into tables that exist: nothing is made before them.
    pub(super) fn fills_existing(&self) -> bool {
        let is = |action| self.of(action).next().is_some();
        self.is_data_only() || is(Action::Load) && !is(Action::Define)
    }

    /// What is left out, and why.
    pub fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    /// The steps of an action.
    pub(super) fn of(&self, action: Action) -> impl Iterator<Item = (&Step, &Entry)> {
        self.steps
            .iter()
            .filter(move |step| step.action == action)
            .map(|step| (step, &self.entries[step.entry]))
    }

    /// The entries that are made, at whatever time: not those that only carry privileges, because
    /// an extension makes the object.
    pub(super) fn made(&self) -> impl Iterator<Item = &Entry> {
        self.steps
            .iter()
            .filter(|step| step.action.makes() && !self.is_done(step))
            .map(|step| &self.entries[step.entry])
            .filter(|entry| !entry.create.is_empty() || entry.kind == Kind::LargeObjectMetadata)
    }

    /// The entries whose rows are loaded, in order: tables, then large objects.
    pub(super) fn loads(&self) -> Vec<EntryId> {
        let tables = self.of(Action::Load).map(|(_, entry)| entry.id);
        tables.chain(self.loads_large_objects()).collect()
    }

    /// The entry with the bytes of large objects, if it is chosen.
    pub(super) fn loads_large_objects(&self) -> Option<EntryId> {
        self.of(Action::LoadLargeObjects).map(|(_, entry)| entry.id).next()
    }

    /// The entry with this id.
    pub(super) fn entry(&self, id: EntryId) -> Option<&Entry> {
        let at = self.entries.binary_search_by_key(&id, |entry| entry.id).ok()?;
        Some(&self.entries[at])
    }

    /// Plain tables that are made, so that their rows can be loaded frozen.
    pub(super) fn made_tables(&self) -> HashSet<&Ref> {
        let before = self.entries.iter().filter(|entry| self.done.has(entry.id, Action::Define));
        self.made()
            .chain(before)
            .filter(|entry| entry.kind == Kind::Table && !entry.partitioned)
            .map(|entry| &entry.name)
            .collect()
    }
}

/// Sorts the chosen entries into actions; the sort is stable, so the archive's order stays.
fn steps(entries: &[Entry], picked: &Picked) -> Vec<Step> {
    let mut late: HashSet<EntryId> = HashSet::new();
    let mut steps = Vec::new();
    for (at, entry) in entries.iter().enumerate().filter(|(at, _)| picked.chosen[*at]) {
        let mut step = |action| {
            steps.push(Step { entry: at, action, needs: picked.needs.get(&at).cloned() });
        };
        if entry.kind == Kind::DefaultAcl {
            step(Action::Grant);
            continue;
        }
        let action = action(entry, &late);
        if action == Action::DefineLast {
            late.insert(entry.id);
        }
        step(action);
        if !entry.acl.is_empty() {
            step(match action {
                Action::MakeLargeObjects => Action::GrantLargeObjects,
                _ => Action::Grant,
            });
        }
    }
    steps.sort_by_key(|step| rank(step.action, entries[step.entry].kind));
    steps
}

fn action(entry: &Entry, late: &HashSet<EntryId>) -> Action {
    match (entry.kind, entry.section) {
        (Kind::TableData, _) => Action::Load,
        (Kind::LargeObjectMetadata, _) => Action::MakeLargeObjects,
        (Kind::LargeObjects, _) => Action::LoadLargeObjects,
        (Kind::StatisticsData, _) => Action::LoadStatistics,
        (Kind::SequenceSet, _) => Action::SetSequence,
        (Kind::EventTrigger | Kind::MaterializedViewData, _) => Action::DefineLast,
        _ if entry.deps.iter().any(|id| late.contains(id)) => Action::DefineLast,
        (_, Section::PreData) => Action::Define,
        (_, Section::Data | Section::PostData) => Action::DefineAfter,
    }
}

/// The order of steps.
pub(super) fn rank(action: Action, kind: Kind) -> u8 {
    match action {
        Action::Define | Action::Complete { .. } => 0,
        Action::MakeLargeObjects => 1,
        Action::Load | Action::LoadLargeObjects => 2,
        Action::SetSequence => 3,
        Action::DefineAfter => 4,
        Action::Grant | Action::GrantLargeObjects => 5,
        Action::DefineLast if kind == Kind::EventTrigger => 7,
        Action::DefineLast => 6,
        Action::LoadStatistics => 8,
    }
}

/// Control characters of a name would let it forge lines of a listing.
pub(super) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match (self.create, self.is_data_only()) {
            (true, _) => "make",
            (false, true) => "load rows into",
            (false, false) => "restore into",
        };
        writeln!(f, "{what} database {}", one_line(&self.database))?;
        for Rename { from, to, .. } in &self.renames {
            writeln!(f, "schema {} becomes {}", one_line(from), one_line(to))?;
        }
        for warning in &self.warnings {
            writeln!(f, "{}", one_line(warning))?;
        }
        let mut heading = "";
        for step in &self.steps {
            if step.action.heading() != heading {
                heading = step.action.heading();
                let count = self.steps.iter().filter(|s| s.action.heading() == heading).count();
                writeln!(f, "{heading}: {count}")?;
            }
            let entry = &self.entries[step.entry];
            write!(f, "  {}", one_line(&self.final_label(entry)))?;
            if let Some(table) = &step.needs {
                write!(f, " (if the target has {})", one_line(&table.to_string()))?;
            }
            writeln!(f)?;
        }
        if !self.skipped.is_empty() {
            writeln!(f, "left out: {}", self.skipped.len())?;
        }
        self.skipped.iter().try_for_each(|skip| writeln!(f, "  {}", one_line(&skip.to_string())))
    }
}
