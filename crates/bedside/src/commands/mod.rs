//! One file a verb.

pub mod carry_out;
pub mod check;
pub mod demo;
pub mod doctor;
pub mod export;
pub mod fetch;
pub mod init;
pub mod list;
pub mod merge;
pub mod price;
pub mod report;
pub mod rescore;
mod rescore_text;
pub mod run;
pub mod stat;
pub mod verify;

use bedside_run::egress::Egress;
use bedside_run::fetch::{Fetcher, cache_folder};

use bedside_run::planner::Calling;

use crate::args::{Global, Live};

/// How files are brought, as the options say.
pub fn fetcher(global: &Global) -> Fetcher {
    Fetcher { cache: cache_folder(), mirror: global.mirror(), egress: egress(global) }
}

/// What may leave the machine, as the options say.
pub fn egress(global: &Global) -> Egress {
    Egress { local_only: global.local_only, allow_hosts: global.allow_host.clone() }
}

/// How live systems are called, as the options say.
pub fn calling(global: &Global, live: &Live) -> Calling {
    Calling { egress: egress(global), request_timeout: live.request_timeout, processes: live.processes() }
}
