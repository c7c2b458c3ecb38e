//! One file a verb.

pub mod check;
pub mod demo;
pub mod doctor;
pub mod fetch;
pub mod init;
pub mod list;
pub mod report;
pub mod run;

use bedside_run::egress::Egress;
use bedside_run::fetch::{Fetcher, cache_folder};

use crate::args::Global;

/// How files are brought, as the options say.
pub fn fetcher(global: &Global) -> Fetcher {
    Fetcher { cache: cache_folder(), mirror: global.mirror(), egress: egress(global) }
}

/// What may leave the machine, as the options say.
pub fn egress(global: &Global) -> Egress {
    Egress { local_only: global.local_only, allow_hosts: global.allow_host.clone() }
}
