//! Everything a server can do to a client, and what a run must say of each. The list is long on purpose: one line a misbehaviour.

use bedside_core::{Fault, Stop};

/// What a request meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Deed {
    // Well-behaved, in ways that break careless clients.
    Answer,
    AnswerSlowly,
    AnswerInDrops,
    AnswerInChunks,
    AnswerAfterEarlyHints,
    AnswerAsOldHttp,
    AnswerAsPlainText,
    AnswerThenClose,
    AnswerThenGarbage,
    AnswerGzipped,
    AnswerWithKeysTwice,
    InvalidUtf8,
    // Refused: nothing is billed and everything may be asked again.
    RateLimited,
    RateLimitedForSeconds,
    RateLimitedUntilDate,
    RateLimitedInsideSuccess,
    ServerError,
    BadGateway,
    Unavailable,
    Overloaded,
    // Read, and then lost: perhaps billed.
    Hang,
    EndlessDrip,
    CloseWithoutReply,
    ResetRead,
    ResetUnread,
    HalfHead,
    HalfBody,
    ChunksCut,
    GarbageHead,
    // Read, and answered with what is no answer: perhaps billed.
    GatewayTimeout,
    OtherJson,
    ErrorInsideSuccess,
    EmptyBody,
    NoContent,
    TruncatedJson,
    HugeBody,
    DeepJson,
    WebPage,
    FalseGzip,
    // What the system ran into: outcomes, never faults.
    ContextTooLong,
    FilteredBefore,
    FilteredWithin,
    TokenLimit,
    Refusal,
    ToolNotOffered,
    EmptyAnswer,
    // Our own side.
    BadParameter,
    KeyEchoed,
    WrongKey,
    Forbidden,
    UnknownModel,
    QuotaUsedUp,
    RedirectHere,
    RedirectElsewhere,
}

/// What the run must say of a cell whose last request met this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// An answer that was ended by itself.
    Answered,
    /// An answer, and why the system stopped: its own failure.
    Stopped(Stop),
    /// Missing data.
    Fault(Fault),
    /// Nothing of this cell; the run stops, because every further call would fail alike.
    SetUp,
}

/// What became of the request at the endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Read whole and worked on: billed.
    Accepted,
    /// Turned away, with a word that says so.
    Refused,
    /// The connection ended before it was read.
    Unread,
}

impl Deed {
    /// The line of the table.
    const fn line(self) -> (Says, Fate) {
        use Fate::{Accepted, Refused, Unread};
        match self {
            Self::Answer
            | Self::AnswerSlowly
            | Self::AnswerInDrops
            | Self::AnswerInChunks
            | Self::AnswerAfterEarlyHints
            | Self::AnswerAsOldHttp
            | Self::AnswerAsPlainText
            | Self::AnswerThenClose
            | Self::AnswerThenGarbage
            | Self::AnswerGzipped
            | Self::AnswerWithKeysTwice
            | Self::InvalidUtf8
            | Self::Refusal
            | Self::EmptyAnswer => (Says::Answered, Accepted),
            Self::RateLimited
            | Self::RateLimitedForSeconds
            | Self::RateLimitedUntilDate
            | Self::RateLimitedInsideSuccess => (Says::Fault(Fault::RateLimited), Refused),
            Self::ServerError | Self::BadGateway | Self::Unavailable | Self::Overloaded => {
                (Says::Fault(Fault::ProviderOutage), Refused)
            }
            // A gateway gave up; whether the provider went on nobody knows.
            Self::Hang | Self::EndlessDrip | Self::GatewayTimeout => (Says::Fault(Fault::Timeout), Accepted),
            Self::ResetUnread => (Says::Fault(Fault::Disconnected), Unread),
            Self::CloseWithoutReply
            | Self::ResetRead
            | Self::HalfHead
            | Self::HalfBody
            | Self::ChunksCut
            | Self::GarbageHead => (Says::Fault(Fault::Disconnected), Accepted),
            Self::OtherJson
            | Self::ErrorInsideSuccess
            | Self::EmptyBody
            | Self::NoContent
            | Self::TruncatedJson
            | Self::HugeBody
            | Self::DeepJson
            | Self::WebPage
            | Self::FalseGzip => (Says::Fault(Fault::UnreadableReply), Accepted),
            Self::ContextTooLong => (Says::Stopped(Stop::ContextLimit), Refused),
            Self::FilteredBefore => (Says::Stopped(Stop::ContentFilter), Refused),
            Self::FilteredWithin => (Says::Stopped(Stop::ContentFilter), Accepted),
            Self::TokenLimit => (Says::Stopped(Stop::TokenLimit), Accepted),
            Self::ToolNotOffered => (Says::Stopped(Stop::MalformedToolCall), Accepted),
            Self::BadParameter | Self::KeyEchoed => (Says::Fault(Fault::RequestRefused), Refused),
            Self::WrongKey
            | Self::Forbidden
            | Self::UnknownModel
            | Self::QuotaUsedUp
            | Self::RedirectHere
            | Self::RedirectElsewhere => (Says::SetUp, Refused),
        }
    }

    /// What the run must say when this was the last that an item met.
    pub const fn says(self) -> Says {
        self.line().0
    }

    /// Whether the request was billed.
    pub const fn fate(self) -> Fate {
        self.line().1
    }

    /// The client cannot know whether the request was billed: it was sent, and nothing that settles it came back.
    pub const fn leaves_doubt(self) -> bool {
        matches!(self.line(), (Says::Fault(_), Fate::Accepted | Fate::Unread))
    }

    /// The word said that nothing was done: it is asked again without any doubt.
    pub const fn is_turned_away(self) -> bool {
        matches!(self.line(), (Says::Fault(Fault::RateLimited | Fault::ProviderOutage), Fate::Refused))
    }

    /// Only a time limit of the client's ends it.
    pub const fn needs_patience(self) -> bool {
        matches!(self, Self::Hang | Self::EndlessDrip)
    }
}

/// Every misbehaviour but the plain answer.
pub const ALL: &[Deed] = &[
    Deed::AnswerSlowly,
    Deed::AnswerInDrops,
    Deed::AnswerInChunks,
    Deed::AnswerAfterEarlyHints,
    Deed::AnswerAsOldHttp,
    Deed::AnswerAsPlainText,
    Deed::AnswerThenClose,
    Deed::AnswerThenGarbage,
    Deed::AnswerGzipped,
    Deed::AnswerWithKeysTwice,
    Deed::RateLimited,
    Deed::RateLimitedForSeconds,
    Deed::RateLimitedUntilDate,
    Deed::RateLimitedInsideSuccess,
    Deed::ServerError,
    Deed::BadGateway,
    Deed::Unavailable,
    Deed::Overloaded,
    Deed::Hang,
    Deed::EndlessDrip,
    Deed::CloseWithoutReply,
    Deed::ResetRead,
    Deed::ResetUnread,
    Deed::HalfHead,
    Deed::HalfBody,
    Deed::ChunksCut,
    Deed::GarbageHead,
    Deed::GatewayTimeout,
    Deed::OtherJson,
    Deed::ErrorInsideSuccess,
    Deed::EmptyBody,
    Deed::NoContent,
    Deed::TruncatedJson,
    Deed::HugeBody,
    Deed::DeepJson,
    Deed::WebPage,
    Deed::FalseGzip,
    Deed::InvalidUtf8,
    Deed::ContextTooLong,
    Deed::FilteredBefore,
    Deed::FilteredWithin,
    Deed::TokenLimit,
    Deed::Refusal,
    Deed::ToolNotOffered,
    Deed::EmptyAnswer,
    Deed::BadParameter,
    Deed::KeyEchoed,
    Deed::WrongKey,
    Deed::Forbidden,
    Deed::UnknownModel,
    Deed::QuotaUsedUp,
    Deed::RedirectHere,
    Deed::RedirectElsewhere,
];
