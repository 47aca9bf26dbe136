use super::*;
use crate::select::Pattern;
use crate::toc::CatalogId;

fn entry(kind: Kind, name: &str, on: Option<&str>, create: &str) -> Entry {
    let mut entry = Entry::new(kind, CatalogId::default(), Ref::new("s", name));
    entry.on = on.map(|on| Ref::new("s", on));
    entry.create = vec![create.to_owned()];
    entry
}

fn entries() -> Vec<Entry> {
    let key = "ALTER TABLE ONLY \"s\".\"bill\" ADD CONSTRAINT \"bill_fk\" FOREIGN KEY (client) \
               REFERENCES s.client(id) ON DELETE CASCADE";
    let bill = "CREATE TABLE \"s\".\"bill\" (\n    \"client\" integer,\n    \
                \"due, \"\"soon\"\"\" timestamp with time zone DEFAULT now() NOT NULL,\n    \
                \"rate\" numeric(10,2)[] COLLATE \"C\",\n    CONSTRAINT \"c\" CHECK ((rate > 0))\n)";
    vec![
        entry(
            Kind::Table,
            "client",
            None,
            "CREATE TABLE \"s\".\"client\" (\n    \"id\" integer DEFAULT nextval('a,b)'::regclass) \
             NOT NULL,\n    \"a<b\" character varying(20)\n)\nWITH (fillfactor='50')",
        ),
        entry(Kind::Table, "bill", None, bill),
        entry(
            Kind::Table,
            "heir",
            None,
            "CREATE TABLE \"s\".\"heir\" (\n    \"more\" text\n)\nINHERITS (\"s\".\"client\")",
        ),
        entry(Kind::Table, "part", None, "CREATE TABLE \"s\".\"part\" (\n    \"k\" integer\n)"),
        entry(Kind::TableAttach, "part", Some("whole"), "ALTER TABLE …"),
        entry(
            Kind::Constraint,
            "client_pkey",
            Some("client"),
            "ALTER TABLE ONLY \"s\".\"client\" ADD CONSTRAINT \"client_pkey\" PRIMARY KEY (id)",
        ),
        entry(Kind::ForeignKey, "bill_fk", Some("bill"), key),
    ]
}

fn diagram() -> Diagram {
    Diagram::new(&entries(), &Names::default()).unwrap()
}

#[test]
fn tables_and_keys_are_read_from_statements() {
    let Diagram { tables, keys } = diagram();
    let names: Vec<String> = tables.iter().map(|table| table.name.to_string()).collect();
    assert_eq!(names, ["s.bill", "s.client", "s.heir"]);
    let told = |table: &Table| {
        let columns = table.columns.iter();
        columns.map(|one| format!("{}: {}", one.name, one.type_name)).collect::<Vec<_>>()
    };
    assert_eq!(
        told(&tables[0]),
        ["client: integer", "due, \"soon\": timestamp with time zone", "rate: numeric(10,2)[]"]
    );
    assert_eq!(
        told(&tables[2]),
        ["id: integer", "a<b: character varying(20)", "more: text"],
        "what a table inherits comes first"
    );
    let client = &tables[1].columns[0];
    assert!(client.primary && client.required && !client.foreign);
    let [key] = keys.as_slice() else { panic!("{keys:?}") };
    assert_eq!((key.from, key.to, key.columns[0].as_str()), (0, 1, "client"));
    assert_eq!(key.to_columns, ["id"]);
}

#[test]
fn mermaid_is_text_of_words_and_labels() {
    let expected = "\
erDiagram
    t1[\"bill\"] {
        integer client FK
        timestamp_with_time_zone due___soon_ \"due, #quot;soon#quot;\"
        numeric(10_2)[] rate
    }
    t2[\"client\"] {
        integer id PK
        character_varying(20) a_b \"a<b\"
    }
    t3[\"heir\"] {
        integer id
        character_varying(20) a_b \"a<b\"
        text more
    }
    t2 |o--o{ t1 : \"bill_fk\"
";
    assert_eq!(diagram().mermaid(), expected);
}

#[test]
fn names_choose_tables_and_keys_between_them() {
    let names = |text| Names::new(vec![Pattern::table(text).unwrap()], Vec::new()).unwrap();
    let chosen = Diagram::new(&entries(), &names("s.bill")).unwrap();
    assert_eq!((chosen.tables.len(), chosen.keys.len()), (1, 0));
    let error = Diagram::new(&entries(), &names("part")).unwrap_err();
    assert_eq!(error.code(), Code::NoMatch);
}

#[test]
fn the_picture_is_well_formed_and_escaped() {
    let svg = diagram().svg();
    assert!(
        svg.contains(">a&lt;b</text>") && svg.contains(">due, &quot;soon&quot;</text>"),
        "{svg}"
    );
    assert_eq!(svg.matches("<g>").count(), 3);
    assert_eq!(svg.matches("<path class=\"e\"").count(), 1);
    assert_eq!(svg.matches("<text ").count(), svg.matches("</text>").count());
    assert_eq!(svg, diagram().svg());
}

#[test]
fn what_is_referred_to_stands_left_and_nothing_overlaps() {
    let mut diagram = Diagram::default();
    for at in 0..60 {
        let columns = vec![Column::default(); at % 30];
        diagram.tables.push(Table { name: Ref::new("s", &format!("t{at}")), columns });
    }
    let mut key = |from, to| {
        let (columns, to_columns) = (Vec::new(), Vec::new());
        diagram.keys.push(Key { name: "k".into(), from, columns, to, to_columns });
    };
    (1..40).for_each(|at| key(at, at / 3));
    // A circle, and a table that refers to itself.
    key(0, 39);
    key(5, 5);
    let sizes: Vec<_> =
        diagram.tables.iter().map(|one| (200, 30 + 18 * one.columns.len())).collect();
    let places = layout::places(&diagram, &sizes);
    for (at, a) in places.iter().enumerate() {
        for b in &places[at + 1..] {
            let apart = a.right() < b.x || b.right() < a.x || a.bottom() < b.y || b.bottom() < a.y;
            assert!(apart, "{a:?} {b:?}");
        }
    }
    let lefts = diagram.keys.iter().filter(|key| places[key.to].right() < places[key.from].x);
    assert!(lefts.count() >= 38, "{places:?}");
}
