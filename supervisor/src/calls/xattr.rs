//! Extended attributes: getxattr(2), setxattr(2), listxattr(2), removexattr(2).

use super::attr::What;
use super::{Args, Call, Native, Reply, Stage};
use crate::sys::attr;
use crate::target::zeroed;
use std::ffi::CString;

/// `XATTR_NAME_MAX`, `XATTR_SIZE_MAX` and `XATTR_LIST_MAX` of linux/limits.h.
const LONGEST_NAME: usize = 255;
const LARGEST: usize = 65536;
/// `struct xattr_args` of setxattrat(2) and getxattrat(2), in its first version.
const ARGS_SIZE: u64 = 16;

/// An attribute's name; the kernel refuses none and those too long.
fn name(args: &mut Args<'_>, arg: usize) -> Result<CString, Native> {
    let name = args.path(arg)?;
    match name.as_bytes().len() {
        1..=LONGEST_NAME => Ok(name),
        _ => Err(Native::Undecodable),
    }
}

/// What the newest forms name: an empty path stands for an open file.
fn what(args: &mut Args<'_>) -> Result<What, Native> {
    let flags = args.uint(2);
    match What::at(args, 0, 1, flags)? {
        What::Behind(fd) if fd >= 0 => Ok(What::File(fd)),
        What::Behind(_) => Err(Native::Undecodable),
        named => Ok(named),
    }
}

/// Address, size and flags of a `struct xattr_args`.
fn value(args: &Args<'_>, arg: usize) -> Result<(u64, usize, u32), Native> {
    if args.raw(arg + 1) != ARGS_SIZE {
        return Err(Native::Undecodable);
    }
    let bytes = args.bytes(arg, ARGS_SIZE as usize)?;
    let word = |at: usize| u32::from_ne_bytes(std::array::from_fn(|i| bytes[at + i]));
    let address = u64::from(word(0)) | u64::from(word(4)) << 32;
    Ok((address, word(8) as usize, word(12)))
}

#[derive(Debug)]
pub struct Get {
    what: What,
    /// Of which attribute; `None`: the list of their names.
    name: Option<CString>,
    out: u64,
    size: usize,
}

fn get(what: What, name: Option<CString>, out: u64, size: usize) -> Result<Get, Native> {
    let size = size.min(LARGEST);
    Ok(Get {
        what,
        name,
        out,
        size,
    })
}

pub fn getxattr(args: &mut Args<'_>) -> Result<Get, Native> {
    let what = What::named(args, 0, true)?;
    get(what, Some(name(args, 1)?), args.raw(2), args.size(3))
}

pub fn lgetxattr(args: &mut Args<'_>) -> Result<Get, Native> {
    let what = What::named(args, 0, false)?;
    get(what, Some(name(args, 1)?), args.raw(2), args.size(3))
}

pub fn fgetxattr(args: &mut Args<'_>) -> Result<Get, Native> {
    let what = What::File(args.int(0));
    get(what, Some(name(args, 1)?), args.raw(2), args.size(3))
}

pub fn getxattrat(args: &mut Args<'_>) -> Result<Get, Native> {
    let (address, size, flags) = value(args, 4)?;
    if flags != 0 {
        return Err(Native::Undecodable);
    }
    let name = name(args, 3)?;
    get(what(args)?, Some(name), address, size)
}

pub fn listxattr(args: &mut Args<'_>) -> Result<Get, Native> {
    let what = What::named(args, 0, true)?;
    get(what, None, args.raw(1), args.size(2))
}

pub fn llistxattr(args: &mut Args<'_>) -> Result<Get, Native> {
    let what = What::named(args, 0, false)?;
    get(what, None, args.raw(1), args.size(2))
}

pub fn flistxattr(args: &mut Args<'_>) -> Result<Get, Native> {
    get(What::File(args.int(0)), None, args.raw(1), args.size(2))
}

pub fn listxattrat(args: &mut Args<'_>) -> Result<Get, Native> {
    get(what(args)?, None, args.raw(3), args.size(4))
}

impl Call for Get {
    fn perform(self, stage: &Stage<'_>) -> Result<Reply, Native> {
        let Get {
            what,
            name,
            out,
            size,
        } = self;
        let mut buffer = zeroed(size).map_err(|_| Native::Shortage)?;
        let got = what.apply(stage, |on| match &name {
            Some(name) => attr::get_xattr(on, name, &mut buffer),
            None => attr::list_xattr(on, &mut buffer),
        })?;
        Ok(match got {
            Ok(len) => {
                buffer.truncate(len);
                Reply::with_memory(len as i64, out, buffer)
            }
            Err(errno) => Reply::error(errno),
        })
    }
}

#[derive(Debug)]
pub struct Set {
    what: What,
    name: CString,
    value: Vec<u8>,
    flags: u64,
}

fn set(args: &mut Args<'_>, what: What) -> Result<Set, Native> {
    let name = name(args, 1)?;
    let (address, size, flags) = (args.raw(2), args.size(3), args.uint(4));
    checked(args, what, name, (address, size, flags))
}

fn checked(
    args: &Args<'_>,
    what: What,
    name: CString,
    (address, size, flags): (u64, usize, u32),
) -> Result<Set, Native> {
    let known = (libc::XATTR_CREATE | libc::XATTR_REPLACE) as u32;
    if size > LARGEST || flags & !known != 0 {
        return Err(Native::Undecodable);
    }
    Ok(Set {
        what,
        name,
        value: args.bytes_at(address, size)?,
        flags: flags.into(),
    })
}

pub fn setxattr(args: &mut Args<'_>) -> Result<Set, Native> {
    let what = What::named(args, 0, true)?;
    set(args, what)
}

pub fn lsetxattr(args: &mut Args<'_>) -> Result<Set, Native> {
    let what = What::named(args, 0, false)?;
    set(args, what)
}

pub fn fsetxattr(args: &mut Args<'_>) -> Result<Set, Native> {
    let what = What::File(args.int(0));
    set(args, what)
}

pub fn setxattrat(args: &mut Args<'_>) -> Result<Set, Native> {
    let value = value(args, 4)?;
    let name = name(args, 3)?;
    let what = what(args)?;
    checked(args, what, name, value)
}

impl Call for Set {
    fn perform(self, stage: &Stage<'_>) -> Result<Reply, Native> {
        let Set {
            what,
            name,
            value,
            flags,
        } = self;
        let done = what.apply(stage, |on| attr::set_xattr(on, &name, &value, flags));
        done.map(Reply::done)
    }
}

#[derive(Debug)]
pub struct Remove {
    what: What,
    name: CString,
}

pub fn removexattr(args: &mut Args<'_>) -> Result<Remove, Native> {
    let what = What::named(args, 0, true)?;
    let name = name(args, 1)?;
    Ok(Remove { what, name })
}

pub fn lremovexattr(args: &mut Args<'_>) -> Result<Remove, Native> {
    let what = What::named(args, 0, false)?;
    let name = name(args, 1)?;
    Ok(Remove { what, name })
}

pub fn fremovexattr(args: &mut Args<'_>) -> Result<Remove, Native> {
    let what = What::File(args.int(0));
    let name = name(args, 1)?;
    Ok(Remove { what, name })
}

pub fn removexattrat(args: &mut Args<'_>) -> Result<Remove, Native> {
    let name = name(args, 3)?;
    let what = what(args)?;
    Ok(Remove { what, name })
}

impl Call for Remove {
    fn perform(self, stage: &Stage<'_>) -> Result<Reply, Native> {
        let Remove { what, name } = self;
        let done = what.apply(stage, |on| attr::remove_xattr(on, &name));
        done.map(Reply::done)
    }
}
