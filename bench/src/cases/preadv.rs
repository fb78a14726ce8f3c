//! Bytes for several places.

use std::io::IoSliceMut;
use std::path::Path;

use anyhow::ensure;
use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;
use nix::sys::uio::{RemoteIoVec, pread, preadv};

use crate::case::{Case, Kind};
use crate::floor::{Answer, LARGEST, Remote, Stop};
use crate::stats::Sample;
use crate::sys::Notification;
use crate::target::{path, time};
use crate::workdir::{BLOCK, FILL};

pub(super) const CASE: Case = Case {
    name: "preadv",
    title: "preadv 4 × 1 KiB",
    about: "preadv of 4 KiB that are in the page cache, into four places",
    kind: Kind::Call,
    calls: &[("preadv", libc::SYS_preadv)],
    target,
    bare: answer,
    exact: answer,
};

const PARTS: usize = 4;
/// `struct iovec`: address and length.
const PART: usize = 16;

fn target(iterations: u32, dir: &Path) -> anyhow::Result<Sample> {
    let file = open(
        path(dir, "file")?.as_c_str(),
        OFlag::O_RDONLY | OFlag::O_CLOEXEC,
        Mode::empty(),
    )?;
    let mut parts = [[0; BLOCK / PARTS]; PARTS];
    let mut got = 0;
    let sample = time(iterations, || {
        let mut places = parts.each_mut().map(|part| IoSliceMut::new(part));
        got = preadv(&file, &mut places, 0)?;
        Ok(())
    })?;
    let right = parts == [[FILL; BLOCK / PARTS]; PARTS];
    ensure!(got == BLOCK && right, "wrong bytes");
    Ok(sample)
}

fn answer(remote: &mut Remote, n: &Notification) -> Answer {
    let [fd, places, count, offset, ..] = n.data.args;
    if count > PARTS as u64 {
        return Err(Stop::Native);
    }
    let file = remote.data_file(n, fd)?;
    let mut places = places_at(remote, n, places, count as usize)?;
    remote.vouch(n)?;
    let wanted: usize = places.iter().map(|place| place.len).sum();
    if wanted > LARGEST {
        return Err(Stop::Native);
    }
    let got = pread(&file, &mut remote.data[..wanted], offset as i64)?;
    shorten(&mut places, got);
    remote.scatter(n, &remote.data[..got], &places)?;
    Ok(got as i64)
}

fn places_at(
    remote: &mut Remote,
    n: &Notification,
    address: u64,
    count: usize,
) -> Result<Vec<RemoteIoVec>, Stop> {
    remote.fetch(n, address, count * PART)?;
    let (parts, _) = remote.data[..count * PART].as_chunks::<PART>();
    let word =
        |part: &[u8; PART], at: usize| usize::from_ne_bytes(std::array::from_fn(|i| part[at + i]));
    let place = |part| RemoteIoVec {
        base: word(part, 0),
        len: word(part, 8).min(LARGEST + 1),
    };
    Ok(parts.iter().map(place).collect())
}

/// To as much as there is.
fn shorten(places: &mut [RemoteIoVec], mut left: usize) {
    for place in places {
        place.len = place.len.min(left);
        left -= place.len;
    }
}
