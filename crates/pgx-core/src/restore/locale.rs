//! CREATE DATABASE with the encoding and the locale of the source.

use crate::connect::quote::{ident, literal};
use crate::error::{Code, Error, Result};
use crate::toc::DatabaseSpec;

/// The statement, for a target of this major version.
///
/// # Errors
/// [`Code::TargetUnfit`]: the version does not know the locale provider of the source.
pub(super) fn create_database(
    name: &str,
    source: &DatabaseSpec,
    encoding: &str,
    major: u32,
) -> Result<String> {
    let mut sql = format!(
        "CREATE DATABASE {} TEMPLATE template0 ENCODING {}",
        ident(name),
        literal(encoding)
    );
    let provider = match source.locale_provider.as_str() {
        "i" => Some(("icu", 15)),
        "b" => Some(("builtin", 17)),
        _ => None,
    };
    if let Some((provider, since)) = provider
        && major < since
    {
        return Err(Error::new(
            Code::TargetUnfit,
            format!("PostgreSQL {major} has no {provider} locale for a whole database"),
        )
        .hint("create the database with a locale of your choice and restore without --create"));
    }
    if major >= 15 {
        sql.push_str(&format!(" LOCALE_PROVIDER {}", provider.map_or("libc", |p| p.0)));
    }
    let mut option = |word: &str, value: &str| {
        if !value.is_empty() {
            sql.push_str(&format!(" {word} {}", literal(value)));
        }
    };
    option("LC_COLLATE", &source.collate);
    option("LC_CTYPE", &source.ctype);
    if let (Some((provider, _)), Some(locale)) = (provider, &source.locale) {
        option(if provider == "icu" { "ICU_LOCALE" } else { "BUILTIN_LOCALE" }, locale);
        if let (Some(rules), 16..) = (&source.icu_rules, major) {
            option("ICU_RULES", rules);
        }
    }
    Ok(sql)
}

/// A refused locale as such; other errors as they are.
pub(super) fn unknown_locale(error: Error, source: &DatabaseSpec) -> Error {
    if !matches!(error.sqlstate(), Some("42809" | "22023" | "0A000")) {
        return error;
    }
    let locale = source.locale.as_deref().unwrap_or(&source.collate);
    error
        .with_code(Code::TargetUnfit)
        .with_what(format!("the target server does not have the locale {locale:?} of the source"))
        .hint(
            "install the locale on the target, or create the database with another one and restore \
             without --create",
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(provider: &str, locale: Option<&str>) -> DatabaseSpec {
        DatabaseSpec {
            locale_provider: provider.into(),
            collate: "C".into(),
            ctype: "C.UTF-8".into(),
            locale: locale.map(Into::into),
            ..DatabaseSpec::default()
        }
    }

    #[test]
    fn each_version_is_told_what_it_knows() {
        let sql = |provider, locale, major| {
            create_database("a", &source(provider, locale), "UTF8", major).map_err(|e| e.code())
        };
        let start = "CREATE DATABASE \"a\" TEMPLATE template0 ENCODING 'UTF8'";
        let ends = "LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'";
        assert_eq!(sql("c", None, 14), Ok(format!("{start} {ends}")));
        assert_eq!(sql("c", None, 15), Ok(format!("{start} LOCALE_PROVIDER libc {ends}")));
        assert_eq!(
            sql("i", Some("de"), 15),
            Ok(format!("{start} LOCALE_PROVIDER icu {ends} ICU_LOCALE 'de'"))
        );
        assert_eq!(
            sql("b", Some("C"), 17),
            Ok(format!("{start} LOCALE_PROVIDER builtin {ends} BUILTIN_LOCALE 'C'"))
        );
        assert_eq!(sql("i", Some("de"), 14), Err(Code::TargetUnfit));
        assert_eq!(sql("b", Some("C"), 16), Err(Code::TargetUnfit));
    }
}
