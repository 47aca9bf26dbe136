//! From the model to SQL statements: one file per object kind.
//!
//! Each kind gives an [`Entry`] without number and dependencies: `order/` adds both.
//! Nothing here asks a server; names are quoted by `connect::quote`, definitions come as the server
//! deparsed them under an empty search path.

pub mod access_method;
pub mod acl;
pub mod aggregate;
pub mod ancestry;
pub mod attach;
pub mod cast;
pub mod collation;
mod column;
pub mod comment;
pub mod constraint;
pub mod conversion;
pub mod data;
pub mod default;
pub mod default_acl;
pub mod event_trigger;
pub mod extension;
pub mod foreign;
pub mod function;
pub mod index;
pub mod label;
pub mod language;
pub mod large_objects;
mod late;
pub mod operator;
pub mod operator_class;
mod option;
pub mod policy;
pub mod publication;
pub mod rule;
pub mod schema;
pub mod sequence;
pub mod statistics;
pub mod subscription;
pub mod system_object;
pub mod table;
pub mod text_search;
pub mod transform;
pub mod trigger;
pub mod types;
mod versions;
pub mod view;

use crate::catalog::Catalog;
use crate::catalog::model::{Object, RelKind};
use crate::order::{Node, Repairs};
use crate::toc::Entry;

/// What every kind may need besides the object itself.
#[derive(Clone, Copy, Debug)]
pub struct Context<'c> {
    /// Everything that was read.
    pub catalog: &'c Catalog,
    /// What was done to break dependency loops.
    pub repairs: &'c Repairs,
}

/// The entry a node becomes; none where the server makes it along with something else.
pub fn entry(node: &Node<'_>, ctx: &Context<'_>) -> Option<Entry> {
    let mut entry = unlabelled(node, ctx)?;
    if ctx.catalog.added.objects.contains(&entry.catalog) {
        entry.create.iter_mut().take(1).for_each(|sql| *sql = extension::unless_there(sql));
        entry.of_index = None;
    }
    let variants = versions::variants(node, &entry, ctx);
    Some(Entry { labels: label::of_node(node, &entry, ctx), variants, ..entry })
}

fn unlabelled(node: &Node<'_>, ctx: &Context<'_>) -> Option<Entry> {
    match node {
        Node::Schema(schema) => Some(schema::entry(schema, ctx)),
        Node::Extension(extension) => extension::entry(extension, ctx),
        Node::Type(a_type) => types::entry(a_type, ctx),
        Node::ShellType(a_type) => types::shell_entry(a_type, ctx),
        Node::DomainConstraint(a_type, constraint) => types::is_separate(constraint, ctx)
            .then(|| types::constraint_entry(a_type, constraint, ctx)),
        Node::Function(function) => Some(function::entry(function, ctx)),
        Node::Aggregate(aggregate) => Some(aggregate::entry(aggregate, ctx)),
        Node::Sequence(sequence) => Some(sequence::entry(sequence, ctx)),
        Node::Relation(relation) => match relation.kind {
            RelKind::View | RelKind::MaterializedView => view::entry(relation, ctx),
            _ => table::entry(relation, ctx),
        },
        Node::DomainDefault(a_type) => types::default_entry(a_type),
        Node::FunctionBody(function) => function::body_entry(function, ctx),
        Node::OwnedBy(sequence) => sequence::owned_by_entry(sequence, ctx),
        Node::Attach(relation) => attach::entry(relation, ctx),
        Node::Default(_, default) => default::entry(default, ctx),
        Node::TableData(relation) => data::entry(relation, ctx),
        Node::SequenceSet(sequence) => sequence::set_entry(sequence, ctx),
        Node::Constraint(constraint) => constraint::entry(constraint, ctx),
        Node::Index(index) => index::entry(index, ctx),
        Node::IndexAttach(index) => attach::index_entry(index, ctx),
        Node::Rule(rule) => rule::entry(rule, ctx),
        Node::Trigger(trigger) => trigger::entry(trigger, ctx),
        Node::RowSecurity(relation) => policy::enable_entry(relation),
        Node::Policy(policy) => policy::entry(policy, ctx),
        Node::Refresh(relation) => view::data_entry(relation, ctx),
        Node::Statistics(statistics) => statistics::entry(statistics, ctx),
        Node::Collation(collation) => Some(collation::entry(collation, ctx)),
        Node::Cast(cast) => Some(cast::entry(cast, ctx)),
        Node::Operator(operator) => Some(operator::entry(operator, ctx)),
        Node::OperatorFamily(family) => Some(operator_class::family_entry(family, ctx)),
        Node::OperatorClass(class) => Some(operator_class::class_entry(class, ctx)),
        Node::AccessMethod(method) => Some(access_method::entry(method, ctx)),
        Node::Language(language) => Some(language::entry(language, ctx)),
        Node::Transform(transform) => Some(transform::entry(transform, ctx)),
        Node::Conversion(conversion) => Some(conversion::entry(conversion, ctx)),
        Node::TextSearch(text_search) => Some(text_search::entry(text_search, ctx)),
        Node::Publication(publication) => Some(publication::entry(publication, ctx)),
        Node::PublicationTable(member) => Some(publication::table_entry(member)),
        Node::PublicationSchema(member) => Some(publication::schema_entry(member)),
        Node::SystemObject(system) => Some(system_object::entry(system, ctx)),
        Node::Subscription(one) => Some(subscription::entry(one, ctx)),
        Node::ForeignDataWrapper(wrapper) => Some(foreign::wrapper_entry(wrapper, ctx)),
        Node::ForeignServer(server) => Some(foreign::server_entry(server, ctx)),
        Node::UserMapping(mapping) => Some(foreign::mapping_entry(mapping)),
        Node::EventTrigger(trigger) => Some(event_trigger::entry(trigger, ctx)),
        Node::DefaultAcl(default) => default_acl::entry(default, ctx),
        Node::PreDataEnd | Node::DataEnd => None,
    }
}

/// The members of an extension, for the grants on them and for those that were given to another owner:
/// these entries create nothing.
pub fn member_entries(extension: u32, ctx: &Context<'_>) -> Vec<Entry> {
    let catalog = ctx.catalog;
    let of = |object: &Object| object.extension == Some(extension);
    let schemas = catalog.schemas.iter().map(|one| (Node::Schema(one), &one.object));
    let languages = catalog.languages.iter().map(|one| (Node::Language(one), &one.object));
    let types = catalog.types.iter().map(|one| (Node::Type(one), &one.object));
    let functions = catalog.functions.iter().map(|one| (Node::Function(one), &one.object));
    let aggregates = catalog.aggregates.iter().map(|one| (Node::Aggregate(one), &one.object));
    let relations = catalog.relations.iter().map(|one| (Node::Relation(one), &one.object));
    let sequences = catalog.sequences.iter().map(|one| (Node::Sequence(one), &one.object));
    let wrappers = catalog.wrappers.iter().map(|one| (Node::ForeignDataWrapper(one), &one.object));
    let servers = catalog.servers.iter().map(|one| (Node::ForeignServer(one), &one.object));
    schemas
        .chain(languages)
        .chain(types)
        .chain(functions)
        .chain(aggregates)
        .chain(relations)
        .chain(sequences)
        .chain(wrappers)
        .chain(servers)
        .filter(|(_, object)| of(object))
        .filter_map(|(node, object)| {
            let owner = extension::other_owner(extension, object, ctx);
            Some(Entry { owner, ..entry(&node, ctx)? })
        })
        .collect()
}
