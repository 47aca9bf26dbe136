//! Large objects: entries of what is made at once, and one of all their pages.

use super::acl;
use crate::catalog::model::{LargeObjectGroup, LargeObjects, class};
use crate::toc::{
    self, CatalogId, Column, Comment, DataSpec, Entry, Kind, Leaf, Oids, Ref, RowFormat, Shape,
};

/// Large objects of one entry. One statement makes them, and an entry of scattered OIDs stays small.
pub const OIDS_PER_ENTRY: u32 = 10_000;

/// Bytes of comments of one entry, far below the limit of an entry's size …
const COMMENT_BYTES_MAX: usize = 1 << 20;
/// … and their number: COMMENT locks the large object, and a restore commits between entries at most.
const COMMENTS_MAX: usize = 1_000;

/// The entries of large objects, those of the pages last; without numbers and dependencies.
pub fn entries(objects: &LargeObjects) -> Vec<Entry> {
    let mut entries = Vec::new();
    for group in &objects.groups {
        for oids in group.oids.parts(OIDS_PER_ENTRY) {
            for (oids, comments) in by_comments(oids, &objects.comments) {
                entries.extend(metadata(group, oids, comments));
            }
        }
    }
    if !entries.is_empty() {
        entries.push(pages(objects));
    }
    entries
}

/// What follows COMMENT ON.
pub fn address(oid: u32) -> String {
    format!("LARGE OBJECT {oid}")
}

/// The comments on `oids`; the OIDs are cut where the comments get long.
fn by_comments(oids: Oids, comments: &[(u32, String)]) -> Vec<(Oids, Vec<Comment>)> {
    let Some((first, last)) = oids.ends() else { return Vec::new() };
    let from = comments.partition_point(|(oid, _)| *oid < first);
    let to = comments.partition_point(|(oid, _)| *oid <= last);
    let mut comments = comments[from..to].iter().filter(|(oid, _)| oids.contains(*oid)).peekable();
    if comments.peek().is_none() {
        return vec![(oids, Vec::new())];
    }
    let mut cut = vec![(Oids::default(), Vec::new())];
    let mut bytes = 0;
    for oid in oids.iter() {
        let comment = comments.next_if(|(of, _)| *of == oid);
        let length = comment.map_or(0, |(_, text)| text.len());
        bytes += length;
        let number = cut.last().map_or(0, |(_, list)| list.len());
        if comment.is_some() && (bytes > COMMENT_BYTES_MAX || number == COMMENTS_MAX) {
            bytes = length;
            cut.push((Oids::default(), Vec::new()));
        }
        if let Some((oids, list)) = cut.last_mut() {
            oids.push(oid);
            let comment =
                comment.map(|(_, text)| Comment { address: address(oid), text: text.clone() });
            list.extend(comment);
        }
    }
    cut.retain(|(oids, _)| !oids.is_empty());
    cut
}

fn metadata(group: &LargeObjectGroup, oids: Oids, comments: Vec<Comment>) -> Option<Entry> {
    let (first, last) = oids.ends()?;
    let name = if first == last { first.to_string() } else { format!("{first}..{last}") };
    let id = CatalogId { class: class::LARGE_OBJECT_METADATA, oid: first };
    let mut entry = Entry::new(Kind::LargeObjectMetadata, id, Ref { schema: None, name });
    entry.owner = Some(group.owner.clone());
    entry.acl = acl::changes(&group.acl, acl::AclTarget::LargeObject, &group.owner, "");
    entry.comments = comments;
    entry.large_objects = Some(toc::LargeObjects { oids, page_bytes: 0 });
    Some(entry)
}

fn pages(objects: &LargeObjects) -> Entry {
    let id = CatalogId { class: class::LARGE_OBJECT, oid: 0 };
    let name = Ref { schema: None, name: "large objects".to_owned() };
    let mut entry = Entry::new(Kind::LargeObjects, id, name);
    let column = |name: &str, type_name: &str, leaf: Leaf| Column {
        name: name.to_owned(),
        type_name: type_name.to_owned(),
        type_oid: leaf.oid().unwrap_or_default(),
        shape: Some(Shape::Leaf(leaf)),
    };
    entry.data = Some(DataSpec {
        columns: vec![
            column("loid", "oid", Leaf::Oid),
            column("pageno", "integer", Leaf::Int4),
            column("data", "bytea", Leaf::Bytea),
        ],
        filter: None,
        via_root: None,
        bytes_estimate: objects.bytes_estimate,
        extension_config: false,
        format: RowFormat::Text,
    });
    let page_bytes = objects.page_bytes;
    entry.large_objects = Some(toc::LargeObjects { oids: Oids::default(), page_bytes });
    entry
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::model::Acl;

    fn objects(count: u32, comments: Vec<(u32, String)>) -> LargeObjects {
        let mut oids = Oids::default();
        (1..=count).for_each(|oid| oids.push(oid));
        let acl = Acl { current: Some(vec!["b=r/a".into()]), ..Acl::default() };
        let groups = vec![LargeObjectGroup { owner: "a".into(), acl, oids }];
        LargeObjects { groups, comments, page_bytes: 2048, bytes_estimate: 1 }
    }

    #[test]
    fn many_large_objects_are_few_entries() {
        let entries = entries(&objects(25_000, vec![(7, "seven".into())]));
        let names: Vec<&str> = entries.iter().map(|entry| entry.name.name.as_str()).collect();
        assert_eq!(names, ["1..10000", "10001..20000", "20001..25000", "large objects"]);
        assert_eq!(entries[0].comments[0].address, "LARGE OBJECT 7");
        assert!(entries[1].comments.is_empty());
        assert_eq!((entries[1].acl.len(), entries[1].acl[0].on.as_str()), (1, ""));
        assert_eq!(entries[3].label(), "LARGE OBJECTS");
        let encoded = minicbor::to_vec(&entries[1]).unwrap();
        assert!(encoded.len() < 200, "{} bytes", encoded.len());
    }

    #[test]
    fn long_and_many_comments_are_spread_over_entries() {
        let comments = (1..=2500).map(|oid| (oid, String::new())).collect();
        let counts: Vec<usize> =
            entries(&objects(9000, comments)).iter().map(|entry| entry.comments.len()).collect();
        assert_eq!(counts, [1000, 1000, 500, 0]);
        let comments = (1..=5).map(|oid| (oid, "x".repeat(400_000))).collect();
        let entries = entries(&objects(10, comments));
        let names: Vec<&str> = entries.iter().map(|entry| entry.name.name.as_str()).collect();
        assert_eq!(names, ["1..2", "3..4", "5..10", "large objects"]);
        assert!(entries[..2].iter().all(|entry| entry.comments.len() == 2));
    }

    #[test]
    fn without_large_objects_there_is_no_entry() {
        assert_eq!(entries(&LargeObjects::default()), Vec::new());
    }
}
