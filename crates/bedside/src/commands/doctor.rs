//! `doctor`: what is set, what is missing, and what to do about it. Never shows a key.

use bedside_run::egress::{EgressError, Endpoint};
use bedside_run::fetch::cache_folder;
use bedside_run::system::{remote, wire};
use bedside_run::weights;

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
    for wire in wire::WIRES {
        let name = format!("{}/…", wire.provider);
        let (key, url) = (wire.key_variable, wire.url_variable);
        lines.push(match remote::endpoint_of(wire) {
            Ok(Endpoint { host, loopback, .. }) => {
                let state = if set(key) { "is set" } else { "is not set" };
                let needed = match (loopback, wire.key_optional) {
                    (true, _) => ", and not needed on this machine",
                    (false, true) => ", and not needed",
                    (false, false) => "",
                };
                format!("{name:<15} asks {host} ({url}); {key} {state}{needed}")
            }
            Err(EgressError::NotSet { .. }) => format!("{name:<15} not set up: {url}, {key}"),
            Err(error) => format!("{name:<15} {error} ({url})"),
        });
    }
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
