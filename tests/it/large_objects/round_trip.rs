//! What is dumped comes back.

use std::fs::File;
use std::process::Stdio;

use super::{bytes_of, forms, on_some_versions};
use crate::support::{
    self, Archive, Ran, Role, TestDb, assert_same, assert_same_contents, pgx_command,
};

#[test]
fn large_objects_come_back_with_owner_grants_comments_and_every_byte() {
    on_some_versions(|server| {
        let (owner, reader) = (Role::new(server, "lo_o", ""), Role::new(server, "lo_r", ""));
        let original = forms(server, &owner, &reader);
        let archive = Archive::of(&original);
        let existing = archive.restored_into_empty(server);
        assert_same(&original, &existing);
        archive.rows_equal(&existing);
        assert_eq!(bytes_of(&existing), bytes_of(&original));
        assert_same_contents(&archive, &Archive::of(&existing));
        let made = archive.restored_with_create(server);
        assert_same(&original, &made);
        archive.rows_equal(&made);
    });
}

#[test]
fn rows_as_text_and_a_pipe_carry_the_same_bytes() {
    on_some_versions(|server| {
        let (owner, reader) = (Role::new(server, "lo_o", ""), Role::new(server, "lo_r", ""));
        let original = forms(server, &owner, &reader);
        let archive = Archive::with(&original, &["--copy-format", "text", "-Z", "none"]);
        let copy = TestDb::new(server);
        let stdin = Stdio::from(File::open(archive.path()).unwrap());
        let uri = copy.uri();
        Ran::of(pgx_command().args(["restore", "-d", &uri]).stdin(stdin)).ok();
        assert_same(&original, &copy);
        archive.rows_equal(&copy);
    });
}

#[test]
fn large_objects_go_from_the_oldest_version_to_the_newest_and_back() {
    let (Some(old), Some(new)) = (support::server(10), support::server(18)) else { return };
    for (from, to) in [(&old, &new), (&new, &old)] {
        let (owner, reader) = (Role::new(from, "lo_o", ""), Role::new(from, "lo_r", ""));
        let original = forms(from, &owner, &reader);
        let archive = Archive::of(&original);
        let copy = TestDb::new(to);
        archive.restore(&copy, &["--no-owner", "--no-privileges"]).ok();
        assert_eq!(bytes_of(&copy), bytes_of(&original));
        archive.rows_equal(&copy);
    }
}

#[test]
fn holes_stay_holes() {
    let Some(server) = support::newest() else { return };
    let original = TestDb::new(&server);
    original.sql("SELECT lo_create(7); SELECT lo_put(7, 1000000000, 'far away')");
    let archive = Archive::of(&original);
    let copy = archive.restored_into_empty(&server);
    assert_eq!(copy.value("SELECT count(*) FROM pg_largeobject"), "1");
    assert_eq!(
        copy.value("SELECT lo_get(7, 999999999, 100)::text"),
        "\\x0066617220617761 79".replace(' ', "")
    );
}
