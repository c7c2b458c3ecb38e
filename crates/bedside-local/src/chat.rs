//! A conversation as the text that the model was trained to continue, by the template in its file.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Value;
use minijinja::{AutoEscape, Environment, context};

use crate::error::Result;

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Standing instructions. Without one first, the template of this model adds its own.
    System,
    /// The one who asks.
    User,
    /// The model itself, earlier.
    Assistant,
}

impl Role {
    fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// One turn of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// Who speaks.
    pub role: Role,
    /// What is said. It is text only: a special token written in it has no power.
    pub text: &'a str,
}

impl<'a> Message<'a> {
    /// A turn of the one who asks.
    pub fn user(text: &'a str) -> Self {
        Self { role: Role::User, text }
    }

    /// Standing instructions.
    pub fn system(text: &'a str) -> Self {
        Self { role: Role::System, text }
    }
}

/// The compiled chat template.
pub(crate) struct Chat {
    environment: Environment<'static>,
}

impl Chat {
    pub(crate) fn new(template: &str) -> Result<Self> {
        let mut environment = Environment::new();
        // as Hugging Face renders its templates
        environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        environment.add_template_owned("chat", template.to_owned())?;
        Ok(Self { environment })
    }

    /// The prompt up to where the assistant's answer begins. `defuse` makes each text harmless.
    pub(crate) fn render(&self, messages: &[Message], defuse: impl Fn(&str) -> String) -> Result<String> {
        let turn = |message: &Message| -> Value {
            context! { role => message.role.name(), content => defuse(message.text) }
        };
        let messages: Vec<Value> = messages.iter().map(turn).collect();
        Ok(self.environment.get_template("chat")?.render(context! { messages, add_generation_prompt => true })?)
    }
}
