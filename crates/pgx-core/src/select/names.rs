//! Names chosen by patterns where no server is asked: in an archive, in a model.

use super::Pattern;
use crate::error::{Code, Error, Result};
use crate::toc::Ref;

/// Tables and schemas that are named; everything when none is.
#[derive(Clone, Debug, Default)]
pub struct Names {
    tables: Vec<Pattern>,
    schemas: Vec<Pattern>,
}

impl Names {
    /// What patterns for tables and for schemas choose together.
    ///
    /// # Errors
    /// [`Code::Usage`]: only a server can match a pattern.
    pub fn new(tables: Vec<Pattern>, schemas: Vec<Pattern>) -> Result<Names> {
        match tables.iter().chain(&schemas).find(|pattern| pattern.needs_server()) {
            None => Ok(Names { tables, schemas }),
            Some(pattern) => Err(Error::new(Code::Usage, "names are matched by * and ? only here")
                .object(format!("pattern {pattern}"))
                .hint("write the name between double quotes, or use * and ?")),
        }
    }

    /// Whether an object of this name is chosen.
    pub fn has(&self, name: &Ref) -> bool {
        (self.tables.is_empty() || self.tables.iter().any(|pattern| matches(pattern, name)))
            && (self.schemas.is_empty() || self.schemas.iter().any(|one| in_schema(one, name)))
    }

    /// Fails for a pattern that chooses none of `names`.
    ///
    /// # Errors
    /// [`Code::NoMatch`].
    pub fn all_match(&self, names: &[&Ref]) -> Result<()> {
        let unused = |pattern: &&Pattern| !names.iter().any(|name| matches(pattern, name));
        let table = self.tables.iter().find(unused);
        let unused = |pattern: &&Pattern| !names.iter().any(|name| in_schema(pattern, name));
        match table.or_else(|| self.schemas.iter().find(unused)) {
            None => Ok(()),
            Some(pattern) => Err(Error::new(Code::NoMatch, "nothing matches")
                .object(format!("pattern {pattern}"))
                .hint(
                    "names fold to lower case unless they stand in double quotes; \
                       pgx inspect lists what an archive holds",
                )),
        }
    }
}

fn matches(pattern: &Pattern, name: &Ref) -> bool {
    pattern.matches(name.schema.as_deref().unwrap_or_default(), &name.name)
}

fn in_schema(pattern: &Pattern, name: &Ref) -> bool {
    name.schema.as_deref().is_some_and(|schema| pattern.matches_name(schema))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(tables: &[&str], schemas: &[&str]) -> Result<Names> {
        let tables = tables.iter().map(|text| Pattern::table(text).unwrap()).collect();
        Names::new(tables, schemas.iter().map(|text| Pattern::schema(text).unwrap()).collect())
    }

    #[test]
    fn tables_and_schemas_choose_together() {
        let (a, b) = (Ref::new("s", "a1"), Ref::new("t", "b"));
        assert!(Names::default().has(&a));
        let chosen = names(&["a*", "b"], &["s"]).unwrap();
        assert!(chosen.has(&a) && !chosen.has(&b));
        assert!(chosen.all_match(&[&a, &b]).is_ok());
        assert_eq!(chosen.all_match(&[&a]).unwrap_err().code(), Code::NoMatch);
        assert_eq!(names(&["a[0-9]"], &[]).unwrap_err().code(), Code::Usage);
    }
}
