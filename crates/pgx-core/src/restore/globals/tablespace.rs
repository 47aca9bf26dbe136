//! Tablespaces.

use super::item::{Item, Step};
use super::target::Target;
use super::{privileges, remarks};
use crate::connect::quote::{ident, literal};
use crate::toc::global::Tablespace;
use crate::toc::{Entry, Global};

pub(super) fn item(entry: &Entry, wanted: &Tablespace, target: &Target) -> Item {
    let name = &entry.name.name;
    let there = target.entry(entry.kind, name);
    // The server's own are not listed where nobody has changed them.
    let servers_own = name.starts_with("pg_");
    let mut item = Item { alone: true, ..Item::new(entry.label(), there.is_some() || servers_own) };
    if !item.exists {
        if let Err(reason) = create(&mut item, entry, wanted, target) {
            return Item { alone: true, ..Item::impossible(item.label, reason) };
        }
    } else {
        complete(&mut item, entry, wanted, there);
    }
    let on = format!("TABLESPACE {}", ident(name));
    privileges::add(&mut item, entry, there, &on, &["CREATE"]);
    remarks::add(&mut item, entry, there, &on);
    item
}

/// CREATE TABLESPACE, which must be alone; or why not.
fn create(
    item: &mut Item,
    entry: &Entry,
    wanted: &Tablespace,
    target: &Target,
) -> Result<(), String> {
    if !target.me.superuser {
        return Err("only a superuser can make a tablespace".to_owned());
    }
    let location = &wanted.location;
    if target.missing_directories.contains(location) {
        return Err(format!("the server has no directory {location}"));
    }
    if location.is_empty() {
        item.steps.push(Step::prepare("SET allow_in_place_tablespaces = on"));
    }
    let name = ident(&entry.name.name);
    let mut sql = format!("CREATE TABLESPACE {name}");
    if let Some(owner) = &entry.owner {
        sql += &format!(" OWNER {}", ident(owner));
    }
    sql += &format!(" LOCATION {}", literal(location));
    item.steps.push(Step::offer(sql));
    item.steps.extend(options(&name, &wanted.options, &[]));
    Ok(())
}

/// What an existing one lacks.
fn complete(item: &mut Item, entry: &Entry, wanted: &Tablespace, there: Option<&Entry>) {
    let name = ident(&entry.name.name);
    let has = there.and_then(|there| match &there.global {
        Some(Global::Tablespace(has)) => Some(has),
        _ => None,
    });
    if let Some(has) = has.filter(|has| has.location != wanted.location) {
        let place = |location: &str| match location {
            "" => "the server's own directory".to_owned(),
            location => format!("directory {location}"),
        };
        let (is, was) = (place(&has.location), place(&wanted.location));
        item.kept.push(format!("it stays in {is}; on the source it is in {was}"));
    }
    let owner = there.and_then(|there| there.owner.as_ref());
    if let Some(wanted) = entry.owner.as_ref().filter(|wanted| Some(*wanted) != owner) {
        let sql = format!("ALTER TABLESPACE {name} OWNER TO {}", ident(wanted));
        item.steps.push(Step::part("owner", sql));
    }
    item.steps.extend(options(&name, &wanted.options, has.map_or(&[], |has| &has.options)));
}

/// Options that are not there with that value.
fn options(name: &str, wanted: &[String], there: &[String]) -> Option<Step> {
    let missing = wanted.iter().filter(|option| !there.contains(option));
    let options: Vec<String> = missing
        .map(|option| option.split_once('=').unwrap_or((option, "")))
        .map(|(option, value)| format!("{} = {}", ident(option), literal(value)))
        .collect();
    let sql = format!("ALTER TABLESPACE {name} SET ({})", options.join(", "));
    (!options.is_empty()).then(|| Step::part("options", sql))
}
