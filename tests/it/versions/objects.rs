//! What 19 has and the fixtures cannot show: databases' settings, choices, interrupted detaching.

use crate::support::{self, Archive, Role, TestDb};

#[test]
fn a_table_outside_the_dump_is_not_excepted_in_the_copy() {
    let Some(server) = support::server(19) else { return };
    let original = TestDb::new(&server);
    original.sql(
        "CREATE TABLE kept (a integer PRIMARY KEY); CREATE TABLE gone (a integer PRIMARY KEY); \
         CREATE PUBLICATION p FOR ALL TABLES EXCEPT (TABLE kept, gone)",
    );
    let (archive, ran) = Archive::attempt(&original, &["-T", "gone"]);
    let told = ran.stderr.clone();
    ran.ok();
    assert!(told.contains("PUBLICATION p excepts the table public.gone"), "{told}");
    let copy = archive.restored_into_empty(&server);
    let excepted = "SELECT string_agg(prrelid::regclass::text, ' ') FROM pg_publication_rel \
        WHERE prexcept";
    assert_eq!(copy.value(excepted), "kept");
}

#[test]
fn a_database_keeps_the_empty_list_and_the_list_of_no_name_apart() {
    let Some(server) = support::server(19) else { return };
    let role = Role::new(&server, "set", "");
    let original = TestDb::new(&server);
    let name = original.name();
    original.sql(&format!(
        "ALTER DATABASE {name} SET search_path TO NULL; \
         ALTER DATABASE {name} SET temp_tablespaces TO ''; \
         ALTER ROLE {role} IN DATABASE {name} SET session_preload_libraries TO NULL; \
         ALTER ROLE {role} IN DATABASE {name} SET wal_receiver_timeout TO '7s'",
        role = role.name()
    ));
    let copy = Archive::of(&original).restored_with_create(&server);
    let settings = "SELECT string_agg(setconfig::text, ' ' ORDER BY setrole) \
        FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase \
        WHERE datname = current_database()";
    let kept = copy.value(settings);
    assert_eq!(kept, original.value(settings));
    assert!(
        kept.contains("search_path=,") && kept.contains("session_preload_libraries="),
        "{kept}"
    );
}

/// Version 19 leaves no CHECK behind: the flag is all that tells.
#[test]
fn a_partition_that_was_being_detached_does_not_come_back_attached() {
    let Some(server) = support::server(19) else { return };
    let original = TestDb::new(&server);
    original.sql(
        "CREATE TABLE root (a integer) PARTITION BY LIST (a); \
         CREATE TABLE leaf PARTITION OF root FOR VALUES IN (1); \
         CREATE TABLE stays PARTITION OF root FOR VALUES IN (2); INSERT INTO root VALUES (1), (2); \
         UPDATE pg_catalog.pg_inherits SET inhdetachpending = true WHERE inhrelid = 'leaf'::regclass",
    );
    let copy = Archive::of(&original).restored_into_empty(&server);
    assert_eq!(copy.value("SELECT count(*) FROM ONLY leaf"), "1");
    assert_eq!(
        copy.value("SELECT string_agg(inhrelid::regclass::text, ' ') FROM pg_inherits"),
        "stays"
    );
}

#[test]
fn a_partitioned_tables_rows_come_once() {
    let Some(server) = support::server(19) else { return };
    let original = TestDb::new(&server);
    original.sql(
        "CREATE TABLE root (a integer) PARTITION BY LIST (a); \
         CREATE TABLE leaf PARTITION OF root FOR VALUES IN (1, 2); INSERT INTO root VALUES (1), (2)",
    );
    let archive = Archive::of(&original);
    let copy = archive.restored_into_empty(&server);
    assert_eq!(copy.value("SELECT count(*) FROM root"), "2");
    archive.rows_equal(&copy);
}

#[test]
fn values_that_name_databases_travel_by_name_and_are_told_of() {
    let Some(server) = support::server(19) else { return };
    let original = TestDb::new(&server);
    original.sql("CREATE TABLE t (a regdatabase); INSERT INTO t VALUES ('template1'), ('-')");
    let told = Archive::attempt(&original, &["--copy-format", "binary"]).1.fails(2);
    assert!(told.contains("public.t.a (regdatabase)"), "{told}");
    let (archive, ran) = Archive::attempt(&original, &[]);
    assert!(ran.stderr.contains("column a of public.t names databases"), "{}", ran.stderr);
    ran.ok();
    let copy = archive.restored_into_empty(&server);
    assert_eq!(copy.value("SELECT string_agg(a::text, ' ' ORDER BY a) FROM t"), "- template1");
}

#[test]
fn an_ordinary_role_dumps_subscriptions_that_hold_no_password() {
    let Some(server) = support::server(19) else { return };
    let reader = Role::new(&server, "reader", "LOGIN");
    let original = TestDb::new(&server);
    original.sql(
        "CREATE EXTENSION postgres_fdw; \
         CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '192.0.2.1'); \
         CREATE USER MAPPING FOR CURRENT_USER SERVER s; \
         CREATE SUBSCRIPTION by_server SERVER s PUBLICATION p WITH (connect = false)",
    );
    // A schema alone: mappings of others are another matter.
    let (_, ran) = Archive::attempt_from(&original.uri_as(reader.name()), &["--skip-unsupported"]);
    assert!(!ran.stderr.contains("SUBSCRIPTION by_server"), "{}", ran.stderr);
    original.sql(
        "CREATE SUBSCRIPTION by_text CONNECTION 'password=x' PUBLICATION p WITH (connect = false)",
    );
    let (_, ran) = Archive::attempt_from(&original.uri_as(reader.name()), &["--skip-unsupported"]);
    assert!(ran.stderr.contains("SUBSCRIPTION by_text"), "{}", ran.stderr);
}

#[test]
fn an_aggregates_helper_is_left_to_superusers() {
    let Some(server) = support::server(19) else { return };
    let owner = Role::new(&server, "owner", "LOGIN");
    let original = TestDb::new(&server);
    original.sql(
        "CREATE AGGREGATE a (integer) (SFUNC = pg_catalog.int4pl, STYPE = integer, \
         SUPPORT = pg_catalog.int8inc_support)",
    );
    let archive = Archive::of(&original);
    let copy = TestDb::new(&server);
    copy.sql(&format!("GRANT ALL ON SCHEMA public TO {0}", owner.name()));
    let uri = copy.uri_as(owner.name());
    let ran = support::pgx(&["restore", support::arg(archive.path()), "-d", &uri, "--no-owner"]);
    assert!(ran.stderr.contains("AGGREGATE public.a is made without SUPPORT"), "{}", ran.stderr);
    ran.ok();
    assert_eq!(copy.value("SELECT prosupport FROM pg_proc WHERE proname = 'a'"), "-");
}

#[test]
fn a_member_of_the_grantor_repeats_its_grants() {
    let Some(server) = support::server(19) else { return };
    let (grantor, reader) = (Role::new(&server, "grantor", ""), Role::new(&server, "reader", ""));
    let member = Role::new(&server, "member", &format!("LOGIN IN ROLE {}", grantor.name()));
    let original = TestDb::new(&server);
    original.sql(&format!(
        "GRANT ALL ON SCHEMA public TO {member}; CREATE TABLE t (a integer); \
         ALTER TABLE t OWNER TO {member}; GRANT SELECT ON t TO {grantor} WITH GRANT OPTION; \
         GRANT SELECT ON t TO {reader} GRANTED BY {grantor}",
        member = member.name(),
        grantor = grantor.name(),
        reader = reader.name()
    ));
    let archive = Archive::with(&original, &["-t", "t"]);
    let copy = TestDb::new(&server);
    copy.sql(&format!("GRANT ALL ON SCHEMA public TO {}", member.name()));
    let uri = copy.uri_as(member.name());
    support::pgx(&["restore", support::arg(archive.path()), "-d", &uri]).ok();
    let acl = "SELECT relacl FROM pg_class WHERE relname = 't'";
    assert_eq!(copy.value(acl), original.value(acl));
}
