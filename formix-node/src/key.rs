//! A node's secret key, in a file that only its owner may read.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use formix_transport::identity::{Identity, IdentityError};
use zeroize::Zeroizing;

use crate::durable;
use crate::home::{HomeError, at};

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// It cannot be read or written.
    #[error(transparent)]
    File(#[from] HomeError),
    /// Other users can access it.
    #[error("other users can access {} (mode {mode:o}): run `chmod 600` on it, and replace the key if someone may have read it", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It is not a key of a node.
    #[error("{}: {error}", path.display())]
    Identity {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: IdentityError,
    },
}

/// Reads the key at `path`, or creates one there.
pub fn load_or_create(path: &Path) -> Result<Identity, KeyError> {
    match File::open(path) {
        Ok(file) => load(path, file),
        Err(error) if error.kind() == io::ErrorKind::NotFound => create(path),
        Err(error) => Err(at(path)(error).into()),
    }
}

fn load(path: &Path, mut file: File) -> Result<Identity, KeyError> {
    let mode = file.metadata().map_err(at(path))?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyError::Exposed { path: path.to_owned(), mode });
    }
    let mut pem = Zeroizing::new(String::with_capacity(1 << 12));
    file.read_to_string(&mut pem).map_err(at(path))?;
    Identity::from_pem(&pem).map_err(|error| KeyError::Identity { path: path.to_owned(), error })
}

fn create(path: &Path) -> Result<Identity, KeyError> {
    let identity = Identity::generate()
        .map_err(|error| KeyError::Identity { path: path.to_owned(), error })?;
    let written =
        durable::replace(path, 0o600, |file| file.write_all(identity.to_pem().as_bytes()));
    written.map_err(at(path))?;
    Ok(identity)
}
