//! Comments and labels.

use super::item::{Item, Step};
use crate::ddl::{comment, label};
use crate::toc::{Comment, Entry, SecurityLabel};

/// Adds the steps for those that the target's object has not.
pub(super) fn add(item: &mut Item, entry: &Entry, there: Option<&Entry>, address: &str) {
    for one in &entry.comments {
        if there.is_none_or(|there| !there.comments.contains(one)) {
            let one = Comment { address: address.to_owned(), ..one.clone() };
            item.steps.push(Step::part("comment", comment::statement(&one)));
        }
    }
    for one in &entry.labels {
        if there.is_none_or(|there| !there.labels.contains(one)) {
            let one = SecurityLabel { address: address.to_owned(), ..one.clone() };
            item.steps.push(Step::part("security label", label::statement(&one)));
        }
    }
}
