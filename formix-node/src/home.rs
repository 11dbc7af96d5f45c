//! Where the files are: the home of a network on this machine, and each node's directory in it.
//!
//! ```text
//! ~/.formix/                 FORMIX_HOME
//!     network.toml           the enrolled nodes, and the network's policy
//!     formix.log             log messages of all nodes of this home
//!     lock                   held by the processes that run nodes of this home
//!     up-lock                held by `formix up` and `formix down` while they start or stop nodes
//!     nodes/heavy-1/
//!         node.toml consent.toml key.pem node.db node.log consent.log control.sock
//! ```

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use formix_proto::id::Nonce;

use crate::database::lock_file;
use crate::lock::{Holder, Lock};

/// The name of the node that asks, unless another is named.
pub const ANALYST: &str = "analyst";

/// The longest path of a Unix socket on Linux, in bytes: `sun_path` has 108, the last of them zero (unix(7)).
const MAX_SOCKET_PATH: usize = 107;

/// The home of a network on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home(PathBuf);

/// The directory of one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeHome(PathBuf);

/// Keeps a home from being used twice; released when dropped, or when the process ends.
#[derive(Debug)]
pub struct HomeLock {
    _file: File,
}

/// A home in a temporary directory, which is removed when this is dropped.
#[derive(Debug)]
pub struct Scratch {
    home: Home,
}

impl Scratch {
    /// Creates a directory with an unpredictable name that only its owner may enter.
    pub fn new() -> Result<Self, HomeError> {
        let mut name = [0; 16];
        getrandom::fill(&mut name).map_err(HomeError::Randomness)?;
        let path = std::env::temp_dir().join(format!("formix-{}", Nonce(name)));
        fs::DirBuilder::new().mode(0o700).create(&path).map_err(at(&path))?;
        Ok(Self { home: Home(path) })
    }

    /// The home.
    pub fn home(&self) -> &Home {
        &self.home
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.home.0) {
            tracing::warn!(path = %self.home.0.display(), %error, "could not remove a temporary directory");
        }
    }
}

/// Why a home cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// There is no home directory to put `.formix` in.
    #[error("no home directory: pass --home or set FORMIX_HOME")]
    Nowhere,
    /// Another process runs nodes of this home.
    #[error("{} is in use by a running network: stop it with `formix down`, or choose another home with --home or FORMIX_HOME", .0.display())]
    InUse(PathBuf),
    /// It belongs to a network of processes, which a network in one process would disturb.
    #[error("{} is the home of a network of processes: start that with `formix up`, or choose another home with --home or FORMIX_HOME", .0.display())]
    OfProcesses(PathBuf),
    /// It was created by a network in one process, which keeps no configuration of its nodes.
    #[error("{} was created by `formix demo --keep` or by a program: choose another home with --home or FORMIX_HOME", .0.display())]
    OfOneProcess(PathBuf),
    /// The control sockets of its nodes would have paths that are too long for the operating system.
    #[error("{} is too long for a home: the path of a control socket would have {len} bytes, the maximum is {MAX_SOCKET_PATH}: choose a shorter one with --home or FORMIX_HOME", path.display())]
    TooLong {
        /// The home.
        path: PathBuf,
        /// The length that a socket's path would have.
        len: usize,
    },
    /// The operating system provides no randomness.
    #[error("no randomness from the operating system: {0}")]
    Randomness(getrandom::Error),
    /// A file or directory cannot be used.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the operating system reports.
        error: io::Error,
    },
}

impl Home {
    /// A home at this path; nothing is created yet.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// `path` if given, else `.formix` in the user's home directory.
    pub fn resolve(path: Option<PathBuf>) -> Result<Self, HomeError> {
        let path = path.or_else(|| std::env::home_dir().map(|home| home.join(".formix")));
        path.filter(|path| !path.as_os_str().is_empty()).map(Self).ok_or(HomeError::Nowhere)
    }

    /// The directory itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The directory itself, created if it does not exist; only its owner may enter it.
    pub fn make(&self) -> Result<&Path, HomeError> {
        make_private(&self.0)?;
        Ok(&self.0)
    }

    /// The enrolled nodes and the policy.
    pub fn network_file(&self) -> PathBuf {
        self.0.join("network.toml")
    }

    /// Log messages of all nodes.
    pub fn log(&self) -> PathBuf {
        self.0.join("formix.log")
    }

    /// The directory of the node with that name.
    pub fn node(&self, name: &str) -> NodeHome {
        NodeHome(self.0.join("nodes").join(name))
    }

    /// Locks the home for a network in this process alone. Only `formix up` gives the analyst a
    /// configuration, so a home that has one belongs to a network of processes.
    pub fn lock(&self) -> Result<HomeLock, HomeError> {
        let lock = self.lock_with(File::try_lock)?;
        match self.node(ANALYST).config().exists() {
            true => Err(HomeError::OfProcesses(self.0.clone())),
            false => Ok(lock),
        }
    }

    /// Refuses a home in which a node with this name could not have its control socket.
    pub fn check_length(&self, name: &str) -> Result<(), HomeError> {
        let len = self.node(name).socket().as_os_str().len();
        match len <= MAX_SOCKET_PATH {
            true => Ok(()),
            false => Err(HomeError::TooLong { path: self.0.clone(), len }),
        }
    }

    /// Locks the home for one node process among others.
    pub fn share(&self) -> Result<HomeLock, HomeError> {
        self.lock_with(File::try_lock_shared)
    }

    /// Keeps other commands from starting or stopping nodes of this home meanwhile, unless one is at it.
    pub fn start_and_stop_alone(&self) -> Result<Result<Lock, Holder>, HomeError> {
        make_private(&self.0)?;
        let path = self.0.join("up-lock");
        Lock::attempt(&path).map_err(at(&path))
    }

    fn lock_with(
        &self,
        take: impl FnOnce(&File) -> Result<(), TryLockError>,
    ) -> Result<HomeLock, HomeError> {
        make_private(&self.0)?;
        let path = self.0.join("lock");
        let file = File::options().create(true).append(true).open(&path).map_err(at(&path))?;
        match take(&file) {
            Ok(()) => Ok(HomeLock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(HomeError::InUse(self.0.clone())),
            Err(TryLockError::Error(error)) => Err(HomeError::Io { path, error }),
        }
    }
}

impl NodeHome {
    /// The directory itself, created if it does not exist; only its owner may enter it.
    pub fn make(&self) -> Result<&Path, HomeError> {
        make_private(&self.0)?;
        Ok(&self.0)
    }

    /// The directory itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The node's configuration.
    pub fn config(&self) -> PathBuf {
        self.0.join("node.toml")
    }

    /// The node's secret key.
    pub fn key(&self) -> PathBuf {
        self.0.join("key.pem")
    }

    /// The node's log of facts.
    pub fn database(&self) -> PathBuf {
        self.0.join("node.db")
    }

    /// The process that has the node's log of facts open, which a running node always has.
    pub fn holder(&self) -> Result<Option<Holder>, HomeError> {
        let lock = lock_file(&self.database());
        Holder::of(&lock).map_err(at(&lock))
    }

    /// The node's log messages, for people.
    pub fn log(&self) -> PathBuf {
        self.0.join("node.log")
    }

    /// The rules of the node's owner.
    pub fn consent(&self) -> PathBuf {
        self.0.join("consent.toml")
    }

    /// The decision about each question.
    pub fn consent_log(&self) -> PathBuf {
        self.0.join("consent.log")
    }

    /// The socket on which a running node takes requests from its owner.
    pub fn socket(&self) -> PathBuf {
        self.0.join("control.sock")
    }
}

fn make_private(path: &Path) -> Result<(), HomeError> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(at(path))
}

/// Adds the path to an error.
pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> HomeError {
    let path = path.to_owned();
    move |error| HomeError::Io { path, error }
}
