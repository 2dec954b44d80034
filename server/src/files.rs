//! Open files: how many there may be, and what they are for.

use crate::config::Config;

/// Open files that belong to no thread and no connection: the standard streams, signals, files that are read.
const PROCESS_FILES: usize = 16;
/// Open files of a thread beside its listeners: its event loops and what wakes them.
const THREAD_FILES: usize = 6;
/// Those who are refused and not gone yet; an eighth of what there is where that is less.
const REFUSALS: usize = 32;

/// Who gets how many of the process's open files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileBudget {
    /// Connections that speak HTTP, and WebSockets.
    pub(crate) connections: usize,
    /// Connections that are told why there is no room for them.
    pub(crate) refusals: usize,
}

impl FileBudget {
    /// What `config` leaves to connections. There is always room for one.
    pub(crate) fn of(config: &Config) -> Self {
        let listeners = config.listen.len() + config.metrics_listen.len();
        let own = PROCESS_FILES + config.threads.get() * (THREAD_FILES + listeners);
        let left = config.limits.max_open_files.map_or(usize::MAX, |files| files.get().saturating_sub(own));
        let refusals = REFUSALS.min(left / 8).max(1);
        Self { connections: left.saturating_sub(refusals).max(1), refusals }
    }
}

/// Allows this process as many open files as the system lets it have, and says how many that is; `None` where there is no
/// limit. The usual soft limit of 1,024 is for programs that use `select`.
#[cfg(unix)]
pub fn raise_file_limit() -> Option<std::num::NonZeroUsize> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        let raised = Rlimit { current: limit.maximum, ..limit };
        match setrlimit(Resource::Nofile, raised) {
            Ok(()) => limit = raised,
            Err(error) => tracing::warn!(%error, "can't raise the number of open files"),
        }
    }
    let files = usize::try_from(limit.current?).unwrap_or(usize::MAX);
    Some(std::num::NonZeroUsize::new(files).unwrap_or(std::num::NonZeroUsize::MIN))
}

/// `None`: there is no limit that a program could raise.
#[cfg(not(unix))]
pub fn raise_file_limit() -> Option<std::num::NonZeroUsize> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroUsize;

    fn budget(files: Option<usize>, threads: usize) -> FileBudget {
        let mut config = Config { threads: NonZeroUsize::new(threads).unwrap(), ..Config::default() };
        config.limits.max_open_files = files.and_then(NonZeroUsize::new);
        FileBudget::of(&config)
    }

    #[test]
    fn all_that_needs_a_file_fits() {
        for files in [1, 20, 80, 256, 1024, 4096, 20_000, 1 << 20] {
            for threads in [1, 2, 64] {
                let FileBudget { connections, refusals } = budget(Some(files), threads);
                let own = PROCESS_FILES + threads * (THREAD_FILES + 1);
                assert!(connections >= 1 && refusals >= 1);
                assert!(
                    connections + refusals + own <= files.max(own + 2),
                    "{files} files, {threads} threads"
                );
            }
        }
        assert_eq!(budget(Some(20_000), 1), FileBudget { connections: 19_945, refusals: 32 });
    }

    #[test]
    fn without_a_limit_there_is_room_for_all() {
        assert!(budget(None, 64).connections > 1 << 40);
    }
}
