//! What exists, from plain columns: read before anything is locked, and again in the snapshot.

use std::collections::{BTreeMap, HashMap};

use super::among::from_version;
use super::object;
use crate::connect::Session;
use crate::error::Result;

/// The relations of a database outside the system's schemas, and how they hang together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// By OID: tables, partitioned tables, views, materialized views, sequences, foreign tables.
    pub relations: BTreeMap<u32, ListedRelation>,
    /// Schema names by OID, without `pg_*` and `information_schema`.
    pub schemas: BTreeMap<u32, String>,
    /// Child to parents, in order: partitions and inheritance children.
    pub parents: HashMap<u32, Vec<u32>>,
    /// Foreign keys that a user declared (clones on partitions are left out), where they were read.
    pub foreign_keys: Vec<ListedForeignKey>,
    /// Sequences owned by a column (serial or identity): sequence to table.
    pub owned_sequences: HashMap<u32, u32>,
}

/// A relation as listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedRelation {
    /// OID in `pg_class`.
    pub oid: u32,
    /// Schema.
    pub schema: String,
    /// Name.
    pub name: String,
    /// `relkind`: `r p v m S f`.
    pub kind: char,
    /// `relpersistence`: `p u t`.
    pub persistence: char,
    /// The file on disk: another number means that the table was rewritten or truncated.
    pub filenode: u32,
    /// A partition of a partitioned table.
    pub is_partition: bool,
    /// OID of the extension it is a member of.
    pub extension: Option<u32>,
    /// The extension's filter when the relation is one of its configuration tables (may be empty).
    pub config_filter: Option<String>,
    /// Bytes of heap and TOAST, by `relpages`: an estimate without touching a file.
    pub bytes_estimate: u64,
}

impl ListedRelation {
    /// Whether COPY can read rows out of it directly.
    pub fn has_rows(&self) -> bool {
        self.kind == 'r'
    }
}

/// A foreign key as listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedForeignKey {
    /// OID in `pg_constraint`.
    pub oid: u32,
    /// Name.
    pub name: String,
    /// The table that refers.
    pub child: u32,
    /// The table that is referred to.
    pub parent: u32,
    /// Referring columns.
    pub child_columns: Vec<String>,
    /// Referred columns, in the same order.
    pub parent_columns: Vec<String>,
    /// `confmatchtype`: `s` simple, `f` full.
    pub match_type: char,
}

impl Listing {
    /// Reads the listing. Takes no lock on any user's table.
    ///
    /// # Errors
    /// Whatever the server refuses.
    pub fn read(session: &mut Session) -> Result<Listing> {
        let mut listing = Listing::read_without_keys(session)?;
        for row in &session.query(&foreign_keys(session.version()))? {
            listing.foreign_keys.push(ListedForeignKey {
                oid: row.oid("oid")?,
                name: row.text("conname")?,
                child: row.oid("conrelid")?,
                parent: row.oid("confrelid")?,
                child_columns: row.list("child_columns")?,
                parent_columns: row.list("parent_columns")?,
                match_type: row.char("confmatchtype")?,
            });
        }
        Ok(listing)
    }

    /// The same for a choice that follows no foreign keys: they are half of the work.
    ///
    /// # Errors
    /// As [`Listing::read`].
    pub fn read_without_keys(session: &mut Session) -> Result<Listing> {
        let sets = session.query_sets(&format!(
            "{}; {}; {PARENTS}; {OWNED_SEQUENCES}; {CONFIG}",
            relations(),
            schemas(),
        ))?;
        let [relations, schemas, parents, owned, config] = &sets[..] else {
            return Err(crate::Error::internal("the listing has not five parts"));
        };
        let mut listing = Listing::default();
        for row in relations {
            let relation = ListedRelation {
                oid: row.oid("oid")?,
                schema: row.text("nspname")?,
                name: row.text("relname")?,
                kind: row.char("relkind")?,
                persistence: row.char("relpersistence")?,
                filenode: row.oid("relfilenode")?,
                is_partition: row.bool("relispartition")?,
                extension: row.opt_int("extension")?,
                config_filter: None,
                bytes_estimate: row.int("bytes")?,
            };
            listing.relations.insert(relation.oid, relation);
        }
        for row in schemas {
            listing.schemas.insert(row.oid("oid")?, row.text("nspname")?);
        }
        for row in parents {
            listing.parents.entry(row.oid("inhrelid")?).or_default().push(row.oid("inhparent")?);
        }
        for row in owned {
            listing.owned_sequences.insert(row.oid("objid")?, row.oid("refobjid")?);
        }
        for row in config {
            let oid = row.oid("oid")?;
            if let Some(relation) = listing.relations.get_mut(&oid) {
                relation.config_filter = Some(row.opt_text("filter")?.unwrap_or_default());
            }
        }
        Ok(listing)
    }

    /// `schema.name` of a relation, for messages.
    pub fn label(&self, oid: u32) -> String {
        match self.relations.get(&oid) {
            Some(relation) => format!("{}.{}", relation.schema, relation.name),
            None => format!("relation {oid}"),
        }
    }

    /// Parents to children: the inverse of [`Listing::parents`], each list in OID order.
    pub fn children(&self) -> HashMap<u32, Vec<u32>> {
        let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
        let mut pairs: Vec<(u32, u32)> = self
            .parents
            .iter()
            .flat_map(|(&child, parents)| parents.iter().map(move |&parent| (parent, child)))
            .collect();
        pairs.sort_unstable();
        for (parent, child) in pairs {
            children.entry(parent).or_default().push(child);
        }
        children
    }
}

/// User's relations; temporary ones live in `pg_temp_*` and are left out with the other `pg_*`.
fn relations() -> String {
    let extension = object::extension("pg_class", "c.oid");
    format!(
        "SELECT c.oid, n.nspname, c.relname, c.relkind, c.relpersistence, c.relfilenode, \
          c.relispartition, {extension}, \
          (GREATEST(c.relpages, 0) + GREATEST(COALESCE(t.relpages, 0), 0))::pg_catalog.int8 \
           * pg_catalog.current_setting('block_size')::pg_catalog.int8 AS bytes \
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         LEFT JOIN pg_catalog.pg_class t ON t.oid = c.reltoastrelid \
         WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND {} ORDER BY c.oid",
        object::in_user_schema("n"),
    )
}

fn schemas() -> String {
    format!(
        "SELECT n.oid, n.nspname FROM pg_catalog.pg_namespace n WHERE {} ORDER BY n.oid",
        object::in_user_schema("n")
    )
}

const PARENTS: &str = "\
SELECT i.inhrelid, i.inhparent FROM pg_catalog.pg_inherits i \
JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid AND c.relkind IN ('r', 'p', 'f') \
ORDER BY i.inhrelid, i.inhseqno";

/// A clone on a partition hangs on its parent constraint: `conparentid` says so from version 11 on,
/// and 10 has none.
fn foreign_keys(version: u32) -> String {
    let is_clone = from_version(version, 11, "k.conparentid <> 0", "false");
    let names = |columns: &str, relation: &str| {
        format!(
            "(SELECT pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY u.at) \
              FROM pg_catalog.unnest(k.{columns}) WITH ORDINALITY AS u(num, at) \
              JOIN pg_catalog.pg_attribute a ON a.attrelid = k.{relation} AND a.attnum = u.num)"
        )
    };
    format!(
        "SELECT k.oid, k.conname, k.conrelid, k.confrelid, k.confmatchtype, \
          {} AS child_columns, {} AS parent_columns \
         FROM pg_catalog.pg_constraint k WHERE k.contype = 'f' AND NOT {is_clone} ORDER BY k.oid",
        names("conkey", "conrelid"),
        names("confkey", "confrelid"),
    )
}

const OWNED_SEQUENCES: &str = "\
SELECT d.objid, d.refobjid FROM pg_catalog.pg_depend d \
JOIN pg_catalog.pg_class s ON s.oid = d.objid AND s.relkind = 'S' \
WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objsubid = 0 \
 AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjsubid > 0 \
 AND d.deptype IN ('a', 'i') ORDER BY d.objid";

const CONFIG: &str = "\
SELECT u.oid, u.filter FROM pg_catalog.pg_extension e, \
 LATERAL ROWS FROM (pg_catalog.unnest(e.extconfig), pg_catalog.unnest(e.extcondition)) AS u(oid, filter) ORDER BY u.oid";
