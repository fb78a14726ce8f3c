//! What a case left behind: one line per file, everything but times and inode numbers.

use std::collections::HashMap;
use std::ffi::CString;
use std::fs::{self, Metadata};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Larger files are compared by size only: no case writes that much, but some leave holes that long.
const READ_AT_MOST: u64 = 64 << 20;

/// The lines of everything below `root`, in the order of their names.
pub fn snapshot(root: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    let mut links = HashMap::new();
    visit(root, root, &mut links, &mut lines);
    lines
}

fn visit(root: &Path, at: &Path, links: &mut HashMap<u64, PathBuf>, lines: &mut Vec<String>) {
    let name = at.strip_prefix(root).unwrap_or(at);
    let Ok(meta) = fs::symlink_metadata(at) else {
        return lines.push(format!("{} cannot be looked at", name.display()));
    };
    lines.push(format!(
        "{} {:o} {}:{} nlink {} size {}{}{}{}",
        name.as_os_str().as_bytes().escape_ascii(),
        meta.mode(),
        meta.uid(),
        meta.gid(),
        meta.nlink(),
        meta.size(),
        body(at, &meta),
        attributes(at),
        same_file(name, &meta, links),
    ));
    if !meta.is_dir() {
        return;
    }
    let Ok(entries) = fs::read_dir(at) else {
        return lines.push(format!("{} cannot be read", name.display()));
    };
    let mut below: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    below.sort();
    for path in below {
        visit(root, &path, links, lines);
    }
}

/// Just enough to see that something below `root` has changed, for within one run.
pub fn outline(root: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    let mut left = vec![root.to_path_buf()];
    while let Some(at) = left.pop() {
        let Ok(meta) = fs::symlink_metadata(&at) else {
            continue;
        };
        let (inode, size) = (meta.ino(), meta.size());
        lines.push(format!(
            "{at:?} {inode} {:o} {}:{} {size} {}",
            meta.mode(),
            meta.uid(),
            meta.gid(),
            meta.nlink()
        ));
        if meta.is_dir() {
            let below = fs::read_dir(&at).into_iter().flatten().flatten();
            left.extend(below.map(|entry| entry.path()));
        }
    }
    lines.sort();
    lines
}

/// Contents, target or device, by type.
fn body(at: &Path, meta: &Metadata) -> String {
    let kind = meta.file_type();
    if kind.is_symlink() {
        let target = fs::read_link(at).unwrap_or_default();
        return format!(" -> {}", target.as_os_str().as_bytes().escape_ascii());
    }
    if !kind.is_file() {
        return format!(" rdev {:#x}", meta.rdev());
    }
    if meta.size() > READ_AT_MOST {
        return " (long)".into();
    }
    let mut bytes = Vec::new();
    match fs::File::open(at).and_then(|mut file| file.read_to_end(&mut bytes)) {
        Err(error) => format!(" {:?}", error.kind()),
        Ok(0..=64) => format!(" \"{}\"", bytes.escape_ascii()),
        Ok(_) => {
            let mut hasher = DefaultHasher::new();
            bytes.hash(&mut hasher);
            format!(" hash {:016x}", hasher.finish())
        }
    }
}

/// Hard links to one file name the first of them.
fn same_file(name: &Path, meta: &Metadata, links: &mut HashMap<u64, PathBuf>) -> String {
    if meta.is_dir() || meta.nlink() < 2 {
        return String::new();
    }
    let first = links.entry(meta.ino()).or_insert_with(|| name.into());
    format!(" same as {}", first.display())
}

/// Names and lengths of extended attributes; an ACL or a capability that got lost would show here.
fn attributes(at: &Path) -> String {
    let Ok(path) = CString::new(at.as_os_str().as_bytes()) else {
        return String::new();
    };
    let mut names = vec![0u8; 4096];
    // SAFETY: `path` is terminated and `names` is writable for the length given.
    let length = unsafe { libc::llistxattr(path.as_ptr(), names.as_mut_ptr().cast(), names.len()) };
    match usize::try_from(length) {
        Ok(length) if length > 0 => format!(" xattr {}", names[..length].escape_ascii()),
        _ => String::new(),
    }
}

/// Removes a tree whose directories a case may have left without permissions, or its files immutable.
pub fn remove(root: &Path) {
    if fs::remove_dir_all(root).is_ok() {
        return;
    }
    open_up(root);
    let _ = fs::remove_dir_all(root);
}

fn open_up(at: &Path) {
    let Ok(meta) = fs::symlink_metadata(at) else {
        return;
    };
    if meta.is_file()
        && let Ok(file) = fs::File::open(at)
    {
        let _ = crate::mounts::set_inode_flag(&file, crate::mounts::IMMUTABLE, false);
        let _ = crate::mounts::set_inode_flag(&file, crate::mounts::APPEND_ONLY, false);
    }
    if !meta.is_dir() {
        return;
    }
    let _ = fs::set_permissions(at, fs::Permissions::from_mode(0o700));
    for entry in fs::read_dir(at).into_iter().flatten().flatten() {
        open_up(&entry.path());
    }
}
