//! Storage options.

use crate::connect::quote::{ident, literal};

/// `WITH (…)` for options of the form `name=value` or `toast.name=value`; empty for none.
pub(super) fn with(options: &[String]) -> String {
    match options {
        [] => String::new(),
        options => format!("WITH ({})", list(options)),
    }
}

/// The options, separated by commas.
pub(super) fn list(options: &[String]) -> String {
    options.iter().map(|option| one(option)).collect::<Vec<_>>().join(", ")
}

fn one(option: &str) -> String {
    let (name, value) = option.split_once('=').unwrap_or((option, ""));
    let name = match name.split_once('.') {
        Some((space, name)) => format!("{}.{}", ident(space), ident(name)),
        None => ident(name),
    };
    format!("{name}={}", literal(value))
}

#[cfg(test)]
mod tests {
    use super::with;

    #[test]
    fn names_and_values_are_quoted_apart() {
        assert_eq!(with(&[]), "");
        let options = ["fillfactor=70".to_owned(), "toast.a=b='c".to_owned()];
        assert_eq!(with(&options), r#"WITH ("fillfactor"='70', "toast"."a"='b=''c')"#);
    }
}
