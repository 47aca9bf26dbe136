//! The nodes of the dependency graph.

use crate::catalog::model::{
    AccessMethod, Aggregate, Cast, Collation, ColumnDefault, Constraint, ConstraintKind,
    Conversion, DefaultAcl, DomainConstraint, EventTrigger, Extension, ForeignDataWrapper,
    ForeignServer, Function, Index, Language, Operator, OperatorClass, OperatorFamily, Policy,
    Publication, PublicationSchema, PublicationTable, Relation, Rule, Schema, Sequence, Statistics,
    Subscription, SystemObject, TextSearch, TextSearchKind, Transform, Trigger, Type, UserMapping,
};
use crate::toc::{CatalogId, Section};

/// The place of a node in its graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub usize);

/// Something that is made by a step of its own, or could be.
#[derive(Clone, Copy, Debug)]
pub enum Node<'c> {
    /// A schema.
    Schema(&'c Schema),
    /// An extension; its members are the same node.
    Extension(&'c Extension),
    /// A collation.
    Collation(&'c Collation),
    /// A procedural language.
    Language(&'c Language),
    /// A transform.
    Transform(&'c Transform),
    /// A type announced to functions that it needs.
    ShellType(&'c Type),
    /// A type; the types that come with it are the same node.
    Type(&'c Type),
    /// A constraint of a domain.
    DomainConstraint(&'c Type, &'c DomainConstraint),
    /// A function or procedure.
    Function(&'c Function),
    /// An aggregate.
    Aggregate(&'c Aggregate),
    /// A cast.
    Cast(&'c Cast),
    /// An operator.
    Operator(&'c Operator),
    /// An operator family.
    OperatorFamily(&'c OperatorFamily),
    /// An operator class.
    OperatorClass(&'c OperatorClass),
    /// An access method.
    AccessMethod(&'c AccessMethod),
    /// A conversion between encodings.
    Conversion(&'c Conversion),
    /// A parser, template, dictionary or configuration of text search.
    TextSearch(&'c TextSearch),
    /// A foreign-data wrapper.
    ForeignDataWrapper(&'c ForeignDataWrapper),
    /// A foreign server.
    ForeignServer(&'c ForeignServer),
    /// A user mapping.
    UserMapping(&'c UserMapping),
    /// A sequence, identity sequences included.
    Sequence(&'c Sequence),
    /// A table or view; its row type is the same node.
    Relation(&'c Relation),
    /// `ALTER SEQUENCE … OWNED BY`.
    OwnedBy(&'c Sequence),
    /// The default of a domain that is set in a step of its own.
    DomainDefault(&'c Type),
    /// The body of a function that is set in a step of its own.
    FunctionBody(&'c Function),
    /// `ATTACH PARTITION` of a table.
    Attach(&'c Relation),
    /// A default or generation expression.
    Default(&'c Relation, &'c ColumnDefault),
    /// All before stands before the rows.
    PreDataEnd,
    /// Rows of a table.
    TableData(&'c Relation),
    /// Value of a sequence.
    SequenceSet(&'c Sequence),
    /// All behind stands behind the rows.
    DataEnd,
    /// A constraint of a table; the index behind it is the same node.
    Constraint(&'c Constraint),
    /// An index that belongs to no constraint.
    Index(&'c Index),
    /// `ATTACH PARTITION` of an index.
    IndexAttach(&'c Index),
    /// A rule; the query of a view is one too.
    Rule(&'c Rule),
    /// A trigger.
    Trigger(&'c Trigger),
    /// `ENABLE ROW LEVEL SECURITY`.
    RowSecurity(&'c Relation),
    /// A policy.
    Policy(&'c Policy),
    /// Extended statistics.
    Statistics(&'c Statistics),
    /// Default privileges.
    DefaultAcl(&'c DefaultAcl),
    /// A publication.
    Publication(&'c Publication),
    /// A table of a publication.
    PublicationTable(&'c PublicationTable),
    /// A schema of a publication.
    PublicationSchema(&'c PublicationSchema),
    /// Privileges on an object of the system.
    SystemObject(&'c SystemObject),
    /// A subscription.
    Subscription(&'c Subscription),
    /// An event trigger.
    EventTrigger(&'c EventTrigger),
    /// `REFRESH MATERIALIZED VIEW`.
    Refresh(&'c Relation),
}

impl<'c> Node<'c> {
    /// The object in the catalogs; none for the two borders. Several nodes may share one.
    pub fn catalog_id(&self) -> CatalogId {
        match self {
            Node::Schema(schema) => schema.object.id,
            Node::Extension(extension) => extension.object.id,
            Node::Language(language) => language.object.id,
            Node::Transform(transform) => transform.object.id,
            Node::Type(a_type) | Node::ShellType(a_type) => a_type.object.id,
            Node::AccessMethod(method) => method.object.id,
            Node::Conversion(conversion) => conversion.object.id,
            Node::TextSearch(text_search) => text_search.object.id,
            Node::DomainConstraint(_, constraint) => {
                CatalogId { class: crate::catalog::model::class::CONSTRAINT, oid: constraint.oid }
            }
            Node::Function(function) => function.object.id,
            Node::Aggregate(aggregate) => aggregate.object.id,
            Node::Sequence(sequence) | Node::OwnedBy(sequence) | Node::SequenceSet(sequence) => {
                sequence.object.id
            }
            Node::Relation(relation)
            | Node::Attach(relation)
            | Node::TableData(relation)
            | Node::RowSecurity(relation)
            | Node::Refresh(relation) => relation.object.id,
            Node::Default(_, default) => default.id,
            Node::Constraint(constraint) => constraint.object.id,
            Node::Index(index) | Node::IndexAttach(index) => index.object.id,
            Node::Rule(rule) => rule.id,
            Node::Trigger(trigger) => trigger.id,
            Node::Policy(policy) => policy.id,
            Node::Statistics(statistics) => statistics.object.id,
            Node::Collation(collation) => collation.object.id,
            Node::EventTrigger(trigger) => trigger.object.id,
            Node::Publication(publication) => publication.object.id,
            Node::PublicationTable(member) => member.id,
            Node::PublicationSchema(member) => member.id,
            Node::Cast(cast) => cast.object.id,
            Node::Operator(operator) => operator.object.id,
            Node::OperatorFamily(family) => family.object.id,
            Node::OperatorClass(class) => class.object.id,
            Node::SystemObject(system) => system.object.id,
            Node::Subscription(subscription) => subscription.object.id,
            Node::ForeignDataWrapper(wrapper) => wrapper.object.id,
            Node::ForeignServer(server) => server.object.id,
            Node::UserMapping(mapping) => mapping.id,
            Node::DefaultAcl(default) => default.id,
            Node::DomainDefault(a_type) => CatalogId { class: 0, ..a_type.object.id },
            Node::FunctionBody(function) => CatalogId { class: 0, ..function.object.id },
            Node::PreDataEnd | Node::DataEnd => CatalogId::default(),
        }
    }

    /// The relation the node is or sits on, by OID.
    pub fn relation(&self) -> Option<u32> {
        match self {
            Node::Relation(relation)
            | Node::Attach(relation)
            | Node::TableData(relation)
            | Node::RowSecurity(relation)
            | Node::Refresh(relation)
            | Node::Default(relation, _) => Some(relation.object.id.oid),
            Node::Sequence(sequence) | Node::OwnedBy(sequence) | Node::SequenceSet(sequence) => {
                Some(sequence.object.id.oid)
            }
            Node::Constraint(constraint) => Some(constraint.relation),
            Node::Index(index) | Node::IndexAttach(index) => Some(index.relation),
            Node::Rule(rule) => Some(rule.relation),
            Node::Trigger(trigger) => Some(trigger.relation),
            Node::Policy(policy) => Some(policy.relation),
            Node::Statistics(statistics) => Some(statistics.relation),
            _ => None,
        }
    }

    /// Kind and name, for messages.
    pub fn describe(&self) -> String {
        let kind = match self {
            Node::Schema(_) => "schema",
            Node::Extension(_) => "extension",
            Node::Language(_) => "language",
            Node::Transform(_) => "transform",
            Node::ShellType(_) => "shell type",
            Node::Type(_) => "type",
            Node::AccessMethod(_) => "access method",
            Node::Conversion(_) => "conversion",
            Node::TextSearch(text_search) => text_search.kind.word(),
            Node::DomainConstraint(..) => "domain constraint",
            Node::Function(_) => "function",
            Node::Aggregate(_) => "aggregate",
            Node::Sequence(_) | Node::OwnedBy(_) | Node::SequenceSet(_) => "sequence",
            Node::Relation(_) | Node::Attach(_) | Node::TableData(_) => "relation",
            Node::Default(..) | Node::DomainDefault(_) => "default of",
            Node::FunctionBody(_) => "body of function",
            Node::Constraint(_) => "constraint",
            Node::Index(_) | Node::IndexAttach(_) => "index",
            Node::Rule(_) => "rule",
            Node::Trigger(_) => "trigger",
            Node::RowSecurity(_) | Node::Policy(_) => "policy",
            Node::Refresh(_) => "materialized view",
            Node::Statistics(_) => "statistics",
            Node::Collation(_) => "collation",
            Node::Cast(_) => "cast",
            Node::Operator(_) => "operator",
            Node::OperatorFamily(_) => "operator family",
            Node::OperatorClass(_) => "operator class",
            Node::Publication(_) => "publication",
            Node::PublicationTable(_) | Node::PublicationSchema(_) => "member of publication",
            Node::EventTrigger(_) => "event trigger",
            Node::SystemObject(_) => "privileges on",
            Node::Subscription(_) => "subscription",
            Node::ForeignDataWrapper(_) => "foreign-data wrapper",
            Node::ForeignServer(_) => "server",
            Node::UserMapping(_) => "user mapping",
            Node::DefaultAcl(_) => "default privileges of",
            Node::PreDataEnd => "end of pre-data",
            Node::DataEnd => "end of data",
        };
        match self.sort_name() {
            ("", "") => kind.to_owned(),
            ("", name) => format!("{kind} {name}"),
            (schema, name) => format!("{kind} {schema}.{name}"),
        }
    }

    /// The section of the node before any repair.
    pub fn section(&self) -> Section {
        match self {
            Node::TableData(_) | Node::SequenceSet(_) => Section::Data,
            Node::Constraint(constraint) if in_table(constraint) => Section::PreData,
            Node::Rule(rule) if rule.is_view_query => Section::PreData,
            Node::Constraint(_)
            | Node::Index(_)
            | Node::IndexAttach(_)
            | Node::Rule(_)
            | Node::Trigger(_)
            | Node::RowSecurity(_)
            | Node::Policy(_)
            | Node::Statistics(_)
            | Node::DefaultAcl(_)
            | Node::Publication(_)
            | Node::PublicationTable(_)
            | Node::PublicationSchema(_)
            | Node::Subscription(_)
            | Node::EventTrigger(_)
            | Node::Refresh(_) => Section::PostData,
            _ => Section::PreData,
        }
    }

    /// Where nodes of this kind stand when nothing else decides: lower first. Views, as relations,
    /// stand with tables; what they need moves them.
    pub(super) fn priority(&self) -> u8 {
        match self {
            Node::SystemObject(_) => 0,
            Node::Schema(_) => 1,
            Node::Language(_) => 2,
            Node::Collation(_) => 3,
            Node::Transform(_) => 4,
            Node::Extension(_) => 5,
            Node::Type(_) | Node::ShellType(_) | Node::DomainConstraint(..) => 6,
            Node::Cast(_) => 7,
            Node::Function(_) => 8,
            Node::Aggregate(_) => 9,
            Node::AccessMethod(_) => 10,
            Node::Operator(_) => 11,
            Node::OperatorFamily(_) | Node::OperatorClass(_) => 12,
            Node::Conversion(_) => 13,
            Node::TextSearch(text_search) => match text_search.kind {
                TextSearchKind::Parser => 14,
                TextSearchKind::Template => 15,
                TextSearchKind::Dictionary => 16,
                TextSearchKind::Configuration => 17,
            },
            Node::ForeignDataWrapper(_) => 17,
            Node::ForeignServer(_) | Node::UserMapping(_) => 18,
            Node::Sequence(sequence) if !sequence.identity => 19,
            Node::Relation(_) | Node::Rule(Rule { is_view_query: true, .. }) => 20,
            Node::Sequence(_) | Node::OwnedBy(_) => 21,
            Node::Attach(_) => 22,
            Node::Default(..) | Node::DomainDefault(_) | Node::FunctionBody(_) => 23,
            Node::PreDataEnd => 24,
            Node::TableData(_) => 25,
            Node::SequenceSet(_) => 26,
            Node::DataEnd => 30,
            Node::Constraint(Constraint { kind: ConstraintKind::Foreign, .. }) => 37,
            Node::Constraint(_) => 31,
            Node::Index(_) => 32,
            Node::IndexAttach(_) => 33,
            Node::Statistics(_) => 34,
            Node::Rule(_) => 35,
            Node::Trigger(_) => 36,
            Node::RowSecurity(_) | Node::Policy(_) => 38,
            Node::Publication(_) => 39,
            Node::PublicationTable(_) => 40,
            Node::PublicationSchema(_) => 41,
            Node::Subscription(_) => 42,
            Node::DefaultAcl(_) => 44,
            Node::EventTrigger(_) => 45,
            Node::Refresh(_) => 46,
        }
    }

    /// Schema and name, the tie-breakers behind the priority.
    pub(super) fn sort_name(&self) -> (&'c str, &'c str) {
        let object = match self {
            Node::Schema(schema) => &schema.object,
            Node::Extension(extension) => &extension.object,
            Node::Collation(collation) => &collation.object,
            Node::EventTrigger(trigger) => &trigger.object,
            Node::SystemObject(system) => return ("", &system.on),
            Node::Subscription(subscription) => &subscription.object,
            Node::ForeignDataWrapper(wrapper) => &wrapper.object,
            Node::ForeignServer(server) => &server.object,
            Node::UserMapping(mapping) => {
                return (&mapping.server, mapping.role.as_deref().unwrap_or(""));
            }
            Node::Publication(publication) => &publication.object,
            Node::PublicationTable(member) => return ("", &member.publication),
            Node::PublicationSchema(member) => return ("", &member.publication),
            Node::Cast(cast) => &cast.object,
            Node::Operator(operator) => &operator.object,
            Node::OperatorFamily(family) => &family.object,
            Node::OperatorClass(class) => &class.object,
            Node::Language(language) => &language.object,
            Node::Transform(transform) => &transform.object,
            Node::Type(a_type) | Node::ShellType(a_type) | Node::DomainDefault(a_type) => {
                &a_type.object
            }
            Node::AccessMethod(method) => &method.object,
            Node::Conversion(conversion) => &conversion.object,
            Node::TextSearch(text_search) => &text_search.object,
            Node::DomainConstraint(a_type, constraint) => {
                return (a_type.object.schema.as_deref().unwrap_or(""), &constraint.name);
            }
            Node::Function(function) | Node::FunctionBody(function) => &function.object,
            Node::Aggregate(aggregate) => &aggregate.object,
            Node::Sequence(sequence) | Node::OwnedBy(sequence) | Node::SequenceSet(sequence) => {
                &sequence.object
            }
            Node::Relation(relation)
            | Node::Attach(relation)
            | Node::TableData(relation)
            | Node::RowSecurity(relation)
            | Node::Refresh(relation)
            | Node::Default(relation, _) => &relation.object,
            Node::Constraint(constraint) => &constraint.object,
            Node::Index(index) | Node::IndexAttach(index) => &index.object,
            Node::Statistics(statistics) => &statistics.object,
            Node::Rule(rule) => return ("", &rule.name),
            Node::Trigger(trigger) => return ("", &trigger.name),
            Node::Policy(policy) => return ("", &policy.name),
            Node::DefaultAcl(default) => {
                return (default.schema.as_deref().unwrap_or(""), &default.role);
            }
            Node::PreDataEnd | Node::DataEnd => return ("", ""),
        };
        (object.schema.as_deref().unwrap_or(""), &object.name)
    }
}

/// Whether a constraint is printed inside CREATE TABLE: a validated, enforced CHECK. NOT NULL
/// constraints that are valid belong to their column.
pub(super) fn in_table(constraint: &Constraint) -> bool {
    let plain = constraint.validated && constraint.enforced && !constraint.stricter;
    matches!(constraint.kind, ConstraintKind::Check | ConstraintKind::NotNull) && plain
}
