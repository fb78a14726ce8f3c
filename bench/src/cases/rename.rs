//! A name that moves.

use std::path::Path;

use nix::fcntl::{AT_FDCWD, renameat};

use crate::case::{Case, Kind};
use crate::floor::{Answer, Remote, Stop, is_cwd};
use crate::stats::Sample;
use crate::sys::Notification;
use crate::target::{path, time};

pub(super) const CASE: Case = Case {
    name: "rename",
    title: "rename",
    about: "rename (renameat) of a file, there and back",
    kind: Kind::Call,
    calls: &[("renameat", libc::SYS_renameat)],
    target,
    bare,
    exact,
};

fn target(iterations: u32, dir: &Path) -> anyhow::Result<Sample> {
    let (mut from, mut to) = (path(dir, "from")?, path(dir, "to")?);
    time(iterations, || {
        renameat(AT_FDCWD, from.as_c_str(), AT_FDCWD, to.as_c_str())?;
        std::mem::swap(&mut from, &mut to);
        Ok(())
    })
}

fn bare(remote: &mut Remote, n: &Notification) -> Answer {
    let [from, old, to, new, ..] = n.data.args;
    if !is_cwd(from) || !is_cwd(to) {
        return Err(Stop::Native);
    }
    let [old, new] = remote.two_paths(n, [old, new])?;
    renameat(AT_FDCWD, old, AT_FDCWD, new)?;
    Ok(0)
}

fn exact(remote: &mut Remote, n: &Notification) -> Answer {
    let [from, old, to, new, ..] = n.data.args;
    if !is_cwd(from) || !is_cwd(to) {
        return Err(Stop::Native);
    }
    let (old, new) = (remote.place(n, old)?, remote.place(n, new)?);
    remote.vouch(n)?;
    // What succeeds stays on one mount, the one looked at here; any error is the kernel's to find.
    remote.look_at(&old)?;
    renameat(&old.dir, old.last(), &new.dir, new.last()).or(Err(Stop::Native))?;
    Ok(0)
}
