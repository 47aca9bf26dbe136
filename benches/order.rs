//! From a catalog to a table of contents, without a server: objects sorted, printed as SQL, and encoded.
//!
//! The catalog is made on the spot: small tables, each with a default, a check, a primary key, an index
//! and a foreign key to the table before. Times are the least of several runs, in milliseconds of this
//! thread's CPU clock.

mod made;

use pgx_core::archive::Writer;
use pgx_core::catalog::Catalog;
use pgx_core::catalog::model::{
    Column, ColumnDefault, Constraint, ConstraintKind, Depend, DependKind, Index, Object, Relation,
    Schema, class, relation_id,
};
use pgx_core::ddl::{self, Context};
use pgx_core::order::{self, Ordered};
use pgx_core::toc::{CatalogId, Entry, EntryId, Meta};

use made::least;

const SCHEMA: CatalogId = CatalogId { class: class::NAMESPACE, oid: 16_390 };
/// The OIDs that a table and what belongs to it have.
const OIDS: u32 = 10;

fn main() {
    println!("{:<14} {:>8} {:>8} {:>8} {:>8}", "tables", "sort ms", "ddl ms", "toc ms", "entries");
    for tables in [100, 1_000, 10_000] {
        of(tables);
    }
}

fn of(tables: u32) {
    let catalog = catalog(tables);
    let (ordered, sort) = least(|| order::sort(&catalog).expect("there is no loop"));
    let (entries, ddl) = least(|| entries(&catalog, &ordered));
    // Per table: itself, its rows, a primary key, an index, and but for the first a foreign key.
    assert!(entries.len() >= 5 * tables as usize - 1, "{} entries", entries.len());
    let (bytes, toc) = least(|| encode(&entries));
    assert!(bytes > entries.len(), "{bytes} bytes");
    println!("{tables:<14} {sort:>8.1} {ddl:>8.1} {toc:>8.1} {:>8}", entries.len());
}

fn entries(catalog: &Catalog, ordered: &Ordered<'_>) -> Vec<Entry> {
    let ctx = Context { catalog, repairs: &ordered.repairs };
    let made = ordered.sequence.iter().filter_map(|id| ddl::entry(&ordered.graph.node(*id), &ctx));
    (1..).map(EntryId).zip(made).map(|(id, entry)| Entry { id, ..entry }).collect()
}

fn encode(entries: &[Entry]) -> usize {
    let meta = Meta { has_data: true, ..Meta::default() };
    let mut archive = Vec::new();
    let mut writer = Writer::new(&mut archive, &meta).expect("memory takes everything");
    writer.toc(entries).expect("entries are small");
    drop(writer);
    archive.len()
}

fn catalog(tables: u32) -> Catalog {
    let schema = Object { id: SCHEMA, name: "s".into(), owner: "o".into(), ..Object::default() };
    let schemas = vec![Schema { object: schema, default_owner: false }];
    let mut catalog = Catalog { version: 180_000, schemas, ..Catalog::default() };
    (0..tables).for_each(|number| add(&mut catalog, number));
    catalog
}

fn oid(number: u32) -> u32 {
    20_000 + number * OIDS
}

fn add(catalog: &mut Catalog, number: u32) {
    let table = oid(number);
    let name = format!("t{number}");
    catalog.relations.push(relation(table, &name));
    let id = CatalogId { class: class::ATTRDEF, oid: table + 1 };
    let expression = "'x'::text".to_owned();
    catalog.defaults.push(ColumnDefault { id, relation: table, number: 2, expression });
    needs(catalog, id, relation_id(table), DependKind::Auto);
    add_constraints(catalog, table);
    for (at, column) in [(2, "id"), (3, "b")] {
        let object = object(relation_id(table + at), &format!("{name}_{column}"));
        let definition = format!("CREATE INDEX {} ON s.{name} USING btree ({column})", object.name);
        let constraint = (at == 2).then_some(table + 4);
        let index = Index { object, relation: table, definition, constraint, ..Index::default() };
        needs(catalog, index.object.id, relation_id(table), DependKind::Auto);
        catalog.indexes.push(index);
    }
    if number > 0 {
        add_key(catalog, table, &name, number - 1);
    }
    needs(catalog, relation_id(table), SCHEMA, DependKind::Normal);
}

fn add_constraints(catalog: &mut Catalog, table: u32) {
    let primary = (4, ConstraintKind::Primary, "PRIMARY KEY (id)", Some(table + 2));
    let check = (5, ConstraintKind::Check, "CHECK ((c > (0)::numeric))", None);
    for (at, kind, definition, index) in [primary, check] {
        let constraint = constraint(table, at, kind, definition.to_owned());
        needs(catalog, constraint.object.id, relation_id(table), DependKind::Auto);
        catalog.constraints.push(Constraint { index, ..constraint });
    }
    let id = catalog.constraints[catalog.constraints.len() - 2].object.id;
    needs(catalog, relation_id(table + 2), id, DependKind::Internal);
}

fn add_key(catalog: &mut Catalog, table: u32, name: &str, parent: u32) {
    let definition = format!("FOREIGN KEY (p) REFERENCES s.t{parent}(id)");
    let key = constraint(table, 6, ConstraintKind::Foreign, definition);
    for on in [table, oid(parent), oid(parent) + 2] {
        let kind = if on == table { DependKind::Auto } else { DependKind::Normal };
        needs(catalog, key.object.id, relation_id(on), kind);
    }
    let object = Object { name: format!("{name}_p_fkey"), ..key.object };
    catalog.constraints.push(Constraint { object, referenced: Some(oid(parent)), ..key });
}

fn relation(table: u32, name: &str) -> Relation {
    let types = [("id", "integer"), ("a", "text"), ("b", "timestamp with time zone")];
    let more = [("c", "numeric(10,2)"), ("p", "integer")];
    let columns =
        (1..).zip(types.into_iter().chain(more)).map(|(number, (name, type_name))| Column {
            number,
            name: name.into(),
            type_name: type_name.into(),
            not_null: number < 3,
            local: true,
            ..Column::default()
        });
    let object = object(relation_id(table), name);
    Relation { object, columns: columns.collect(), replica_identity: 'd', ..Relation::default() }
}

fn constraint(table: u32, at: u32, kind: ConstraintKind, definition: String) -> Constraint {
    let id = CatalogId { class: class::CONSTRAINT, oid: table + at };
    let (object, relation) = (object(id, &format!("c{at}")), table);
    let (validated, enforced, local) = (true, true, true);
    Constraint {
        object,
        kind,
        relation,
        definition,
        validated,
        enforced,
        local,
        ..Constraint::default()
    }
}

fn object(id: CatalogId, name: &str) -> Object {
    let schema = Some("s".into());
    Object { id, schema, name: name.into(), owner: "o".into(), ..Object::default() }
}

fn needs(catalog: &mut Catalog, of: CatalogId, on: CatalogId, kind: DependKind) {
    catalog.depends.push(Depend { of, on, kind });
}
