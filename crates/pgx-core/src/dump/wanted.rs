//! Which nodes of the dependency graph become entries of the archive.

use std::collections::{BTreeSet, HashMap};

use crate::catalog::Listing;
use crate::catalog::model::{
    Catalog, ConstraintKind, DefaultAcl, Statistics, TypeKind, class, relation_id,
};
use crate::order::{Graph, Node, NodeId};
use crate::select::Choice;
use crate::toc::{CatalogId, Kind, Omitted, Parts};

/// The nodes that are wanted.
pub(super) struct Wanted {
    nodes: Vec<bool>,
    /// Relations whose definitions are needed, but which were not locked and read.
    pub(super) unread: BTreeSet<u32>,
    /// What belongs to relations that no need has brought yet, by relation.
    on_relations: HashMap<u32, Vec<NodeId>>,
}

/// Everything the decision rests on.
pub(super) struct Basis<'a, 'c> {
    pub(super) graph: &'a Graph<'c>,
    pub(super) catalog: &'c Catalog,
    pub(super) listing: &'a Listing,
    pub(super) parts: Parts,
}

impl Wanted {
    /// Decides. `choice` gains the configuration rows of extensions that come along.
    pub(super) fn new(basis: &Basis<'_, '_>, choice: &mut Choice) -> Wanted {
        let n = basis.graph.ids().count();
        let mut wanted = Wanted {
            nodes: vec![false; n],
            unread: BTreeSet::new(),
            on_relations: on_relations(basis.graph),
        };
        if basis.parts.schema {
            wanted.definitions(basis, choice);
            if choice.carries_needs {
                wanted.needs(basis, choice);
            }
        }
        if basis.parts.data {
            wanted.contents(basis, choice);
        }
        wanted
    }

    /// Whether a node is wanted.
    pub(super) fn has(&self, id: NodeId) -> bool {
        self.nodes[id.0]
    }

    /// Takes a node out.
    pub(super) fn leave_out(&mut self, id: NodeId) {
        self.nodes[id.0] = false;
    }

    /// Takes out what is not wanted whatever the choice is.
    pub(super) fn omit(&mut self, basis: &Basis<'_, '_>, omitted: Omitted) {
        for id in basis.graph.ids() {
            let kind = match basis.graph.node(id) {
                Node::Publication(_) => Kind::Publication,
                Node::PublicationTable(_) => Kind::PublicationTable,
                Node::PublicationSchema(_) => Kind::PublicationSchema,
                Node::Subscription(_) => Kind::Subscription,
                Node::Policy(_) => Kind::Policy,
                Node::RowSecurity(_) => Kind::RowSecurity,
                Node::DefaultAcl(_) => Kind::DefaultAcl,
                _ => continue,
            };
            if omitted.has(kind) {
                self.leave_out(id);
            }
        }
    }

    /// What the choice names: relations, and in schemas taken whole everything else.
    fn definitions(&mut self, basis: &Basis<'_, '_>, choice: &Choice) {
        let whole: BTreeSet<&str> = choice
            .schemas
            .iter()
            .filter_map(|oid| basis.listing.schemas.get(oid).map(String::as_str))
            .collect();
        let in_whole = |schema: &Option<String>| {
            schema.as_deref().is_some_and(|schema| whole.contains(schema))
        };
        for id in basis.graph.ids() {
            self.nodes[id.0] = match basis.graph.node(id) {
                Node::Schema(schema) => whole.contains(schema.object.name.as_str()),
                Node::Extension(extension) => choice.extensions.contains(&extension.object.id.oid),
                Node::Type(a_type)
                | Node::ShellType(a_type)
                | Node::DomainDefault(a_type)
                | Node::DomainConstraint(a_type, _) => in_whole(&a_type.object.schema),
                Node::Function(function) | Node::FunctionBody(function) => {
                    in_whole(&function.object.schema)
                }
                Node::Aggregate(aggregate) => in_whole(&aggregate.object.schema),
                Node::Statistics(statistics) => {
                    // In a schema that is left out they could not be made.
                    on_member(basis, choice, statistics.relation)
                        || choice.has_schema(statistics.relation)
                            && (in_whole(&statistics.object.schema)
                                || beside_table(basis, statistics))
                }
                Node::DefaultAcl(DefaultAcl { schema: Some(schema), .. }) => {
                    whole.contains(schema.as_str())
                }
                Node::Collation(collation) => in_whole(&collation.object.schema),
                Node::Operator(operator) => in_whole(&operator.object.schema),
                Node::OperatorFamily(family) => in_whole(&family.object.schema),
                Node::OperatorClass(class) => in_whole(&class.object.schema),
                Node::Conversion(conversion) => in_whole(&conversion.object.schema),
                Node::TextSearch(text_search) => in_whole(&text_search.object.schema),
                Node::PublicationTable(member) => {
                    choice.everything
                        && (choice.has_schema(member.relation)
                            || of_extension(basis, member.relation))
                }
                Node::PublicationSchema(member) => {
                    choice.everything && whole.contains(member.schema.as_str())
                }
                Node::Publication(_)
                | Node::Cast(_)
                | Node::Language(_)
                | Node::Transform(_)
                | Node::AccessMethod(_)
                | Node::SystemObject(_)
                | Node::Subscription(_)
                | Node::ForeignDataWrapper(_)
                | Node::ForeignServer(_)
                | Node::UserMapping(_)
                | Node::EventTrigger(_)
                | Node::DefaultAcl(_) => choice.everything,
                node => {
                    let chosen = |oid| choice.has_schema(oid) || on_member(basis, choice, oid);
                    is_definition(&node) && node.relation().is_some_and(chosen)
                }
            };
        }
        // The inside of an identity column goes with its table, whatever names it.
        self.identities(basis);
    }

    fn identities(&mut self, basis: &Basis<'_, '_>) {
        for id in basis.graph.ids() {
            if let Node::Sequence(sequence) = basis.graph.node(id)
                && let (true, Some((table, _))) = (sequence.identity, sequence.owned_by)
                && let Some(table) = basis.graph.maker(relation_id(table))
                && matches!(basis.graph.node(table), Node::Relation(_))
            {
                self.nodes[id.0] = self.nodes[table.0];
            }
        }
    }

    /// Follows what wanted nodes need until nothing is missing. A foreign key does not bring its
    /// parent: that is the policy's business.
    fn needs(&mut self, basis: &Basis<'_, '_>, choice: &mut Choice) {
        let unread = unread_needs(basis);
        let mut open: Vec<NodeId> = basis
            .graph
            .ids()
            .filter(|&id| self.has(id) || is_configuration(basis, choice, id))
            .collect();
        while let Some(id) = open.pop() {
            let foreign = is_foreign_key(&basis.graph.node(id));
            for &needed in basis.graph.needs(id) {
                let node = basis.graph.node(needed);
                let border = matches!(node, Node::PreDataEnd | Node::DataEnd);
                if border || self.has(needed) || (foreign && is_on_relation(&node)) {
                    continue;
                }
                self.bring(basis, choice, needed, &mut open);
            }
            if !foreign {
                self.unread
                    .extend(unread.get(&basis.graph.node(id).catalog_id()).into_iter().flatten());
            }
        }
    }

    /// A needed object comes with what belongs to it.
    fn bring(
        &mut self,
        basis: &Basis<'_, '_>,
        choice: &mut Choice,
        id: NodeId,
        open: &mut Vec<NodeId>,
    ) {
        self.nodes[id.0] = true;
        open.push(id);
        match basis.graph.node(id) {
            Node::Extension(extension) => {
                choice.take_configuration(basis.listing, extension.object.id.oid);
            }
            Node::Relation(relation) => {
                let parts = self.on_relations.remove(&relation.object.id.oid);
                for part in parts.unwrap_or_default() {
                    if !self.has(part) {
                        self.nodes[part.0] = true;
                        open.push(part);
                    }
                }
            }
            // A function that needs no more than the shell would leave the type unfinished.
            Node::ShellType(a_type) => {
                let a_type = basis.graph.maker(a_type.object.id);
                if let Some(a_type) = a_type.filter(|&a_type| !self.has(a_type)) {
                    self.bring(basis, choice, a_type, open);
                }
            }
            Node::Type(_) | Node::Function(_) => {
                for &part in basis.graph.beside(basis.graph.node(id).catalog_id()) {
                    if !self.has(part) && !matches!(basis.graph.node(part), Node::ShellType(_)) {
                        self.nodes[part.0] = true;
                        open.push(part);
                    }
                }
            }
            Node::Sequence(sequence) if basis.parts.data => {
                // A column's default counts on where the sequence stands.
                choice.relations.entry(sequence.object.id.oid).or_insert(crate::select::Take::BOTH);
            }
            _ => {}
        }
    }

    /// Rows, sequence values, refreshes.
    fn contents(&mut self, basis: &Basis<'_, '_>, choice: &Choice) {
        for id in basis.graph.ids() {
            match basis.graph.node(id) {
                Node::TableData(relation) => {
                    self.nodes[id.0] = choice.has_data(relation.object.id.oid);
                }
                Node::SequenceSet(sequence) => {
                    let identity_of = sequence.owned_by.filter(|_| sequence.identity);
                    self.nodes[id.0] = choice.has_data(sequence.object.id.oid)
                        || identity_of.is_some_and(|(table, _)| rows_below(basis, choice, table));
                }
                Node::Refresh(relation) if basis.parts.schema => {
                    self.nodes[id.0] = choice.has_data(relation.object.id.oid);
                }
                _ => {}
            }
        }
    }
}

/// Chosen rows of an extension's configuration table: they need the extension.
fn is_configuration(basis: &Basis<'_, '_>, choice: &Choice, id: NodeId) -> bool {
    match basis.graph.node(id) {
        Node::TableData(relation) => {
            let oid = relation.object.id.oid;
            relation.object.extension.is_some() && choice.has_data(oid)
        }
        _ => false,
    }
}

/// Whether rows of a table, or of its partitions, are chosen: an identity's value goes with them.
fn rows_below(basis: &Basis<'_, '_>, choice: &Choice, table: u32) -> bool {
    choice.has_data(table)
        || basis
            .listing
            .parents
            .iter()
            .any(|(&child, parents)| parents.contains(&table) && rows_below(basis, choice, child))
}

/// Relations that objects need and that were not read, by object.
fn unread_needs(basis: &Basis<'_, '_>) -> HashMap<CatalogId, Vec<u32>> {
    let row_types: HashMap<CatalogId, CatalogId> = basis
        .catalog
        .types
        .iter()
        .filter_map(|a_type| match a_type.kind {
            TypeKind::Derived { of } => Some((a_type.object.id, of)),
            _ => None,
        })
        .collect();
    let mut unread: HashMap<CatalogId, Vec<u32>> = HashMap::new();
    for depend in &basis.catalog.depends {
        let on = row_types.get(&depend.on).copied().unwrap_or(depend.on);
        if on.class != class::CLASS || basis.graph.maker(on).is_some() {
            continue;
        }
        if let (Some(relation), Some(of)) =
            (basis.listing.relations.get(&on.oid), basis.graph.maker(depend.of))
            && relation.extension.is_none()
        {
            unread.entry(basis.graph.node(of).catalog_id()).or_default().push(on.oid);
        }
    }
    unread
}

/// The parts of relations, by relation; the inside of an identity column is a part of its table.
fn on_relations(graph: &Graph<'_>) -> HashMap<u32, Vec<NodeId>> {
    let mut parts: HashMap<u32, Vec<NodeId>> = HashMap::new();
    for id in graph.ids() {
        let node = graph.node(id);
        let relation = match node {
            Node::Sequence(sequence) if sequence.identity => {
                sequence.owned_by.map(|(table, _)| table)
            }
            _ => node.relation(),
        };
        if let Some(relation) = relation
            && is_definition(&node)
        {
            parts.entry(relation).or_default().push(id);
        }
    }
    parts
}

/// Whether a node is (part of) the definition of a relation.
fn is_definition(node: &Node<'_>) -> bool {
    !matches!(
        node,
        Node::TableData(_)
            | Node::SequenceSet(_)
            | Node::Refresh(_)
            | Node::PreDataEnd
            | Node::DataEnd
    )
}

/// Whether a relation is made by an extension: nobody chooses it, and yet it can be published.
fn of_extension(basis: &Basis<'_, '_>, relation: u32) -> bool {
    basis.listing.relations.get(&relation).is_some_and(|relation| relation.extension.is_some())
}

/// Whether a relation is a member of an extension that was chosen: what users put on it comes along.
fn on_member(basis: &Basis<'_, '_>, choice: &Choice, relation: u32) -> bool {
    let listed = basis.listing.relations.get(&relation);
    listed.and_then(|one| one.extension).is_some_and(|oid| choice.extensions.contains(&oid))
}

/// Whether statistics stand in the schema of their table.
fn beside_table(basis: &Basis<'_, '_>, statistics: &Statistics) -> bool {
    let table = basis.catalog.relation(statistics.relation);
    table.is_some_and(|table| table.object.schema == statistics.object.schema)
}

fn is_on_relation(node: &Node<'_>) -> bool {
    matches!(node, Node::Relation(_) | Node::Constraint(_) | Node::Index(_) | Node::IndexAttach(_))
}

fn is_foreign_key(node: &Node<'_>) -> bool {
    matches!(node, Node::Constraint(constraint) if constraint.kind == ConstraintKind::Foreign)
}
