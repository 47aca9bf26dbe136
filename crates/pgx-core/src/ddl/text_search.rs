//! Text search: parsers, templates, dictionaries, configurations.

use super::{Context, comment};
use crate::catalog::model::{TextSearch, TextSearchKind};
use crate::connect::quote::ident;
use crate::toc::{Entry, Kind};

/// The entry of an object of text search. The mappings of a configuration are statements of their own.
pub fn entry(text_search: &TextSearch, ctx: &Context<'_>) -> Entry {
    let object = &text_search.object;
    let kind = match text_search.kind {
        TextSearchKind::Parser => Kind::TextSearchParser,
        TextSearchKind::Template => Kind::TextSearchTemplate,
        TextSearchKind::Dictionary => Kind::TextSearchDictionary,
        TextSearchKind::Configuration => Kind::TextSearchConfiguration,
    };
    let mut entry = Entry::new(kind, object.id, object.name_ref());
    entry.address = format!("{kind} {}", entry.name.sql());
    let clauses = text_search.clauses.join(",\n    ");
    let create = format!("CREATE {} (\n    {clauses}\n)", entry.address);
    entry.create = match text_search.named_in(ctx.catalog) {
        Some(schema) => found_in(schema, create),
        None => vec![create],
    };
    entry.create.extend(text_search.mappings.iter().map(|mapping| {
        let (token, dictionaries) = (ident(&mapping.token), &mapping.dictionaries);
        format!("ALTER {} ADD MAPPING FOR {token} WITH {dictionaries}", entry.address)
    }));
    entry.drop = Some(format!("DROP {}", entry.address));
    entry.owner = Some(object.owner.clone()).filter(|owner| !owner.is_empty());
    entry.comments.extend(comment::of_object(object.id, &entry.address, ctx));
    entry
}

/// The statement, for which names without a schema stand in this one.
fn found_in(schema: &str, create: String) -> Vec<String> {
    let within = format!("SET LOCAL search_path = {}", ident(schema));
    vec![within, create, "SET LOCAL search_path = ''".to_owned()]
}
