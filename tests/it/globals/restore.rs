//! Into a cluster that has nothing, and into one that has some of it.

use std::fs;
use std::process::Stdio;

use super::{Dumped, ROLES, make_tablespaces, source, state};
use crate::support::{Cluster, Ran, each_version, newest, pgx_command, server, servers};

#[test]
fn everything_comes_back_and_a_second_restore_changes_nothing() {
    each_version(|beside| {
        let (Some(source), Some(target)) = (source(beside), Cluster::new(beside)) else { return };
        make_tablespaces(&source, &source.directory("space"));
        let dumped = Dumped::of(source.server(), &["--globals-only"]);
        let wanted = state(source.server());
        // A directory holds a tablespace of one cluster of a version.
        source.sql(&["DROP TABLESPACE \"sp ace\""]);
        let ran = dumped.restore(target.server()).ok();
        assert!(ran.stderr.contains(" 0 left out"), "{}", ran.stderr);
        assert_eq!(state(target.server()), wanted);
        let again = dumped.restore(target.server()).ok();
        assert!(again.stderr.contains(" 0 created, 0 altered, "), "{}", again.stderr);
        assert_eq!(state(target.server()), wanted);
    });
}

#[test]
fn an_older_cluster_gets_what_it_can_hold_and_a_newer_one_everything() {
    let versions: Vec<u32> = servers().iter().map(|server| server.major).collect();
    let (Some(oldest), Some(newest)) = (versions.iter().min(), newest()) else { return };
    let Some(oldest) = server(*oldest).filter(|server| server.major < 15) else { return };
    let (Some(old), Some(new)) = (source(&oldest), source(&newest)) else { return };
    let up = Cluster::new(&newest).expect("there is one already");
    let dumped = Dumped::of(old.server(), &["-g"]);
    dumped.restore(up.server()).ok();
    let again = dumped.restore(up.server()).ok();
    assert!(again.stderr.contains(" 0 created, 0 altered, "), "{}", again.stderr);
    let settings = "SELECT count(*) FROM pg_db_role_setting WHERE setdatabase = 0";
    let count = |cluster: &Cluster| cluster.server().session().query_one(settings).unwrap();
    assert_eq!(count(&up).values(), count(&old).values());

    let down = Cluster::new(&oldest).expect("there is one already");
    let dumped = Dumped::of(new.server(), &["-g"]);
    let said = dumped.restore(down.server()).fails(3);
    for lacking in ["no option SET FALSE", "before 15 have no privileges on parameters"] {
        assert!(said.contains(lacking), "{lacking}: {said}");
    }
    let roles = |server| state(server).into_iter().take(13).collect::<Vec<_>>();
    assert_eq!(roles(down.server()), roles(new.server()));
    let again = dumped.restore(down.server()).fails(3);
    assert!(again.contains(" 0 created, 0 altered, "), "{again}");
}

#[test]
fn roles_that_are_there_become_what_the_archive_says() {
    let Some(beside) = newest() else { return };
    let (Some(source), Some(target)) = (source(&beside), Cluster::new(&beside)) else { return };
    let dumped = Dumped::of(source.server(), &["--roles-only"]);
    target.sql(&[
        "CREATE ROLE plain SUPERUSER LOGIN PASSWORD 'x' CONNECTION LIMIT 1 VALID UNTIL 'infinity'",
        "CREATE ROLE staff; CREATE ROLE first NOINHERIT; GRANT staff TO first WITH SET FALSE",
        "ALTER ROLE plain SET search_path = public",
        "CREATE ROLE bystander; GRANT staff TO bystander",
    ]);
    let ran = dumped.restore(target.server()).ok();
    for line in ["altered: ROLE plain", "altered: ROLE MEMBERSHIP first in staff"] {
        assert!(ran.stderr.contains(line), "{line}: {}", ran.stderr);
    }
    let of = |server, word: &str| {
        let not_never = |row: &String| row.replace("Some(\"infinity\")", "None");
        let all = state(server).into_iter();
        all.filter(|row| row.contains(word)).map(|row| not_never(&row)).collect::<Vec<_>>()
    };
    for word in ["\"plain\"", "\"first\""] {
        assert_eq!(of(target.server(), word), of(source.server(), word));
    }
    assert_eq!(of(target.server(), "bystander").len(), 2, "what else is there stays");
}

#[test]
fn nobody_is_locked_out() {
    let Some(beside) = newest() else { return };
    let Some(cluster) = Cluster::new(&beside) else { return };
    cluster.sql(&[
        "CREATE ROLE boss PASSWORD 'old'; CREATE ROLE staff; GRANT staff TO boss",
        "ALTER ROLE postgres VALID UNTIL '2001-01-01'",
    ]);
    let dumped = Dumped::of(cluster.server(), &["-g"]);
    cluster.sql(&[
        "ALTER ROLE postgres VALID UNTIL 'infinity'",
        "ALTER ROLE boss SUPERUSER LOGIN PASSWORD 'new'; GRANT staff TO boss WITH ADMIN OPTION",
    ]);
    let before = state(cluster.server());
    let ran = dumped.restore_as("boss", cluster.server(), &[]).ok();
    for kept in ["SUPERUSER", "LOGIN", "PASSWORD", "the ADMIN option"] {
        let line = format!("{kept} stays");
        assert!(ran.stderr.contains(&line), "{line}: {}", ran.stderr);
    }
    let differs = |row: &&String| !before.contains(row);
    let after = state(cluster.server());
    let changed: Vec<&String> = after.iter().filter(differs).collect();
    assert!(matches!(changed[..], [row] if row.contains("2001")), "{changed:?}");
}

#[test]
fn a_tablespace_that_cannot_be_made_stops_nothing_else() {
    let Some(beside) = newest() else { return };
    let (Some(source), Some(target)) = (source(&beside), Cluster::new(&beside)) else { return };
    let directory = source.directory("space");
    make_tablespaces(&source, &directory);
    let used = source.directory("used");
    source.sql(&[&format!("CREATE TABLESPACE taken LOCATION '{used}'")]);
    let dumped = Dumped::of(source.server(), &["-g"]);
    source.sql(&["DROP TABLESPACE \"sp ace\""]);
    fs::remove_dir(&directory).unwrap();
    let said = dumped.restore(target.server()).fails(3);
    for line in [
        &*format!("left out: TABLESPACE sp ace: the server has no directory {directory}"),
        "left out: TABLESPACE taken: directory",
        "created: TABLESPACE in",
        "created: ROLE plain",
        " 2 left out",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    let again = dumped.restore(target.server()).fails(3);
    assert!(again.contains(" 0 created, 0 altered, "), "{again}");
}

#[test]
fn a_refusal_undoes_all_roles() {
    let Some(beside) = newest() else { return };
    let (Some(source), Some(target)) = (source(&beside), Cluster::new(&beside)) else { return };
    let dumped = Dumped::of(source.server(), &["-g"]);
    // Another session makes a role of the archive, and is not done when the restore has looked.
    let mut other = target.server().session();
    other.execute("BEGIN; CREATE ROLE staff").unwrap();
    let before = state(target.server());
    let restoring = std::thread::scope(|scope| {
        let restoring = scope.spawn(|| dumped.restore(target.server()));
        let waits = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
        let mut watch = target.server().session();
        while watch.query(waits).unwrap().is_empty() && !restoring.is_finished() {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        other.execute("COMMIT").unwrap();
        restoring.join().unwrap()
    });
    let said = restoring.fails(8);
    assert!(said.contains("the target was not changed"), "{said}");
    target.sql(&["DROP ROLE staff"]);
    assert_eq!(state(target.server()), before);
}

#[test]
fn a_pipe_is_read_to_its_end_before_anything_is_changed() {
    let Some(beside) = newest() else { return };
    let (Some(source), Some(target)) = (source(&beside), Cluster::new(&beside)) else { return };
    let dumped = Dumped::of(source.server(), &["-g"]);
    let whole = fs::read(dumped.path()).unwrap();
    let cut = dumped.dir.path().join("cut.pgx");
    fs::write(&cut, &whole[..whole.len() - 1]).unwrap();
    let uri = target.server().uri("postgres");
    let piped = |path| {
        let input = Stdio::from(fs::File::open(path).unwrap());
        Ran::of(pgx_command().args(["restore", "-", "-d", &uri]).stdin(input))
    };
    let before = state(target.server());
    piped(&cut).fails(7);
    assert_eq!(state(target.server()), before);
    piped(&dumped.path()).ok();
    let known = ROLES.iter().filter(|(_, sql)| sql.starts_with("CREATE ROLE ")).count();
    assert!(state(target.server()).len() >= before.len() + known);
}
