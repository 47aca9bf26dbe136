//! The dependency graph: nodes, and which node an object of the catalogs belongs to.

use std::collections::HashMap;

use super::node::{Node, NodeId};
use crate::catalog::Catalog;
use crate::catalog::model::{Object, RelKind, Relation, Type, TypeKind, class};
use crate::toc::CatalogId;

/// Nodes and edges. An edge leads from a node to what it needs.
pub struct Graph<'c> {
    nodes: Vec<Node<'c>>,
    needs: Vec<Vec<NodeId>>,
    /// The node that makes an object. Several objects may be made by one node.
    makers: HashMap<CatalogId, NodeId>,
    /// Nodes that share an object with the node that makes it, by object: data, attach, …
    beside: HashMap<CatalogId, Vec<NodeId>>,
    /// The border between pre-data and data.
    pub(super) pre_data_end: NodeId,
    /// The border between data and post-data.
    pub(super) data_end: NodeId,
}

impl<'c> Graph<'c> {
    /// A node for every object, no edges yet.
    pub(super) fn new(catalog: &'c Catalog) -> Graph<'c> {
        let mut graph = Graph {
            nodes: Vec::new(),
            needs: Vec::new(),
            makers: HashMap::new(),
            beside: HashMap::new(),
            pre_data_end: NodeId(0),
            data_end: NodeId(1),
        };
        graph.add(Node::PreDataEnd);
        graph.add(Node::DataEnd);
        graph.add_objects(catalog);
        graph.add_others(catalog);
        graph.add_relations(catalog);
        graph.add_on_relations(catalog);
        graph
    }

    /// All nodes.
    pub fn ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.nodes.len()).map(NodeId)
    }

    /// A node.
    pub fn node(&self, id: NodeId) -> Node<'c> {
        self.nodes[id.0]
    }

    /// What a node needs.
    pub fn needs(&self, id: NodeId) -> &[NodeId] {
        &self.needs[id.0]
    }

    /// The node that makes an object.
    pub fn maker(&self, object: CatalogId) -> Option<NodeId> {
        self.makers.get(&object).copied()
    }

    /// The nodes that add to an object after it was made: its data, its attachment, …
    pub fn beside(&self, object: CatalogId) -> &[NodeId] {
        self.beside.get(&object).map_or(&[], Vec::as_slice)
    }

    /// The node that announces a type, where the type can have one.
    pub(super) fn shell(&self, a_type: &Type) -> Option<NodeId> {
        let mut beside = self.beside(a_type.object.id).iter().copied();
        beside.find(|&id| matches!(self.node(id), Node::ShellType(_)))
    }

    /// The node of a part that `whole` gets in a step of its own.
    pub(super) fn part(&mut self, whole: CatalogId, node: Node<'c>) -> NodeId {
        let same = |id: &NodeId| self.node(*id).catalog_id() == node.catalog_id();
        if let Some(id) = self.beside(whole).iter().copied().find(same) {
            return id;
        }
        let id = self.add(node);
        self.beside.entry(whole).or_default().push(id);
        id
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn need(&mut self, node: NodeId, needed: NodeId) {
        if node != needed && !self.needs[node.0].contains(&needed) {
            self.needs[node.0].push(needed);
        }
    }

    /// [`Graph::need`] for an edge that is surely new: the borders have one to nearly every node.
    pub(super) fn need_new(&mut self, node: NodeId, needed: NodeId) {
        self.needs[node.0].push(needed);
    }

    pub(super) fn forget(&mut self, node: NodeId, needed: NodeId) {
        self.needs[node.0].retain(|&other| other != needed);
    }

    fn add(&mut self, node: Node<'c>) -> NodeId {
        let id = NodeId(self.nodes.len());
        self.nodes.push(node);
        self.needs.push(Vec::new());
        id
    }

    fn add_maker(&mut self, node: Node<'c>) -> NodeId {
        let id = self.add(node);
        self.makers.insert(node.catalog_id(), id);
        id
    }

    fn add_beside(&mut self, node: Node<'c>) {
        let id = self.add(node);
        self.beside.entry(node.catalog_id()).or_default().push(id);
    }

    /// Says that `node` makes `object` too.
    fn alias(&mut self, class: u32, oid: u32, node: NodeId) {
        self.makers.insert(CatalogId { class, oid }, node);
    }

    /// Objects that are not relations. Members of an extension are made by the extension.
    fn add_objects(&mut self, catalog: &'c Catalog) {
        for schema in &catalog.schemas {
            self.add_maker(Node::Schema(schema));
        }
        for extension in &catalog.extensions {
            self.add_maker(Node::Extension(extension));
        }
        for a_type in catalog.types.iter() {
            match (a_type.object.extension, &a_type.kind) {
                (Some(extension), _) => self.member(extension, a_type.object.id),
                (None, TypeKind::Derived { .. } | TypeKind::Other) => {}
                (None, kind) => {
                    let id = self.add_maker(Node::Type(a_type));
                    if a_type.has_shell() {
                        self.add_beside(Node::ShellType(a_type));
                    }
                    if let TypeKind::Composite { class_oid, .. } = kind {
                        self.alias(class::CLASS, *class_oid, id);
                    }
                    if let TypeKind::Domain { constraints, .. } = kind {
                        for constraint in constraints {
                            self.add_maker(Node::DomainConstraint(a_type, constraint));
                        }
                    }
                }
            }
        }
        for function in &catalog.functions {
            self.add_object(&function.object, Node::Function(function));
        }
        for aggregate in &catalog.aggregates {
            self.add_object(&aggregate.object, Node::Aggregate(aggregate));
        }
        for depend in &catalog.depends {
            if depend.kind == crate::catalog::model::DependKind::Extension {
                self.member(depend.on.oid, depend.of);
            }
        }
    }

    /// Whoever makes an object makes its parts, which are objects to the server.
    fn add_parts(&mut self, whole: CatalogId, parts: &[CatalogId]) {
        if let Some(id) = self.maker(whole) {
            self.makers.extend(parts.iter().map(|&part| (part, id)));
        }
    }

    /// Members of an extension are made by the extension.
    fn add_object(&mut self, object: &Object, node: Node<'c>) {
        match object.extension {
            Some(extension) => self.member(extension, object.id),
            None => drop(self.add_maker(node)),
        }
    }

    fn member(&mut self, extension: u32, object: CatalogId) {
        if let Some(id) = self.maker(CatalogId { class: class::EXTENSION, oid: extension }) {
            self.makers.entry(object).or_insert(id);
        }
    }

    fn add_relations(&mut self, catalog: &'c Catalog) {
        for relation in &catalog.relations {
            match relation.object.extension {
                Some(extension) => {
                    self.member(extension, relation.object.id);
                    if relation.row_security {
                        self.add_beside(Node::RowSecurity(relation));
                    }
                }
                None => self.add_relation(relation),
            }
            if matches!(relation.kind, RelKind::Table | RelKind::Foreign) {
                self.add_beside(Node::TableData(relation));
            }
        }
        for sequence in &catalog.sequences {
            match sequence.object.extension {
                Some(extension) => self.member(extension, sequence.object.id),
                None => drop(self.add_maker(Node::Sequence(sequence))),
            }
            self.add_beside(Node::SequenceSet(sequence));
            if sequence.owned_by.is_some() && !sequence.identity {
                self.add_beside(Node::OwnedBy(sequence));
            }
        }
        // Types that come with something: known only now that what they come with is.
        for a_type in &catalog.types {
            if let TypeKind::Derived { of } = a_type.kind
                && let Some(id) = self.maker(of)
            {
                self.makers.entry(a_type.object.id).or_insert(id);
            }
        }
    }

    fn add_relation(&mut self, relation: &'c Relation) {
        let id = self.add_maker(Node::Relation(relation));
        self.alias(class::TYPE, relation.row_type, id);
        if relation.partition.as_ref().is_some_and(|partition| !partition.detach_pending) {
            self.add_beside(Node::Attach(relation));
        }
        if relation.row_security {
            self.add_beside(Node::RowSecurity(relation));
        }
        if relation.kind == RelKind::MaterializedView && relation.populated {
            self.add_beside(Node::Refresh(relation));
        }
    }

    fn add_on_relations(&mut self, catalog: &'c Catalog) {
        let relations: HashMap<u32, &Relation> = catalog
            .relations
            .iter()
            .filter(|relation| relation.object.extension.is_none())
            .map(|relation| (relation.object.id.oid, relation))
            .collect();
        for default in &catalog.defaults {
            if let Some(relation) = relations.get(&default.relation) {
                self.add_maker(Node::Default(relation, default));
            }
        }
        let kept = |relation: u32, id: CatalogId| {
            relations.contains_key(&relation) || catalog.added.objects.contains(&id)
        };
        for constraint in &catalog.constraints {
            if kept(constraint.relation, constraint.object.id) {
                self.add_maker(Node::Constraint(constraint));
            }
        }
        for index in &catalog.indexes {
            if kept(index.relation, index.object.id) {
                self.add_index(index);
            }
        }
        for rule in catalog.rules.iter().filter(|rule| kept(rule.relation, rule.id)) {
            self.add_maker(Node::Rule(rule));
        }
        for trigger in &catalog.triggers {
            if kept(trigger.relation, trigger.id) {
                self.add_maker(Node::Trigger(trigger));
            }
        }
        for statistics in &catalog.statistics {
            if kept(statistics.relation, statistics.object.id) {
                self.add_maker(Node::Statistics(statistics));
            }
        }
        for policy in &catalog.policies {
            if kept(policy.relation, policy.id) {
                self.add_maker(Node::Policy(policy));
            }
        }
    }

    /// Kinds that have nothing but themselves.
    fn add_others(&mut self, catalog: &'c Catalog) {
        for collation in &catalog.collations {
            self.add_object(&collation.object, Node::Collation(collation));
        }
        for cast in &catalog.casts {
            self.add_object(&cast.object, Node::Cast(cast));
        }
        for operator in &catalog.operators {
            self.add_object(&operator.object, Node::Operator(operator));
        }
        for family in &catalog.operator_families {
            self.add_object(&family.object, Node::OperatorFamily(family));
            self.add_parts(family.object.id, &family.members.ids);
        }
        for class in &catalog.operator_classes {
            self.add_object(&class.object, Node::OperatorClass(class));
            self.add_parts(class.object.id, &class.members.ids);
        }
        for method in &catalog.access_methods {
            self.add_object(&method.object, Node::AccessMethod(method));
        }
        for language in &catalog.languages {
            self.add_object(&language.object, Node::Language(language));
        }
        for transform in &catalog.transforms {
            self.add_object(&transform.object, Node::Transform(transform));
        }
        for conversion in &catalog.conversions {
            self.add_object(&conversion.object, Node::Conversion(conversion));
        }
        for text_search in &catalog.text_search {
            self.add_object(&text_search.object, Node::TextSearch(text_search));
        }
        for system in &catalog.system_objects {
            self.add(Node::SystemObject(system));
        }
        for subscription in &catalog.subscriptions {
            self.add_object(&subscription.object, Node::Subscription(subscription));
        }
        for wrapper in &catalog.wrappers {
            self.add_object(&wrapper.object, Node::ForeignDataWrapper(wrapper));
        }
        for server in &catalog.servers {
            self.add_object(&server.object, Node::ForeignServer(server));
        }
        for mapping in &catalog.mappings {
            self.add_maker(Node::UserMapping(mapping));
        }
        for publication in &catalog.publications {
            self.add_object(&publication.object, Node::Publication(publication));
        }
        for member in &catalog.publication_tables {
            self.add_maker(Node::PublicationTable(member));
        }
        for member in &catalog.publication_schemas {
            self.add_maker(Node::PublicationSchema(member));
        }
        for trigger in &catalog.event_triggers {
            self.add_object(&trigger.object, Node::EventTrigger(trigger));
        }
        for default in &catalog.default_acls {
            self.add_maker(Node::DefaultAcl(default));
        }
    }

    fn add_index(&mut self, index: &'c crate::catalog::model::Index) {
        let of_constraint = index
            .constraint
            .and_then(|oid| self.maker(CatalogId { class: class::CONSTRAINT, oid }));
        match of_constraint {
            Some(constraint) => drop(self.makers.insert(index.object.id, constraint)),
            None => drop(self.add_maker(Node::Index(index))),
        }
        if index.parent.is_some() {
            self.add_beside(Node::IndexAttach(index));
        }
    }
}
