//! Names that become others at a restore: owners, roles, tablespaces, schemas.
//!
//! Every map is applied once to each name: with `a=b` and `b=c` what was `a`'s is `b`'s. So two names
//! can change places.

use std::collections::BTreeMap;

use crate::error::{Code, Error, Result};

/// The tablespace every database can use; in a map it means the default of the database.
const DEFAULT_TABLESPACE: &str = "pg_default";

/// All maps of a restore; none by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Maps {
    /// Owners, and what grants say of an owner (`--map-owner`).
    pub owners: NameMap,
    /// Roles wherever they are named (`--map-role`); for an owner, `owners` goes first.
    pub roles: NameMap,
    /// Tablespaces; an empty name is the default (`--map-tablespace`).
    pub tablespaces: NameMap,
    /// Schemas (`--map-schema`).
    pub schemas: NameMap,
    /// Text that names a mapped schema, and that the server does not follow, stays as it is
    /// (`--map-schema-text=keep`), instead of being a reason to refuse.
    pub keep_schema_text: bool,
}

impl Maps {
    /// Who owns what `name` owned.
    pub fn owner<'m>(&'m self, name: &'m str) -> &'m str {
        self.owners.get(name).unwrap_or_else(|| self.role(name))
    }

    /// The role for `name`, wherever it is named but as an owner.
    pub fn role<'m>(&'m self, name: &'m str) -> &'m str {
        self.roles.get(name).unwrap_or(name)
    }

    /// The tablespace for `name`; none is the database's default.
    pub fn tablespace<'m>(&'m self, name: &'m str) -> Option<&'m str> {
        match self.tablespaces.get(name) {
            Some("" | DEFAULT_TABLESPACE) => None,
            mapped => Some(mapped.unwrap_or(name)),
        }
    }

    /// The schema for `name`.
    pub fn schema<'m>(&'m self, name: &'m str) -> &'m str {
        self.schemas.get(name).unwrap_or(name)
    }
}

/// Names and what becomes of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameMap(BTreeMap<String, String>);

impl NameMap {
    /// too; between double quotes it may hold `=`, and quotes, doubled.
    ///
    /// # Errors
    /// [`Code::Usage`]: not of that form, or two maps of one name.
    pub fn parse(option: &str, texts: &[String]) -> Result<NameMap> {
        let mut map = BTreeMap::new();
        for text in texts {
            let malformed = || {
                Error::new(Code::Usage, format!("{option} takes two names: OLD=NEW"))
                    .object(format!("{option} {text}"))
                    .hint("write a name that holds = or \" between double quotes: '\"a=b\"=c'")
            };
            let (from, to) =
                pair(text).filter(|(from, _)| !from.is_empty()).ok_or_else(malformed)?;
            if map.insert(from.clone(), to).is_some() {
                return Err(Error::new(Code::Usage, format!("{option} maps {from} twice"))
                    .hint("give each name one new name"));
            }
        }
        Ok(NameMap(map))
    }

    /// What becomes of `name`, if the map says.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The names mapped, and what becomes of each.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(from, to)| (from.as_str(), to.as_str()))
    }

    /// Whether it maps nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The two names of `A=B`.
fn pair(text: &str) -> Option<(String, String)> {
    let (from, rest) = name(text)?;
    let (to, rest) = name(rest.strip_prefix('=')?)?;
    rest.is_empty().then_some((from, to))
}

/// A name up to the next `=` or to its closing quote, and what follows.
fn name(text: &str) -> Option<(String, &str)> {
    let Some(mut rest) = text.strip_prefix('"') else {
        let end = text.find('=').unwrap_or(text.len());
        return Some((text[..end].to_owned(), &text[end..]));
    };
    let mut name = String::new();
    loop {
        let end = rest.find('"')?;
        name.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(more) => rest = more,
            None => return Some((name, rest)),
        }
        name.push('"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(texts: &[&str]) -> Result<NameMap> {
        let texts: Vec<String> = texts.iter().map(|&text| text.to_owned()).collect();
        NameMap::parse("--map-x", &texts)
    }

    #[test]
    fn names_may_hold_what_separates_them() {
        let map = parse(&["a=b", "\"x=\"\"y\"=\"=\"", "Ann B=c d", "gone="]).unwrap();
        let pairs: Vec<_> = map.iter().collect();
        assert_eq!(pairs, [("Ann B", "c d"), ("a", "b"), ("gone", ""), ("x=\"y", "=")]);
        for wrong in ["", "a", "=b", "\"a=b", "\"a\"b=c", "a=b=c", "a=\"b\"c"] {
            assert_eq!(parse(&[wrong]).unwrap_err().code(), Code::Usage, "{wrong}");
        }
        let twice = parse(&["a=b", "a=c"]).unwrap_err();
        assert_eq!(twice.what(), "--map-x maps a twice");
    }

    #[test]
    fn a_map_is_applied_once() {
        let roles = parse(&["a=b", "b=a"]).unwrap();
        let owners = parse(&["a=c"]).unwrap();
        let maps = Maps { roles, owners, ..Maps::default() };
        assert_eq!((maps.role("a"), maps.role("b"), maps.role("c")), ("b", "a", "c"));
        assert_eq!((maps.owner("a"), maps.owner("b")), ("c", "a"));
    }

    #[test]
    fn a_tablespace_may_become_the_default() {
        let tablespaces = parse(&["a=", "b=pg_default", "c=d"]).unwrap();
        let maps = Maps { tablespaces, ..Maps::default() };
        let mapped = ["a", "b", "c", "d"].map(|name| maps.tablespace(name));
        assert_eq!(mapped, [None, None, Some("d"), Some("d")]);
    }
}
