//! The file itself: made whole or not at all, held by one process, and looked at before it is opened.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::error::DatabaseError;
use super::{APPLICATION, VERSION};
use crate::durable;
use crate::lock::Lock;

/// What SQLite writes first, <https://sqlite.org/fileformat.html#the_database_header>.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
const HEADER: usize = 100;

/// Keeps everyone else out of the file until the lock is dropped, or the process is gone.
///
/// The lock is a file of its own because SQLite's locks do not keep a second opener of the same process
/// from looking at the header, and closing the file after that look would drop them.
pub(crate) fn lock(path: &Path) -> Result<Lock, DatabaseError> {
    let beside = lock_file(path);
    let begun = Instant::now();
    loop {
        match Lock::attempt(&beside).map_err(DatabaseError::io(&beside))? {
            Ok(lock) => return Ok(lock),
            Err(_) if begun.elapsed() < LINGERING => thread::sleep(LINGERING / 50),
            Err(_) => return Err(DatabaseError::InUse { file: path.to_owned() }),
        }
    }
}

/// The file that whoever has the database open holds the lock of.
pub(crate) fn lock_file(path: &Path) -> PathBuf {
    beside(path, "lock")
}

/// How long a lock may outlive its holder: a command that a process has just started shares its open
/// files until it executes, and with them their locks.
const LINGERING: Duration = Duration::from_millis(500);

/// Makes the directory that the file is in, for its owner only.
pub(crate) fn make_directory(path: &Path) -> Result<(), DatabaseError> {
    let directory = directory(path);
    let made = DirBuilder::new().recursive(true).mode(0o700).create(directory);
    made.map_err(DatabaseError::io(directory))
}

/// Makes the file if there is none. `fill` gets an empty file under another name; the name is given
/// only to one that is filled and on the disk, so that a crash leaves no half-made file behind.
pub(crate) fn create_if_missing(
    path: &Path,
    fill: impl FnOnce(&Path) -> Result<(), DatabaseError>,
) -> Result<(), DatabaseError> {
    if fs::exists(path).map_err(DatabaseError::io(path))? {
        return Ok(());
    }
    if fs::exists(beside(path, "wal")).map_err(DatabaseError::io(path))? {
        return Err(DatabaseError::damaged(
            path,
            "it is gone, but what was to be written to it is not",
        ));
    }
    let draft = beside(path, "new");
    remove(&draft)?;
    let made = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&draft);
    made.map_err(DatabaseError::io(&draft))?;
    fill(&draft)?;
    fs::rename(&draft, path).map_err(DatabaseError::io(path))?;
    sync_directory(path)
}

/// Makes durable which files are beside the file. SQLite does so, too, after it has made a
/// write-ahead log, but takes a failure for success.
pub(crate) fn sync_directory(path: &Path) -> Result<(), DatabaseError> {
    durable::sync_directory(path).map_err(DatabaseError::io(path))
}

/// Refuses what is not a node's file of this version, from its first bytes and without changing any: SQLite
/// would recover, or checkpoint, whatever database it opens.
pub(crate) fn check_header(path: &Path) -> Result<(), DatabaseError> {
    let refuse = |what| Err(DatabaseError::NotANodes { file: path.to_owned(), what });
    let mut header = Vec::with_capacity(HEADER);
    File::open(path)
        .and_then(|file| file.take(HEADER as u64).read_to_end(&mut header))
        .map_err(DatabaseError::io(path))?;
    match header.first_chunk::<HEADER>() {
        None if header.is_empty() => refuse("an empty file"),
        None => refuse("not a database"),
        Some(header) if !header.starts_with(MAGIC) => refuse("not a database"),
        Some(header) if big_endian(header, 68) != APPLICATION => refuse("not a node's database"),
        Some(header) => match big_endian(header, 60) {
            VERSION => Ok(()),
            version => {
                Err(DatabaseError::OtherVersion { file: path.to_owned(), version, known: VERSION })
            }
        },
    }
}

fn big_endian(header: &[u8; HEADER], at: usize) -> u32 {
    header[at..at + 4].iter().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

fn remove(path: &Path) -> Result<(), DatabaseError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(DatabaseError::io(path)(error))
        }
        _ => Ok(()),
    }
}

fn directory(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("/"))
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-");
    name.push(ending);
    PathBuf::from(name)
}
