//! Privileges, and the changes that lead from one state of them to another.

use crate::toc::AclChange;

/// Privileges as the server holds them: texts of `aclitem`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Acl {
    /// The ACL column; none where it is NULL (the default holds).
    pub current: Option<Vec<String>>,
    /// What the object would have had without anybody's GRANT: `acldefault()`, or what the extension
    /// or initdb gave it (`pg_init_privs`).
    pub base: Vec<String>,
    /// Whether `base` comes from `pg_init_privs`.
    pub base_is_initial: bool,
}

/// The kinds of objects that have privileges, told apart by the letters that are possible on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AclTarget {
    /// Tables, views, materialized views, foreign tables.
    Table {
        /// MAINTAIN exists on the source: it belongs to ALL (server 17 and newer).
        maintain: bool,
    },
    /// Sequences.
    Sequence,
    /// Columns of a table.
    Column,
    /// Functions, procedures, aggregates.
    Function,
    /// Languages.
    Language,
    /// Schemas.
    Schema,
    /// Databases.
    Database,
    /// Tablespaces.
    Tablespace,
    /// Types and domains.
    Type,
    /// Foreign-data wrappers and foreign servers.
    Foreign,
    /// Large objects.
    LargeObject,
    /// Configuration parameters.
    Parameter,
}

impl AclTarget {
    /// Tables on a source of this `server_version_num`.
    pub fn table(version: u32) -> AclTarget {
        AclTarget::Table { maintain: version >= 170_000 }
    }

    /// The letters of `aclitem` that together are ALL, in the order in which they are printed.
    fn letters(self) -> &'static str {
        match self {
            AclTarget::Table { maintain: true } => "rawdDxtm",
            AclTarget::Table { maintain: false } => "rawdDxt",
            AclTarget::Sequence => "rwU",
            AclTarget::Column => "rawx",
            AclTarget::Function => "X",
            AclTarget::Schema => "UC",
            AclTarget::Database => "CTc",
            AclTarget::Tablespace => "C",
            AclTarget::Language | AclTarget::Type | AclTarget::Foreign => "U",
            AclTarget::LargeObject => "rw",
            AclTarget::Parameter => "sA",
        }
    }
}

/// SQL's word for a letter of `aclitem`.
fn word(letter: char) -> Option<&'static str> {
    Some(match letter {
        'r' => "SELECT",
        'a' => "INSERT",
        'w' => "UPDATE",
        'd' => "DELETE",
        'D' => "TRUNCATE",
        'x' => "REFERENCES",
        't' => "TRIGGER",
        'm' => "MAINTAIN",
        'X' => "EXECUTE",
        'U' => "USAGE",
        'C' => "CREATE",
        'T' => "TEMPORARY",
        'c' => "CONNECT",
        's' => "SET",
        'A' => "ALTER SYSTEM",
        _ => return None,
    })
}

/// One `aclitem`: what `grantor` gave to `grantee`.
#[derive(Debug, PartialEq, Eq)]
struct Item {
    /// None is PUBLIC.
    grantee: Option<String>,
    /// Letters, each with whether it may be granted on.
    privileges: Vec<(char, bool)>,
    grantor: String,
}

impl Item {
    /// Reads `grantee=privileges/grantor`. A name in quotes may hold any of the separators.
    fn parse(text: &str) -> Item {
        let mut chars = text.chars().peekable();
        let grantee = role(&mut chars, '=');
        let mut privileges = Vec::new();
        while let Some(letter) = chars.next().filter(|&letter| letter != '/') {
            privileges.push((letter, chars.next_if_eq(&'*').is_some()));
        }
        let grantor = role(&mut chars, '\0');
        Item { grantee: Some(grantee).filter(|name| !name.is_empty()), privileges, grantor }
    }

    /// The words of the privileges that are possible on `target`, `ALL` when they are complete:
    /// those with the grant option, or those without, or (`None`) both.
    fn words(&self, target: AclTarget, grant_option: Option<bool>) -> Vec<String> {
        let has = |letter: char| {
            self.privileges.iter().any(|&(held, option)| {
                held == letter && grant_option.is_none_or(|wanted| wanted == option)
            })
        };
        let letters = target.letters();
        if letters.chars().all(has) {
            return vec!["ALL".to_owned()];
        }
        letters.chars().filter(|&letter| has(letter)).filter_map(word).map(str::to_owned).collect()
    }
}

/// A role name up to the unquoted `end` (or the end of the text), which is consumed.
fn role(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, end: char) -> String {
    let mut name = String::new();
    let mut inside = false;
    while let Some(c) = chars.next() {
        match c {
            '"' if inside && chars.next_if_eq(&'"').is_some() => name.push('"'),
            '"' => inside = !inside,
            c if c == end && !inside => break,
            c => name.push(c),
        }
    }
    name
}

/// The changes that lead from `acl.base` to `acl.current` on an object owned by `owner`; `on` is what
/// follows ON, keyword included. Revokes come first; grants keep the server's order, in which whoever
/// grants on has the option already, but what the owner gave to itself comes before all others.
pub fn changes(acl: &Acl, target: AclTarget, owner: &str, on: &str) -> Vec<AclChange> {
    let Some(current) = &acl.current else { return Vec::new() };
    let blank = |item: &Item, privileges: Vec<String>| AclChange {
        revoke: false,
        privileges,
        column: None,
        on: on.to_owned(),
        grantee: item.grantee.clone(),
        grantor: None,
        grant_option: false,
    };
    let mut changes = Vec::new();
    for item in missing(&acl.base, current) {
        let change = blank(&item, item.words(target, None));
        changes.push(AclChange { revoke: true, ..change });
    }
    let mut granted = missing(current, &acl.base);
    granted.sort_by_key(|item| item.grantee.as_deref() != Some(owner) || item.grantor != owner);
    for item in granted {
        for grant_option in [false, true] {
            let change = blank(&item, item.words(target, Some(grant_option)));
            let grantor = Some(item.grantor.clone()).filter(|name| name != owner);
            changes.push(AclChange { grantor, grant_option, ..change });
        }
    }
    changes.retain(|change| !change.privileges.is_empty());
    changes
}

/// The items of `list` that `other` does not hold, letter for letter.
fn missing(list: &[String], other: &[String]) -> Vec<Item> {
    list.iter().filter(|item| !other.contains(item)).map(|item| Item::parse(item)).collect()
}

/// As [`changes`], for a column; `owner` and `on` are the table's.
pub fn column_changes(acl: &Acl, column: &str, owner: &str, on: &str) -> Vec<AclChange> {
    let mut changes = changes(acl, AclTarget::Column, owner, on);
    for change in &mut changes {
        change.column = Some(column.to_owned());
    }
    changes
}
