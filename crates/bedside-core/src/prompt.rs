//! What a system is handed. A [`Prompt`] holds no reference, rubric or gold, and none can be reached from it.

use minijinja::{Environment, UndefinedBehavior, context};
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::item::{ChoiceOption, Item};
use crate::limits;
use crate::manifest::PromptTable;
pub use crate::media::Image;
pub use crate::tool::{Tool, ToolCall};

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the roles of every chat interface")]
pub enum MessageRole {
    System,
    User,
    Assistant,
    Tool,
}

impl MessageRole {
    /// The word used on the wire.
    pub const fn word(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Tool => "tool",
        }
    }
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who speaks.
    pub role: MessageRole,
    /// What is said.
    pub content: String,
    /// Images shown with it, after the words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<Image>,
    /// Tools that the assistant calls with this message.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ToolCall>,
    /// The call that a tool's message answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<String>,
}

impl Message {
    /// A message of words alone.
    pub const fn new(role: MessageRole, content: String) -> Self {
        Self { role, content, images: Vec::new(), tool_calls: Vec::new(), tool_call_id: None }
    }
}

/// All that a system gets to see of an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompt {
    /// The messages.
    pub messages: Vec<Message>,
    /// The option labels, for systems that can say how likely each is.
    pub option_labels: Vec<String>,
    /// Tools that it may call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Tool>,
}

impl Prompt {
    /// Shows images with the last message of the user, which asks about them.
    pub fn show(&mut self, images: Vec<Image>) {
        if let Some(message) = self.messages.iter_mut().rev().find(|message| message.role == MessageRole::User) {
            message.images.extend(images);
        }
    }

    /// Whether any message shows an image.
    pub fn has_images(&self) -> bool {
        self.messages.iter().any(|message| !message.images.is_empty())
    }

    /// The words of all messages, for counting and for the policy that copies its prompt.
    pub fn text(&self) -> String {
        let parts: Vec<&str> = self.messages.iter().map(|message| message.content.as_str()).collect();
        parts.join("\n\n")
    }
}

/// A wording that could not be compiled or filled in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("prompt `{prompt}`{}: {message}", line.map_or(String::new(), |line| format!(", line {line} of the template")))]
pub struct PromptError {
    /// Id of the wording.
    pub prompt: String,
    /// Line within the template.
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
}

/// A compiled wording.
#[derive(Debug)]
pub struct PromptTemplate {
    id: String,
    digest: Digest,
    environment: Environment<'static>,
    has_system: bool,
}

impl PromptTemplate {
    /// Compiles a wording. Undefined fields are errors when it is filled in, never silent blanks.
    pub fn compile(table: &PromptTable) -> Result<Self, PromptError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(limits::TEMPLATE_FUEL));
        let error = |error: &minijinja::Error| template_error(&table.id, error);
        environment.add_template_owned("user", table.template.clone()).map_err(|e| error(&e))?;
        if let Some(system) = &table.system {
            environment.add_template_owned("system", system.clone()).map_err(|e| error(&e))?;
        }
        let parts = [table.system.as_deref().unwrap_or("").as_bytes(), table.template.as_bytes()];
        Ok(Self {
            id: table.id.clone(),
            digest: Digest::of_parts(parts),
            environment,
            has_system: table.system.is_some(),
        })
    }

    /// Id of the wording.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Address of the wording's text.
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// Fills the wording in for an item.
    pub fn render(&self, item: &Item) -> Result<Prompt, PromptError> {
        // Only `input` and `options` go in: the reference is not in reach of a template.
        let mut fields = item.input.clone();
        if !item.options.is_empty() {
            let options = serde_json::to_value(&item.options).expect("options are plain text");
            fields.insert("options".to_owned(), options);
        }
        let mut messages = Vec::with_capacity(2);
        if self.has_system {
            messages.push(Message::new(MessageRole::System, self.fill("system", &fields)?));
        }
        messages.push(Message::new(MessageRole::User, self.fill("user", &fields)?));
        let option_labels = item.options.iter().map(|ChoiceOption { label, .. }| label.clone()).collect();
        Ok(Prompt { messages, option_labels, tools: Vec::new() })
    }

    fn fill(&self, name: &str, fields: &serde_json::Map<String, serde_json::Value>) -> Result<String, PromptError> {
        self.environment
            .get_template(name)
            .and_then(|template| {
                template.render(context! { item => minijinja::Value::from(minijinja::value::Serde(fields)) })
            })
            .map_err(|error| template_error(&self.id, &error))
    }
}

fn template_error(prompt: &str, error: &minijinja::Error) -> PromptError {
    let message = match error.detail() {
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    };
    PromptError { prompt: prompt.to_owned(), line: error.line(), message }
}
