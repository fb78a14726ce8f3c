//! What was seen, as lines in which nothing differs by nature.
//!
//! Left out or put relative: inode and device numbers (the order in which they were first seen), what the clock says
//! (which of the sequence's ticks came before), blocks on disk and what is free there (others write, too), file
//! handles, the numbers of pipes and sockets, the cookies of inotify(7).

use crate::finder::area::{Block, EPOCHS, PLAYED};
use crate::finder::language::{ACTORS, Arg, Round};
use crate::twin::shown;
use std::collections::HashMap;
use std::fmt::Write;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::atomic::Ordering;

/// What one sequence has shown, by round.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Seen {
    /// The round, what the actors saw in it.
    pub rounds: Vec<(usize, String)>,
    /// What is left in the directory.
    pub tree: Vec<String>,
}

/// Numbers that mean nothing but which is which.
struct Eyes<'a> {
    block: &'a Block,
    /// Of the directory of the sequence.
    device: u64,
    root: &'a [u8],
    inodes: HashMap<(u64, u64), usize>,
}

pub fn read(block: &Block, sequence: &[Round], root: &Path, tree: Vec<String>) -> Seen {
    let mut records: Vec<(usize, usize, &[u8])> = Vec::new();
    for actor in 0..ACTORS {
        let mut log = Bytes(block.logged(actor));
        while !log.0.is_empty() {
            let mut record = Bytes(log.blob());
            let round = record.number::<4>() as usize;
            records.push((round, actor, record.0));
        }
    }
    records.sort_by_key(|(round, actor, _)| (*round, *actor));
    let mut eyes = Eyes {
        block,
        device: fs::symlink_metadata(root).map_or(0, |meta| meta.dev()),
        root: root.as_os_str().as_encoded_bytes(),
        inodes: HashMap::new(),
    };
    let mut rounds = Vec::new();
    for (round, actor, record) in records {
        let line = match sequence.get(round).and_then(|round| round.step_of(actor)) {
            Some(step) => eyes.step(&step.args, Bytes(record)),
            None => eyes.end(Bytes(record)),
        };
        rounds.push((round, format!("{actor}: {line}")));
    }
    if block.ended.load(Ordering::Acquire) != PLAYED {
        rounds.push((
            sequence.len() + ACTORS,
            "the sequence did not come to its end".into(),
        ));
    }
    let mut tree = tree;
    tree.extend(eyes.stamps_below(root, root));
    Seen { rounds, tree }
}

/// What is left to be read.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, n: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(n.min(self.0.len()));
        self.0 = rest;
        taken
    }

    fn number<const N: usize>(&mut self) -> u64 {
        let mut whole = [0; 8];
        let taken = self.take(N);
        whole[..taken.len()].copy_from_slice(taken);
        u64::from_ne_bytes(whole)
    }

    fn blob(&mut self) -> &'a [u8] {
        let n = self.number::<4>() as usize;
        self.take(n)
    }
}

fn plain<T>(bytes: &[u8]) -> Option<T> {
    // SAFETY: used for libc's plain structures of integers, with as many bytes as they have.
    (bytes.len() == size_of::<T>())
        .then(|| unsafe { std::ptr::read_unaligned(bytes.as_ptr().cast()) })
}

impl Eyes<'_> {
    fn step(&mut self, args: &[Arg], mut record: Bytes<'_>) -> String {
        let ret = record.number::<8>() as i64;
        let caught = record.number::<4>();
        let mut line = shown(ret);
        if caught > 0 {
            write!(line, " after {caught} signals").expect("a string");
        }
        for arg in args.iter().filter(|arg| is_written(arg)) {
            let blob = record.blob();
            if !blob.is_empty() {
                write!(line, " {}", self.written(arg, ret, blob)).expect("a string");
            }
        }
        line
    }

    fn written(&mut self, arg: &Arg, ret: i64, blob: &[u8]) -> String {
        let text = match arg {
            Arg::Stat => plain(blob).map(|stat| self.stat(&stat)),
            Arg::Statx => plain(blob).map(|statx| self.statx(&statx)),
            Arg::Statfs => plain(blob).map(|statfs| file_system(&statfs)),
            Arg::Dents(_) if ret > 0 => Some(self.entries(blob, 18)),
            Arg::Dents64(_) if ret > 0 => Some(self.entries(blob, 19)),
            Arg::Events(_) if ret > 0 => Some(events(blob)),
            // The handle itself has inode and generation in it.
            Arg::Handle(_) => Some(format!("handle {:?}", &blob[..blob.len().min(8)])),
            _ => None,
        };
        text.unwrap_or_else(|| self.raw(blob))
    }

    /// Bytes; pipes and sockets have numbers of their own.
    fn raw(&self, blob: &[u8]) -> String {
        let text = blob.escape_ascii().to_string();
        for kind in ["pipe:[", "socket:[", "anon_inode:["] {
            if let Some(rest) = text.strip_prefix(kind) {
                let after = rest.trim_start_matches(|c: char| c.is_ascii_digit());
                return format!("\"{kind}{after}\"");
            }
        }
        format!("\"{text}\"")
    }

    fn inode(&mut self, device: u64, inode: u64) -> String {
        if device != self.device {
            return "elsewhere".into();
        }
        let next = self.inodes.len();
        format!("i{}", self.inodes.entry((device, inode)).or_insert(next))
    }

    fn stat(&mut self, st: &libc::stat) -> String {
        let stamps = [
            (st.st_atime, st.st_atime_nsec as u32),
            (st.st_mtime, st.st_mtime_nsec as u32),
            (st.st_ctime, st.st_ctime_nsec as u32),
        ];
        let mut line = format!(
            "{} mode {:o} nlink {} uid {} gid {} rdev {:#x} size {} blksize {}",
            self.inode(st.st_dev, st.st_ino),
            st.st_mode,
            self.links(st),
            st.st_uid,
            st.st_gid,
            st.st_rdev,
            self.size(st),
            st.st_blksize,
        );
        if st.st_dev == self.device {
            write!(line, " times {}", self.stamps(stamps)).expect("a string");
        }
        line
    }

    /// Of our own files; directories of others come and go.
    fn links(&self, st: &libc::stat) -> u64 {
        if st.st_dev == self.device {
            st.st_nlink
        } else {
            0
        }
    }

    fn size(&self, st: &libc::stat) -> i64 {
        if st.st_dev == self.device {
            st.st_size
        } else {
            0
        }
    }

    fn statx(&mut self, st: &libc::statx) -> String {
        let device = libc::makedev(st.stx_dev_major, st.stx_dev_minor);
        let stamp = |t: &libc::statx_timestamp| (t.tv_sec, t.tv_nsec);
        let ours = device == self.device;
        let mut line = format!(
            "mask {:#x} {} mode {:o} nlink {} uid {} gid {} size {} blksize {} attributes {:#x} of {:#x} mount {} align {} {}",
            st.stx_mask & !libc::STATX_BLOCKS,
            self.inode(device, st.stx_ino),
            st.stx_mode,
            if ours { st.stx_nlink } else { 0 },
            st.stx_uid,
            st.stx_gid,
            if ours { st.stx_size } else { 0 },
            st.stx_blksize,
            st.stx_attributes,
            st.stx_attributes_mask,
            st.stx_mnt_id,
            st.stx_dio_mem_align,
            st.stx_dio_offset_align,
        );
        if ours {
            let stamps = [&st.stx_atime, &st.stx_mtime, &st.stx_ctime].map(stamp);
            write!(
                line,
                " times {} born {}",
                self.stamps(stamps),
                self.stamp(stamp(&st.stx_btime))
            )
            .expect("a string");
        }
        line
    }

    fn stamps(&self, [read, written, changed]: [(i64, u32); 3]) -> String {
        // Whether a file was read since it was written, the mount may or may not say (relatime): it depends on ticks.
        let read = match self.stamp(read) {
            explicit if explicit.starts_with(|c: char| c.is_ascii_digit() || c == '-') => explicit,
            _ => "now".into(),
        };
        format!("{read} {} {}", self.stamp(written), self.stamp(changed))
    }

    /// A time that the clock chose is told by the tick that came before, any other as it is.
    fn stamp(&self, (seconds, nanos): (i64, u32)) -> String {
        let epochs = (self.block.epochs.load(Ordering::Acquire) as usize).min(EPOCHS);
        let ticks = &self.block.ticks[..epochs];
        let first = ticks
            .first()
            .map_or(0, |tick| tick.load(Ordering::Acquire) as i64);
        let hour = 3600u64;
        if seconds.abs_diff(first / 1_000_000_000) > hour {
            return format!("{seconds}.{nanos:09}");
        }
        let time = seconds * 1_000_000_000 + i64::from(nanos);
        let passed = ticks
            .iter()
            .filter(|tick| tick.load(Ordering::Acquire) as i64 <= time);
        format!("t{}", passed.count())
    }

    /// Directory entries of either form: inode, position, length, then the name, which begins at `head` in the newer.
    fn entries(&mut self, mut blob: &[u8], head: usize) -> String {
        let mut lines = Vec::new();
        while blob.len() >= 19 {
            let mut entry = Bytes(blob);
            let (inode, position, length) = (
                entry.number::<8>(),
                entry.number::<8>(),
                entry.number::<2>() as usize,
            );
            let whole = &blob[..length.clamp(19, blob.len())];
            // The older one has its type at the very end.
            let (kind, name) = match head {
                19 => (whole[18], &whole[19..]),
                _ => (whole[whole.len() - 1], &whole[18..whole.len() - 1]),
            };
            let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
            let inode = match self.is_ours(inode) {
                true => self.inode(self.device, inode),
                false => "other".into(),
            };
            lines.push(format!(
                "{}:{inode}:{kind}:{position:x}:{length}",
                name.escape_ascii()
            ));
            blob = &blob[whole.len()..];
        }
        lines.join(" ")
    }

    /// Seen before in a stat: an entry alone does not tell which file system it is on.
    fn is_ours(&self, inode: u64) -> bool {
        self.inodes.contains_key(&(self.device, inode))
    }

    /// How an actor has ended: umask, directory, ids, descriptors.
    fn end(&mut self, mut record: Bytes<'_>) -> String {
        let umask = record.number::<8>();
        let caught = record.number::<4>();
        let cwd = record.blob();
        // There it has the number of a process in it.
        let cwd = match cwd.strip_prefix(self.root) {
            Some(below) => below.escape_ascii().to_string(),
            None if cwd.starts_with(b"/proc") => "procfs".into(),
            None => cwd.escape_ascii().to_string(),
        };
        let ids: Vec<u32> = record.blob().chunks_exact(4).filter_map(plain).collect();
        let mut line = format!("ends with umask {umask:o} in {cwd:?} as {ids:?}, caught {caught}");
        for fd in 0.. {
            if record.0.is_empty() {
                break;
            }
            let mut blob = Bytes(record.blob());
            if blob.0.is_empty() {
                continue;
            }
            let [flags, status, at, looked] = [0; 4].map(|_| blob.number::<8>() as i64);
            let stat = plain(blob.0).map_or_else(String::new, |stat| self.stat(&stat));
            let stat = if looked == 0 { stat } else { shown(looked) };
            write!(
                line,
                "\n    {fd}: flags {flags} {status:o} at {} {stat}",
                shown(at)
            )
            .expect("a string");
        }
        line
    }

    /// When everything below was written and changed.
    fn stamps_below(&mut self, root: &Path, at: &Path) -> Vec<String> {
        let Ok(meta) = fs::symlink_metadata(at) else {
            return Vec::new();
        };
        let written = self.stamp((meta.mtime(), meta.mtime_nsec() as u32));
        let changed = self.stamp((meta.ctime(), meta.ctime_nsec() as u32));
        let name = at.strip_prefix(root).unwrap_or(at).display();
        let mut lines = vec![format!("{name} written {written} changed {changed}")];
        let entries = if meta.is_dir() {
            fs::read_dir(at).ok()
        } else {
            None
        };
        let mut below: Vec<_> = entries
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .collect();
        below.sort();
        lines.extend(
            below
                .iter()
                .flat_map(|path| self.stamps_below(root, path))
                .collect::<Vec<_>>(),
        );
        lines
    }
}

/// Arguments that a call may write to.
fn is_written(arg: &Arg) -> bool {
    match arg {
        Arg::Parts(parts) => parts.iter().any(is_written),
        Arg::Value(value, _) => is_written(value),
        Arg::Out(_) | Arg::Stat | Arg::Statx | Arg::Statfs | Arg::Dents(_) | Arg::Dents64(_) => {
            true
        }
        Arg::Events(_) | Arg::Handle(_) | Arg::MountId | Arg::Pair | Arg::Offset(_) => true,
        _ => false,
    }
}

fn file_system(st: &libc::statfs) -> String {
    format!(
        "type {:x} bsize {} namelen {} frsize {} blocks {}",
        st.f_type, st.f_bsize, st.f_namelen, st.f_frsize, st.f_blocks
    )
}

/// inotify(7): descriptor, mask, cookie, length, name.
fn events(mut blob: &[u8]) -> String {
    let mut lines = Vec::new();
    while blob.len() >= 16 {
        let mut event = Bytes(blob);
        let (watch, mask) = (event.number::<4>() as i32, event.number::<4>());
        let paired = event.number::<4>() != 0;
        let name = event.blob();
        let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
        lines.push(format!("{watch}:{mask:x}:{paired}:{}", name.escape_ascii()));
        blob = event.0;
    }
    lines.join(" ")
}
