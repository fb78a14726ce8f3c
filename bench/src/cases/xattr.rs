//! An extended attribute.

use std::path::Path;

use anyhow::ensure;

use crate::case::{Case, Kind};
use crate::floor::{Answer, LARGEST, Remote, Stop, link};
use crate::stats::Sample;
use crate::sys::{self, Notification};
use crate::target::{path, time};

pub(super) const CASE: Case = Case {
    name: "xattr",
    title: "getxattr",
    about: "getxattr of an attribute of 32 bytes",
    kind: Kind::Call,
    calls: &[("getxattr", libc::SYS_getxattr)],
    target,
    bare,
    exact,
};

const VALUE: [u8; 32] = *b"thirty-two bytes of an attribute";

fn target(iterations: u32, dir: &Path) -> anyhow::Result<Sample> {
    let (file, name) = (path(dir, "file")?, c"user.bench");
    sys::set_xattr(&file, name, &VALUE)?;
    let mut value = [0; 64];
    let mut got = 0;
    let sample = time(iterations, || {
        got = sys::get_xattr(&file, name, &mut value)?;
        Ok(())
    })?;
    ensure!(value[..got] == VALUE, "wrong value");
    Ok(sample)
}

fn bare(remote: &mut Remote, n: &Notification) -> Answer {
    let [path, name, buffer, size, ..] = n.data.args;
    if size > LARGEST as u64 {
        return Err(Stop::Native);
    }
    let mut value = vec![0; size as usize];
    let [path, name] = remote.two_paths(n, [path, name])?;
    let got = sys::get_xattr(path, name, &mut value)?;
    remote.write(n, buffer, &value[..got])?;
    Ok(got as i64)
}

fn exact(remote: &mut Remote, n: &Notification) -> Answer {
    let [path, name, buffer, size, ..] = n.data.args;
    if size > LARGEST as u64 {
        return Err(Stop::Native);
    }
    let mut value = vec![0; size as usize];
    let object = remote.object(n, path)?;
    let name = remote.path(n, name)?.to_owned();
    remote.vouch(n)?;
    remote.look_at_object(&object)?;
    let got = sys::get_xattr(&link(&object)?, &name, &mut value)?;
    remote.write(n, buffer, &value[..got])?;
    Ok(got as i64)
}
