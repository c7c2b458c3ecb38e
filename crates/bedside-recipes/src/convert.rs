//! A recipe carried out: bytes of upstream files in, `items.jsonl` and recorded outputs out.

use std::collections::BTreeMap;

use bedside_core::benchmark::CheckedManifest;
use bedside_core::problem::{Problem, Problems};
use bedside_core::source::{GeneratorTable, SourceTable};

use crate::expression::Language;
use crate::items::{self, Items};
use crate::places::Places;
use crate::tables::{Files, Table};
use crate::{decoders, output};

/// What a recipe makes of its files.
#[derive(Clone, Debug, PartialEq)]
pub struct Converted {
    /// The items, one a line.
    pub items_jsonl: String,
    /// How many they are.
    pub items: usize,
    /// Published outputs of real systems, in the order of the manifest.
    pub recorded: Vec<RecordedFile>,
    /// Systems whose files were not handed in.
    pub not_recorded: Vec<String>,
}

/// The recorded outputs of one system.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedFile {
    /// The system's name.
    pub system: String,
    /// Its outputs, one a line, in the recorded-outputs format.
    pub jsonl: String,
    /// How many they are.
    pub outputs: usize,
    /// What was published for it: `scorer.metric`, with `@stratum=value` where only a slice was published.
    pub published: BTreeMap<String, f64>,
    /// Where that was published.
    pub published_in: Option<String>,
}

/// Converts the files of a recipe, given by their ids. Sizes and digests were checked by the caller.
///
/// Files marked `recorded_only` may be missing; the systems that need them are then listed in [`Converted::not_recorded`].
pub fn convert(manifest: &CheckedManifest, files: &BTreeMap<String, Vec<u8>>) -> Result<Converted, Problems> {
    let mut places = Places::new(manifest);
    let Some(source) = &manifest.manifest.source else {
        places.problem(
            &["benchmark"],
            Problem::new("no_source", "no [source] to convert").because("the package holds its own items"),
        );
        return Err(places.or(()).expect_err("a problem was noted"));
    };
    let (language, files) = (Language::default(), Files::new(&source.file, files));
    let items = match &source.generator {
        Some(generator) => generated(generator, &mut places),
        None => mapped(source, &files, &language, &mut places),
    };
    let mut converted =
        Converted { items_jsonl: items.jsonl, items: items.ids.len(), recorded: Vec::new(), not_recorded: Vec::new() };
    if !places.broken() {
        for (number, table) in manifest.manifest.recorded.iter().enumerate() {
            let absent =
                |id: &String| source.file.iter().any(|file| file.id == *id && file.recorded_only) && !files.at_hand(id);
            if table.files.iter().any(absent) {
                converted.not_recorded.push(table.system.clone());
            } else {
                converted.recorded.extend(output::recorded(number, table, &items.ids, &files, &language, &mut places));
            }
        }
    }
    places.or(converted)
}

fn generated(generator: &GeneratorTable, places: &mut Places<'_>) -> Items {
    let mut items = Items { jsonl: String::new(), ids: Vec::new() };
    let Some(lines) = bedside_synth::generate(&generator.name, generator.seed, generator.n) else {
        let names = bedside_synth::generators().iter().map(|generator| generator.name);
        let problem = Problem::new("unknown_generator", format!("unknown generator `{}`", generator.name))
            .suggest(&generator.name, names);
        places.problem(&["source", "generator", "name"], problem);
        return items;
    };
    for line in lines {
        items.jsonl.push_str(&serde_json::to_string(&line).expect("an item is plain JSON"));
        items.jsonl.push('\n');
        items.ids.push(line.id);
    }
    items
}

fn mapped(source: &SourceTable, files: &Files<'_>, language: &Language, places: &mut Places<'_>) -> Items {
    let nothing = Items { jsonl: String::new(), ids: Vec::new() };
    let Some(map) = &source.map else {
        let problem = Problem::new("no_map", "neither [source.map] nor [source.generator]");
        places.problem(&["source"], problem.because("nothing says how the files become items"));
        return nothing;
    };
    let ids = map.files.clone().unwrap_or_else(|| files.of_items());
    let mut tables = files.tables(&ids, map.format, places, &["source", "map", "files"]);
    if places.broken() {
        return nothing;
    }
    if let Some(name) = &source.decoder {
        let Some(decoder) = decoders::find(name) else {
            let problem =
                Problem::new("unknown_decoder", format!("unknown decoder `{name}`")).suggest(name, decoders::names());
            places.problem(&["source", "decoder"], problem);
            return nothing;
        };
        match decoded(decoder, tables) {
            Ok(table) => tables = vec![table],
            Err(problems) => {
                places.elsewhere(problems);
                return nothing;
            }
        }
    }
    items::items(map, &tables, files, language, places)
}

/// Decoded records count as records of the first file.
fn decoded(decoder: decoders::Decoder, tables: Vec<Table>) -> Result<Table, Problems> {
    let records = decoder(&tables)?;
    let first = tables.into_iter().next().ok_or_else(|| Problem::new("no_files", "a decoder without files"))?;
    Ok(Table { records, ..first })
}
