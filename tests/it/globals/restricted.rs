//! As a role that is no superuser.

use super::{Dumped, make_tablespaces, source, state};
use crate::support::{Cluster, Role, Server, TestDb, arg, each_version, newest, pgx, server};

fn versions() -> Vec<Server> {
    [newest(), server(15), server(14)].into_iter().flatten().collect()
}

#[test]
fn what_a_role_with_createrole_may_make_is_made_and_the_rest_is_named() {
    for beside in versions() {
        let (Some(source), Some(target)) = (source(&beside), Cluster::new(&beside)) else { return };
        make_tablespaces(&source, &source.directory("space"));
        let dumped = Dumped::of(source.server(), &["-g"]);
        target.sql(&["CREATE ROLE maker LOGIN CREATEROLE CREATEDB"]);
        let said = dumped.restore_as("maker", target.server(), &[]).fails(3);
        for line in [
            "left out: ROLE chief: SUPERUSER: role \"maker\" may not give it",
            "left out: TABLESPACE sp ace: only a superuser can make a tablespace",
            "left out: ROLE SETTING work_mem of ALL",
            "created: ROLE chief",
            "created: ROLE new",
            "created: ROLE MEMBERSHIP first in staff",
            "created: ROLE SETTING search_path of plain",
        ] {
            assert!(said.contains(line), "{line}: {said}");
        }
        let made = state(target.server());
        let chief = made.iter().find(|row| row.contains("\"chief\"")).unwrap();
        assert!(!chief.contains("SCRAM") && chief.contains("2031"), "{chief}");
        let password = |rows: &[String]| {
            let scram = rows.iter().find(|row| row.contains("\"new\"")).unwrap();
            scram.split("SCRAM").nth(1).unwrap().to_owned()
        };
        assert_eq!(password(&made), password(&state(source.server())));
    }
}

#[test]
fn who_may_make_no_roles_is_told_before_anything_is_done() {
    let Some(beside) = newest() else { return };
    let Some(source) = source(&beside) else { return };
    let dumped = Dumped::of(source.server(), &["-g"]);
    source.sql(&["CREATE ROLE nobody LOGIN"]);
    let said = dumped.restore_as("nobody", source.server(), &[]).fails(11);
    assert!(said.contains("role \"nobody\" may not create roles"), "{said}");
}

#[test]
fn passwords_need_a_right_and_all_else_none() {
    each_version(|server| {
        let role = Role::new(server, "reader", "LOGIN");
        let database = TestDb::new(server);
        let uri = database.uri_as(role.name());
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("g.pgx");
        let said = pgx(&["dump", &uri, "-g", "-f", arg(&file)]).fails(11);
        assert!(said.contains("passwords of roles cannot be read"), "{said}");
        assert!(said.contains("--no-role-passwords"), "{said}");
        assert!(!file.exists());
        pgx(&["dump", &uri, "-g", "--no-role-passwords", "-f", arg(&file)]).ok();
        let listed = pgx(&["inspect", arg(&file)]).ok();
        assert!(listed.stdout_text().contains(role.name()), "{}", listed.stdout_text());
    });
}
