//! Settings behind the question mark: each has a type and a place in the request. One that would not reach the model is an error.

use bedside_core::SystemSpec;
use bedside_core::problem::Problem;
use serde_json::{Map, Value, json};

/// A setting that reaches the model.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The name the user writes.
    pub name: &'static str,
    /// What its value must be.
    pub kind: Kind,
    /// Where it goes in the request; `None` at its top, under the name the user writes.
    place: Option<&'static [&'static str]>,
}

/// What the value of a setting must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any number.
    Number,
    /// A whole number.
    Whole,
    /// The limit on what is written, in tokens.
    Limit,
    /// A seed: moves with the epoch, so that repetitions are repetitions and not copies.
    Seed,
    /// `true` or `false`.
    Flag,
    /// A word.
    Word,
    /// A word, or `true` or `false`.
    WordOrFlag,
    /// A text or a JSON list of texts.
    Texts,
    /// One of these words; says how to ask and does not itself reach the model.
    Way(&'static [&'static str]),
}

impl Setting {
    /// A setting that keeps its name and lies at the top of the request.
    pub const fn plain(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, place: None }
    }

    /// A setting with a place of its own; without any it does not itself reach the model.
    pub const fn new(name: &'static str, kind: Kind, place: &'static [&'static str]) -> Self {
        Self { name, kind, place: Some(place) }
    }

    fn place(&self) -> &[&'static str] {
        self.place.unwrap_or(std::slice::from_ref(&self.name))
    }
}

/// Checks the settings of a name; each wrong one is a problem with the nearest known name or the form of its value.
pub fn check(spec: &SystemSpec, known: &[Setting]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut places: Vec<(&[&str], &str)> = Vec::new();
    for (name, value) in &spec.settings {
        let Some(setting) = known.iter().find(|setting| setting.name == name) else {
            problems.push(
                Problem::new("unknown_setting", format!("unknown setting `{name}` of `{spec}`"))
                    .because("it would not reach the model")
                    .suggest(name, known.iter().map(|setting| setting.name)),
            );
            continue;
        };
        if let Some(form) = setting.kind.misses(value) {
            problems.push(Problem::new("bad_setting", format!("`{name}` of `{spec}` must be {form}")));
        }
        let place = setting.place();
        if place.is_empty() {
            continue;
        }
        match places.iter().find(|(taken, _)| *taken == place) {
            Some((_, other)) => problems.push(Problem::new(
                "bad_setting",
                format!("`{other}` and `{name}` of `{spec}` are the same setting: give one"),
            )),
            None => places.push((place, name)),
        }
    }
    problems
}

impl Kind {
    /// The form that a value should have and has not.
    fn misses(self, value: &Value) -> Option<String> {
        let (fits, form) = match self {
            Self::Number => (value.is_number(), "a number".to_owned()),
            Self::Whole | Self::Seed => (value.is_i64(), "a whole number".to_owned()),
            Self::Limit => (value.is_i64(), "a whole number of tokens".to_owned()),
            Self::Flag => (value.is_boolean(), "true or false".to_owned()),
            Self::Word => (value.is_string(), "a word".to_owned()),
            Self::WordOrFlag => (value.is_string() || value.is_boolean(), "a word, true or false".to_owned()),
            Self::Texts => (texts(value).is_some(), "a text or a JSON list of texts".to_owned()),
            Self::Way(ways) => {
                let fits = value.as_str().is_some_and(|word| ways.contains(&word));
                (fits, ways.iter().map(|way| format!("`{way}`")).collect::<Vec<_>>().join(" or "))
            }
        };
        (!fits).then_some(form)
    }
}

/// `END`, or `["\n\n", "END"]` for several or for what a shell cannot say. A number is what the shell made of a text.
fn texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(text) if text.starts_with('[') => serde_json::from_str(text).ok(),
        Value::String(text) => Some(vec![text.clone()]),
        Value::Array(list) => list.iter().map(|text| text.as_str().map(str::to_owned)).collect(),
        Value::Number(number) => Some(vec![number.to_string()]),
        Value::Bool(_) | Value::Null | Value::Object(_) => None,
    }
}

/// Puts each setting into its place in a request, in the order given.
pub fn place(settings: &Map<String, Value>, known: &[Setting], epoch: u32, body: &mut Map<String, Value>) {
    for (name, value) in settings {
        let Some(setting) = known.iter().find(|setting| setting.name == name) else { continue };
        let value = match (setting.kind, value.as_i64()) {
            (Kind::Seed, Some(seed)) => json!(seed.wrapping_add(i64::from(epoch))),
            (Kind::Texts, _) => json!(texts(value).unwrap_or_default()),
            _ => value.clone(),
        };
        put(body, setting.place(), value);
    }
}

/// Puts a value into nested objects, which are made on the way.
pub fn put(body: &mut Map<String, Value>, place: &[&str], value: Value) {
    match place {
        [] => {}
        [name] => {
            body.insert((*name).to_owned(), value);
        }
        [name, rest @ ..] => {
            let inner = body.entry((*name).to_owned()).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

/// The limit on what is written that the settings give.
pub fn limit(settings: &Map<String, Value>, known: &[Setting]) -> Option<i64> {
    known
        .iter()
        .filter(|setting| setting.kind == Kind::Limit)
        .find_map(|setting| settings.get(setting.name).and_then(Value::as_i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [Setting; 5] = [
        Setting::new("temperature", Kind::Number, &["options", "temperature"]),
        Setting::new("max_tokens", Kind::Limit, &["options", "num_predict"]),
        Setting::new("num_predict", Kind::Limit, &["options", "num_predict"]),
        Setting::new("seed", Kind::Seed, &["options", "seed"]),
        Setting::plain("stop", Kind::Texts),
    ];

    fn check_name(name: &str) -> Vec<String> {
        check(&SystemSpec::parse(name).unwrap(), &KNOWN).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_would_not_reach_the_model_is_named() {
        assert!(
            check_name("x/y?temprature=0")[0].contains("did you mean `temperature`"),
            "{:?}",
            check_name("x/y?temprature=0")
        );
        assert!(check_name("x/y?temperature=hot")[0].contains("must be a number"));
        assert!(check_name("x/y?seed=0.5")[0].contains("whole number"));
        assert!(check_name("x/y?max_tokens=5&num_predict=6")[0].contains("the same setting"));
        assert!(check_name(r#"x/y?temperature=0.5&stop=["A","B"]&seed=7"#).is_empty());
    }

    #[test]
    fn settings_lie_where_the_provider_looks_for_them() {
        let spec = SystemSpec::parse(r#"x/y?temperature=0.5&stop=["\n","END"]&seed=7"#).unwrap();
        let mut body = Map::new();
        place(&spec.settings, &KNOWN, 3, &mut body);
        assert_eq!(Value::Object(body), json!({"options": {"temperature": 0.5, "seed": 10}, "stop": ["\n", "END"]}));
    }
}
