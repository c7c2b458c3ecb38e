//! One walk over TOML or JSON against the schema of a type, so that unknown keys, missing keys and wrong types are all found at
//! once, each with its place. The schema is the one that is published, generated from the type that is filled afterwards.

use std::ops::Range;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Map, Number, Value};
use toml::de::{DeTable, DeValue};

use crate::limits;
use crate::problem::{Place, Problem, Problems};

/// A value with the place of every part of it.
#[derive(Clone, Debug)]
pub struct Node {
    /// Byte range in the text.
    pub span: Range<usize>,
    /// The value.
    pub kind: NodeKind,
}

/// What a [`Node`] holds.
#[derive(Clone, Debug)]
pub enum NodeKind {
    /// A string, number, boolean or null.
    Leaf(Value),
    /// A list.
    List(Vec<Node>),
    /// A table: key, place of the key, value.
    Table(Vec<(String, Range<usize>, Node)>),
}

impl Node {
    /// The node at a path of keys and positions.
    pub fn at(&self, path: &[&str]) -> Option<&Self> {
        let Some((first, rest)) = path.split_first() else { return Some(self) };
        match &self.kind {
            NodeKind::Table(entries) => {
                entries.iter().find(|(key, _, _)| key == first).and_then(|(_, _, node)| node.at(rest))
            }
            NodeKind::List(nodes) => {
                first.parse::<usize>().ok().and_then(|position| nodes.get(position)).and_then(|node| node.at(rest))
            }
            NodeKind::Leaf(_) => None,
        }
    }

    /// The same as plain JSON.
    pub fn to_value(&self) -> Value {
        match &self.kind {
            NodeKind::Leaf(value) => value.clone(),
            NodeKind::List(nodes) => Value::Array(nodes.iter().map(Self::to_value).collect()),
            NodeKind::Table(entries) => Value::Object(
                entries.iter().map(|(key, _, node)| (key.clone(), node.to_value())).collect::<Map<_, _>>(),
            ),
        }
    }
}

/// A user's text with its name, for placing problems.
#[derive(Clone, Copy, Debug)]
pub struct SourceText<'a> {
    /// Path as the user knows it.
    pub file: &'a str,
    /// The text.
    pub text: &'a str,
    /// Lines before this text, for one line of a larger file.
    pub lines_before: usize,
}

impl SourceText<'_> {
    /// The place of a byte range.
    pub fn place(&self, span: Range<usize>) -> Place {
        let mut place = Place::in_text(self.file, self.text, span);
        place.line = place.line.map(|line| line + self.lines_before);
        place
    }
}

/// A value that may hold stand-ins where the text was wrong, and what was wrong.
#[derive(Debug)]
pub struct Mended<T> {
    /// The value. Only as good as the text when `problems` is empty.
    pub value: T,
    /// Where each part stands in the text.
    pub node: Node,
    /// What the schema says against the text.
    pub problems: Problems,
}

/// Parses TOML and fills a type. What the schema says against the text is collected, and stand-ins are put in its place, so that rules
/// beyond the schema can be checked in the same pass and all mistakes be named at once. `Err` when the text is not TOML at all.
pub fn from_toml<T: DeserializeOwned + JsonSchema>(source: SourceText<'_>) -> Result<Mended<T>, Problems> {
    let table = DeTable::parse(source.text).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        Problem::new("broken_toml", "this is not TOML").at(source.place(span)).because(error.message().to_owned())
    })?;
    let node = toml_table(table.get_ref(), table.span());
    let schema = schemars::schema_for!(T).to_value();
    let mut problems = Problems::new();
    walk(&node, &schema, &schema, source, "the file", 0, &mut problems);
    let node = if problems.0.is_empty() { node } else { mended(&node, &schema, &schema, 0) };
    match serde_json::from_value(node.to_value()) {
        Ok(value) => Ok(Mended { value, node, problems }),
        Err(_) if !problems.0.is_empty() => Err(problems.in_order()),
        Err(error) => Err(unreadable(source, &node, &error).into()),
    }
}

/// One JSON value, read.
#[derive(Clone, Debug)]
pub struct Line<T> {
    /// The value.
    pub value: T,
    /// The same as plain JSON.
    pub json: Value,
}

/// Parses one JSON value and fills a type, or names every mistake. Places are looked for only when there is a mistake: a good line costs no walk.
pub fn from_json<T: DeserializeOwned + JsonSchema>(source: SourceText<'_>) -> Result<Line<T>, Problems> {
    let place_of = |error: &serde_json::Error| {
        let before = source.text.lines().take(error.line().saturating_sub(1)).map(|line| line.len() + 1).sum::<usize>();
        let at = (before + error.column().saturating_sub(1)).min(source.text.len());
        source.place(at..at + 1)
    };
    let words_of =
        |error: &serde_json::Error| error.to_string().split(" at line ").next().unwrap_or_default().to_owned();
    let json: Value = serde_json::from_str(source.text).map_err(|error| {
        Problem::new("broken_json", "this is not JSON").at(place_of(&error)).because(words_of(&error))
    })?;
    let error = match serde_json::from_str(source.text) {
        Ok(value) => return Ok(Line { value, json }),
        Err(error) => error,
    };
    let schema = schemars::schema_for!(T).to_value();
    let mut problems = Problems::new();
    walk(&located(&json, source.text), &schema, &schema, source, "this line", 0, &mut problems);
    if problems.0.is_empty() {
        // A rule of serde's own that no schema says, such as a key given twice.
        problems.push(
            Problem::new("unreadable", "this line cannot be read").at(place_of(&error)).because(words_of(&error)),
        );
    }
    Err(problems.in_order())
}

/// A JSON value with the place of every part in the text it was read from.
pub fn located(json: &Value, text: &str) -> Node {
    json_node(json, text, &mut 0)
}

fn unreadable(source: SourceText<'_>, node: &Node, error: &serde_json::Error) -> Problem {
    Problem::new("unreadable", "this does not have the expected shape")
        .at(source.place(node.span.clone()))
        .because(error.to_string())
}

/// The node with stand-ins where the schema objects: unknown keys left out, missing ones and wrong values replaced by empty ones.
fn mended(node: &Node, schema: &Value, root: &Value, depth: usize) -> Node {
    let schema = significant(resolve(schema, root), root);
    let stand_in = || Node { span: node.span.clone(), kind: empty(schema, root, depth) };
    if depth > limits::DEPTH {
        return stand_in();
    }
    if let Some(words) = enumeration(schema) {
        let fits = matches!(&node.kind, NodeKind::Leaf(Value::String(text)) if words.contains(&text.as_str()));
        return if fits { node.clone() } else { stand_in() };
    }
    if !type_fits(node, schema) {
        return stand_in();
    }
    let kind = match &node.kind {
        NodeKind::Leaf(value) => NodeKind::Leaf(value.clone()),
        NodeKind::List(nodes) => {
            let items = schema.get("items").unwrap_or(&Value::Null);
            NodeKind::List(nodes.iter().map(|node| mended(node, items, root, depth + 1)).collect())
        }
        NodeKind::Table(entries) => {
            let properties = schema.get("properties").and_then(Value::as_object);
            let others = schema.get("additionalProperties").unwrap_or(&Value::Bool(true));
            let inner = |key: &str| properties.and_then(|properties| properties.get(key));
            let mut kept: Vec<_> = entries
                .iter()
                .filter(|(key, _, _)| inner(key).is_some() || *others != Value::Bool(false))
                .map(|(key, span, node)| {
                    (key.clone(), span.clone(), mended(node, inner(key).unwrap_or(others), root, depth + 1))
                })
                .collect();
            for name in required(schema) {
                if let (false, Some(inner)) = (kept.iter().any(|(key, _, _)| key == name), inner(name)) {
                    let inner = significant(resolve(inner, root), root);
                    let kind = empty(inner, root, depth + 1);
                    kept.push((name.to_owned(), node.span.clone(), Node { span: node.span.clone(), kind }));
                }
            }
            NodeKind::Table(kept)
        }
    };
    Node { span: node.span.clone(), kind }
}

/// The branch of an optional value that is not null.
fn significant<'a>(schema: &'a Value, root: &'a Value) -> &'a Value {
    let branches = schema.get("anyOf").and_then(Value::as_array);
    let branch = branches
        .and_then(|branches| branches.iter().find(|branch| branch.get("type").and_then(Value::as_str) != Some("null")));
    branch.map_or(schema, |branch| resolve(branch, root))
}

/// The emptiest value that a schema accepts.
fn empty(schema: &Value, root: &Value, depth: usize) -> NodeKind {
    if let Some(word) = enumeration(schema).and_then(|words| words.first().copied()) {
        return NodeKind::Leaf(Value::from(word));
    }
    match type_names(schema).first().copied() {
        Some("string") => NodeKind::Leaf(Value::from("")),
        Some("integer" | "number") => NodeKind::Leaf(Value::from(0)),
        Some("boolean") => NodeKind::Leaf(Value::from(false)),
        Some("array") => NodeKind::List(Vec::new()),
        Some("object") if depth <= limits::DEPTH => {
            let properties = schema.get("properties").and_then(Value::as_object);
            let entries = required(schema).filter_map(|name| {
                let inner = significant(resolve(properties?.get(name)?, root), root);
                Some((name.to_owned(), 0..0, Node { span: 0..0, kind: empty(inner, root, depth + 1) }))
            });
            NodeKind::Table(entries.collect())
        }
        _ => NodeKind::Leaf(Value::Null),
    }
}

fn required(schema: &Value) -> impl Iterator<Item = &str> {
    schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

fn toml_table(table: &DeTable<'_>, span: Range<usize>) -> Node {
    let entries = table
        .iter()
        .map(|(key, value)| (key.get_ref().to_string(), key.span(), toml_node(value.get_ref(), value.span())))
        .collect();
    Node { span, kind: NodeKind::Table(entries) }
}

fn toml_node(value: &DeValue<'_>, span: Range<usize>) -> Node {
    let leaf = |value| Node { span: span.clone(), kind: NodeKind::Leaf(value) };
    match value {
        DeValue::String(text) => leaf(Value::String(text.to_string())),
        // What does not fit stays text, so that the walk names it: as nothing it would pass for "not given".
        DeValue::Integer(number) => leaf(
            i64::from_str_radix(number.as_str(), number.radix())
                .map_or_else(|_| Value::String(number.as_str().to_owned()), |n| Value::Number(n.into())),
        ),
        DeValue::Float(number) => leaf(
            number
                .as_str()
                .parse()
                .ok()
                .and_then(Number::from_f64)
                .map_or_else(|| Value::String(number.as_str().to_owned()), Value::Number),
        ),
        DeValue::Boolean(flag) => leaf(Value::Bool(*flag)),
        DeValue::Datetime(date) => leaf(Value::String(date.to_string())),
        DeValue::Array(values) => Node {
            kind: NodeKind::List(values.iter().map(|value| toml_node(value.get_ref(), value.span())).collect()),
            span,
        },
        DeValue::Table(table) => toml_table(table, span),
    }
}

/// Spans of JSON keys are found by walking the text in the order of the parsed value, which keeps the order of the text.
fn json_node(value: &Value, text: &str, cursor: &mut usize) -> Node {
    match value {
        Value::Object(map) => {
            let start = find_from(text, "{", cursor);
            let entries = map
                .iter()
                .map(|(key, value)| {
                    let quoted = Value::String(key.clone()).to_string();
                    let at = find_from(text, &quoted, cursor);
                    (key.clone(), at + 1..at + quoted.len() - 1, json_node(value, text, cursor))
                })
                .collect();
            Node { span: start..start + 1, kind: NodeKind::Table(entries) }
        }
        Value::Array(values) => {
            let start = find_from(text, "[", cursor);
            Node {
                span: start..start + 1,
                kind: NodeKind::List(values.iter().map(|value| json_node(value, text, cursor)).collect()),
            }
        }
        leaf => {
            let written = leaf.to_string();
            let start = find_from(text, &written, cursor);
            Node { span: start..(start + written.len()).min(text.len()), kind: NodeKind::Leaf(leaf.clone()) }
        }
    }
}

/// Next place of `needle`, moving the cursor behind it; stays where it is when the text writes the value in another form.
fn find_from(text: &str, needle: &str, cursor: &mut usize) -> usize {
    match text.get(*cursor..).and_then(|rest| rest.find(needle)) {
        Some(offset) => {
            let at = *cursor + offset;
            *cursor = at + needle.len();
            at
        }
        None => *cursor,
    }
}

fn walk(
    node: &Node,
    schema: &Value,
    root: &Value,
    source: SourceText<'_>,
    what: &str,
    depth: usize,
    problems: &mut Problems,
) {
    if depth > limits::DEPTH {
        problems.push(
            Problem::new("too_deep", format!("{what} is nested more than {} deep", limits::DEPTH))
                .at(source.place(node.span.clone())),
        );
        return;
    }
    let schema = resolve(schema, root);
    // `Option<T>` is `anyOf [T, null]`; nobody writes null in TOML, and in JSON it means absent.
    if let Some(branches) = schema.get("anyOf").and_then(Value::as_array) {
        let is_null = matches!(&node.kind, NodeKind::Leaf(Value::Null));
        let mut rest = branches.iter().filter(|branch| branch.get("type").and_then(Value::as_str) != Some("null"));
        let nullable = rest.clone().count() < branches.len();
        if is_null && nullable {
            return;
        }
        if let (Some(only), None) = (rest.next(), rest.next()) {
            return walk(node, only, root, source, what, depth + 1, problems);
        }
        let fits = branches.iter().any(|branch| {
            let mut trial = Problems::new();
            walk(node, branch, root, source, what, depth + 1, &mut trial);
            trial.0.is_empty()
        });
        if !fits {
            problems.push(
                Problem::new("wrong_type", format!("{what} has none of the accepted forms"))
                    .at(source.place(node.span.clone())),
            );
        }
        return;
    }
    if let Some(words) = enumeration(schema) {
        let given = match &node.kind {
            NodeKind::Leaf(Value::String(text)) => text.clone(),
            other => describe(other).to_owned(),
        };
        if !words.contains(&given.as_str()) {
            problems.push(
                Problem::new("unknown_word", format!("unknown {what} `{given}`"))
                    .at(source.place(node.span.clone()))
                    .because(format!("{what} is one of: {}", words.join(", ")))
                    .suggest(&given, words),
            );
        }
        return;
    }
    if !type_fits(node, schema) {
        problems.push(
            Problem::new("wrong_type", format!("{what} must be {}", expected(schema)))
                .at(source.place(node.span.clone()))
                .because(format!("this is {}", describe(&node.kind))),
        );
        return;
    }
    match &node.kind {
        NodeKind::Table(entries) => walk_table(node, entries, schema, root, source, what, depth, problems),
        NodeKind::List(nodes) => {
            if let Some(items) = schema.get("items") {
                for node in nodes {
                    walk(node, items, root, source, what, depth + 1, problems);
                }
            }
        }
        NodeKind::Leaf(_) => {}
    }
}

#[expect(clippy::too_many_arguments, reason = "one step of the recursion above, split for reading")]
fn walk_table(
    node: &Node,
    entries: &[(String, Range<usize>, Node)],
    schema: &Value,
    root: &Value,
    source: SourceText<'_>,
    what: &str,
    depth: usize,
    problems: &mut Problems,
) {
    let empty = Map::new();
    let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&empty);
    let others = schema.get("additionalProperties");
    for (key, span, value) in entries {
        match (properties.get(key), others) {
            (Some(inner), _) | (None, Some(inner @ Value::Object(_))) => {
                walk(value, inner, root, source, &format!("`{key}`"), depth + 1, problems);
            }
            (None, Some(Value::Bool(false))) => problems.push(
                Problem::new("unknown_key", format!("unknown key `{key}`"))
                    .at(source.place(span.clone()))
                    .because(format!("{what} has no such key"))
                    .suggest(key, properties.keys().map(String::as_str)),
            ),
            (None, _) => {}
        }
    }
    for name in required(schema) {
        if !entries.iter().any(|(key, _, _)| key == name) {
            let mut problem =
                Problem::new("missing_key", format!("missing key `{name}`")).at(source.place(node.span.clone()));
            problem.why = Some(format!("{what} needs it"));
            let about = properties.get(name).and_then(|inner| inner.get("description")).and_then(Value::as_str);
            problem.hint = about.map(|text| format!("{name}: {}", text.lines().next().unwrap_or_default()));
            problems.push(problem);
        }
    }
}

fn resolve<'a>(schema: &'a Value, root: &'a Value) -> &'a Value {
    let Some(reference) = schema.get("$ref").and_then(Value::as_str) else { return schema };
    reference.strip_prefix('#').and_then(|pointer| root.pointer(pointer)).unwrap_or(schema)
}

/// The words of an enum, whether schemars wrote `enum` or, for documented variants, `oneOf` of constants.
fn enumeration(schema: &Value) -> Option<Vec<&str>> {
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        return Some(words.iter().filter_map(Value::as_str).collect());
    }
    let branches = schema.get("oneOf")?.as_array()?;
    let mut words = Vec::new();
    for branch in branches {
        match (branch.get("const").and_then(Value::as_str), branch.get("enum").and_then(Value::as_array)) {
            (Some(word), _) => words.push(word),
            (None, Some(list)) => words.extend(list.iter().filter_map(Value::as_str)),
            (None, None) => return None,
        }
    }
    Some(words)
}

fn type_names(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn type_fits(node: &Node, schema: &Value) -> bool {
    let names = type_names(schema);
    if names.is_empty() {
        return true;
    }
    names.iter().any(|name| match (&node.kind, *name) {
        (NodeKind::Leaf(Value::String(_)), "string")
        | (NodeKind::Leaf(Value::Bool(_)), "boolean")
        | (NodeKind::Leaf(Value::Number(_)), "number")
        | (NodeKind::Leaf(Value::Null), "null")
        | (NodeKind::List(_), "array")
        | (NodeKind::Table(_), "object") => true,
        (NodeKind::Leaf(Value::Number(number)), "integer") => {
            let lowest = schema.get("minimum").and_then(Value::as_f64);
            (number.is_i64() || number.is_u64())
                && lowest.is_none_or(|lowest| number.as_f64().is_some_and(|n| n >= lowest))
        }
        _ => false,
    })
}

fn expected(schema: &Value) -> String {
    let names: Vec<&str> = type_names(schema)
        .into_iter()
        .filter(|name| *name != "null")
        .map(|name| match name {
            "string" => "text in quotes",
            "integer" if schema.get("minimum").is_some() => "a whole number, not negative",
            "integer" => "a whole number",
            "number" => "a number",
            "boolean" => "true or false",
            "array" => "a list",
            "object" => "a table",
            other => other,
        })
        .collect();
    names.join(" or ")
}

const fn describe(kind: &NodeKind) -> &'static str {
    match kind {
        NodeKind::Leaf(Value::String(_)) => "text",
        NodeKind::Leaf(Value::Number(_)) => "a number",
        NodeKind::Leaf(Value::Bool(_)) => "true or false",
        NodeKind::Leaf(_) => "nothing",
        NodeKind::List(_) => "a list",
        NodeKind::Table(_) => "a table",
    }
}
