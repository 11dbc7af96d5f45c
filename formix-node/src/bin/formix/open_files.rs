//! The limit on open files, which a network in one process reaches first.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::failure::Failure;

/// The open files of one node in this process: five, measured with 100 to 445 nodes, for its logs and its
/// socket, and the data file that it reads for an answer.
const PER_NODE: u64 = 6;

/// The open files of the process itself; some 35 were measured.
const IN_COMMON: u64 = 64;

/// Raises the soft limit to the hard one: shells commonly start with 1,024, which some 200 nodes use up.
pub(crate) fn raise_limit() {
    let limit = getrlimit(Resource::Nofile);
    // Where this fails, `check` says what is missing.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}

/// Refuses a network in this process that needs more open files than the limit allows.
pub(crate) fn check(nodes: usize) -> Result<(), Failure> {
    match getrlimit(Resource::Nofile).current {
        Some(limit) => enough(nodes, limit).map_err(|why| Failure::Other(why.into())),
        None => Ok(()),
    }
}

fn enough(nodes: usize, limit: u64) -> Result<(), String> {
    let needed = IN_COMMON + PER_NODE * nodes as u64;
    if needed <= limit {
        return Ok(());
    }
    Err(format!(
        "{nodes} nodes in one process need up to {needed} open files, but the hard limit is {limit}: raise it (`ulimit -Hn {needed}` as root, then start this from the same shell), or use fewer nodes"
    ))
}

#[cfg(test)]
mod tests {
    use super::enough;

    #[test]
    fn the_limit_that_is_missing_is_named() {
        assert_eq!(enough(160, 1_024), Ok(()));
        let why = enough(161, 1_024).unwrap_err();
        assert!(why.contains("up to 1030 open files, but the hard limit is 1024"), "{why}");
    }
}
