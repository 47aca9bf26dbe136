//! The page that shows the tables.

use std::fs;

use anyhow::{Context, Result};

use crate::process;

const PAGE: &str = "docs/performance.md";

/// Puts a text between the marks of this name.
pub(crate) fn write(name: &str, text: &str) -> Result<()> {
    let file = process::root().join(PAGE);
    let page = fs::read_to_string(&file).with_context(|| format!("cannot read {PAGE}"))?;
    let page = replaced(&page, name, text);
    fs::write(&file, page.with_context(|| format!("{PAGE} has no marks {name:?}"))?)?;
    eprintln!("{PAGE} has it now");
    Ok(())
}

fn replaced(page: &str, name: &str, text: &str) -> Option<String> {
    let (begin, end) = (format!("<!-- begin {name} -->\n"), format!("<!-- end {name} -->"));
    let (before, rest) = page.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    Some(format!("{before}{begin}\n{}\n\n{end}{after}", text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_marks_changes() {
        let page = "a\n<!-- begin x -->\nold\n<!-- end x -->\nb\n";
        let new = replaced(page, "x", "new\n").unwrap();
        assert_eq!(new, "a\n<!-- begin x -->\n\nnew\n\n<!-- end x -->\nb\n");
        assert_eq!(replaced(&new, "x", "new").unwrap(), new);
        assert_eq!(replaced(page, "y", "new"), None);
    }

    #[test]
    fn the_page_has_its_marks() {
        let page = fs::read_to_string(process::root().join(PAGE)).unwrap();
        for name in ["comparison", "growth", "server"] {
            assert!(replaced(&page, name, "").is_some(), "{name}");
        }
    }
}
