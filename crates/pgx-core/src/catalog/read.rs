//! Reading the whole model, kind by kind.

use super::listing::Listing;
use super::model::Catalog;
use super::shapes::Shapes;
use super::{
    access_methods, added, aggregates, casts, collations, comments, constraints, conversions,
    database, default_acls, defaults, depends, event_triggers, extensions, foreign, functions,
    indexes, labels, languages, operator_classes, operators, policies, publications, relations,
    rules, schemas, sequences, statistics, subscriptions, system_objects, text_search, transforms,
    triggers, types, unkept, unsupported,
};
use crate::connect::Session;
use crate::error::Result;
use crate::toc::Parts;

/// Reads everything about the relations of `oids`, which are locked, and about all objects that are
/// not relations. Where sequences stand is read only when rows are wanted.
///
/// # Errors
/// Whatever the server refuses; an object that vanished meanwhile.
pub fn read(
    session: &mut Session,
    listing: &Listing,
    oids: &[u32],
    parts: Parts,
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
        constraints: constraints::read(session, oids)?,
        indexes: indexes::read(session, oids)?,
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
        depends: depends::read(session)?,
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
