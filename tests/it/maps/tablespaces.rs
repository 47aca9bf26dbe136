//! Tablespaces, of tables and of databases.

use crate::support::{self, Archive, Tablespace, TestDb, unique};

#[test]
fn a_tablespace_becomes_another_or_the_default() {
    // Older servers need a directory for a tablespace.
    let Some(server) = support::server(18) else { return };
    let [old, new] = [(); 2].map(|()| Tablespace::new(server.clone()));
    let source = TestDb::with(&server, &format!("TABLESPACE {}", old.name()));
    source.sql(&format!(
        "CREATE TABLE here (id integer PRIMARY KEY); CREATE TABLE there () TABLESPACE pg_default;
         CREATE TABLE far (id integer) TABLESPACE {new}; CREATE INDEX ON far (id) TABLESPACE {new}",
        new = new.name()
    ));
    let archive = Archive::of(&source);
    let place = |database: &TestDb| {
        database.value(
            "SELECT concat((SELECT spcname FROM pg_database d JOIN pg_tablespace t \
             ON t.oid = dattablespace WHERE datname = current_database()), ' ', \
             string_agg(relname || ':' || coalesce(spcname, ''), ' ' ORDER BY relname)) \
             FROM pg_class LEFT JOIN pg_tablespace t ON t.oid = reltablespace \
             WHERE relnamespace = 'public'::regnamespace",
        )
    };
    let (from_old, from_new) =
        (format!("{}=", old.name()), format!("{}={}", new.name(), old.name()));
    let copies = [
        vec!["--map-tablespace", &*from_old],
        vec!["--map-tablespace", &*from_new],
        vec!["--map-tablespace", &*from_old, "--map-tablespace", &*from_new],
    ];
    let places: Vec<(TestDb, String)> = copies
        .iter()
        .map(|options| {
            let copy = TestDb::adopt(&server, &unique("made"));
            archive.restore(&copy, &[&["--create"], &options[..]].concat()).ok();
            let place = place(&copy);
            (copy, place.replace(old.name(), "old").replace(new.name(), "new"))
        })
        .collect();
    let places: Vec<&str> = places.iter().map(|(_, place)| place.as_str()).collect();
    assert_eq!(
        places,
        [
            "pg_default far:new far_id_idx:new here: here_pkey: there:",
            "old far: far_id_idx: here: here_pkey: there:pg_default",
            "pg_default far:old far_id_idx:old here: here_pkey: there:",
        ]
    );
}
