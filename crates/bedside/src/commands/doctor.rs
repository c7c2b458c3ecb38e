//! `doctor`: what is set, what is missing, and what to do about it. Never shows a key.

use bedside_run::egress::Endpoint;
use bedside_run::fetch::cache_folder;
use bedside_run::{system::openai, weights};

use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;

/// `bedside doctor`
pub fn doctor(global: &Global) -> Result<Exit, Failure> {
    let set = |variable: &str| std::env::var_os(variable).is_some_and(|value| !value.is_empty());
    let cache = cache_folder();
    let mut lines = vec![format!("bedside {}", env!("CARGO_PKG_VERSION"))];
    lines.push(format!(
        "run files       {} ({})",
        global.runs.display(),
        if global.runs.is_dir() { "there" } else { "made by the first run" }
    ));
    lines.push(format!("cache           {} (BEDSIDE_CACHE)", cache.display()));
    lines.push(match global.mirror() {
        Some(mirror) if mirror.is_dir() => format!("mirror          {}", mirror.display()),
        Some(mirror) => format!("mirror          {} is no folder (BEDSIDE_MIRROR, --mirror)", mirror.display()),
        None => "mirror          none: upstream files come over the network (BEDSIDE_MIRROR, --mirror)".to_owned(),
    });
    lines.push(match weights::cached(&cache) {
        Some(path) => format!("embedded model  {}", path.display()),
        None => "embedded model  not fetched yet: `bedside fetch local/smollm2-135m`".to_owned(),
    });
    let endpoint = openai::endpoint();
    lines.push(match &endpoint {
        Ok(Endpoint { host, loopback, .. }) => {
            let key = if set("OPENAI_API_KEY") { "OPENAI_API_KEY is set" } else { "OPENAI_API_KEY is not set" };
            let needed = if *loopback { ", and not needed on this machine" } else { "" };
            format!("openai/…        asks {host} (OPENAI_BASE_URL); {key}{needed}")
        }
        Err(error) => format!("openai/…        {error} (OPENAI_BASE_URL)"),
    });
    lines.push(if global.local_only {
        "egress          loopback alone (--local-only)".to_owned()
    } else {
        format!(
            "egress          synthetic data to any host you name; data of real people only to --allow-host: {}",
            if global.allow_host.is_empty() { "none".to_owned() } else { global.allow_host.join(", ") }
        )
    });
    lines.push("telemetry       none, and no update checks".to_owned());
    output::result(&format!("{}\n", lines.join("\n")))?;
    Ok(Exit::Done)
}
