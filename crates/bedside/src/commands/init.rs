//! `init`: a small package that runs as it is, to be changed into one's own.

use std::path::Path;

use bedside_core::problem::Problem;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;

const MANIFEST: &str = include_str!("init/benchmark.toml");
const ITEMS: &str = include_str!("init/items.jsonl");

/// `bedside init NAME`
pub fn init(name: &str) -> Result<Exit, Failure> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || !name.chars().all(fits) {
        return Err(Problem::new("bad_id", format!("`{name}` is no benchmark id"))
            .because("lower-case letters, digits and hyphens only: it becomes a folder name")
            .into());
    }
    let folder = Path::new("benchmarks").join(name);
    if folder.exists() {
        return Err(Problem::new("exists", format!("{} is there already", folder.display()))
            .hint("nothing was changed")
            .into());
    }
    std::fs::create_dir_all(&folder).map_err(|error| Failure::write(&folder, &error))?;
    for (file, text) in [("benchmark.toml", MANIFEST.replace("NAME", name)), ("items.jsonl", ITEMS.to_owned())] {
        let path = folder.join(file);
        std::fs::write(&path, text).map_err(|error| Failure::write(&path, &error))?;
    }
    output::result(&format!(
        "{0}/benchmark.toml and {0}/items.jsonl are written\nnext: put your cases into items.jsonl, then\n  bedside check {name}\n  bedside run {name} --model null/random\n",
        folder.display()
    ))?;
    Ok(Exit::Done)
}
