//! Members of a cluster archive, listed and used by themselves.

use std::process::Stdio;

use serde_json::Value;

use super::{archive, databases, orders, target};
use crate::support::{Ran, arg, pgx, pgx_command};

#[test]
fn a_member_is_restored_by_itself_from_a_file_and_from_a_pipe() {
    let (Some(dumped), Some(cluster)) = (archive(), target()) else { return };
    let (path, server) = (dumped.path(), cluster.server());
    let path = arg(&path);
    pgx(&["restore", path, "--globals-only", "-d", &server.uri("postgres")]).ok();
    assert!(databases(server).is_empty());
    let member = ["--database", "shop", "--create"];
    pgx(&[&["restore", path, "-d", &server.uri("from_file")], &member[..]].concat()).ok();
    let mut command = pgx_command();
    command.args([&["restore", "-d", &server.uri("from_pipe")], &member[..]].concat());
    command.stdin(Stdio::from(std::fs::File::open(path).unwrap()));
    Ran::of(&mut command).ok();
    assert_eq!(databases(server), ["from_file", "from_pipe"]);
    assert_eq!(orders(server, "from_file"), orders(server, "from_pipe"));
    let against = ["--against", &server.uri("from_file")];
    pgx(&[&["verify", "--deep", path, "--database", "shop"], &against[..]].concat()).ok();
    let said = pgx(&[&["verify", path], &against[..]].concat()).fails(2);
    assert!(said.contains("--database"), "{said}");
}

#[test]
fn inspect_and_verify_tell_of_every_member() {
    let Some(dumped) = archive() else { return };
    let path = dumped.path();
    let path = arg(&path);
    let ran = pgx(&["inspect", path]).ok();
    assert!(ran.stdout_text().contains("6 databases, 8001 rows"), "{}", ran.stdout_text());
    assert!(ran.stdout_text().contains("zoë"), "{}", ran.stdout_text());
    let ran = pgx(&["inspect", "--json", path]).ok();
    let json: Value = serde_json::from_slice(&ran.stdout).unwrap();
    let members = json["members"].as_array().unwrap();
    assert_eq!(members.len(), 7);
    assert_eq!(
        (&members[0]["content"], &members[1]["database"]),
        (&"globals".into(), &"template1".into())
    );
    let ran = pgx(&["inspect", "--json", "--database", "shop", path]).ok();
    let one: Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert!(members.contains(&one), "{one}");
    let ran = pgx(&["verify", "--deep", path]).ok();
    assert!(ran.stdout_text().contains("database shop: the archive is whole"));
    assert!(ran.stdout_text().ends_with("the cluster archive is whole: 7 members\n"));
    let said = pgx(&["inspect", path, "--database", "shoop"]).fails(2);
    assert!(said.contains("it has globals, database template1"), "{said}");
}

#[test]
fn options_about_members_are_refused_for_an_ordinary_archive() {
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/empty.pgx");
    for command in [&["inspect"][..], &["verify"], &["salvage", "--list"], &["restore"]] {
        let said = pgx(&[command, &[golden, "--database", "shop"]].concat()).fails(2);
        assert!(said.contains("cluster archive"), "{said}");
    }
    let said = pgx(&["restore", golden, "--exclude-database", "shop"]).fails(2);
    assert!(said.contains("--exclude-database chooses from a cluster archive"), "{said}");
}

#[test]
fn options_about_one_database_are_refused_for_a_cluster_archive() {
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/clusters/three.pgx");
    for option in [&["-t", "t"][..], &["-n", "s"], &["--create"], &["-a"], &["--section=data"]] {
        let said = pgx(&[&["restore", golden], option].concat()).fails(2);
        assert!(said.contains("is about one database"), "{said}");
    }
    pgx(&["verify", "--deep", golden]).ok();
    pgx(&["inspect", golden]).ok();
}
