//! `tsquery`: a tree of operators over lexemes, sent in prefix notation with the right operand first.
//!
//! A query of many words is as deep as it is long, so nothing here recurses.

use std::io::Write as _;

use super::super::Malformed;
use super::input::Input;
use super::quote::push_lexeme;

/// The least that an operator takes: its kind, and which one.
const NODE_BYTES_MIN: usize = 2;

/// Weights of an operand, and the bits that ask for them.
const WEIGHTS: [(u8, u8); 4] = [(8, b'A'), (4, b'B'), (2, b'C'), (1, b'D')];

#[derive(Clone, Copy)]
enum Node<'v> {
    Lexeme { text: &'v [u8], weights: u8, is_prefix: bool },
    Not,
    Binary(Operator),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Operator {
    And,
    Or,
    /// How many words apart.
    Phrase(i16),
}

/// Priority of negation, the highest of all.
const NOT_PRIORITY: u8 = 4;

impl Operator {
    fn priority(self) -> u8 {
        match self {
            Operator::Phrase(_) => 3,
            Operator::And => 2,
            Operator::Or => 1,
        }
    }
}

/// Appends the text of a `tsquery`.
pub(super) fn tsquery(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let mut input = Input::new(bytes, "tsquery");
    let count = input.count(NODE_BYTES_MIN)?;
    let nodes = (0..count).map(|_| node(&mut input)).collect::<Result<Vec<_>, _>>()?;
    if !nodes.is_empty() {
        let lefts = left_operands(&nodes).ok_or(input.malformed())?;
        Printer { nodes: &nodes, lefts: &lefts, steps: Vec::new(), out }.print();
    }
    input.end()
}

fn node<'v>(input: &mut Input<'v>) -> Result<Node<'v>, Malformed> {
    match input.u8()? {
        1 => {
            let (weights, is_prefix) = (input.u8()?, input.u8()? != 0);
            Ok(Node::Lexeme { text: input.until_zero()?, weights, is_prefix })
        }
        2 => match input.u8()? {
            1 => Ok(Node::Not),
            2 => Ok(Node::Binary(Operator::And)),
            3 => Ok(Node::Binary(Operator::Or)),
            4 => Ok(Node::Binary(Operator::Phrase(input.u16()?.cast_signed()))),
            _ => Err(input.malformed()),
        },
        _ => Err(input.malformed()),
    }
}

/// Where the left operand of each binary operator begins (the right one, or the only one, follows the
/// operator); `None` when the nodes are not one tree.
fn left_operands(nodes: &[Node<'_>]) -> Option<Vec<u32>> {
    let mut lefts = vec![0; nodes.len()];
    let mut roots: Vec<u32> = Vec::new();
    for (i, node) in nodes.iter().enumerate().rev() {
        if !matches!(node, Node::Lexeme { .. }) {
            roots.pop()?;
        }
        if matches!(node, Node::Binary(_)) {
            lefts[i] = roots.pop()?;
        }
        roots.push(u32::try_from(i).ok()?);
    }
    (roots == [0]).then_some(lefts)
}

/// Writes a tree in infix notation.
struct Printer<'t, 'v> {
    nodes: &'t [Node<'v>],
    lefts: &'t [u32],
    /// What is still to be written, the next one last.
    steps: Vec<Step>,
    out: &'t mut Vec<u8>,
}

enum Step {
    Tree(Tree),
    Operator(Operator),
    Close,
}

struct Tree {
    /// Where its root is among the nodes.
    root: usize,
    /// Priority of the operator around it, 0 for none.
    around: u8,
    /// Whether it is the right operand of a phrase, which does not associate.
    right_of_phrase: bool,
}

impl Printer<'_, '_> {
    fn print(mut self) {
        self.push_tree(0, 0, false);
        while let Some(step) = self.steps.pop() {
            match step {
                Step::Tree(tree) => self.tree(tree),
                Step::Operator(operator) => push_operator(operator, self.out),
                Step::Close => self.out.extend_from_slice(b" )"),
            }
        }
    }

    fn tree(&mut self, tree: Tree) {
        let Tree { root, around, right_of_phrase } = tree;
        match self.nodes[root] {
            Node::Lexeme { text, weights, is_prefix } => {
                push_lexeme(self.out, text);
                push_flags(weights, is_prefix, self.out);
            }
            Node::Not => {
                self.parenthesize(NOT_PRIORITY < around);
                self.out.push(b'!');
                self.push_tree(root + 1, NOT_PRIORITY, false);
            }
            Node::Binary(operator) => {
                let priority = operator.priority();
                let is_phrase = matches!(operator, Operator::Phrase(_));
                self.parenthesize(priority < around || (is_phrase && right_of_phrase));
                self.push_tree(root + 1, priority, is_phrase);
                self.steps.push(Step::Operator(operator));
                self.push_tree(self.lefts[root] as usize, priority, false);
            }
        }
    }

    fn push_tree(&mut self, root: usize, around: u8, right_of_phrase: bool) {
        self.steps.push(Step::Tree(Tree { root, around, right_of_phrase }));
    }

    fn parenthesize(&mut self, is_needed: bool) {
        if is_needed {
            self.out.extend_from_slice(b"( ");
            self.steps.push(Step::Close);
        }
    }
}

/// `:*AB`
fn push_flags(weights: u8, is_prefix: bool, out: &mut Vec<u8>) {
    if weights == 0 && !is_prefix {
        return;
    }
    out.push(b':');
    out.extend(is_prefix.then_some(b'*'));
    out.extend(WEIGHTS.iter().filter(|(bit, _)| weights & bit != 0).map(|(_, letter)| letter));
}

fn push_operator(operator: Operator, out: &mut Vec<u8>) {
    match operator {
        Operator::And => out.extend_from_slice(b" & "),
        Operator::Or => out.extend_from_slice(b" | "),
        Operator::Phrase(1) => out.extend_from_slice(b" <-> "),
        Operator::Phrase(distance) => {
            write!(out, " <{distance}> ").expect("a vector takes all bytes");
        }
    }
}
