//! Strongly connected components: the groups within which everything needs everything.

/// The components of more than one node, each in ascending order. `needs(i)` lists what node `i` of
/// `0..n` needs. Tarjan's algorithm, without recursion: catalogs can be deep.
pub fn strong_components<'g>(
    n: usize,
    needs: impl Fn(usize) -> Box<dyn Iterator<Item = usize> + 'g>,
) -> Vec<Vec<usize>> {
    const UNSEEN: usize = usize::MAX;
    let mut index = vec![UNSEEN; n];
    let mut low = vec![0; n];
    let mut on_stack = vec![false; n];
    let mut stack = Vec::new();
    let mut components = Vec::new();
    let mut next = 0;
    for root in 0..n {
        if index[root] != UNSEEN {
            continue;
        }
        let mut work = vec![(root, needs(root))];
        (index[root], low[root], on_stack[root]) = (next, next, true);
        next += 1;
        stack.push(root);
        while let Some((node, edges)) = work.last_mut() {
            let node = *node;
            if let Some(to) = edges.next() {
                if index[to] == UNSEEN {
                    (index[to], low[to], on_stack[to]) = (next, next, true);
                    next += 1;
                    stack.push(to);
                    work.push((to, needs(to)));
                } else if on_stack[to] {
                    low[node] = low[node].min(index[to]);
                }
                continue;
            }
            work.pop();
            if let Some((parent, _)) = work.last() {
                low[*parent] = low[*parent].min(low[node]);
            }
            if low[node] == index[node] {
                let at = stack.iter().rposition(|&other| other == node).unwrap_or(0);
                let mut component = stack.split_off(at);
                for &member in &component {
                    on_stack[member] = false;
                }
                if component.len() > 1 {
                    component.sort_unstable();
                    components.push(component);
                }
            }
        }
    }
    components
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loops_are_found_and_trees_are_not() {
        let edges: Vec<Vec<usize>> =
            vec![vec![1], vec![2], vec![0, 3], vec![4], vec![], vec![6], vec![5], vec![7]];
        let found = strong_components(8, |node| Box::new(edges[node].clone().into_iter()));
        assert_eq!(found, vec![vec![0, 1, 2], vec![5, 6]]);
    }
}
