//! Extended attributes of what a path names: xattr(7).

use nix::Result;
use nix::errno::Errno;
use std::ffi::{CStr, CString, OsStr};
use std::os::unix::ffi::OsStrExt;

/// `XATTR_SIZE_MAX` and `XATTR_LIST_MAX` of the kernel's limits.h.
const LONGEST: usize = 65536;

fn name(name: &OsStr) -> Result<CString> {
    CString::new(name.as_bytes()).map_err(|_| Errno::EINVAL)
}

fn filled(mut buffer: Vec<u8>, length: isize) -> Result<Vec<u8>> {
    buffer.truncate(Errno::result(length)?.cast_unsigned());
    Ok(buffer)
}

pub fn get(path: &CStr, attribute: &OsStr) -> Result<Vec<u8>> {
    let attribute = name(attribute)?;
    let mut value = vec![0u8; LONGEST];
    let (to, size) = (value.as_mut_ptr().cast(), value.len());
    // SAFETY: both strings are terminated, and `to` is writable for `size` bytes.
    let length = unsafe { libc::getxattr(path.as_ptr(), attribute.as_ptr(), to, size) };
    filled(value, length)
}

pub fn list(path: &CStr) -> Result<Vec<u8>> {
    let mut names = vec![0u8; LONGEST];
    let (to, size) = (names.as_mut_ptr().cast(), names.len());
    // SAFETY: the path is terminated, and `to` is writable for `size` bytes.
    let length = unsafe { libc::listxattr(path.as_ptr(), to, size) };
    filled(names, length)
}

pub fn set(path: &CStr, attribute: &OsStr, value: &[u8], flags: i32) -> Result<()> {
    let attribute = name(attribute)?;
    let (from, size) = (value.as_ptr().cast(), value.len());
    // SAFETY: both strings are terminated, and `from` is readable for `size` bytes.
    let done = unsafe { libc::setxattr(path.as_ptr(), attribute.as_ptr(), from, size, flags) };
    Errno::result(done).map(drop)
}

pub fn remove(path: &CStr, attribute: &OsStr) -> Result<()> {
    let attribute = name(attribute)?;
    // SAFETY: both strings are terminated.
    let done = unsafe { libc::removexattr(path.as_ptr(), attribute.as_ptr()) };
    Errno::result(done).map(drop)
}
