//! Which schemas of a plan get other names, and what that asks of the archive. Pure.
//!
//! Rows alone go into tables of the new schemas: names are all it takes. Definitions are made under
//! the archive's own names, which their text holds, and the schemas are renamed when all is done
//! (`renaming`): whatever refers to something in them, the server follows.

use std::collections::{BTreeMap, BTreeSet};

use super::plan::{Action, Plan};
use super::preflight::listed;
use super::request::RestoreRequest;
use super::texts;
use crate::connect::quote::ident;
use crate::error::{Code, Error, Result};
use crate::toc::{DatabaseSpec, Entry, Kind, Maps, Ref};

/// Objects named of those whose text names a schema.
const LABELS_MAX: usize = 50;

/// A schema that is renamed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rename {
    /// Its name in the archive.
    pub(super) from: String,
    /// Its name in the end.
    pub(super) to: String,
    /// The restore makes it; else its objects go into one that the target has.
    pub(super) made: bool,
}

impl Plan {
    /// Takes the maps of schemas into account.
    ///
    /// # Errors
    /// [`Code::Usage`]: two schemas or tables would have one name, or text names a mapped schema and
    /// is not to be kept.
    pub(super) fn map_schemas(
        &mut self,
        request: &RestoreRequest,
        database: &DatabaseSpec,
    ) -> Result<()> {
        if request.maps.schemas.is_empty() {
            return Ok(());
        }
        if self.is_data_only() {
            return self.map_names(&request.maps);
        }
        self.give_way(&request.maps)?;
        let made: BTreeSet<String> = self.of(Action::Define).filter_map(made_schema).collect();
        for from in self.touched() {
            let to = request.maps.schema(&from).to_owned();
            if to != from {
                let made = made.contains(&from);
                self.renames.push(Rename { from, to, made });
            }
        }
        self.find_texts(&request.maps, database)
    }

    /// The name that a relation has in the end.
    pub(super) fn final_ref(&self, name: &Ref) -> Ref {
        let schema = name.schema.as_deref().map(|schema| self.final_schema(schema).to_owned());
        Ref { schema, name: name.name.clone() }
    }

    fn final_schema<'p>(&'p self, name: &'p str) -> &'p str {
        let rename = self.renames.iter().find(|rename| rename.from == name);
        rename.map_or(name, |rename| &rename.to)
    }

    /// The entry's label with the names it has in the end.
    pub(super) fn final_label(&self, entry: &Entry) -> String {
        if self.renames.is_empty() {
            return entry.label();
        }
        let mut name = self.final_ref(&entry.name);
        if entry.kind == Kind::Schema {
            self.final_schema(&name.name).to_owned().clone_into(&mut name.name);
        }
        let on = entry.on.as_ref().map(|on| self.final_ref(on));
        let mut renamed = Entry::new(entry.kind, entry.catalog, name);
        renamed.on = on;
        renamed.label()
    }

    /// The schemas that the steps make, or make something in.
    fn touched(&self) -> BTreeSet<String> {
        let entries = self.steps.iter().map(|step| &self.entries[step.entry]);
        entries.flat_map(schemas_of).map(str::to_owned).collect()
    }

    /// Puts new names of schemas in place of those of the archive.
    fn map_names(&mut self, maps: &Maps) -> Result<()> {
        let map = |name: &mut Ref| {
            if let Some(schema) = &mut name.schema {
                maps.schema(schema).to_owned().clone_into(schema);
            }
        };
        for entry in &mut self.entries {
            map(&mut entry.name);
            entry.on.iter_mut().for_each(map);
            entry.data.iter_mut().filter_map(|data| data.via_root.as_mut()).for_each(map);
        }
        let mut seen = BTreeSet::new();
        for (_, entry) in self.of(Action::Load) {
            if entry.name.schema.is_some() && !seen.insert(&entry.name) {
                return Err(one_name(&format!("table {}", entry.name)));
            }
        }
        Ok(())
    }

    /// Refuses two schemas of one name in the end. An empty `public`, which a database has by itself,
    /// makes way for a schema that takes its name.
    fn give_way(&mut self, maps: &Maps) -> Result<()> {
        let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for from in self.touched() {
            names.entry(maps.schema(&from).to_owned()).or_default().push(from);
        }
        for (to, from) in names.into_iter().filter(|(_, from)| from.len() > 1) {
            let others: Vec<&String> = from.iter().filter(|from| *from != "public").collect();
            if to != "public" || others.len() != 1 || self.stands_in("public") {
                return Err(one_name(&format!("schema {}", ident(&to))));
            }
            let is_public =
                |entry: &Entry| entry.kind == Kind::Schema && entry.name.name == "public";
            let entries = &self.entries;
            self.steps.retain(|step| !is_public(&entries[step.entry]));
        }
        Ok(())
    }

    fn stands_in(&self, schema: &str) -> bool {
        let mut entries = self.steps.iter().map(|step| &self.entries[step.entry]);
        entries.any(|entry| entry.kind != Kind::Schema && schemas_of(entry).any(|of| of == schema))
    }

    /// Finds text that names a schema by its old name.
    fn find_texts(&mut self, maps: &Maps, database: &DatabaseSpec) -> Result<()> {
        let mut labels = Vec::new();
        let mut says = |label: String, schemas: Vec<&str>| {
            if !schemas.is_empty() {
                let schemas = listed(schemas.into_iter().map(ident));
                labels.push(format!("{label} names {schemas}"));
            }
        };
        for entry in self.made() {
            says(entry.label(), texts::named_by(entry, &maps.schemas));
        }
        if self.creates() {
            let schemas = texts::named_by_settings(database, &maps.schemas);
            says("a setting of the database".to_owned(), schemas);
        }
        if labels.is_empty() {
            return Ok(());
        }
        let more = labels.len().saturating_sub(LABELS_MAX);
        labels.truncate(LABELS_MAX);
        labels.extend((more > 0).then(|| format!("and {more} more")));
        if maps.keep_schema_text {
            let kept =
                |label| format!("text is kept that may mean the old name of a schema: {label}");
            self.warnings.extend(labels.into_iter().map(kept));
            return Ok(());
        }
        let what =
            "text in the archive names a schema that gets another name, and would not follow";
        let error = Error::new(Code::Usage, what);
        Err(labels.into_iter().fold(error, Error::note).hint(
            "look at each; --map-schema-text=keep restores all of it as it is, to be mended afterwards",
        ))
    }
}

/// The schemas that an entry is, or stands in.
fn schemas_of(entry: &Entry) -> impl Iterator<Item = &str> {
    let itself = Some(entry.name.name.as_str()).filter(|_| entry.kind == Kind::Schema);
    let on = entry.on.as_ref().and_then(|on| on.schema.as_deref());
    let schemas = itself.into_iter().chain(entry.name.schema.as_deref()).chain(on);
    schemas.filter(|schema| !matches!(*schema, "pg_catalog" | "information_schema"))
}

fn made_schema((_, entry): (&super::plan::Step, &Entry)) -> Option<String> {
    (entry.kind == Kind::Schema).then(|| entry.name.name.clone())
}

fn one_name(object: &str) -> Error {
    Error::new(Code::Usage, "two of the archive would have one name")
        .object(object.to_owned())
        .hint("give each schema a name of its own with --map-schema, or choose one with -n")
}
