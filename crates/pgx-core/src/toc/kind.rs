//! Kinds of entries and the sections they belong to.

use std::fmt;

use minicbor::{Decode, Encode};

/// When an entry is restored: before the rows, with the rows, or after them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Section {
    /// Definitions that rows need.
    #[n(0)]
    PreData,
    /// Rows, sequence values.
    #[n(1)]
    Data,
    /// Indexes, constraints, triggers, and all that is cheaper or only right after the rows.
    #[n(2)]
    PostData,
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Section::PreData => "pre-data",
            Section::Data => "data",
            Section::PostData => "post-data",
        })
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $text:literal, $section:ident;)*) => {
        /// What an entry is. The texts are those of pg_dump's table of contents.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
        #[cbor(index_only)]
        #[non_exhaustive]
        pub enum Kind { $($(#[$doc])* #[doc = $text] #[n($number)] $name,)* }

        impl Kind {
            /// Every kind.
            pub const ALL: &[Kind] = &[$(Kind::$name,)*];

            /// The name, in capitals: `TABLE DATA`.
            pub fn text(self) -> &'static str {
                match self { $(Kind::$name => $text,)* }
            }

            /// The section an entry of this kind belongs to unless a dependency loop moves it.
            pub fn section(self) -> Section {
                match self { $(Kind::$name => Section::$section,)* }
            }
        }
    };
}

kinds! {
    Schema = 1, "SCHEMA", PreData;
    Extension = 2, "EXTENSION", PreData;
    ProceduralLanguage = 3, "PROCEDURAL LANGUAGE", PreData;
    Collation = 4, "COLLATION", PreData;
    Transform = 5, "TRANSFORM", PreData;
    ShellType = 6, "SHELL TYPE", PreData;
    Type = 7, "TYPE", PreData;
    Domain = 8, "DOMAIN", PreData;
    Cast = 9, "CAST", PreData;
    Function = 10, "FUNCTION", PreData;
    Procedure = 11, "PROCEDURE", PreData;
    Aggregate = 12, "AGGREGATE", PreData;
    AccessMethod = 13, "ACCESS METHOD", PreData;
    Operator = 14, "OPERATOR", PreData;
    OperatorFamily = 15, "OPERATOR FAMILY", PreData;
    OperatorClass = 16, "OPERATOR CLASS", PreData;
    Conversion = 17, "CONVERSION", PreData;
    TextSearchParser = 18, "TEXT SEARCH PARSER", PreData;
    TextSearchTemplate = 19, "TEXT SEARCH TEMPLATE", PreData;
    TextSearchDictionary = 20, "TEXT SEARCH DICTIONARY", PreData;
    TextSearchConfiguration = 21, "TEXT SEARCH CONFIGURATION", PreData;
    ForeignDataWrapper = 22, "FOREIGN DATA WRAPPER", PreData;
    ForeignServer = 23, "SERVER", PreData;
    UserMapping = 24, "USER MAPPING", PreData;
    Table = 25, "TABLE", PreData;
    ForeignTable = 26, "FOREIGN TABLE", PreData;
    View = 27, "VIEW", PreData;
    MaterializedView = 28, "MATERIALIZED VIEW", PreData;
    Sequence = 29, "SEQUENCE", PreData;
    SequenceOwnedBy = 30, "SEQUENCE OWNED BY", PreData;
    TableAttach = 31, "TABLE ATTACH", PreData;
    Default = 32, "DEFAULT", PreData;
    TableData = 33, "TABLE DATA", Data;
    SequenceSet = 34, "SEQUENCE SET", Data;
    LargeObjectMetadata = 35, "LARGE OBJECT METADATA", Data;
    LargeObjects = 36, "LARGE OBJECTS", Data;
    StatisticsData = 37, "STATISTICS DATA", Data;
    Constraint = 38, "CONSTRAINT", PostData;
    CheckConstraint = 39, "CHECK CONSTRAINT", PostData;
    Index = 40, "INDEX", PostData;
    IndexAttach = 41, "INDEX ATTACH", PostData;
    Statistics = 42, "STATISTICS", PostData;
    Rule = 43, "RULE", PostData;
    Trigger = 44, "TRIGGER", PostData;
    ForeignKey = 45, "FK CONSTRAINT", PostData;
    RowSecurity = 46, "ROW SECURITY", PostData;
    Policy = 47, "POLICY", PostData;
    Publication = 48, "PUBLICATION", PostData;
    PublicationTable = 49, "PUBLICATION TABLE", PostData;
    PublicationSchema = 50, "PUBLICATION TABLES IN SCHEMA", PostData;
    Subscription = 51, "SUBSCRIPTION", PostData;
    DefaultAcl = 52, "DEFAULT ACL", PostData;
    EventTrigger = 53, "EVENT TRIGGER", PostData;
    MaterializedViewData = 54, "MATERIALIZED VIEW DATA", PostData;
    Role = 55, "ROLE", PreData;
    RoleMembership = 56, "ROLE MEMBERSHIP", PreData;
    RoleSetting = 57, "ROLE SETTING", PreData;
    Tablespace = 58, "TABLESPACE", PreData;
    ParameterAcl = 59, "PARAMETER ACL", PreData;
}

impl Kind {
    /// Whether it belongs to the cluster, not to a database.
    pub fn is_global(self) -> bool {
        matches!(
            self,
            Kind::Role
                | Kind::RoleMembership
                | Kind::RoleSetting
                | Kind::Tablespace
                | Kind::ParameterAcl
        )
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// Which parts of a database a dump or restore is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    /// Definitions.
    pub schema: bool,
    /// Rows and sequence values.
    pub data: bool,
    /// Statistics of the planner.
    pub statistics: bool,
}

impl Parts {
    /// Everything.
    pub const ALL: Parts = Parts { schema: true, data: true, statistics: true };

    /// Whether none is wanted.
    pub fn is_nothing(self) -> bool {
        !(self.schema || self.data || self.statistics)
    }
}

/// Which sections a dump or restore is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sections {
    /// Definitions that rows need.
    pub pre_data: bool,
    /// Rows and sequence values.
    pub data: bool,
    /// What follows the rows.
    pub post_data: bool,
}

impl Sections {
    /// All three.
    pub const ALL: Sections = Sections { pre_data: true, data: true, post_data: true };

    /// Those that are named; all when none is.
    pub fn named(named: &[Section]) -> Sections {
        let has = |section| named.is_empty() || named.contains(&section);
        Sections {
            pre_data: has(Section::PreData),
            data: has(Section::Data),
            post_data: has(Section::PostData),
        }
    }

    /// Whether this one is among them.
    pub fn has(self, section: Section) -> bool {
        match section {
            Section::PreData => self.pre_data,
            Section::Data => self.data,
            Section::PostData => self.post_data,
        }
    }

    /// What is left of `parts` in these sections.
    pub fn of(self, parts: Parts) -> Parts {
        Parts {
            schema: parts.schema && (self.pre_data || self.post_data),
            data: parts.data && self.data,
            statistics: parts.statistics && self.data,
        }
    }
}
