//! A tenant of a managed server: from his database into another of his, all that is his.

use super::on_each;
use super::restore::restore;
use crate::support::{Archive, Role, TestDb, arg, brief, differences, pgx};

#[test]
fn a_tenant_moves_his_database_with_everything_that_is_his() {
    on_each(|server| {
        let tenant = Role::new(server, "tenant", "LOGIN CREATEDB CREATEROLE");
        let owned = format!("OWNER {}", tenant.name());
        let (source, target) = (TestDb::with(server, &owned), TestDb::with(server, &owned));
        for database in [&source, &target] {
            database.sql("CREATE EXTENSION hstore; CREATE EXTENSION citext");
        }
        let mut session = source.session_as(tenant.name());
        let made = session.execute(
            "CREATE SCHEMA app;
             CREATE TYPE app.mood AS ENUM ('fine', 'bad');
             CREATE TABLE app.person (id serial PRIMARY KEY, name citext UNIQUE, more hstore, m app.mood);
             INSERT INTO app.person (name, more, m) VALUES ('Ann', 'a=>1', 'fine'), ('Bob', NULL, NULL);
             CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql SET work_mem = '1MB'
              AS 'BEGIN RETURN NEW; END';
             CREATE TRIGGER touch BEFORE UPDATE ON app.person
              FOR EACH ROW EXECUTE PROCEDURE app.touch();
             CREATE MATERIALIZED VIEW app.names AS SELECT name FROM app.person;
             CREATE PUBLICATION ours FOR TABLE app.person;
             ALTER TABLE app.person ENABLE ROW LEVEL SECURITY;
             CREATE POLICY own ON app.person USING (name = current_user);
             ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO PUBLIC;
             GRANT SELECT ON app.person TO PUBLIC; COMMENT ON TABLE app.person IS 'people';
             SELECT lo_from_bytea(0, 'bytes')",
        );
        made.unwrap();
        let (archive, ran) = Archive::attempt_from(&source.uri_as(tenant.name()), &[]);
        ran.ok();
        restore(&archive, &target, &tenant, &[]).ok();
        let found = differences(&source, &target);
        assert!(found.is_empty(), "{}", brief(&found));
        let uri = target.uri_as(tenant.name());
        pgx(&["verify", arg(archive.path()), "--against", &uri]).ok();
        drop((session, source, target));
    });
}
