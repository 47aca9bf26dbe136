//! Large objects: entries of what is made at once, and one of all their pages.

use super::acl;
use crate::catalog::model::{Label, LargeObjectGroup, LargeObjects, class};
use crate::toc::{
    self, CatalogId, Column, Comment, DataSpec, Entry, Kind, Leaf, Oids, Ref, RowFormat,
    SecurityLabel, Shape,
};

/// Large objects of one entry. One statement makes them, and an entry of scattered OIDs stays small.
pub const OIDS_PER_ENTRY: u32 = 10_000;

/// Bytes of comments and labels of one entry, far below the limit of an entry's size …
const COMMENT_BYTES_MAX: usize = 1 << 20;
/// … and their number: each locks the large object, and a restore commits between entries at most.
const COMMENTS_MAX: usize = 1_000;

/// The entries of large objects, those of the pages last; without numbers and dependencies.
pub fn entries(objects: &LargeObjects) -> Vec<Entry> {
    let mut entries = Vec::new();
    for group in &objects.groups {
        for oids in group.oids.parts(OIDS_PER_ENTRY) {
            for described in described(oids, objects) {
                entries.extend(metadata(group, described));
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

/// Large objects and what is said about them one by one.
#[derive(Default)]
struct Described {
    oids: Oids,
    comments: Vec<Comment>,
    labels: Vec<SecurityLabel>,
}

impl Described {
    fn number(&self) -> usize {
        self.comments.len() + self.labels.len()
    }

    fn add(&mut self, oid: u32, comment: Option<&String>, labels: Vec<&Label>) {
        self.oids.push(oid);
        self.comments
            .extend(comment.map(|text| Comment { address: address(oid), text: text.clone() }));
        self.labels.extend(labels.into_iter().map(|label| SecurityLabel {
            provider: label.provider.clone(),
            address: address(oid),
            text: label.text.clone(),
        }));
    }
}

/// What `list`, sorted by OID, says about OIDs from `first` to `last`.
fn between<T>(list: &[(u32, T)], (first, last): (u32, u32)) -> &[(u32, T)] {
    let from = list.partition_point(|(oid, _)| *oid < first);
    &list[from..list.partition_point(|(oid, _)| *oid <= last)]
}

/// Comments and labels on `oids`; the OIDs are cut where these get long.
fn described(oids: Oids, objects: &LargeObjects) -> Vec<Described> {
    let Some(ends) = oids.ends() else { return Vec::new() };
    let on_us = |oid: &u32| oids.contains(*oid);
    let comments = between(&objects.comments, ends).iter().filter(|(oid, _)| on_us(oid));
    let labels = between(&objects.labels, ends).iter().filter(|(oid, _)| on_us(oid));
    let (mut comments, mut labels) = (comments.peekable(), labels.peekable());
    if comments.peek().is_none() && labels.peek().is_none() {
        return vec![Described { oids, ..Described::default() }];
    }
    let mut cut = vec![Described::default()];
    let mut bytes = 0;
    for oid in oids.iter() {
        let comment = comments.next_if(|(of, _)| *of == oid).map(|(_, text)| text);
        let next = || labels.next_if(|(of, _)| *of == oid).map(|(_, label)| label);
        let labels: Vec<&Label> = std::iter::from_fn(next).collect();
        let length = comment.map_or(0, String::len)
            + labels.iter().map(|label| label.text.len()).sum::<usize>();
        bytes += length;
        let number = cut.last().map_or(0, Described::number);
        let says = comment.is_some() || !labels.is_empty();
        if says && (bytes > COMMENT_BYTES_MAX || number >= COMMENTS_MAX) {
            bytes = length;
            cut.push(Described::default());
        }
        if let Some(last) = cut.last_mut() {
            last.add(oid, comment, labels);
        }
    }
    cut.retain(|described| !described.oids.is_empty());
    cut
}

fn metadata(group: &LargeObjectGroup, described: Described) -> Option<Entry> {
    let Described { oids, comments, labels } = described;
    let (first, last) = oids.ends()?;
    let name = if first == last { first.to_string() } else { format!("{first}..{last}") };
    let id = CatalogId { class: class::LARGE_OBJECT_METADATA, oid: first };
    let mut entry = Entry::new(Kind::LargeObjectMetadata, id, Ref { schema: None, name });
    entry.owner = Some(group.owner.clone());
    entry.acl = acl::changes(&group.acl, acl::AclTarget::LargeObject, &group.owner, "");
    entry.comments = comments;
    entry.labels = labels;
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
        foreign: false,
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
        let labels = Vec::new();
        LargeObjects { groups, comments, labels, page_bytes: 2048, bytes_estimate: 1 }
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
