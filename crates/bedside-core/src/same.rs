//! Whether two plans are parts of one run, and if not, in what they differ: what a person must know who merges the wrong files.

use serde::Serialize;
use serde_json::Value;

use crate::plan::Plan;

impl Plan {
    /// The plan without what may differ between parts of one run: which share it is, and what is recorded and not hashed, such as
    /// the address of a server and the folder of a recording.
    fn common(&self) -> Plan {
        let mut plan = self.whole();
        for system in &mut plan.systems {
            system.host = None;
            if system.provider == "recorded" {
                system.model.clear();
            }
        }
        plan
    }

    /// The same plan for all shares together.
    #[must_use]
    pub fn whole(&self) -> Plan {
        Plan { shard: None, rescored: std::collections::BTreeMap::new(), ..self.clone() }
    }

    /// What makes `other` another run; nothing when both are shares or copies of one.
    pub fn differs_from(&self, other: &Plan) -> Option<String> {
        let (ours, theirs) = (self.common(), other.common());
        if json(&ours) == json(&theirs) {
            return None;
        }
        Some(first_difference(&ours, &theirs))
    }
}

fn first_difference(ours: &Plan, theirs: &Plan) -> String {
    if let Some(names) = lists(
        ours.benchmarks.iter().map(|benchmark| &benchmark.id),
        theirs.benchmarks.iter().map(|benchmark| &benchmark.id),
    ) {
        return format!("other benchmarks: {names}");
    }
    for (one, other) in ours.benchmarks.iter().zip(&theirs.benchmarks) {
        let id = &one.id;
        let what = [
            ("another version", json(&one.version) != json(&other.version)),
            ("another benchmark.toml", one.manifest != other.manifest),
            ("other items, or another selection of them", one.index != other.index),
            ("other wordings", one.prompts != other.prompts),
            ("other metrics or scorer versions", one.metrics != other.metrics),
        ];
        if let Some((what, _)) = what.iter().find(|(_, differs)| *differs) {
            return format!("benchmark `{id}`: {what}");
        }
        if json(one) != json(other) {
            return format!("benchmark `{id}`");
        }
    }
    if let Some(names) =
        lists(ours.systems.iter().map(|system| &system.name), theirs.systems.iter().map(|system| &system.name))
    {
        return format!("other systems: {names}");
    }
    for (one, other) in ours.systems.iter().zip(&theirs.systems) {
        let name = &one.name;
        if one.digest != other.digest {
            return format!("system `{name}`: other settings, weights or recorded outputs");
        }
        if one.epochs != other.epochs {
            return format!("system `{name}`: {} and {} epochs", one.epochs, other.epochs);
        }
        if json(one) != json(other) {
            return format!("system `{name}`");
        }
    }
    if ours.seed != theirs.seed {
        return format!("seed {} and seed {}", ours.seed, theirs.seed);
    }
    if ours.bedside != theirs.bedside {
        return format!("planned by bedside {} and by bedside {}", ours.bedside, theirs.bedside);
    }
    "the plan".to_owned()
}

/// Both lists of names when they differ.
fn lists<'a>(ours: impl Iterator<Item = &'a String>, theirs: impl Iterator<Item = &'a String>) -> Option<String> {
    let (ours, theirs): (Vec<&String>, Vec<&String>) = (ours.collect(), theirs.collect());
    let list = |names: &[&String]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    (ours != theirs).then(|| format!("{} and {}", list(&ours), list(&theirs)))
}

fn json(part: &impl Serialize) -> Value {
    serde_json::to_value(part).expect("plans hold only text, numbers and lists")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;
    use crate::plan::{PlannedSystem, Role};
    use crate::shard::Shard;

    fn plan() -> Plan {
        let system = |provider: &str, name: &str| PlannedSystem {
            name: name.to_owned(),
            provider: provider.to_owned(),
            model: "a/b.jsonl".to_owned(),
            settings: serde_json::Map::new(),
            digest: Digest::of(name.as_bytes()),
            role: Role::Subject,
            epochs: 1,
            unavailable: 0,
            host: Some("one.example".to_owned()),
            reference_prompt_only: false,
            benchmarks: None,
        };
        Plan {
            v: 1,
            bedside: "0.1.0".to_owned(),
            seed: 7,
            benchmarks: Vec::new(),
            systems: vec![system("recorded", "r"), system("openai", "openai/x")],
            shard: None,
            rescored: std::collections::BTreeMap::new(),
        }
    }

    #[test]
    fn shares_on_other_machines_are_parts_of_one_run() {
        let mut other = plan();
        other.shard = Shard::parse("2/3").ok();
        other.systems[0].model = "/elsewhere/b.jsonl".to_owned();
        other.systems[1].host = None;
        assert_eq!(plan().differs_from(&other), None);
        assert_eq!(other.whole().shard, None);
    }

    #[test]
    fn a_difference_is_named() {
        let change = |change: &dyn Fn(&mut Plan)| {
            let mut other = plan();
            change(&mut other);
            plan().differs_from(&other).unwrap_or_default()
        };
        assert_eq!(change(&|plan| plan.seed = 8), "seed 7 and seed 8");
        assert_eq!(
            change(&|plan| plan.systems[1].name = "openai/y".to_owned()),
            "other systems: `r`, `openai/x` and `r`, `openai/y`"
        );
        assert_eq!(
            change(&|plan| plan.systems[0].digest = Digest::of(b"other")),
            "system `r`: other settings, weights or recorded outputs"
        );
        assert_eq!(change(&|plan| plan.systems[1].model = "b".to_owned()), "system `openai/x`");
        assert_eq!(change(&|plan| plan.systems[1].epochs = 2), "system `openai/x`: 1 and 2 epochs");
        assert_eq!(change(&|plan| plan.bedside = "0.2.0".to_owned()), "planned by bedside 0.1.0 and by bedside 0.2.0");
    }
}
