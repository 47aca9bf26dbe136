//! A diagram as an SVG picture, which needs no script and no other file.

use std::fmt::Write;

use super::layout::{self, CHAR, HEAD, MARGIN, PAD, Place, ROW};
use super::{Column, Diagram, Key, Table};

/// Characters of a name or type that are shown.
const SHOWN_CHARS_MAX: usize = 40;

const STYLE: &str = "\
text{font:13px ui-monospace,Menlo,Consolas,monospace;fill:#1f2933}
.t{font-weight:bold}.k{fill:#b45309;font-size:11px}.y{fill:#64748b}
.b{fill:#fff;stroke:#94a3b8}.h{fill:#e2e8f0;stroke:#94a3b8}
.e{fill:none;stroke:#475569;stroke-width:1.3}";

pub(super) fn text(diagram: &Diagram) -> String {
    let titles: Vec<String> = diagram.tables.iter().map(|table| diagram.title(table)).collect();
    let sizes: Vec<(usize, usize)> =
        diagram.tables.iter().zip(&titles).map(|(table, title)| size(table, title)).collect();
    let places = layout::places(diagram, &sizes);
    // A line that goes out to the right and comes back needs room there.
    let width = places.iter().map(|place| place.right()).max().unwrap_or(0) + 3 * MARGIN;
    let height = places.iter().map(|place| place.bottom()).max().unwrap_or(0) + MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\">\n<style>{STYLE}</style>\n\
         <defs><marker id=\"a\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"8\" \
         markerHeight=\"8\" orient=\"auto\"><path d=\"M0 0L10 5L0 10z\" fill=\"#475569\"/></marker>\
         </defs>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    for ((table, title), place) in diagram.tables.iter().zip(&titles).zip(&places) {
        draw_table(&mut svg, table, title, *place);
    }
    diagram.keys.iter().for_each(|key| draw_key(&mut svg, diagram, key, &places));
    svg.push_str("</svg>\n");
    svg
}

/// Width and height.
fn size(table: &Table, title: &str) -> (usize, usize) {
    let (name, of_type) = widths(table);
    let columns = MARKS + name + 2 + of_type;
    let characters = columns.max(shortened(title).chars().count());
    (characters * CHAR + 2 * PAD, HEAD + table.columns.len() * ROW + PAD / 2)
}

/// Characters in front of a name: `PK FK `.
const MARKS: usize = 6;

/// Characters of the longest name and type.
fn widths(table: &Table) -> (usize, usize) {
    let longest = |text: fn(&Column) -> &String| {
        let lengths = table.columns.iter().map(|one| shortened(text(one)).chars().count());
        lengths.max().unwrap_or(0)
    };
    (longest(|column| &column.name), longest(|column| &column.type_name))
}

fn draw_table(svg: &mut String, table: &Table, title: &str, place: Place) {
    let Place { x, y, width, height } = place;
    let full = escaped(&table.name.to_string());
    let _ = writeln!(svg, "<g><title>{full}</title>");
    let _ = writeln!(
        svg,
        "<rect class=\"b\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/>"
    );
    let _ = writeln!(
        svg,
        "<rect class=\"h\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{HEAD}\"/>"
    );
    write_text(svg, "t", (x + PAD, y + HEAD - 8), title);
    let (name_width, _) = widths(table);
    let names = x + PAD + MARKS * CHAR;
    for (at, column) in table.columns.iter().enumerate() {
        let base = y + HEAD + (at + 1) * ROW - 4;
        let marks = match (column.primary, column.foreign) {
            (true, true) => "PK FK",
            (true, false) => "PK",
            (false, true) => "FK",
            (false, false) => "",
        };
        if !marks.is_empty() {
            write_text(svg, "k", (x + PAD, base), marks);
        }
        write_text(svg, "n", (names, base), &column.name);
        write_text(svg, "y", (names + (name_width + 2) * CHAR, base), &column.type_name);
    }
    svg.push_str("</g>\n");
}

fn write_text(svg: &mut String, class: &str, (x, y): (usize, usize), text: &str) {
    let text = escaped(&shortened(text));
    let _ = writeln!(
        svg,
        "<text class=\"{class}\" x=\"{x}\" y=\"{y}\" xml:space=\"preserve\">{text}</text>"
    );
}

/// A curve from the column that refers to the one that is referred to, at the sides that face each other.
fn draw_key(svg: &mut String, diagram: &Diagram, key: &Key, places: &[Place]) {
    let (from, to) = (places[key.from], places[key.to]);
    let y1 = row(&diagram.tables[key.from], key.columns.first(), from);
    let y2 = row(&diagram.tables[key.to], key.to_columns.first(), to);
    let bend = 45;
    let (x1, c1, x2, c2) = if to.right() <= from.x {
        (from.x, from.x - bend, to.right(), to.right() + bend)
    } else if from.right() <= to.x {
        (from.right(), from.right() + bend, to.x, to.x - bend)
    } else {
        (from.right(), from.right() + bend, to.right(), to.right() + bend)
    };
    let name = escaped(&key.name);
    let _ = writeln!(
        svg,
        "<path class=\"e\" marker-end=\"url(#a)\" d=\"M{x1} {y1}C{c1} {y1} {c2} {y2} {x2} {y2}\">\
         <title>{name}</title></path>"
    );
}

/// The height of a column's middle; of the heading, if there is no such column.
fn row(table: &Table, column: Option<&String>, place: Place) -> usize {
    let at = column.and_then(|name| table.columns.iter().position(|one| one.name == *name));
    place.y + at.map_or(HEAD / 2, |at| HEAD + at * ROW + ROW / 2)
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= SHOWN_CHARS_MAX {
        return text.to_owned();
    }
    let beginning: String = text.chars().take(SHOWN_CHARS_MAX - 1).collect();
    format!("{beginning}…")
}

/// Text that XML takes as text.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}
