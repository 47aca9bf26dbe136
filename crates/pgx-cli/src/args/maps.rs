//! Names that become others at a restore.

use pgx_core::Result;
use pgx_core::toc::{Maps, NameMap};

/// The maps. Each option can be repeated.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Names")]
pub(crate) struct MapArgs {
    /// What OLD owns belongs to NEW, and NEW has the owner's part in grants; can be repeated
    #[arg(long, value_name = "OLD=NEW")]
    pub(crate) map_owner: Vec<String>,

    /// NEW takes the place of OLD wherever a role is named; can be repeated
    #[arg(long, value_name = "OLD=NEW")]
    pub(crate) map_role: Vec<String>,

    /// What is in the tablespace OLD goes to NEW; "OLD=" is the default one; can be repeated
    #[arg(long, value_name = "OLD=NEW")]
    pub(crate) map_tablespace: Vec<String>,

    /// The schema OLD becomes NEW; can be repeated
    #[arg(long, value_name = "OLD=NEW")]
    pub(crate) map_schema: Vec<String>,

    /// Text that names a mapped schema (in bodies of functions, in settings): refuse the restore, or
    /// keep the text as it is
    #[arg(long, value_name = "WHAT", value_enum, default_value = "refuse")]
    pub(crate) map_schema_text: SchemaText,
}

/// What is done about text that names a mapped schema.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum SchemaText {
    #[default]
    Refuse,
    Keep,
}

impl MapArgs {
    /// # Errors
    /// A map is malformed.
    pub(crate) fn maps(&self) -> Result<Maps> {
        Ok(Maps {
            owners: NameMap::parse("--map-owner", &self.map_owner)?,
            roles: NameMap::parse("--map-role", &self.map_role)?,
            tablespaces: NameMap::parse("--map-tablespace", &self.map_tablespace)?,
            schemas: NameMap::parse("--map-schema", &self.map_schema)?,
            keep_schema_text: self.map_schema_text == SchemaText::Keep,
        })
    }
}
