//! A name that comes and goes.

use std::path::Path;

use nix::fcntl::{AT_FDCWD, AtFlags};
use nix::unistd::{UnlinkatFlags, linkat, unlinkat};

use crate::case::{Case, Kind};
use crate::floor::{Answer, Remote, Stop, is_cwd};
use crate::stats::Sample;
use crate::sys::Notification;
use crate::target::{path, time};

pub(super) const CASE: Case = Case {
    name: "link",
    title: "link + unlink",
    about: "link (linkat) of a file, and unlink (unlinkat) of the link",
    kind: Kind::Call,
    calls: &[
        ("linkat", libc::SYS_linkat),
        ("unlinkat", libc::SYS_unlinkat),
    ],
    target,
    bare,
    exact,
};

const FILE: UnlinkatFlags = UnlinkatFlags::NoRemoveDir;

fn target(iterations: u32, dir: &Path) -> anyhow::Result<Sample> {
    let (file, other) = (path(dir, "file")?, path(dir, "other")?);
    time(iterations, || {
        let (old, new) = (file.as_c_str(), other.as_c_str());
        linkat(AT_FDCWD, old, AT_FDCWD, new, AtFlags::empty())?;
        unlinkat(AT_FDCWD, new, FILE)
    })
}

enum Operands {
    Link([u64; 2]),
    Unlink(u64),
}

fn operands(n: &Notification) -> Result<Operands, Stop> {
    let a = n.data.args;
    match n.data.nr.into() {
        libc::SYS_linkat if is_cwd(a[0]) && is_cwd(a[2]) && a[4] == 0 => {
            Ok(Operands::Link([a[1], a[3]]))
        }
        libc::SYS_unlinkat if is_cwd(a[0]) && a[2] == 0 => Ok(Operands::Unlink(a[1])),
        _ => Err(Stop::Native),
    }
}

fn bare(remote: &mut Remote, n: &Notification) -> Answer {
    match operands(n)? {
        Operands::Link(paths) => {
            let [old, new] = remote.two_paths(n, paths)?;
            linkat(AT_FDCWD, old, AT_FDCWD, new, AtFlags::empty())?;
        }
        Operands::Unlink(path) => unlinkat(AT_FDCWD, remote.path(n, path)?, FILE)?,
    }
    Ok(0)
}

fn exact(remote: &mut Remote, n: &Notification) -> Answer {
    match operands(n)? {
        Operands::Link([old, new]) => {
            let (old, new) = (remote.place(n, old)?, remote.place(n, new)?);
            remote.vouch(n)?;
            // What succeeds stays on one mount, the one looked at here; any error is the kernel's to find.
            remote.look_at(&old)?;
            let flags = AtFlags::empty();
            linkat(&old.dir, old.last(), &new.dir, new.last(), flags).or(Err(Stop::Native))?;
        }
        Operands::Unlink(path) => {
            let place = remote.place(n, path)?;
            remote.vouch(n)?;
            remote.look_at(&place)?;
            unlinkat(&place.dir, place.last(), FILE)?;
        }
    }
    Ok(0)
}
