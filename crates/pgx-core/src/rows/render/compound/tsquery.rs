//! `tsquery`: a tree of operators over lexemes, sent in prefix notation, right operands first.
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

impl Node<'_> {
    fn operands(self) -> usize {
        match self {
            Node::Lexeme { .. } => 0,
            Node::Not => 1,
            Node::Binary(_) => 2,
        }
    }
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
    if input.count(NODE_BYTES_MIN)? == 0 {
        return input.end();
    }
    let tree = Tree::read(bytes)?;
    Printer { tree: &tree, steps: Vec::new(), out }.print()
}

fn node_at(bytes: &[u8], start: u32) -> Result<Node<'_>, Malformed> {
    node(&mut Input::new(&bytes[start as usize..], "tsquery"))
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

/// Where the nodes are. The nodes themselves are read again when they are written, since they take
/// many times the memory.
struct Tree<'v> {
    bytes: &'v [u8],
    /// Where in the bytes each node begins.
    starts: Vec<u32>,
    /// The left operand of each binary operator; the right or only one follows the operator.
    lefts: Vec<u32>,
}

impl<'v> Tree<'v> {
    fn read(bytes: &'v [u8]) -> Result<Tree<'v>, Malformed> {
        let mut input = Input::new(bytes, "tsquery");
        let count = input.count(NODE_BYTES_MIN)?;
        let mut tree = Tree { bytes, starts: Vec::with_capacity(count), lefts: Vec::new() };
        for _ in 0..count {
            let start = bytes.len() - input.len();
            tree.starts.push(u32::try_from(start).map_err(|_| input.malformed())?);
            node(&mut input)?;
        }
        input.end()?;
        tree.find_lefts()?;
        Ok(tree)
    }

    /// Fails unless the nodes are one tree.
    fn find_lefts(&mut self) -> Result<(), Malformed> {
        const NO_TREE: Malformed = Malformed("tsquery");
        self.lefts = vec![0; self.starts.len()];
        let mut roots: Vec<u32> = Vec::new();
        for (at, left) in self.lefts.iter_mut().enumerate().rev() {
            // The right operand is on top.
            for _ in 0..node_at(self.bytes, self.starts[at])?.operands() {
                *left = roots.pop().ok_or(NO_TREE)?;
            }
            roots.push(u32::try_from(at).map_err(|_| NO_TREE)?);
        }
        if roots == [0] { Ok(()) } else { Err(NO_TREE) }
    }
}

/// Writes a tree in infix notation.
struct Printer<'t, 'v> {
    tree: &'t Tree<'v>,
    /// What is still to be written, the next one last.
    steps: Vec<Step>,
    out: &'t mut Vec<u8>,
}

enum Step {
    Operand(Operand),
    Operator(Operator),
    Close,
}

struct Operand {
    /// Where its root is among the nodes.
    root: usize,
    /// Priority of the operator around it, 0 for none.
    around: u8,
    /// Whether it is the right operand of a phrase, which does not associate.
    right_of_phrase: bool,
}

impl Printer<'_, '_> {
    fn print(mut self) -> Result<(), Malformed> {
        self.push_operand(0, 0, false);
        while let Some(step) = self.steps.pop() {
            match step {
                Step::Operand(operand) => self.operand(&operand)?,
                Step::Operator(operator) => push_operator(operator, self.out),
                Step::Close => self.out.extend_from_slice(b" )"),
            }
        }
        Ok(())
    }

    fn operand(&mut self, operand: &Operand) -> Result<(), Malformed> {
        let Operand { root, around, right_of_phrase } = *operand;
        match node_at(self.tree.bytes, self.tree.starts[root])? {
            Node::Lexeme { text, weights, is_prefix } => {
                push_lexeme(self.out, text);
                push_flags(weights, is_prefix, self.out);
            }
            Node::Not => {
                self.parenthesize(NOT_PRIORITY < around);
                self.out.push(b'!');
                self.push_operand(root + 1, NOT_PRIORITY, false);
            }
            Node::Binary(operator) => {
                let priority = operator.priority();
                let is_phrase = matches!(operator, Operator::Phrase(_));
                self.parenthesize(priority < around || (is_phrase && right_of_phrase));
                self.push_operand(root + 1, priority, is_phrase);
                self.steps.push(Step::Operator(operator));
                self.push_operand(self.tree.lefts[root] as usize, priority, false);
            }
        }
        Ok(())
    }

    fn push_operand(&mut self, root: usize, around: u8, right_of_phrase: bool) {
        self.steps.push(Step::Operand(Operand { root, around, right_of_phrase }));
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
