//! Procedural languages.

use super::{Context, acl, comment};
use crate::catalog::model::Language;
use crate::toc::{Entry, Kind};

/// The entry of a language. A member of an extension keeps its privileges only.
pub fn entry(language: &Language, ctx: &Context<'_>) -> Entry {
    let object = &language.object;
    let mut entry = Entry::new(Kind::ProceduralLanguage, object.id, object.name_ref());
    entry.address = format!("LANGUAGE {}", entry.name.sql());
    if language.trusted {
        let target = acl::AclTarget::Language;
        entry.acl = acl::changes(&object.acl, target, &object.owner, &entry.address);
    }
    if object.extension.is_none() {
        entry.create = vec![create(language, &entry.address)];
        entry.drop = Some(format!("DROP {}", entry.address));
        entry.owner = Some(object.owner.clone());
        entry.comments.extend(comment::of_object(object.id, &entry.address, ctx));
    }
    entry
}

/// By its name alone a server makes only what it knows, which may be there.
fn create(language: &Language, address: &str) -> String {
    if language.functions.is_empty() {
        return format!("CREATE OR REPLACE {address}");
    }
    let trusted = if language.trusted { "TRUSTED " } else { "" };
    format!("CREATE {trusted}{address}\n    {}", language.functions.join("\n    "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;
    use crate::catalog::model::{Acl, Object};
    use crate::order::Repairs;

    fn language(trusted: bool, functions: &[&str]) -> Language {
        let acl = Acl { current: Some(Vec::new()), base: vec!["=U/o".into()], ..Acl::default() };
        let object = Object { name: "l".into(), owner: "o".into(), acl, ..Object::default() };
        let functions = functions.iter().map(|&function| function.to_owned()).collect();
        Language { object, trusted, functions }
    }

    fn made(language: &Language) -> Entry {
        entry(language, &Context { catalog: &Catalog::default(), repairs: &Repairs::default() })
    }

    #[test]
    fn a_language_names_its_functions_where_they_are_not_the_servers_business() {
        let create = |language: &Language| made(language).create.concat();
        assert_eq!(
            create(&language(true, &["HANDLER s.h", "INLINE s.i"])),
            "CREATE TRUSTED LANGUAGE \"l\"\n    HANDLER s.h\n    INLINE s.i"
        );
        assert_eq!(create(&language(true, &[])), "CREATE OR REPLACE LANGUAGE \"l\"");
    }

    #[test]
    fn only_a_trusted_language_has_privileges() {
        assert_eq!(made(&language(true, &[])).acl.len(), 1);
        assert_eq!(made(&language(false, &[])).acl.len(), 0);
    }
}
