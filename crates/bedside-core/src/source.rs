//! `[source]` and `[[recorded]]`: where a public benchmark's files come from and how their columns become items.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[source]`: upstream files, pinned, and the mapping from them to items.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceTable {
    /// Upstream repository as `owner/name`.
    pub repository: Option<String>,
    /// Commit that is pinned.
    pub commit: Option<String>,
    /// Address of a file, with `{repository}`, `{commit}` and `{path}` filled in. A common code host when absent.
    pub url: Option<String>,
    /// Folder of this source within a mirror.
    pub mirror: Option<String>,
    /// Why there is no upstream address, for files that only a mirror has.
    pub mirror_only: Option<String>,
    /// What the upstream licence asks of the user; shown before fetching.
    pub notice: Option<String>,
    /// Named decoder in Rust, for formats that `map` cannot express.
    pub decoder: Option<String>,
    /// Generator of the synthetic clinic, instead of files.
    pub generator: Option<GeneratorTable>,
    /// Files to fetch.
    #[serde(default)]
    pub file: Vec<SourceFile>,
    /// Declarative mapping from records to items.
    pub map: Option<MapTable>,
}

/// `[source.generator]`: items drawn here, from a seed.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GeneratorTable {
    /// Name of the generator.
    pub name: String,
    /// Seed.
    pub seed: u64,
    /// Items to draw.
    pub n: u32,
}

/// `[[source.file]]`
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceFile {
    /// Name within this recipe.
    pub id: String,
    /// Path in the upstream repository.
    pub path: String,
    /// Path in the mirror's folder, where it differs.
    pub mirror_path: Option<String>,
    /// Size.
    pub bytes: u64,
    /// sha256 of the bytes.
    pub sha256: String,
    /// Whether only recorded outputs need the file.
    #[serde(default)]
    pub recorded_only: bool,
}

/// Format of a file of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecordFormat {
    /// Comma-separated, with a header line.
    Csv,
    /// A JSON list of records, or an object from key to record (the key is then `key`).
    Json,
    /// One JSON record a line.
    Jsonl,
}

/// `[source.map]`: expressions over `row` (the record), `key`, `file` (its id), `line` and `join` give the fields of an item.
/// In `reference` and `reference_sets` the value `{abstain: true}` becomes `null`, "must abstain".
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MapTable {
    /// Ids of the files that hold the records, in order; all when absent.
    pub files: Option<Vec<String>>,
    /// Format of those files.
    pub format: RecordFormat,
    /// Only records for which this is true become items.
    pub keep: Option<String>,
    /// Item id.
    pub id: String,
    /// Cluster.
    pub cluster: Option<String>,
    /// Template.
    pub template: Option<String>,
    /// Strata by name.
    #[serde(default)]
    pub strata: BTreeMap<String, String>,
    /// Input fields by name.
    pub input: BTreeMap<String, String>,
    /// Options: a list of `{label, text}`.
    pub options: Option<String>,
    /// Reference.
    pub reference: String,
    /// Further keys by name; records where the expression gives `none` lack that key.
    #[serde(default)]
    pub reference_sets: BTreeMap<String, String>,
    /// Potential harm of a wrong answer, as `{level, interceptable, by}`; records where the expression gives `none` have none.
    pub severity: Option<String>,
    /// Provenance by name.
    #[serde(default)]
    pub provenance: BTreeMap<String, String>,
    /// Other files to look records up in, as `join.<name>`.
    #[serde(default)]
    pub join: BTreeMap<String, JoinTable>,
}

/// `[source.map.join.NAME]`
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JoinTable {
    /// Ids of the files to look in.
    pub files: Vec<String>,
    /// Their format.
    pub format: RecordFormat,
    /// Key of a record there: an expression over `row` and `key`.
    pub key: String,
    /// Key to look up: an expression over the item's `row` and `key`. A record that is not found is `none`.
    pub on: String,
}

/// `[[recorded]]`: published outputs of a real system, turned into the recorded-outputs format by `bedside fetch`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordedTable {
    /// Name of the system.
    pub system: String,
    /// Ids of the files that hold its outputs.
    pub files: Vec<String>,
    /// Their format.
    pub format: RecordFormat,
    /// Only records for which this is true. `items` holds the ids of the benchmark: `key in items`.
    pub keep: Option<String>,
    /// Item id.
    pub item: String,
    /// Output.
    pub output: String,
    /// Epoch, counted from 0.
    pub epoch: Option<String>,
    /// What was published for it: metric to value, for comparison.
    #[serde(default)]
    pub published: BTreeMap<String, f64>,
    /// Where that was published.
    pub published_in: Option<String>,
}
