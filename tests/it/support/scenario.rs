//! Schemas with rows, for any test that wants something real in a database.

use super::Server;

/// One file of `tests/fixtures/scenarios`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scenario {
    /// The file's name without its ending.
    pub(crate) name: &'static str,
    /// Statements for an empty database, as the superuser.
    pub(crate) sql: &'static str,
}

macro_rules! scenarios {
    ($($name:literal)*) => {
        &[$(Scenario {
            name: $name,
            sql: include_str!(concat!("../../fixtures/scenarios/", $name, ".sql")),
        }),*]
    };
}

const ALL: &[Scenario] = scenarios! {
    "application" "application_11" "application_12" "application_14" "application_15"
    "application_18" "cycles" "cycles_12" "losses_12" "myrtea" "parcels" "parcels_gis" "types"
    "types_14"
};

/// The scenario of that name.
pub(crate) fn scenario(name: &str) -> Scenario {
    let found = ALL.iter().find(|scenario| scenario.name == name);
    *found.unwrap_or_else(|| panic!("no scenario {name}"))
}

/// Every scenario that the server can take.
pub(crate) fn scenarios(server: &Server) -> impl Iterator<Item = Scenario> {
    ALL.iter().copied().filter(move |scenario| scenario.fits(server))
}

impl Scenario {
    /// Whether the server is new enough, and has PostGIS if that is needed.
    pub(crate) fn fits(&self, server: &Server) -> bool {
        let first = self.sql.lines().next().unwrap_or_default();
        let from = first.strip_prefix("-- from ").map_or(10, |version| {
            version.parse().expect("`-- from` is followed by a major version")
        });
        from <= server.major && (first != "-- needs postgis" || server.has_postgis())
    }
}
