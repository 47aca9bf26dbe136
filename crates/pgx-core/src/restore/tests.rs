//! Plans: what is chosen, in which order, and how it is fitted to a target.

use std::collections::HashMap;

use super::plan::{Action, Plan};
use super::preflight::{self, Scope};
use super::request::RestoreRequest;
use super::standing::Standing;
use super::target::{Installed, Target};
use crate::connect::{Config, Host, Side};
use crate::error::{Code, Error};
use crate::select::Pattern;
use crate::toc::{AclChange, CatalogId, Comment, Entry, EntryId, Kind, Meta, Parts, Ref, Section};

fn request() -> RestoreRequest {
    RestoreRequest::new(Config::new(Host::Tcp("h".into(), 1), "u", "d", Side::Target))
}

fn meta() -> Meta {
    let encoding = "UTF8".to_owned();
    Meta { has_schema: true, has_data: true, encoding, server_version: 150_000, ..Meta::default() }
}

/// Kind, schema, name, and what it sits on.
type Row = (Kind, Option<&'static str>, &'static str, Option<Ref>);

/// The entries of a small database, numbered in order.
fn entries() -> Vec<Entry> {
    let t = || Some(Ref::new("s", "t"));
    let u = || Some(Ref::new("s", "u"));
    let list: Vec<Row> = vec![
        (Kind::Schema, None, "s", None),                // 1
        (Kind::Extension, None, "x", None),             // 2
        (Kind::Table, Some("s"), "t", None),            // 3
        (Kind::Table, Some("s"), "u", None),            // 4
        (Kind::Sequence, Some("s"), "q", None),         // 5
        (Kind::SequenceOwnedBy, Some("s"), "q", t()),   // 6
        (Kind::MaterializedView, Some("s"), "m", None), // 7
        (Kind::TableData, Some("s"), "t", t()),         // 8
        (Kind::TableData, Some("s"), "u", u()),         // 9
        (Kind::SequenceSet, Some("s"), "q", t()),       // 10
        (Kind::EventTrigger, None, "e", None),          // 11
        (Kind::Constraint, Some("s"), "t_pkey", t()),   // 12
        (Kind::ForeignKey, Some("s"), "u_t", u()),      // 13
        (Kind::TableAttach, Some("s"), "u", t()),       // 14
        (Kind::MaterializedViewData, Some("s"), "m", Some(Ref::new("s", "m"))), // 15
        (Kind::Function, Some("s"), "late", None),      // 16
        (Kind::DefaultAcl, None, "default", None),      // 17
    ];
    let make = |(at, (kind, schema, name, on)): (usize, Row)| {
        let name = Ref { schema: schema.map(str::to_owned), name: name.to_owned() };
        let mut entry = Entry::new(kind, CatalogId::default(), name);
        entry.id = EntryId(u32::try_from(at + 1).unwrap());
        entry.on = on;
        entry.create = vec![format!("CREATE {at}")];
        entry
    };
    let mut entries: Vec<Entry> = list.into_iter().enumerate().map(make).collect();
    entries[2].acl.push(AclChange {
        revoke: false,
        privileges: vec!["SELECT".into()],
        column: None,
        on: "TABLE \"s\".\"t\"".into(),
        grantee: Some("reader".into()),
        grantor: None,
        grant_option: false,
    });
    entries[2].owner = Some("owner".into());
    entries[1].comments.push(Comment { address: "EXTENSION \"x\"".into(), text: "x".into() });
    entries[12].deps = vec![EntryId(4), EntryId(12)];
    entries[13].deps = vec![EntryId(3), EntryId(4)];
    entries[15].section = Section::PostData;
    entries[15].deps = vec![EntryId(15)];
    entries
}

fn plan(request: &RestoreRequest) -> Result<Plan, Error> {
    Plan::new(&meta(), entries(), request)
}

fn steps(plan: &Plan, actions: &[Action]) -> Vec<u32> {
    let steps = plan.steps.iter().filter(|step| actions.contains(&step.action.pass()));
    steps.map(|step| plan.entries[step.entry].id.0).collect()
}

/// A fresh database of a superuser who has the roles.
fn target() -> Target {
    Target {
        version: 150_000,
        superuser: true,
        can_create: true,
        encoding: "UTF8".into(),
        schemas: HashMap::from([("public".into(), true)]),
        roles: HashMap::from([("owner".into(), true), ("reader".into(), true)]),
        locks: 6400,
        ..Target::default()
    }
}

#[track_caller]
fn findings(plan: &Plan, target: &Target) -> Error {
    preflight::check(plan, &meta(), &request(), target, Scope::Database).unwrap_err()
}

#[test]
fn privileges_follow_definitions_and_event_triggers_come_last() {
    let plan = plan(&request()).unwrap();
    assert_eq!(steps(&plan, &[Action::Define]), [1, 2, 3, 4, 5, 6, 7, 14]);
    assert_eq!(steps(&plan, &[Action::Load]), [8, 9]);
    assert_eq!(steps(&plan, &[Action::SetSequence]), [10]);
    assert_eq!(steps(&plan, &[Action::DefineAfter]), [12, 13]);
    assert_eq!(steps(&plan, &[Action::Grant]), [3, 17]);
    // What needs a filled materialized view waits for it.
    assert_eq!(steps(&plan, &[Action::DefineLast]), [15, 16, 11]);
    let order: Vec<u32> = plan.steps.iter().map(|step| plan.entries[step.entry].id.0).collect();
    assert_eq!(order[order.len() - 5..], [3, 17, 15, 16, 11]);
}

#[test]
fn halves_are_chosen_by_kind() {
    let only = |schema, data| {
        let parts = Parts { schema, data, statistics: false };
        plan(&RestoreRequest { parts, ..request() })
    };
    let schema = only(true, false).unwrap();
    assert_eq!(schema.steps.iter().filter(|step| step.action == Action::Load).count(), 0);
    assert!(!steps(&schema, &[Action::DefineLast]).contains(&15));
    let data = only(false, true).unwrap();
    assert!(data.is_data_only());
    assert_eq!(data.steps.iter().map(|step| step.entry + 1).collect::<Vec<_>>(), [8, 9, 10]);
    let empty = Meta { has_data: false, ..meta() };
    let request = RestoreRequest {
        parts: Parts { schema: false, data: true, statistics: true },
        ..request()
    };
    let error = Plan::new(&empty, entries(), &request).unwrap_err();
    assert_eq!(error.code(), Code::Usage);
}

#[test]
fn a_table_comes_whole_and_nothing_else_with_it() {
    let tables = vec![Pattern::table("s.t").unwrap()];
    let plan = plan(&RestoreRequest { tables, ..request() }).unwrap();
    assert_eq!(steps(&plan, &[Action::Define]), [3, 5, 6]);
    assert_eq!(steps(&plan, &[Action::Load, Action::SetSequence]), [8, 10]);
    assert_eq!(steps(&plan, &[Action::DefineAfter]), [12]);
    // The partition is not restored, so it cannot be attached.
    assert_eq!(plan.skipped().len(), 1);
}

#[test]
fn a_key_of_a_chosen_table_waits_for_the_target_to_have_the_parent() {
    let tables = vec![Pattern::table("u").unwrap()];
    let mut plan = plan(&RestoreRequest { tables, ..request() }).unwrap();
    assert_eq!(steps(&plan, &[Action::DefineAfter]), [13]);
    let mut with_parent = plan.clone();
    let mut target = target();
    plan.fit(&target);
    assert_eq!(steps(&plan, &[Action::DefineAfter]), Vec::<u32>::new());
    assert_eq!(plan.skipped().last().unwrap().reason, "the target has no table s.t");
    target.relations.insert(Ref::new("s", "t"), 'r');
    with_parent.fit(&target);
    assert_eq!(steps(&with_parent, &[Action::DefineAfter]), [13]);
}

#[test]
fn schemas_are_chosen_with_what_stands_in_them() {
    let schemas = vec![Pattern::schema("s").unwrap()];
    let chosen = plan(&RestoreRequest { schemas, ..request() }).unwrap();
    assert_eq!(steps(&chosen, &[Action::Define]), [1, 3, 4, 5, 6, 7, 14]);
    let schemas = vec![Pattern::schema("nothing").unwrap()];
    let error = plan(&RestoreRequest { schemas, ..request() }).unwrap_err();
    assert_eq!(error.code(), Code::NoMatch);
    let tables = vec![Pattern::table("t[0-9]").unwrap()];
    let error = plan(&RestoreRequest { tables, ..request() }).unwrap_err();
    assert_eq!(error.code(), Code::Usage);
}

#[test]
fn an_extension_that_is_there_is_not_made_and_its_comment_needs_its_owner() {
    let mut target = target();
    let installed = Installed { version: "1.0".into(), schema: "s".into(), owned: false };
    target.extensions.insert("x".into(), installed);
    let mut mighty = plan(&request()).unwrap();
    mighty.fit(&target);
    assert_eq!(mighty.of(Action::Complete { comments: true }).count(), 1);
    target.superuser = false;
    target.standing = Some(Standing::default());
    let mut ordinary = plan(&request()).unwrap();
    let warnings = ordinary.fit(&target);
    assert_eq!(ordinary.of(Action::Complete { comments: false }).count(), 1);
    assert_eq!((ordinary.skipped().len(), warnings.len()), (0, 1));
}

#[test]
fn all_findings_are_said_at_once() {
    let mut target = target();
    target.roles.clear();
    target.relations.insert(Ref::new("s", "u"), 'r');
    target.available = Some(HashMap::new());
    let error = findings(&plan(&request()).unwrap(), &target);
    assert_eq!(error.code(), Code::RoleMissing);
    let said = error.notes().join("\n");
    for part in ["\"owner\", \"reader\"", "CREATE ROLE \"owner\";", "extension \"x\"", "TABLE s.u"]
    {
        assert!(said.contains(part), "{part} is not in: {said}");
    }
}

#[test]
fn a_single_finding_speaks_for_itself() {
    let plan = plan(&request()).unwrap();
    let mut target = target();
    target.in_recovery = true;
    assert_eq!(findings(&plan, &target).code(), Code::TargetUnfit);
    target.in_recovery = false;
    target.schemas.insert("s".into(), true);
    let error = findings(&plan, &target);
    assert_eq!(error.code(), Code::ObjectExists);
    assert!(error.what().ends_with("SCHEMA s"), "{error}");
    target.schemas.remove("s");
    target.encoding = "LATIN1".into();
    assert_eq!(findings(&plan, &target).code(), Code::TargetUnfit);
}

#[test]
fn an_ordinary_role_is_told_what_it_may_not_do() {
    let plan = plan(&request()).unwrap();
    let mut target = Target { superuser: false, standing: Some(Standing::default()), ..target() };
    target.roles.insert("owner".into(), false);
    assert_eq!(findings(&plan, &target).code(), Code::Denied);
    target.roles.insert("owner".into(), true);
    target.can_create = false;
    assert_eq!(findings(&plan, &target).code(), Code::Denied);
    target.can_create = true;
    let error = findings(&plan, &target);
    assert_eq!(error.what(), "role \"\" cannot make EVENT TRIGGER e");
    assert_eq!(error.notes(), ["EVENT TRIGGER e: only a superuser can make it"]);
    let mut entries = entries();
    entries.retain(|entry| entry.kind != Kind::EventTrigger);
    let plan = Plan::new(&meta(), entries, &request()).unwrap();
    let checked = preflight::check(&plan, &meta(), &request(), &target, Scope::Database);
    assert_eq!(checked.unwrap(), Vec::<String>::new());
}

#[test]
fn default_privileges_are_set_by_a_member_of_their_role() {
    let mut entries = entries();
    entries.retain(|entry| entry.kind != Kind::EventTrigger);
    let grant = entries[2].acl[0].clone();
    let default = entries.iter_mut().find(|entry| entry.kind == Kind::DefaultAcl).unwrap();
    default.acl.push(AclChange { grantor: Some("other".into()), on: "TABLES".into(), ..grant });
    let plan = Plan::new(&meta(), entries, &request()).unwrap();
    let mut target = target();
    assert_eq!(findings(&plan, &target).code(), Code::RoleMissing);
    target.roles.insert("other".into(), false);
    preflight::check(&plan, &meta(), &request(), &target, Scope::Database).unwrap();
    target.superuser = false;
    let error = findings(&plan, &target);
    assert!(error.what().ends_with("default privileges of \"other\""), "{error}");
}

#[test]
fn statistics_are_left_out_without_their_table_or_their_schema() {
    let mut entries = entries();
    for (schema, id) in [("s", 18), ("elsewhere", 19)] {
        let name = Ref::new(schema, "stat");
        let mut entry = Entry::new(Kind::Statistics, CatalogId::default(), name);
        entry.id = EntryId(id);
        entry.on = Some(Ref::new("s", "t"));
        entry.deps = vec![EntryId(3), EntryId(20)];
        entry.create = vec!["CREATE STATISTICS".to_owned()];
        entries.push(entry);
    }
    let name = Ref { schema: None, name: "elsewhere".into() };
    let schema = Entry::new(Kind::Schema, CatalogId::default(), name);
    entries.push(Entry { id: EntryId(20), ..schema });
    let of_table = RestoreRequest { tables: vec![Pattern::table("s.t").unwrap()], ..request() };
    let of_schema =
        RestoreRequest { schemas: vec![Pattern::schema("elsewhere").unwrap()], ..request() };
    for (request, chosen, reason) in
        [(of_table, vec![18], "SCHEMA elsewhere"), (of_schema, vec![], "TABLE s.t")]
    {
        let plan = Plan::new(&meta(), entries.clone(), &request).unwrap();
        let made = plan.made().filter(|entry| entry.kind == Kind::Statistics);
        assert_eq!(made.map(|entry| entry.id.0).collect::<Vec<_>>(), chosen);
        let reason = format!("{reason} is not restored");
        assert!(plan.skipped().iter().any(|skipped| skipped.reason == reason), "{plan}");
    }
}

#[test]
fn an_older_server_and_a_small_lock_table_are_warned_of() {
    let plan = plan(&request()).unwrap();
    let target = Target { version: 140_000, locks: 3, ..target() };
    let warnings = preflight::check(&plan, &meta(), &request(), &target, Scope::Database).unwrap();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
}

#[test]
fn a_listing_stays_one_line_per_entry() {
    let mut entries = entries();
    entries[2].name.name = "t\nDROP".into();
    let plan = Plan::new(&meta(), entries, &request()).unwrap();
    let text = plan.to_string();
    assert!(
        text.starts_with("restore into database d\ndefinitions before the rows: 8\n"),
        "{text}"
    );
    assert!(text.lines().all(|line| !line.starts_with("DROP")), "{text}");
}
