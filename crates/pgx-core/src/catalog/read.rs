//! Reading the whole model, kind by kind.

use super::listing::Listing;
use super::model::{Catalog, Constraint, Depend, Index};
use super::shapes::Shapes;
use super::{
    access_methods, added, aggregates, casts, collations, comments, constraints, conversions,
    database, default_acls, defaults, depends, event_triggers, extensions, foreign, functions,
    indexes, labels, languages, operator_classes, operators, policies, publications, relations,
    rules, schemas, sequences, statistics, subscriptions, system_objects, text_search, transforms,
    triggers, types, unkept, unsupported,
};
use crate::connect::Session;
use crate::error::{Code, Error, Result};
use crate::toc::Parts;

/// Reads everything about the relations of `oids`, which are locked, and about all objects that are
/// not relations. Where sequences stand is read only when rows are wanted. A `second` session in the
/// same snapshot reads the larger half of what many relations have at the same time.
///
/// # Errors
/// Whatever the server refuses; an object that vanished meanwhile.
pub fn read(
    (session, second): (&mut Session, Option<&mut Session>),
    listing: &Listing,
    oids: &[u32],
    parts: Parts,
) -> Result<Catalog> {
    let Some(second) = second else {
        let keys = Keys::read(session, oids)?;
        return read_with(session, keys, listing, (oids, parts));
    };
    let (keys, rest) = std::thread::scope(|scope| {
        let keys = scope.spawn(|| Keys::read(second, oids));
        let rest = read_with(session, Keys::default(), listing, (oids, parts));
        let panicked = |_| Err(Error::internal("the thread that reads keys panicked"));
        (keys.join().unwrap_or_else(panicked), rest)
    });
    let keys = match keys {
        // Somebody's ALTER TABLE waits for the session that holds the locks, which need not wait itself.
        Err(error) if error.code() == Code::Locked => Keys::read(session, oids),
        keys => keys,
    };
    let Keys { constraints, indexes, depends } = keys?;
    Ok(Catalog { constraints, indexes, depends, ..rest? })
}

/// Half of what the server prints for many tables.
#[derive(Default)]
struct Keys {
    constraints: Vec<Constraint>,
    indexes: Vec<Index>,
    depends: Vec<Depend>,
}

impl Keys {
    fn read(session: &mut Session, oids: &[u32]) -> Result<Keys> {
        Ok(Keys {
            constraints: constraints::read(session, oids)?,
            indexes: indexes::read(session, oids)?,
            depends: depends::read(session)?,
        })
    }
}

fn read_with(
    session: &mut Session,
    Keys { constraints, indexes, depends }: Keys,
    listing: &Listing,
    (oids, parts): (&[u32], Parts),
) -> Result<Catalog> {
    let (operator_families, operator_classes) = operator_classes::read(session)?;
    let mut catalog = Catalog {
        version: session.version(),
        database: database::read(session)?,
        schemas: schemas::read(session)?,
        extensions: extensions::read(session)?,
        types: types::read(session)?,
        functions: functions::read(session)?,
        aggregates: aggregates::read(session)?,
        relations: relations::read(session, oids, parts.data)?,
        sequences: sequences::read(session, &with_identities(listing, oids))?,
        defaults: defaults::read(session, oids)?,
        constraints,
        indexes,
        triggers: triggers::read(session, oids)?,
        rules: rules::read(session, oids)?,
        policies: policies::read(session, oids)?,
        statistics: statistics::read(session, oids)?,
        collations: collations::read(session)?,
        casts: casts::read(session)?,
        operators: operators::read(session)?,
        operator_families,
        operator_classes,
        access_methods: access_methods::read(session)?,
        languages: languages::read(session)?,
        transforms: transforms::read(session)?,
        conversions: conversions::read(session)?,
        text_search: text_search::read(session)?,
        publications: publications::read(session, oids)?,
        publication_tables: publications::read_tables(session, oids)?,
        publication_schemas: publications::read_schemas(session)?,
        system_objects: system_objects::read(session)?,
        subscriptions: subscriptions::read(session)?,
        wrappers: foreign::read_wrappers(session)?,
        servers: foreign::read_servers(session)?,
        mappings: foreign::read_mappings(session)?,
        event_triggers: event_triggers::read(session)?,
        default_acls: default_acls::read(session)?,
        depends,
        comments: comments::read(session)?,
        labels: labels::read(session)?,
        unsupported: unsupported::read(session)?,
        unkept: unkept::read(session)?,
        added: added::read(session)?,
        shapes: if parts.data { Shapes::read(session)? } else { Shapes::default() },
    };
    if parts.data {
        sequences::read_values(session, &mut catalog.sequences)?;
    }
    Ok(catalog)
}

/// The relations and the sequences their columns own: an identity's sequence is never chosen by name.
fn with_identities(listing: &Listing, oids: &[u32]) -> Vec<u32> {
    let mut all = oids.to_vec();
    for (&sequence, table) in &listing.owned_sequences {
        if oids.binary_search(table).is_ok() && oids.binary_search(&sequence).is_err() {
            all.push(sequence);
        }
    }
    all.sort_unstable();
    all
}
