//! Where things are: the home of a network on this machine, and each node's directory in it.
//!
//! ```text
//! ~/.formix/                 FORMIX_HOME
//!     network.toml           who is enrolled, and the network's policy
//!     formix.log             what all nodes of this home log
//!     lock                   held by whatever runs nodes of this home
//!     nodes/heavy-1/
//!         node.toml consent.toml key.pem node.db node.log consent.log control.sock
//! ```

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use formix_proto::id::Nonce;

/// What the node is called that asks if nobody else is named.
pub const ANALYST: &str = "analyst";

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

/// A home that goes, with all that is in it, when this is dropped.
#[derive(Debug)]
pub struct Scratch {
    home: Home,
}

impl Scratch {
    /// A new directory that nobody else could have foreseen, and only its owner may enter.
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
            tracing::warn!(path = %self.home.0.display(), %error, "left a temporary directory");
        }
    }
}

/// Why a home cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// There is no home directory to put `.formix` in.
    #[error("no home directory: set FORMIX_HOME, or pass --home")]
    Nowhere,
    /// Something else runs nodes of this home.
    #[error("{} is in use by a running network: stop it (`formix down`), or choose another with FORMIX_HOME or --home", .0.display())]
    InUse(PathBuf),
    /// It is run by processes, which a network in one process would get in the way of.
    #[error("{} is the home of a network of processes: run that with `formix up`, or choose another home", .0.display())]
    OfProcesses(PathBuf),
    /// It was made by a network in one process, which keeps no configuration of its nodes.
    #[error("{} was made by `formix demo --keep` or by a program: choose another home", .0.display())]
    OfOneProcess(PathBuf),
    /// The operating system gives no randomness.
    #[error("no randomness from the operating system: {0}")]
    Randomness(getrandom::Error),
    /// The file system says no.
    #[error("{}: {error}", path.display())]
    Io {
        /// Which file or directory.
        path: PathBuf,
        /// What it says.
        error: io::Error,
    },
}

impl Home {
    /// A home at this path; nothing is made yet.
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

    /// The directory itself, made if it is not there; only its owner may enter it.
    pub fn make(&self) -> Result<&Path, HomeError> {
        make_private(&self.0)?;
        Ok(&self.0)
    }

    /// Who is enrolled.
    pub fn network_file(&self) -> PathBuf {
        self.0.join("network.toml")
    }

    /// What all nodes log.
    pub fn log(&self) -> PathBuf {
        self.0.join("formix.log")
    }

    /// The directory of the node of that name.
    pub fn node(&self, name: &str) -> NodeHome {
        NodeHome(self.0.join("nodes").join(name))
    }

    /// Takes the home for a network in this process alone. Only `formix up` gives the analyst a
    /// configuration: a home that has one is a network of processes.
    pub fn lock(&self) -> Result<HomeLock, HomeError> {
        let lock = self.lock_with(File::try_lock)?;
        match self.node(ANALYST).config().exists() {
            true => Err(HomeError::OfProcesses(self.0.clone())),
            false => Ok(lock),
        }
    }

    /// Takes the home for one node process among others.
    pub fn share(&self) -> Result<HomeLock, HomeError> {
        self.lock_with(File::try_lock_shared)
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
    /// The directory itself, made if it is not there; only its owner may enter it.
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

    /// What the node logs for people.
    pub fn log(&self) -> PathBuf {
        self.0.join("node.log")
    }

    /// What the node's owner allows.
    pub fn consent(&self) -> PathBuf {
        self.0.join("consent.toml")
    }

    /// What was decided about each question.
    pub fn consent_log(&self) -> PathBuf {
        self.0.join("consent.log")
    }

    /// Where a running node takes requests from its owner.
    pub fn socket(&self) -> PathBuf {
        self.0.join("control.sock")
    }
}

fn make_private(path: &Path) -> Result<(), HomeError> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(at(path))
}

/// Names the path in an error.
pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> HomeError {
    let path = path.to_owned();
    move |error| HomeError::Io { path, error }
}
