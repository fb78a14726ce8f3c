//! A descriptor for the target.

use std::path::Path;

use nix::fcntl::{AT_FDCWD, OFlag, OpenHow, ResolveFlag, openat, openat2};
use nix::sys::stat::Mode;

use crate::case::{Case, Kind};
use crate::floor::{Answer, Remote, Stop, is_cwd};
use crate::stats::Sample;
use crate::sys::Notification;
use crate::target::{path, time};

pub(super) const CASE: Case = Case {
    name: "open",
    title: "openat + close",
    about: "openat with O_RDONLY, and close",
    kind: Kind::Call,
    calls: &[("openat", libc::SYS_openat)],
    target,
    bare,
    exact,
};

fn target(iterations: u32, dir: &Path) -> anyhow::Result<Sample> {
    let file = path(dir, "file")?;
    time(iterations, || {
        openat(
            AT_FDCWD,
            file.as_c_str(),
            OFlag::O_RDONLY | OFlag::O_CLOEXEC,
            Mode::empty(),
        )
        .map(drop)
    })
}

/// Path and flags. Ours must not leak into a target started meanwhile, whatever the target asked for.
fn operands(n: &Notification) -> Result<(u64, OFlag), Stop> {
    let [dirfd, path, flags, ..] = n.data.args;
    let flags = OFlag::from_bits_retain(flags as i32);
    if !is_cwd(dirfd) || flags.intersects(OFlag::O_PATH | OFlag::O_CREAT) {
        return Err(Stop::Native);
    }
    Ok((path, flags))
}

fn bare(remote: &mut Remote, n: &Notification) -> Answer {
    let (path, flags) = operands(n)?;
    let path = remote.path(n, path)?;
    let file = openat(AT_FDCWD, path, flags | OFlag::O_CLOEXEC, Mode::empty())?;
    remote.give(n, file, flags)
}

fn exact(remote: &mut Remote, n: &Notification) -> Answer {
    let (path, flags) = operands(n)?;
    let place = remote.place(n, path)?;
    remote.vouch(n)?;
    remote.look_at_plain(&place)?;
    let how = OpenHow::new()
        .flags(flags | OFlag::O_CLOEXEC)
        .resolve(ResolveFlag::RESOLVE_NO_SYMLINKS | ResolveFlag::RESOLVE_NO_MAGICLINKS);
    let file = openat2(&place.dir, place.last(), how)?;
    remote.give(n, file, flags)
}
