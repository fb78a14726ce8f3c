//! Where a trace goes: made before anything is forked, with asys's own rights.

use super::escape::escape;
use super::sink::{Format, Sink};
use anyhow::{Result, anyhow};
use nix::errno::Errno;
use std::ffi::{OsStr, OsString};
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// A file or standard error, open for one trace.
#[derive(Debug)]
pub struct Destination {
    /// As messages call it; escaped.
    pub(super) name: String,
    pub(super) sink: Sink,
}

impl Destination {
    /// Opens `path`: `-` is standard error, a name that ends in `.zst` is compressed.
    ///
    /// A file is created with mode 0600 and no link is followed. With
    /// `overwrite` a regular file that exists is replaced: the new one is
    /// created beside it and renamed over it at once, so that whoever has the
    /// old one open keeps it, another name of it is not touched, and what is
    /// there if asys dies is always one trace.
    ///
    /// # Errors
    /// `path: cause`, with what to do: it exists, is not a regular file, or
    /// cannot be created.
    pub fn open(path: &Path, overwrite: bool) -> Result<Destination> {
        if path == Path::new("-") {
            return standard_error();
        }
        let name = escape(path.as_os_str().as_bytes()).into_owned();
        let opened = match overwrite {
            true => replace(path),
            false => create(path),
        };
        let file = opened.map_err(|error| explain(&name, path, &error))?;
        let compressed = path.extension() == Some(OsStr::new("zst"));
        let format = if compressed {
            Format::Compressed
        } else {
            Format::JsonLines
        };
        Destination::new(name, file, format)
    }

    fn new(name: String, file: File, format: Format) -> Result<Destination> {
        match Sink::new(file, format) {
            Ok(sink) => Ok(Destination { name, sink }),
            Err(error) => Err(anyhow!("{name}: {}", cause(&error))),
        }
    }
}

fn standard_error() -> Result<Destination> {
    // The command may close its own, and asys puts another in its place.
    let own = io::stderr().as_fd().try_clone_to_owned();
    let file = own.map_err(|error| anyhow!("standard error: {}", cause(&error)))?;
    Destination::new("standard error".into(), file.into(), Format::Readable)
}

fn create(path: &Path) -> io::Result<File> {
    let flags = libc::O_NOFOLLOW | libc::O_CLOEXEC;
    // create_new is O_CREAT | O_EXCL.
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .custom_flags(flags)
        .mode(0o600)
        .open(path)
}

/// Creates `path`, in the place of a regular file if there is one.
fn replace(path: &Path) -> io::Result<File> {
    match path.symlink_metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => return create(path),
        Err(error) => return Err(error),
        Ok(found) if !found.is_file() => return Err(Errno::EEXIST.into()),
        Ok(_) => {}
    }
    let (beside, file) = create_beside(path)?;
    // A link put there meanwhile is replaced, not followed; a directory is refused.
    std::fs::rename(&beside, path).inspect_err(|_| {
        let _ = std::fs::remove_file(&beside);
    })?;
    Ok(file)
}

fn create_beside(path: &Path) -> io::Result<(PathBuf, File)> {
    const ATTEMPTS: u32 = 100;
    let name = path.file_name().ok_or(Errno::EISDIR)?;
    let mut last = io::Error::from(Errno::EEXIST);
    for attempt in 0..ATTEMPTS {
        let mut beside = OsString::from(".");
        beside.push(name);
        beside.push(format!(".{}.{attempt}", std::process::id()));
        let beside = path.with_file_name(beside);
        match create(&beside) {
            Ok(file) => return Ok((beside, file)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => last = error,
            Err(error) => return Err(error),
        }
    }
    Err(last)
}

fn explain(name: &str, path: &Path, error: &io::Error) -> anyhow::Error {
    if error.kind() != ErrorKind::AlreadyExists {
        return anyhow!("{name}: {}", cause(error));
    }
    match occupied(path) {
        Some(what) => anyhow!(
            "{name}: {what}, not a regular file: name another file, or - for standard error"
        ),
        None => anyhow!("{name}: file exists: use --overwrite to replace it"),
    }
}

/// What stands at `path`, if it is no regular file.
fn occupied(path: &Path) -> Option<&'static str> {
    let kind = path.symlink_metadata().ok()?.file_type();
    (!kind.is_file()).then(|| match kind {
        kind if kind.is_symlink() => "a symbolic link",
        kind if kind.is_dir() => "a directory",
        _ => "a device, pipe or socket",
    })
}

/// An error of the system in its own words, without its number.
#[must_use]
pub(super) fn cause(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(number) => Errno::from_raw(number).desc().to_owned(),
        None => error.to_string(),
    }
}

#[cfg(test)]
impl Destination {
    pub(super) fn for_test(file: File, format: Format) -> Destination {
        Destination::new("test".into(), file, format).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{MetadataExt, symlink};

    fn refused(path: &Path, overwrite: bool) -> String {
        let message = Destination::open(path, overwrite).unwrap_err().to_string();
        let dir = path.parent().unwrap().to_str().unwrap();
        message.replace(dir, "DIR")
    }

    #[test]
    fn a_new_file_is_ours_alone() {
        let dir = super::super::testing::dir("new");
        let path = dir.join("t.jsonl");
        let opened = Destination::open(&path, false).unwrap();
        assert!(matches!(opened.sink, Sink::Plain(..)));
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);
        let opened = Destination::open(&dir.join("t.jsonl.zst"), true).unwrap();
        assert!(matches!(opened.sink, Sink::Compressed(_)));
    }

    #[test]
    fn what_exists_is_kept() {
        let dir = super::super::testing::dir("exists");
        let path = dir.join("t.jsonl");
        fs::write(&path, "old").unwrap();
        assert_eq!(
            refused(&path, false),
            "DIR/t.jsonl: file exists: use --overwrite to replace it"
        );
        assert_eq!(fs::read(&path).unwrap(), b"old");
    }

    #[test]
    fn overwriting_makes_a_new_file_and_leaves_nothing_else() {
        let dir = super::super::testing::dir("overwrite");
        let (path, other) = (dir.join("t.jsonl"), dir.join("other"));
        fs::write(&path, "old").unwrap();
        fs::hard_link(&path, &other).unwrap();
        let mut opened = Destination::open(&path, true).unwrap();
        opened.sink.write(b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read(&other).unwrap(), b"old");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);
        assert_eq!(fs::read_dir(&*dir).unwrap().count(), 2);
    }

    #[test]
    fn links_are_not_followed() {
        let dir = super::super::testing::dir("links");
        let (victim, link) = (dir.join("victim"), dir.join("link"));
        fs::write(&victim, "precious").unwrap();
        symlink(&victim, &link).unwrap();
        symlink(dir.join("nothing"), dir.join("dangling")).unwrap();
        for overwrite in [false, true] {
            for name in ["link", "dangling"] {
                let expected = format!(
                    "DIR/{name}: a symbolic link, not a regular file: name another file, or - for standard error"
                );
                assert_eq!(refused(&dir.join(name), overwrite), expected);
            }
        }
        assert_eq!(fs::read(&victim).unwrap(), b"precious");
        assert!(!dir.join("nothing").exists());
    }

    #[test]
    fn only_regular_files_are_replaced() {
        let dir = super::super::testing::dir("kinds");
        let end = ", not a regular file: name another file, or - for standard error";
        let null = Destination::open(Path::new("/dev/null"), true).unwrap_err();
        assert_eq!(
            null.to_string(),
            format!("/dev/null: a device, pipe or socket{end}")
        );
        let sub = dir.join("sub");
        fs::create_dir(&sub).unwrap();
        assert_eq!(refused(&sub, true), format!("DIR/sub: a directory{end}"));
        let missing = sub.join("no/t");
        assert_eq!(refused(&missing, false), "DIR/t: No such file or directory");
        assert!(
            Destination::open(Path::new("-"), false)
                .unwrap()
                .sink
                .readable()
        );
    }
}
