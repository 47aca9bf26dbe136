//! Where tables stand in a picture: whatever is referred to stands left of what refers to it, tables
//! without keys stand at the right. All sizes are pixels, all arithmetic is on integers.

use std::collections::BTreeMap;

use super::Diagram;

/// A row of a table, and its heading.
pub(super) const ROW: usize = 18;
pub(super) const HEAD: usize = 26;
/// A character of the monospaced font.
pub(super) const CHAR: usize = 8;
pub(super) const PAD: usize = 10;
const GAP_X: usize = 90;
const GAP_Y: usize = 26;
pub(super) const MARGIN: usize = 24;
/// Where a column of tables ends and the next begins.
const COLUMN_MAX: usize = 1500;

/// A table's place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) x: usize,
    pub(super) y: usize,
    pub(super) width: usize,
    pub(super) height: usize,
}

impl Place {
    pub(super) fn right(self) -> usize {
        self.x + self.width
    }

    pub(super) fn bottom(self) -> usize {
        self.y + self.height
    }
}

/// Places tables of these widths and heights.
pub(super) fn places(diagram: &Diagram, sizes: &[(usize, usize)]) -> Vec<Place> {
    let mut places: Vec<Place> =
        sizes.iter().map(|&(width, height)| Place { width, height, ..Place::default() }).collect();
    let mut layers: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (table, layer) in layers_of(diagram).into_iter().enumerate() {
        layers.entry(layer).or_default().push(table);
    }
    let mut x = MARGIN;
    for mut layer in layers.into_values() {
        layer.sort_by_key(|&table| (middle_of_parents(diagram, &places, table), table));
        for column in columns(&layer, sizes) {
            let mut y = MARGIN;
            for &table in &column {
                (places[table].x, places[table].y) = (x, y);
                y += sizes[table].1 + GAP_Y;
            }
            x += column.iter().map(|&table| sizes[table].0).max().unwrap_or(0) + GAP_X;
        }
    }
    places
}

/// Cuts a layer where it gets too high.
fn columns(layer: &[usize], sizes: &[(usize, usize)]) -> Vec<Vec<usize>> {
    let (mut columns, mut height) = (vec![Vec::new()], 0);
    for &table in layer {
        let last = columns.len() - 1;
        if height + sizes[table].1 > COLUMN_MAX && !columns[last].is_empty() {
            columns.push(vec![table]);
            height = 0;
        } else {
            columns[last].push(table);
        }
        height += sizes[table].1 + GAP_Y;
    }
    columns
}

/// The longest way to a table that refers to none; behind all of them, tables without keys.
fn layers_of(diagram: &Diagram) -> Vec<usize> {
    let mut layers = vec![None; diagram.tables.len()];
    for table in 0..layers.len() {
        layer(diagram, table, &mut layers, &mut Vec::new());
    }
    let last = layers.iter().flatten().max().copied().unwrap_or(0) + 1;
    let lonely = |table| diagram.keys.iter().all(|key| key.from != table && key.to != table);
    let layer = |(table, layer): (usize, Option<usize>)| match lonely(table) {
        true => last,
        false => layer.unwrap_or(0),
    };
    layers.into_iter().enumerate().map(layer).collect()
}

/// A key that closes a circle of those on the `way` is left aside.
fn layer(
    diagram: &Diagram,
    table: usize,
    layers: &mut [Option<usize>],
    way: &mut Vec<usize>,
) -> usize {
    if let Some(known) = layers[table] {
        return known;
    }
    way.push(table);
    let parents = diagram.keys.iter().filter(|key| key.from == table).map(|key| key.to);
    let mut found = 0;
    for parent in parents {
        if !way.contains(&parent) {
            found = found.max(layer(diagram, parent, layers, way) + 1);
        }
    }
    way.pop();
    layers[table] = Some(found);
    found
}

/// The mean height of what a table refers to, so that lines cross little.
fn middle_of_parents(diagram: &Diagram, places: &[Place], table: usize) -> usize {
    let parents = diagram.keys.iter().filter(|key| key.from == table && key.to != table);
    let middles: Vec<usize> =
        parents.map(|key| places[key.to].y + places[key.to].height / 2).collect();
    middles.iter().sum::<usize>() / middles.len().max(1)
}
