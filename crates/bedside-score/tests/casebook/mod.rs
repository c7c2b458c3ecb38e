//! Reads a casebook: the Markdown that a nurse can object to. Strict: a line that is not understood is an error.
//!
//! - The top holds a `toml` block with `scorer` (the kind) and `reviewed_by`.
//! - `## Item: NAME` begins an item, with fields `Question`, `Option`, `Key`, `Unit`, `Accepted`, `Setting`, `Scorer`.
//! - `### TITLE` begins a case of it, with a fenced `answer` (verbatim) and the fields `Expected` and `Reason`; optional
//!   are `Reader`, `Stopped`, `Log-probabilities`.
//! - A field is a line `- Name: value`. All else outside a case's fence is prose, and must not begin with `- `.

use std::fmt;

/// A mistake in the casebook itself.
#[derive(Debug)]
pub struct Mistake {
    pub line: usize,
    pub what: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.line, self.what)
    }
}

#[derive(Debug, Default)]
pub struct Casebook {
    pub scorer: String,
    pub reviewed_by: String,
    pub items: Vec<CaseItem>,
}

/// A field of an item or case, with its line.
#[derive(Clone, Debug)]
pub struct Field {
    pub line: usize,
    pub name: String,
    pub value: String,
}

#[derive(Debug, Default)]
pub struct CaseItem {
    pub name: String,
    pub line: usize,
    pub fields: Vec<Field>,
    pub cases: Vec<Case>,
}

#[derive(Debug, Default)]
pub struct Case {
    pub title: String,
    pub line: usize,
    pub answer: Option<String>,
    pub fields: Vec<Field>,
}

const ITEM_FIELDS: &[&str] = &["Question", "Option", "Key", "Unit", "Accepted", "Setting", "Scorer", "Format"];
const CASE_FIELDS: &[&str] = &["Expected", "Reason", "Reader", "Stopped", "Log-probabilities"];

impl CaseItem {
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Field> {
        self.fields.iter().filter(move |field| field.name == name)
    }

    pub fn one(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

impl Case {
    pub fn one(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

pub fn parse(text: &str) -> Result<Casebook, Mistake> {
    let mut book = Casebook::default();
    let mut lines = text.lines().zip(1_usize..);
    while let Some((line_text, line)) = lines.next() {
        let wrong = |what: &str| Mistake { line, what: what.to_owned() };
        if let Some(info) = line_text.strip_prefix("````").or_else(|| line_text.strip_prefix("```")) {
            let fence = if line_text.starts_with("````") { "````" } else { "```" };
            let mut body = Vec::new();
            loop {
                match lines.next() {
                    Some((inner, _)) if inner == fence => break,
                    Some((inner, _)) => body.push(inner),
                    None => return Err(wrong("this block is not closed")),
                }
            }
            let body = body.join("\n");
            match info {
                "toml" if book.items.is_empty() => {
                    for entry in body.lines() {
                        match entry.split_once(" = ").map(|(name, value)| (name, value.trim_matches('"').to_owned())) {
                            Some(("scorer", value)) => book.scorer = value,
                            Some(("reviewed_by", value)) => book.reviewed_by = value,
                            _ => return Err(wrong("expected scorer and reviewed_by")),
                        }
                    }
                }
                "answer" => {
                    let case = book
                        .items
                        .last_mut()
                        .and_then(|item| item.cases.last_mut())
                        .ok_or_else(|| wrong("an answer outside a case"))?;
                    if case.answer.replace(body).is_some() {
                        return Err(wrong("a second answer"));
                    }
                }
                "key" => {
                    let item = book.items.last_mut().ok_or_else(|| wrong("a key outside an item"))?;
                    item.fields.push(Field { line, name: "Key".to_owned(), value: body });
                }
                _ => return Err(wrong("a block is toml (at the top), answer or key")),
            }
        } else if let Some(name) = line_text.strip_prefix("## Item: ") {
            book.items.push(CaseItem { name: name.to_owned(), line, ..CaseItem::default() });
        } else if let Some(title) = line_text.strip_prefix("### ") {
            let item = book.items.last_mut().ok_or_else(|| wrong("a case outside an item"))?;
            item.cases.push(Case { title: title.to_owned(), line, ..Case::default() });
        } else if let Some(field) = line_text.strip_prefix("- ") {
            let (name, value) = field.split_once(':').ok_or_else(|| wrong("expected `- Name: value`"))?;
            let field = Field { line, name: name.to_owned(), value: value.trim().to_owned() };
            let item = book.items.last_mut().ok_or_else(|| wrong("a field outside an item"))?;
            let (fields, known) = match item.cases.last_mut() {
                Some(case) => (&mut case.fields, CASE_FIELDS),
                None => (&mut item.fields, ITEM_FIELDS),
            };
            if !known.contains(&name) {
                return Err(wrong(&format!("`{name}` is no field here; there are {}", known.join(", "))));
            }
            if name != "Option" && name != "Setting" && fields.iter().any(|other| other.name == name) {
                return Err(wrong(&format!("`{name}` is given twice")));
            }
            fields.push(field);
        } else if line_text.starts_with("## ")
            || line_text.starts_with('|')
            || line_text.starts_with(' ') && !line_text.trim().is_empty()
        {
            return Err(wrong("neither an item, a case, a field nor prose"));
        }
    }
    check(&book)?;
    Ok(book)
}

fn check(book: &Casebook) -> Result<(), Mistake> {
    let missing = |line: usize, what: &str| Err(Mistake { line, what: format!("{what} is missing") });
    if book.scorer.is_empty() || book.reviewed_by.is_empty() {
        return missing(1, "the block with scorer and reviewed_by");
    }
    for item in &book.items {
        if item.one("Key").is_none() {
            return missing(item.line, "`Key`");
        }
        if item.cases.is_empty() {
            return missing(item.line, "a case");
        }
        for case in &item.cases {
            for (there, what) in [
                (case.answer.is_some(), "the answer"),
                (case.one("Expected").is_some(), "`Expected`"),
                (case.one("Reason").is_some(), "`Reason`"),
            ] {
                if !there {
                    return missing(case.line, what);
                }
            }
        }
    }
    Ok(())
}
