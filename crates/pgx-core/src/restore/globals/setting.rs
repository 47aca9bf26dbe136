//! Settings of roles.

use super::item::{Item, Step};
use super::target::Target;
use crate::catalog::setting;
use crate::connect::quote::ident;
use crate::toc::Entry;
use crate::toc::global::Setting;

/// What the target refuses is left out: it may lack the setting.
pub(super) fn item(entry: &Entry, of: &Setting, target: &Target) -> Item {
    let (label, name) = (entry.label(), &entry.name.name);
    let there = target.setting(of.role.as_deref(), name);
    let mut item = Item::new(label.clone(), there.is_some());
    if there == Some(&of.value) {
        return item;
    }
    let Some(clause) = setting::clause(&format!("{name}={}", of.value), target.major()) else {
        return Item::impossible(label, "the target cannot say this value");
    };
    let role = of.role.as_deref().map_or("ALL".to_owned(), ident);
    item.steps.push(Step::offer(format!("ALTER ROLE {role} {clause}")));
    item
}
