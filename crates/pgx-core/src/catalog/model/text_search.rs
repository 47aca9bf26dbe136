//! Text search: parsers, templates, dictionaries, configurations.

use super::Catalog;
use super::object::Object;

/// An object of text search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextSearch {
    /// Which of the four.
    pub kind: TextSearchKind,
    /// Identity; parsers and templates have no owner.
    pub object: Object,
    /// What stands between the parentheses of CREATE.
    pub clauses: Vec<String>,
    /// Of a configuration: what is done with each type of token, in the order of the parser's numbers.
    pub mappings: Vec<Mapping>,
}

impl TextSearch {
    /// What the option `dictionary` of a dictionary says, without the quotes of identifiers.
    pub fn named_dictionary(&self) -> Option<String> {
        let (_, rest) = self.clauses.last()?.split_once("dictionary = '")?;
        rest.split_once('\'').map(|(name, _)| name.replace('"', ""))
    }

    /// The schema of the dictionary that this one names without its schema, where a user made it: its own
    /// schema before others. The system's are found from everywhere.
    pub fn named_in<'c>(&self, catalog: &'c Catalog) -> Option<&'c str> {
        let named = self.named_dictionary()?;
        let mut schemas: Vec<&str> = catalog
            .text_search
            .iter()
            .filter(|other| other.kind == TextSearchKind::Dictionary)
            .filter(|other| other.object.name.eq_ignore_ascii_case(&named))
            .filter_map(|other| other.object.schema.as_deref())
            .collect();
        schemas.sort_unstable_by_key(|&schema| {
            (Some(schema) != self.object.schema.as_deref(), schema)
        });
        schemas.first().copied()
    }
}

/// The kinds of objects that text search is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextSearchKind {
    /// Takes text apart.
    Parser,
    /// The code of dictionaries.
    Template,
    /// A template with its options.
    Dictionary,
    /// A parser, and dictionaries for each type of its tokens.
    Configuration,
}

impl TextSearchKind {
    /// What people call it.
    pub fn word(self) -> &'static str {
        match self {
            TextSearchKind::Parser => "text search parser",
            TextSearchKind::Template => "text search template",
            TextSearchKind::Dictionary => "text search dictionary",
            TextSearchKind::Configuration => "text search configuration",
        }
    }
}

/// The dictionaries that tokens of one type go through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// The parser's name of the type.
    pub token: String,
    /// Quoted and with their schemas, separated by commas.
    pub dictionaries: String,
}
