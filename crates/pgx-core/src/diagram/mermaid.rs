//! A diagram as Mermaid's `erDiagram`.

use std::fmt::Write;

use super::{Column, Diagram, Key};

pub(super) fn text(diagram: &Diagram) -> String {
    let mut text = "erDiagram\n".to_owned();
    for (at, table) in diagram.tables.iter().enumerate() {
        let _ = writeln!(text, "    t{}[\"{}\"] {{", at + 1, label(&diagram.title(table)));
        table.columns.iter().for_each(|column| text.push_str(&line(column)));
        text.push_str("    }\n");
    }
    for key in &diagram.keys {
        let name = label(&key.name);
        let (to, from) = (key.to + 1, key.from + 1);
        let _ = writeln!(text, "    t{to} {} t{from} : \"{name}\"", cardinality(diagram, key));
    }
    text
}

/// One or no parent for each row, and at most one row for each parent where the key is the primary key.
fn cardinality(diagram: &Diagram, key: &Key) -> String {
    let columns = &diagram.tables[key.from].columns;
    let ours = |column: &&Column| key.columns.contains(&column.name);
    let required = columns.iter().filter(ours).all(|column| column.required);
    let mut primary = columns.iter().filter(|column| column.primary).peekable();
    let one = primary.peek().is_some()
        && primary.all(|column| ours(&column))
        && columns.iter().filter(ours).all(|column| column.primary);
    format!("{}--{}", if required { "||" } else { "|o" }, if one { "o|" } else { "o{" })
}

fn line(column: &Column) -> String {
    let (type_name, name) = (word(&column.type_name), word(&column.name));
    let marks: Vec<&str> = [(column.primary, "PK"), (column.foreign, "FK")]
        .into_iter()
        .filter_map(|(is, mark)| is.then_some(mark))
        .collect();
    let mut line = format!("        {type_name} {name}");
    if !marks.is_empty() {
        line.push_str(&format!(" {}", marks.join(", ")));
    }
    // What a word cannot say stands behind it.
    if name != column.name {
        line.push_str(&format!(" \"{}\"", label(&column.name)));
    }
    line.push('\n');
    line
}

/// A word that Mermaid takes for the type or name of an attribute.
fn word(text: &str) -> String {
    let fits =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '(' | ')' | '[' | ']');
    let mut word: String = text.chars().map(|c| if fits(c) { c } else { '_' }).collect();
    if !word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        word.insert(0, '_');
    }
    if matches!(word.as_str(), "PK" | "FK" | "UK") {
        word.push('_');
    }
    word
}

/// Text between double quotes.
fn label(text: &str) -> String {
    let mut label = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => label.push_str("#quot;"),
            '#' => label.push_str("#35;"),
            c if c.is_control() => label.push(' '),
            c => label.push(c),
        }
    }
    label
}
