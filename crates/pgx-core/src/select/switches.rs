//! What `-t -T -n -N` and pg_dump's filter files choose: exactly what pg_dump chooses, except that
//! every pattern that includes must match something, and relations of the system are never taken.

use std::collections::{BTreeSet, HashMap};

use super::choice::{Choice, Take, condition, has_contents};
use super::matching::{self, Target};
use super::{Pattern, Request};
use crate::catalog::Listing;
use crate::catalog::listing::ListedRelation;
use crate::connect::Session;
use crate::error::Result;

/// The patterns of a request as OIDs, and what else the server must say.
#[derive(Debug, Default)]
pub(super) struct Matched {
    /// None: no pattern was given.
    include_tables: Option<BTreeSet<u32>>,
    include_schemas: Option<BTreeSet<u32>>,
    include_extensions: Option<BTreeSet<u32>>,
    exclude_tables: BTreeSet<u32>,
    exclude_table_data: BTreeSet<u32>,
    exclude_schemas: BTreeSet<u32>,
    exclude_extensions: BTreeSet<u32>,
    /// Foreign tables whose rows are asked for.
    foreign_tables: BTreeSet<u32>,
    /// Extensions that did not come with the server.
    extensions: BTreeSet<u32>,
    /// Sequences of identity columns.
    identities: BTreeSet<u32>,
    /// Exclusions that matched nothing.
    unmatched: Vec<String>,
}

/// Asks the server what the patterns of `request` match.
///
/// # Errors
/// [`crate::Code::NoMatch`]: a pattern that includes matches nothing.
pub(super) fn matched(
    request: &Request,
    listing: &Listing,
    session: &mut Session,
) -> Result<Matched> {
    let mut reader = Reader { listing, session, unmatched: Vec::new() };
    let include_tables = reader.include(Target::Relation, &request.include_tables)?;
    let include_schemas = reader.include(Target::Schema, &request.include_schemas)?;
    let include_extensions = reader.include(Target::Extension, &request.include_extensions)?;
    let servers = reader.include(Target::Server, &request.include_foreign_data)?;
    Ok(Matched {
        include_tables,
        include_schemas,
        include_extensions,
        exclude_tables: reader.exclude(Target::Relation, &request.exclude_tables)?,
        exclude_table_data: reader.exclude(Target::Relation, &request.exclude_table_data)?,
        exclude_schemas: reader.exclude(Target::Schema, &request.exclude_schemas)?,
        exclude_extensions: reader.exclude(Target::Extension, &request.exclude_extensions)?,
        foreign_tables: reader.tables_of(servers.unwrap_or_default())?,
        extensions: reader.oids(EXTENSIONS)?,
        identities: reader.oids(IDENTITIES)?,
        unmatched: reader.unmatched,
    })
}

/// Extensions that initdb makes (plpgsql) are the server's own.
const EXTENSIONS: &str = "SELECT oid FROM pg_catalog.pg_extension WHERE oid > 16383";

const IDENTITIES: &str = "\
SELECT d.objid AS oid FROM pg_catalog.pg_depend d \
JOIN pg_catalog.pg_class s ON s.oid = d.objid AND s.relkind = 'S' \
WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objsubid = 0 \
 AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjsubid > 0 \
 AND d.deptype = 'i'";

struct Reader<'r> {
    listing: &'r Listing,
    session: &'r mut Session,
    unmatched: Vec<String>,
}

impl Reader<'_> {
    fn each(&mut self, target: Target, patterns: &[Pattern]) -> Result<Vec<BTreeSet<u32>>> {
        let patterns: Vec<&Pattern> = patterns.iter().collect();
        let mut matches = match target {
            Target::Relation => matching::relations(&patterns, self.listing, self.session)?,
            _ => matching::by_server(target, &patterns, self.session)?,
        };
        if target == Target::Schema {
            let user = &self.listing.schemas;
            matches.iter_mut().for_each(|oids| oids.retain(|oid| user.contains_key(oid)));
        }
        Ok(matches)
    }

    fn include(&mut self, target: Target, patterns: &[Pattern]) -> Result<Option<BTreeSet<u32>>> {
        if patterns.is_empty() {
            return Ok(None);
        }
        let matches = self.each(target, patterns)?;
        matching::all_must_match(target, patterns, &matches, self.listing).map(Some)
    }

    fn exclude(&mut self, target: Target, patterns: &[Pattern]) -> Result<BTreeSet<u32>> {
        let matches = self.each(target, patterns)?;
        let empty = patterns.iter().zip(&matches).filter(|(_, oids)| oids.is_empty());
        self.unmatched.extend(empty.map(|(pattern, _)| pattern.to_string()));
        Ok(matches.into_iter().flatten().collect())
    }

    fn tables_of(&mut self, servers: BTreeSet<u32>) -> Result<BTreeSet<u32>> {
        if servers.is_empty() {
            return Ok(BTreeSet::new());
        }
        let servers: Vec<String> = servers.iter().map(u32::to_string).collect();
        self.oids(&format!(
            "SELECT ftrelid AS oid FROM pg_catalog.pg_foreign_table WHERE ftserver IN ({})",
            servers.join(", ")
        ))
    }

    fn oids(&mut self, sql: &str) -> Result<BTreeSet<u32>> {
        self.session.query(sql)?.iter().map(|row| row.oid("oid")).collect()
    }
}

/// What the matches choose.
pub(super) fn choose(matched: Matched, listing: &Listing) -> Choice {
    let everything = matched.include_tables.is_none()
        && matched.include_schemas.is_none()
        && matched.include_extensions.is_none();
    let mut choice = Choice {
        everything,
        schemas: matched.schemas(listing),
        extensions: matched.extensions(everything),
        ..Choice::default()
    };
    let schemas = schema_oids(listing);
    for relation in listing.relations.values() {
        let schema = schemas.get(relation.schema.as_str()).copied();
        let take = if relation.extension.is_some() {
            matched.configuration(relation, schema, &choice)
        } else if matched.takes(relation.oid, schema, &choice.schemas) {
            Take { schema: true, data: matched.contents(relation), filter: None }
        } else {
            continue;
        };
        if !take.is_nothing() {
            choice.relations.insert(relation.oid, take);
        }
    }
    matched.settle_owned_sequences(listing, &mut choice);
    choice.excluded = matched.exclude_tables;
    choice.unmatched = matched.unmatched;
    choice
}

fn schema_oids(listing: &Listing) -> HashMap<&str, u32> {
    listing.schemas.iter().map(|(oid, name)| (name.as_str(), *oid)).collect()
}

impl Matched {
    /// Schemas taken whole. Naming tables deselects them all.
    fn schemas(&self, listing: &Listing) -> BTreeSet<u32> {
        let named = match (&self.include_tables, &self.include_schemas) {
            (Some(_), _) => BTreeSet::new(),
            (None, Some(schemas)) => schemas.clone(),
            (None, None) => listing.schemas.keys().copied().collect(),
        };
        named.difference(&self.exclude_schemas).copied().collect()
    }

    fn extensions(&self, everything: bool) -> BTreeSet<u32> {
        let named = match &self.include_extensions {
            Some(extensions) => extensions.clone(),
            None if everything => self.extensions.clone(),
            None => BTreeSet::new(),
        };
        named.difference(&self.exclude_extensions).copied().collect()
    }

    /// Whether a relation that belongs to no extension is taken.
    fn takes(&self, oid: u32, schema: Option<u32>, schemas: &BTreeSet<u32>) -> bool {
        let named = match &self.include_tables {
            Some(tables) => tables.contains(&oid),
            None => schema.is_some_and(|schema| schemas.contains(&schema)),
        };
        named && !self.exclude_tables.contains(&oid)
    }

    fn contents(&self, relation: &ListedRelation) -> bool {
        let asked = has_contents(relation.kind)
            || (relation.kind == 'f' && self.foreign_tables.contains(&relation.oid));
        asked && !self.exclude_table_data.contains(&relation.oid)
    }

    /// The rows of an extension's configuration table come with the extension, or when the table or
    /// its schema is named.
    fn configuration(
        &self,
        relation: &ListedRelation,
        schema: Option<u32>,
        choice: &Choice,
    ) -> Take {
        let (Some(extension), Some(filter)) = (relation.extension, &relation.config_filter) else {
            return Take::default();
        };
        let others = self.include_extensions.as_ref().is_some_and(|set| !set.contains(&extension));
        let excluded = others
            || self.exclude_extensions.contains(&extension)
            || self.exclude_tables.contains(&relation.oid)
            || schema.is_some_and(|schema| self.exclude_schemas.contains(&schema));
        let table = self.include_tables.as_ref().is_some_and(|set| set.contains(&relation.oid));
        let whole = schema.is_some_and(|schema| choice.schemas.contains(&schema));
        let named = choice.extensions.contains(&extension) || table || whole;
        let data = named && !excluded && self.contents(relation);
        Take { schema: false, data, filter: data.then(|| condition(filter)).flatten() }
    }

    /// A sequence owned by a column is taken with its table even when it is excluded; that of an
    /// identity column is never taken without it.
    fn settle_owned_sequences(&self, listing: &Listing, choice: &mut Choice) {
        for (&sequence, table) in &listing.owned_sequences {
            let member = |oid| {
                listing.relations.get(oid).is_none_or(|relation| relation.extension.is_some())
            };
            if member(table) || member(&sequence) {
                continue;
            }
            if choice.has_schema(*table) {
                let own = !self.exclude_table_data.contains(&sequence);
                choice.relations.insert(sequence, Take { schema: true, data: own, filter: None });
            } else if self.identities.contains(&sequence) {
                choice.relations.remove(&sequence);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn set(oids: &[u32]) -> BTreeSet<u32> {
        oids.iter().copied().collect()
    }

    /// 1 a.t, 2 a.seq_t owned by it, 3 b.t, 4 b.v_v, 5 b.config of extension 50, 6 b.member of it.
    fn listing() -> Listing {
        let mut listing =
            sample::listing(&["a.t", "a.seq_t", "b.t", "b.v_v", "b.config", "b.member"]);
        listing.owned_sequences.insert(2, 1);
        for oid in [5, 6] {
            listing.relations.get_mut(&oid).unwrap().extension = Some(50);
        }
        listing.relations.get_mut(&5).unwrap().config_filter = Some("WHERE own".to_owned());
        listing
    }

    fn matched() -> Matched {
        Matched { extensions: set(&[50]), ..Matched::default() }
    }

    fn oids(choice: &Choice) -> Vec<u32> {
        choice.relations.keys().copied().collect()
    }

    #[test]
    fn nothing_named_is_everything_with_configuration_rows() {
        let choice = choose(matched(), &listing());
        assert!(choice.everything);
        assert_eq!(oids(&choice), [1, 2, 3, 4, 5]);
        assert_eq!(choice.relations[&1], Take::BOTH);
        assert_eq!(choice.relations[&4], Take::SCHEMA);
        assert_eq!(
            choice.relations[&5],
            Take { schema: false, data: true, filter: Some("own".to_owned()) }
        );
        assert_eq!(choice.extensions, set(&[50]));
        assert_eq!(choice.schemas.len(), 2);
    }

    #[test]
    fn a_table_brings_its_sequence_and_deselects_schemas() {
        let request = Matched {
            include_tables: Some(set(&[1])),
            include_schemas: Some(set(&[1003])),
            exclude_tables: set(&[2]),
            ..matched()
        };
        let choice = choose(request, &listing());
        assert!(!choice.everything && choice.schemas.is_empty() && choice.extensions.is_empty());
        assert_eq!(oids(&choice), [1, 2]);
    }

    #[test]
    fn an_exclusion_wins_and_leaves_everything_else() {
        let request = Matched { exclude_tables: set(&[1, 5]), ..matched() };
        let choice = choose(request, &listing());
        assert!(choice.everything);
        assert_eq!(oids(&choice), [2, 3, 4], "a serial's sequence stays, an identity's goes");
        let identities = Matched { exclude_tables: set(&[1]), identities: set(&[2]), ..matched() };
        assert_eq!(oids(&choose(identities, &listing())), [3, 4, 5]);
    }

    #[test]
    fn a_schema_is_taken_whole_with_configuration_rows_in_it() {
        let b = listing().schemas.iter().find(|(_, name)| *name == "b").map(|(oid, _)| *oid);
        let request = Matched { include_schemas: Some(set(&[b.unwrap()])), ..matched() };
        let choice = choose(request, &listing());
        assert!(!choice.everything && choice.extensions.is_empty());
        assert_eq!(oids(&choice), [3, 4, 5]);
        let request = Matched { exclude_schemas: set(&[b.unwrap()]), ..matched() };
        let choice = choose(request, &listing());
        assert!(choice.everything);
        assert_eq!(oids(&choice), [1, 2], "an excluded schema has no configuration rows");
    }

    #[test]
    fn data_can_be_left_out_alone() {
        let request = Matched { exclude_table_data: set(&[1, 2, 5]), ..matched() };
        let choice = choose(request, &listing());
        assert_eq!(choice.relations[&1], Take::SCHEMA);
        assert_eq!(choice.relations[&2], Take::SCHEMA);
        assert!(!choice.relations.contains_key(&5));
    }

    #[test]
    fn an_extension_named_alone_restricts_no_table() {
        let request = Matched { include_extensions: Some(set(&[51])), ..matched() };
        let choice = choose(request, &listing());
        assert!(!choice.everything);
        assert_eq!(oids(&choice), [1, 2, 3, 4]);
    }
}
