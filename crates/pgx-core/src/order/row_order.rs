//! The order in which the rows of tables are written and loaded.

use super::scc::strong_components;

/// Sorts tables `0..n` so that every table stands behind those its foreign keys refer to; `parents(i)`
/// lists them. Tables of a cycle stand together, in their given order. Otherwise the given order holds.
pub fn rows_order(n: usize, parents: &[Vec<usize>]) -> Vec<usize> {
    let mut group: Vec<usize> = (0..n).collect();
    let components = strong_components(n, |i| Box::new(parents[i].iter().copied()));
    for component in &components {
        for &member in component {
            group[member] = component[0];
        }
    }
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); n];
    for i in 0..n {
        members[group[i]].push(i);
    }
    let mut order = Vec::with_capacity(n);
    let mut placed = vec![false; n];
    for root in 0..n {
        place(group[root], &group, &members, parents, &mut placed, &mut order);
    }
    order
}

/// Places a group behind the groups it refers to. An explicit stack: chains of keys can be long.
fn place(
    root: usize,
    group: &[usize],
    members: &[Vec<usize>],
    parents: &[Vec<usize>],
    placed: &mut [bool],
    order: &mut Vec<usize>,
) {
    let mut stack = vec![root];
    while let Some(&current) = stack.last() {
        if placed[current] {
            stack.pop();
            continue;
        }
        let missing: Vec<usize> = members[current]
            .iter()
            .flat_map(|&member| parents[member].iter().map(|&parent| group[parent]))
            .filter(|&parent| parent != current && !placed[parent])
            .collect();
        if missing.is_empty() {
            placed[current] = true;
            order.extend(&members[current]);
            stack.pop();
        } else {
            stack.extend(missing.into_iter().rev());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::rows_order;

    #[test]
    fn parents_come_first_and_cycles_stay_together() {
        // 0 → 1 → 2, 3 ↔ 4, 4 → 0, 5 alone, 1 refers to itself.
        let parents = vec![vec![1], vec![2, 1], vec![], vec![4], vec![3, 0], vec![]];
        assert_eq!(rows_order(6, &parents), [2, 1, 0, 3, 4, 5]);
    }
}
