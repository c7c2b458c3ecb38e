//! The documentation against the program: verbs and flags, keys, scorers, exit codes, and the console sessions of the guides.
#![allow(clippy::print_stdout, reason = "a skipped test says so")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};

use serde_json::Value;
use support::Session;

fn docs(page: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(page)
}

fn read(page: &str) -> String {
    std::fs::read_to_string(docs(page)).unwrap_or_else(|error| panic!("{page}: {error}"))
}

fn json(page: &str) -> Value {
    serde_json::from_str(&read(page)).expect("JSON")
}

/// The text of each section, by its heading without backticks.
fn sections(page: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut heading = String::new();
    for line in read(page).lines() {
        if line.starts_with('#') {
            heading = line.trim_start_matches('#').trim().replace('`', "");
        }
        let text: &mut String = found.entry(heading.clone()).or_default();
        text.push_str(line);
        text.push('\n');
    }
    found
}

/// The cells of every table row whose first cell begins with a backtick.
fn rows(text: &str) -> Vec<Vec<String>> {
    text.lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| {
            line.trim_matches('|')
                .replace("\\|", "\u{1}")
                .split('|')
                .map(|cell| cell.trim().replace('\u{1}', "|"))
                .collect()
        })
        .collect()
}

/// What stands in the backticks at the start of each table row.
fn keys(text: &str) -> BTreeSet<String> {
    rows(text)
        .iter()
        .map(|row| row[0].trim_start_matches('`').split('`').next().unwrap_or_default().to_owned())
        .collect()
}

fn help(verb: Option<&str>) -> String {
    let arguments: Vec<&str> = verb.into_iter().chain(["--help"]).collect();
    let output = Session::new().run(&arguments);
    assert_eq!(output.status.code(), Some(0));
    String::from_utf8(output.stdout).expect("text")
}

/// Long flags that a help text explains: the lines that begin with one.
fn flags(help: &str) -> BTreeSet<String> {
    help.lines()
        .map(str::trim_start)
        .filter_map(|line| {
            if line.starts_with("--") {
                Some(line)
            } else {
                line.strip_prefix('-').and_then(|rest| rest.split_once(", ")).map(|(_, long)| long)
            }
        })
        .filter(|line| line.starts_with("--"))
        .map(|line| line.split([' ', '=', ',']).next().unwrap_or_default().to_owned())
        .collect()
}

/// Default values by long flag.
fn defaults(help: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut flag = None;
    for line in help.lines() {
        flag = flags(line).pop_first().or(flag);
        if let (Some(value), Some(flag)) = (line.trim().strip_prefix("[default: "), &flag) {
            found.insert(flag.clone(), value.trim_end_matches(']').to_owned());
        }
    }
    found
}

/// The words after a dash in lists of possible values.
fn values(help: &str) -> BTreeSet<String> {
    help.lines()
        .filter_map(|line| line.trim_start().strip_prefix("- "))
        .filter_map(|line| line.split_once(':'))
        .map(|(word, _)| word.to_owned())
        .collect()
}

fn verbs() -> Vec<String> {
    let text = help(None);
    let (_, commands) = text.split_once("Commands:\n").expect("commands");
    commands
        .lines()
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|verb| *verb != "help")
        .map(str::to_owned)
        .collect()
}

/// Flags of a section: first cells such as `--seed N` and `-m, --model SYSTEM`.
fn documented_flags(text: &str) -> BTreeSet<String> {
    keys(text)
        .iter()
        .filter_map(|key| key.split([' ', ',']).find(|word| word.starts_with("--")))
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_command_page_has_every_verb_and_flag_and_no_other() {
    let sections = sections("reference/command.md");
    let verbs = verbs();
    let headings: BTreeSet<&String> = sections.keys().filter(|heading| !heading.contains(' ')).collect();
    assert_eq!(headings, verbs.iter().collect(), "sections with one word are verbs");
    let global = flags(&help(None));
    assert_eq!(documented_flags(&sections["Options of every verb"]), global);
    for verb in &verbs {
        let help = help(Some(verb));
        let own: BTreeSet<String> = flags(&help).difference(&global).cloned().collect();
        assert_eq!(documented_flags(&sections[verb]), own, "flags of {verb}");
        for (flag, value) in defaults(&help).iter().filter(|(flag, _)| own.contains(*flag)) {
            let row = rows(&sections[verb]).into_iter().find(|row| row[0].contains(flag.as_str())).expect("a row");
            let elsewhere = ["as for `run`", "changes nothing"].iter().any(|words| row[1].contains(words));
            assert!(elsewhere || row[1].contains(&format!("[{value}]")), "{verb} {flag}: the default is {value}");
        }
        for value in values(&help) {
            assert!(
                sections[verb].contains(&format!("`{value}`"))
                    || sections["Options of every verb"].contains(&format!("`{value}`")),
                "{verb}: {value}"
            );
        }
    }
}

#[test]
fn the_command_page_has_every_exit_code_and_no_other() {
    let source = include_str!("../src/exit.rs");
    let codes: BTreeSet<String> = source
        .lines()
        .filter_map(|line| {
            line.trim().strip_prefix("Self::")?.split_once(" => ")?.1.strip_suffix(',').map(str::to_owned)
        })
        .collect();
    assert_eq!(codes.len(), 7, "the codes were found in exit.rs");
    assert_eq!(keys(&sections("reference/command.md")["Exit codes"]), codes);
}

fn properties(schema: &Value, table: Option<&str>) -> BTreeSet<String> {
    let object = table.map_or(schema, |table| &schema["$defs"][table]);
    object["properties"].as_object().unwrap_or_else(|| panic!("{table:?}")).keys().cloned().collect()
}

#[test]
fn the_pages_about_files_have_every_key_and_no_other() {
    let package = json("reference/schema/benchmark.schema.json");
    let item = json("reference/schema/item.schema.json");
    let recorded = json("reference/schema/recorded.schema.json");
    let benchmark = "reference/benchmark-toml.md";
    let recipes = "reference/recipes.md";
    for (page, heading, schema, table) in [
        (benchmark, "The file", &package, None),
        (benchmark, "[benchmark]", &package, Some("BenchmarkTable")),
        (benchmark, "[construct]", &package, Some("ConstructTable")),
        (benchmark, "[task]", &package, Some("TaskTable")),
        (benchmark, "[[prompt]]", &package, Some("PromptTable")),
        (benchmark, "[[scorer]]", &package, Some("ScorerTable")),
        (benchmark, "[requirement]", &package, Some("RequirementTable")),
        (recipes, "[source]", &package, Some("SourceTable")),
        (recipes, "[[source.file]]", &package, Some("SourceFile")),
        (recipes, "[source.map]", &package, Some("MapTable")),
        (recipes, "[source.map.join.NAME]", &package, Some("JoinTable")),
        (recipes, "[[recorded]]", &package, Some("RecordedTable")),
        (benchmark, "items.jsonl", &item, None),
        (benchmark, "options", &item, Some("ChoiceOption")),
        (benchmark, "media", &item, Some("Media")),
        (benchmark, "severity", &item, Some("Severity")),
        ("guide/recorded-outputs.md", "Every key of a line", &recorded, None),
    ] {
        let section = sections(page).remove(heading).unwrap_or_else(|| panic!("{page} has no section {heading}"));
        assert_eq!(keys(&section), properties(schema, table), "{page}, {heading}");
    }
    let text = read(benchmark);
    for schema in [&package, &item] {
        for (name, definition) in schema["$defs"].as_object().expect("definitions") {
            let listed = definition["enum"].as_array().into_iter().flatten();
            let single = definition["oneOf"].as_array().into_iter().flatten().map(|one| &one["const"]);
            for word in listed.chain(single).filter_map(Value::as_str) {
                let known = text.contains(&format!("`{word}`")) || read(recipes).contains(&format!("`{word}`"));
                assert!(known, "the word `{word}` of {name} is not on the page");
            }
        }
    }
}

#[test]
fn the_scorer_page_says_what_the_catalogue_says() {
    let output = Session::new().run(&["list", "scorers", "--format", "json"]);
    let listed: Vec<BTreeMap<String, String>> = serde_json::from_slice(&output.stdout).expect("JSON");
    let expected: Vec<String> = listed
        .iter()
        .map(|row| format!("{}: | `{}` | {} | {} |", row["scorer"], row["metric"], row["scale"], row["what_it_says"]))
        .collect();
    let mut found = Vec::new();
    let mut scorer = String::new();
    for line in read("reference/scorers.md").lines() {
        if let Some(heading) = line.strip_prefix("## `") {
            scorer = heading.replace('`', "");
        } else if line.starts_with("| `") {
            found.push(format!("{scorer}: {line}"));
        }
    }
    assert_eq!(found, expected);
}

/// One `$ ` line of a page with what it prints.
struct Step {
    command: String,
    expected: Vec<String>,
}

/// What a page asks its reader to do, in order.
enum Deed {
    /// `<!-- file: NAME -->` before a block: the block goes into that file.
    Write(String, String),
    Run(Step),
}

fn deeds(page: &str) -> Vec<Deed> {
    let text = read(page);
    let mut deeds = Vec::new();
    let mut lines = text.lines();
    let mut file = None;
    while let Some(line) = lines.next() {
        if let Some(name) = line.strip_prefix("<!-- file: ").and_then(|rest| rest.strip_suffix(" -->")) {
            file = Some(name.to_owned());
        }
        let Some(language) = line.strip_prefix("```") else { continue };
        let block: Vec<&str> = lines.by_ref().take_while(|line| !line.starts_with("```")).collect();
        if let Some(file) = file.take() {
            deeds.push(Deed::Write(file, block.join("\n") + "\n"));
        } else if language == "console" {
            for line in block {
                match (line.strip_prefix("$ "), deeds.last_mut()) {
                    (Some(command), _) => {
                        deeds.push(Deed::Run(Step { command: command.to_owned(), expected: Vec::new() }));
                    }
                    (None, Some(Deed::Run(step))) => step.expected.push(line.to_owned()),
                    _ => panic!("{page}: a console block begins with a command, not with `{line}`"),
                }
            }
        }
    }
    deeds
}

/// Whether the lines are those expected, where a line `…` stands for any number of lines.
fn matches(expected: &[String], found: &[String]) -> bool {
    let Some((first, rest)) = expected.split_first() else { return found.is_empty() };
    if first == "…" {
        return (0..=found.len()).any(|skipped| matches(rest, &found[skipped..]));
    }
    found.split_first().is_some_and(|(line, found)| line == first && matches(rest, found))
}

/// Does what the page says in a folder of its own. The reader's folder is `/home/you/ward` on the page.
fn follow(page: &str, variables: &[(&str, &Path)]) {
    let session = Session::new();
    let mut code = Some(0);
    let mut commands = 0;
    for deed in deeds(page) {
        let step = match deed {
            Deed::Write(file, text) => {
                session.write(&file, &text);
                continue;
            }
            Deed::Run(step) => step,
        };
        commands += 1;
        let found = if step.command == "echo $?" {
            code.map_or_else(|| "by signal".to_owned(), |code| code.to_string())
        } else {
            // Both streams into one file: the order in which a terminal would show them.
            let path = session.path().join("terminal");
            let terminal = File::create(&path).expect("a file");
            let words: Vec<&str> = step.command.split_whitespace().collect();
            assert_eq!(words[0], "bedside", "{page}: only bedside can be run here, not `{}`", step.command);
            let mut command = session.command(&words[1..]);
            command
                .envs(variables.iter().copied())
                .stdout(terminal.try_clone().expect("the same file"))
                .stderr(terminal);
            code = command.status().expect("the binary runs").code();
            std::fs::read_to_string(&path).expect("text")
        };
        let cut =
            |text: &str| -> Vec<String> { text.trim_end().lines().map(|line| line.trim_end().to_owned()).collect() };
        let on_page = step
            .expected
            .join("\n")
            .replace("/home/you/.cache/bedside", "[folder]/cache")
            .replace("/home/you/ward", "[folder]");
        let (expected, found) = (cut(&session.masked(&on_page)), cut(&session.masked(&found)));
        assert!(
            matches(&expected, &found),
            "{page}: `{}` prints\n{}\nbut the page says\n{}",
            step.command,
            found.join("\n"),
            expected.join("\n")
        );
    }
    assert!(commands > 0, "{page} has no console block");
}

#[test]
fn the_guide_to_an_own_benchmark_can_be_followed() {
    follow("guide/own-benchmark.md", &[]);
}

#[test]
fn the_page_about_extraction_can_be_followed() {
    follow("concepts/extraction.md", &[]);
}

#[test]
fn the_guide_to_what_comes_after_the_run_can_be_followed() {
    follow("guide/after-the-run.md", &[]);
}

/// Needs the upstream files.
#[test]
fn the_guide_to_recorded_outputs_can_be_followed() {
    let Some(mirror) = std::env::var_os("BEDSIDE_MIRROR") else {
        println!("skipped: BEDSIDE_MIRROR names no folder with the upstream files");
        return;
    };
    follow("guide/recorded-outputs.md", &[("BEDSIDE_MIRROR", Path::new(&mirror))]);
}

/// Every relative link of every page leads to a file.
#[test]
fn links_lead_somewhere() {
    for folder in ["", "guide", "concepts", "reference"] {
        let pages = std::fs::read_dir(docs(folder)).expect("a folder").flatten().map(|entry| entry.path());
        for page in pages.filter(|path| path.extension().is_some_and(|extension| extension == "md")) {
            let text = std::fs::read_to_string(&page).expect("text");
            for link in text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next()) {
                if link.is_empty() || link.contains("://") {
                    continue;
                }
                assert!(page.parent().expect("a folder").join(link).exists(), "{}: {link}", page.display());
            }
        }
    }
}
