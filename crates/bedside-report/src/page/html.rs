//! The one way by which anything gets into the page: through templates that escape, after control characters were made visible.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bedside_core::shown::Shown;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Value, escape_formatter};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::error::ReportError;

/// The page's only style sheet.
pub const STYLE: &str = include_str!("templates/page.css");

const TEMPLATES: [(&str, &str); 6] = [
    ("top.html", include_str!("templates/top.html")),
    ("benchmark.html", include_str!("templates/benchmark.html")),
    ("system.html", include_str!("templates/system.html")),
    ("case.html", include_str!("templates/case.html")),
    ("system_end.html", include_str!("templates/system_end.html")),
    ("end.html", include_str!("templates/end.html")),
];

/// The templates, compiled.
pub struct Html(Environment<'static>);

impl Html {
    /// Compiles the templates that are embedded in the program.
    pub fn new() -> Result<Self, ReportError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
        // Text that is not marked safe passes through `Shown` before it is escaped. Only our own style and charts are
        // marked safe, in the templates, which no input can change.
        environment.set_formatter(|out, state, value| match value.as_str() {
            Some(text) if !value.is_safe() => escape_formatter(out, state, &Value::from(Shown::block(text).as_str())),
            _ => escape_formatter(out, state, value),
        });
        for (name, source) in TEMPLATES {
            environment.add_template(name, source)?;
        }
        Ok(Self(environment))
    }

    /// Fills in a template.
    pub fn render<S: Serialize>(&self, template: &str, view: &S) -> Result<String, ReportError> {
        Ok(self.0.get_template(template)?.render(Value::from(Serde(view)))?)
    }
}

/// The content security policy: nothing may be fetched, run, framed or sent; the style is the one whose digest is named.
pub fn policy() -> String {
    let digest = BASE64_STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    format!("default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is marked safe is ours: the style, and charts whose labels were escaped when they were drawn.
    #[test]
    fn only_the_style_and_the_charts_are_marked_safe() {
        let marked: Vec<&str> = TEMPLATES
            .iter()
            .flat_map(|(_, source)| source.split("{{").skip(1))
            .filter(|part| part.split("}}").next().is_some_and(|inner| inner.contains("safe")))
            .map(|part| part.split("}}").next().unwrap_or("").trim())
            .collect();
        assert_eq!(marked, ["style|safe", "chart|safe"]);
        for (name, source) in TEMPLATES {
            assert!(!source.contains("autoescape") && !source.contains("<script"), "{name}");
        }
    }

    #[test]
    fn the_style_can_leave_neither_its_element_nor_the_disk() {
        assert!(!STYLE.contains("</") && !STYLE.contains("url(") && !STYLE.contains("@import"));
    }
}
