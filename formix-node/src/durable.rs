//! Replacing a file as a whole: after a crash it holds what it held before or what was written, never a part, and
//! once [`replace`] has returned always what was written.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Replaces the file, or creates it with this mode; a file that is there keeps its permissions. Returns the new
/// file, open for appending.
pub(crate) fn replace(
    path: &Path,
    mode: u32,
    write: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<File> {
    let unfinished = unfinished(path);
    match fs::remove_file(&unfinished) {
        // Left behind by a crash.
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = File::options();
    options.create_new(true).read(true).append(true).mode(mode);
    let mut file = options.open(&unfinished)?;
    if let Ok(before) = fs::metadata(path) {
        file.set_permissions(before.permissions())?;
    }
    let written = write(&mut file).and_then(|()| file.sync_all());
    if let Err(error) = written.and_then(|()| fs::rename(&unfinished, path)) {
        let _ = fs::remove_file(&unfinished);
        return Err(error);
    }
    sync_directory(path)?;
    Ok(file)
}

/// Makes durable which files are beside this one: a new name survives a crash only then.
pub(crate) fn sync_directory(path: &Path) -> io::Result<()> {
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
}

/// What the file is called until it is whole.
fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    name.into()
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::fs::PermissionsExt;

    use tempfile::TempDir;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_file_is_replaced_as_a_whole_and_keeps_its_permissions() {
        let scratch = TempDir::new().unwrap();
        let path = scratch.path().join("file");
        fs::write(unfinished(&path), "half of what a crash").unwrap();
        let mut file = replace(&path, 0o600, |file| file.write_all(b"one")).unwrap();
        assert_eq!(mode(&path), 0o600);
        file.write_all(b", two").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "one, two");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        replace(&path, 0o600, |file| file.write_all(b"three")).unwrap();
        assert_eq!((fs::read_to_string(&path).unwrap(), mode(&path)), ("three".to_owned(), 0o640));
        assert!(!unfinished(&path).exists());
    }

    #[test]
    fn what_cannot_be_written_leaves_the_file_as_it_is() {
        let scratch = TempDir::new().unwrap();
        let path = scratch.path().join("file");
        fs::write(&path, "before").unwrap();
        let failed = replace(&path, 0o600, |file| {
            file.write_all(b"af")?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert_eq!(failed.unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(fs::read_to_string(&path).unwrap(), "before");
        assert!(!unfinished(&path).exists());
    }
}
