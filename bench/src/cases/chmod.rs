//! An attribute that changes.

use std::path::Path;

use anyhow::ensure;
use nix::fcntl::{AT_FDCWD, AtFlags};
use nix::sys::stat::{FchmodatFlags, Mode, fchmodat, fstatat};

use crate::case::{Case, Kind};
use crate::floor::{Answer, Remote, Stop, is_cwd, link};
use crate::stats::Sample;
use crate::sys::Notification;
use crate::target::{path, time};

pub(super) const CASE: Case = Case {
    name: "chmod",
    title: "chmod",
    about: "chmod (fchmodat) of a file, to one mode and back",
    kind: Kind::Call,
    calls: &[("fchmodat", libc::SYS_fchmodat)],
    target,
    bare,
    exact,
};

const FOLLOW: FchmodatFlags = FchmodatFlags::FollowSymlink;

fn target(iterations: u32, dir: &Path) -> anyhow::Result<Sample> {
    let file = path(dir, "file")?;
    let mode = Mode::from_bits_truncate;
    let (mut next, mut last) = (mode(0o640), mode(0o644));
    let sample = time(iterations, || {
        fchmodat(AT_FDCWD, file.as_c_str(), next, FOLLOW)?;
        std::mem::swap(&mut next, &mut last);
        Ok(())
    })?;
    let mode = fstatat(AT_FDCWD, file.as_c_str(), AtFlags::empty())?.st_mode & 0o777;
    ensure!(mode == last.bits(), "wrong mode {mode:o}");
    Ok(sample)
}

fn bare(remote: &mut Remote, n: &Notification) -> Answer {
    let [dirfd, path, mode, ..] = n.data.args;
    if !is_cwd(dirfd) {
        return Err(Stop::Native);
    }
    let mode = Mode::from_bits_retain(mode as u32);
    fchmodat(AT_FDCWD, remote.path(n, path)?, mode, FOLLOW)?;
    Ok(0)
}

/// On what was looked at, and not on its name: that could have become a link.
fn exact(remote: &mut Remote, n: &Notification) -> Answer {
    let [dirfd, path, mode, ..] = n.data.args;
    if !is_cwd(dirfd) {
        return Err(Stop::Native);
    }
    let object = remote.object(n, path)?;
    remote.vouch(n)?;
    remote.look_at_object(&object)?;
    let mode = Mode::from_bits_retain(mode as u32);
    fchmodat(AT_FDCWD, link(&object)?.as_c_str(), mode, FOLLOW)?;
    Ok(0)
}
