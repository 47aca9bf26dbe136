//! Privileges on configuration parameters.

use super::item::Item;
use super::privileges;
use super::target::Target;
use crate::connect::quote::ident;
use crate::toc::Entry;

pub(super) fn item(entry: &Entry, target: &Target) -> Item {
    let (label, name) = (entry.label(), &entry.name.name);
    if target.major() < 15 {
        return Item::impossible(label, "servers before 15 have no privileges on parameters");
    }
    let there = target.entry(entry.kind, name);
    let mut item = Item::new(label, there.is_some());
    let on = format!("PARAMETER {}", ident(name));
    privileges::add(&mut item, entry, there, &on, &["SET", "ALTER SYSTEM"]);
    item
}
