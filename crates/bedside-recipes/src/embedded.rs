//! The benchmarks in the binary: manifests and cards of the folder `benchmarks/`. A test holds this table equal to the folder.

/// One benchmark of the repository.
#[derive(Clone, Copy, Debug)]
struct Package {
    name: &'static str,
    manifest: &'static str,
    card: &'static str,
}

macro_rules! packages {
    ($($name:literal),* $(,)?) => {
        [$(Package {
            name: $name,
            manifest: include_str!(concat!("../../../benchmarks/", $name, "/benchmark.toml")),
            card: include_str!(concat!("../../../benchmarks/", $name, "/CARD.md")),
        }),*]
    };
}

/// In alphabetical order.
const PACKAGES: [Package; 6] =
    packages!["aci-bench", "medcalc", "medqa", "prior-authorisation", "pubmedqa", "triage-vignettes"];

/// The names, in alphabetical order.
pub fn names() -> impl Iterator<Item = &'static str> {
    PACKAGES.iter().map(|package| package.name)
}

/// The text of a benchmark's `benchmark.toml`.
pub fn manifest(name: &str) -> Option<&'static str> {
    package(name).map(|package| package.manifest)
}

/// The text of a benchmark's `CARD.md`.
pub fn card(name: &str) -> Option<&'static str> {
    package(name).map(|package| package.card)
}

fn package(name: &str) -> Option<&'static Package> {
    PACKAGES.iter().find(|package| package.name == name)
}
