//! A log of bounded size: a full one becomes the old one, in place of the one before, and a new one begins.
//!
//! Several processes may write to one log, as all nodes of a home do to `formix.log`.

use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use formix_node::home::HomeError;

/// The size of a full log, in bytes.
const FULL: u64 = 16 << 20;

/// A log that is open for writing.
pub(crate) struct LogFile {
    path: PathBuf,
    full: u64,
    file: Mutex<File>,
    is_stderr: bool,
}

impl LogFile {
    pub(crate) fn open(path: &Path) -> Result<Self, HomeError> {
        let opened = Self::with_size(path, FULL);
        opened.map_err(|error| HomeError::Io { path: path.to_owned(), error })
    }

    fn with_size(path: &Path, full: u64) -> io::Result<Self> {
        let file = append_to(path)?;
        let is_stderr = is_same(file.metadata(), fs::metadata("/dev/stderr"));
        Ok(Self { path: path.to_owned(), full, file: Mutex::new(file), is_stderr })
    }

    /// Whether standard error goes to this file, as `formix up` has it: its lines would be there twice.
    pub(crate) fn is_stderr(&self) -> bool {
        self.is_stderr
    }

    /// The log that follows a full one.
    fn next(&self, full: &File) -> io::Result<File> {
        // Of several processes that find it full, one renames it, and the others find it renamed. None waits.
        full.try_lock()?;
        let is_current = is_same(full.metadata(), fs::metadata(&self.path));
        let renamed = if is_current { fs::rename(&self.path, old(&self.path)) } else { Ok(()) };
        full.unlock()?;
        renamed?;
        let next = append_to(&self.path)?;
        if self.is_stderr {
            rustix::stdio::dup2_stderr(&next)?;
        }
        Ok(next)
    }
}

impl Write for &LogFile {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        // A log that is too long is better than none.
        if file.metadata()?.len() >= self.full
            && let Ok(next) = self.next(&file)
        {
            *file = next;
        }
        file.write(line)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner).flush()
    }
}

fn append_to(path: &Path) -> io::Result<File> {
    File::options().create(true).append(true).open(path)
}

/// What a full log is called.
fn old(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".1");
    name.into()
}

fn is_same(one: io::Result<Metadata>, other: io::Result<Metadata>) -> bool {
    let identity = |found: Metadata| (found.dev(), found.ino());
    one.is_ok_and(|one| other.is_ok_and(|other| identity(one) == identity(other)))
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    const LINES: usize = 10;

    fn lines(path: &Path) -> Vec<String> {
        fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect()
    }

    /// As two processes have it: each has opened the log by itself.
    #[test]
    fn of_a_log_with_two_writers_the_newest_lines_are_kept_and_no_more() {
        let scratch = TempDir::new().unwrap();
        let path = scratch.path().join("log");
        let line = |number: usize| format!("{number:07}");
        let full = LINES as u64 * 8;
        let writers = [(); 2].map(|()| LogFile::with_size(&path, full).unwrap());
        for number in 1..=35 {
            let mut writer = &writers[number % 2];
            writeln!(writer, "{}", line(number)).unwrap();
            let kept = if number > LINES {
                [lines(&old(&path)), lines(&path)].concat()
            } else {
                lines(&path)
            };
            let newest: Vec<_> = (1..=number).map(line).collect();
            assert!(newest.ends_with(&kept), "{number}: {kept:?}");
            assert!(
                kept.len() >= number.min(LINES) && kept.len() <= 2 * LINES,
                "{number}: {kept:?}"
            );
        }
        assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_log_that_cannot_be_renamed_grows_on() {
        let scratch = TempDir::new().unwrap();
        let path = scratch.path().join("log");
        fs::create_dir_all(old(&path).join("in the way")).unwrap();
        let writers = [(); 2].map(|()| LogFile::with_size(&path, 1).unwrap());
        for writer in &writers {
            writeln!(&mut &*writer, "line").unwrap();
        }
        assert_eq!(lines(&path), ["line"; 2]);
        fs::remove_dir_all(old(&path)).unwrap();
        for writer in &writers {
            writeln!(&mut &*writer, "more").unwrap();
        }
        assert_eq!([lines(&old(&path)), lines(&path)], [["line"; 2], ["more"; 2]]);
    }
}
