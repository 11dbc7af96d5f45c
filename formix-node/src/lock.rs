//! Lock files: each keeps others out, and names the process that holds it.

use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

/// Keeps everyone else out until it is dropped, or the process is gone.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// The process that holds a lock, by the number that it has written into the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holder(pub Option<u32>);

impl Lock {
    /// Takes the lock, which is a file of mode 0600, unless another holds it.
    pub(crate) fn attempt(path: &Path) -> io::Result<Result<Self, Holder>> {
        let file = open(path)?;
        match file.try_lock() {
            Ok(()) => {
                // For people: the lock itself holds without it, on a full disk for one.
                let _ = file.set_len(0);
                let _ = (&file).write_all(std::process::id().to_string().as_bytes());
                Ok(Ok(Self { _file: file }))
            }
            Err(TryLockError::WouldBlock) => Ok(Err(Holder::named_in(&file))),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

impl Holder {
    /// The process that holds the lock at this path now, if any does.
    pub(crate) fn of(path: &Path) -> io::Result<Option<Self>> {
        let file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        // Shared, so that of two that look at once neither takes the other for a holder.
        match file.try_lock_shared() {
            Ok(()) => Ok(None),
            Err(TryLockError::WouldBlock) => Ok(Some(Self::named_in(&file))),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    fn named_in(file: &File) -> Self {
        let mut digits = [0; 10];
        let read = file.read_at(&mut digits, 0).unwrap_or_default();
        let text = digits.get(..read).and_then(|digits| str::from_utf8(digits).ok());
        Self(text.and_then(|text| text.parse().ok()))
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(pid) => write!(f, "process {pid}"),
            None => f.write_str("another process"),
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).read(true).write(true).mode(0o600).open(path)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn a_lock_is_held_by_one_and_says_by_which_process() {
        let scratch = TempDir::new().unwrap();
        let path = scratch.path().join("lock");
        let here = Holder(Some(std::process::id()));
        assert_eq!(Holder::of(&path).unwrap(), None);
        let lock = Lock::attempt(&path).unwrap().unwrap();
        assert_eq!(Lock::attempt(&path).unwrap().unwrap_err(), here);
        assert_eq!(Holder::of(&path).unwrap(), Some(here));
        drop(lock);
        // A command that another test has just started shares it until it executes.
        while Holder::of(&path).unwrap().is_some() {
            std::thread::yield_now();
        }
    }
}
