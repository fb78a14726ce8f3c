//! A file's attributes, as stat(2) tells them and as FUSE wants them.

use fuser::{FileAttr, FileType, INodeNo, TimeOrNow};
use nix::sys::stat::FileStat;
use nix::sys::time::TimeSpec;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub fn file_type(mode: u32) -> FileType {
    match mode & libc::S_IFMT {
        libc::S_IFDIR => FileType::Directory,
        libc::S_IFLNK => FileType::Symlink,
        libc::S_IFIFO => FileType::NamedPipe,
        libc::S_IFSOCK => FileType::Socket,
        libc::S_IFCHR => FileType::CharDevice,
        libc::S_IFBLK => FileType::BlockDevice,
        _ => FileType::RegularFile,
    }
}

pub fn attributes(ino: INodeNo, st: &FileStat) -> FileAttr {
    let ctime = time(st.st_ctime, st.st_ctime_nsec);
    FileAttr {
        ino,
        size: st.st_size.cast_unsigned(),
        blocks: st.st_blocks.cast_unsigned(),
        atime: time(st.st_atime, st.st_atime_nsec),
        mtime: time(st.st_mtime, st.st_mtime_nsec),
        ctime,
        crtime: ctime,
        kind: file_type(st.st_mode),
        perm: (st.st_mode & 0o7777) as u16,
        nlink: st.st_nlink as u32,
        uid: st.st_uid,
        gid: st.st_gid,
        // The encodings agree in 32 bits.
        rdev: st.st_rdev as u32,
        blksize: st.st_blksize as u32,
        flags: 0,
    }
}

fn time(seconds: i64, nanoseconds: i64) -> SystemTime {
    let whole = Duration::from_secs(seconds.unsigned_abs());
    let whole = match seconds < 0 {
        true => UNIX_EPOCH - whole,
        false => UNIX_EPOCH + whole,
    };
    whole + Duration::from_nanos(nanoseconds.unsigned_abs())
}

/// For utimensat(2); a time that is not asked for stays as it is.
pub fn to_set(time: Option<TimeOrNow>) -> TimeSpec {
    match time {
        None => TimeSpec::UTIME_OMIT,
        Some(TimeOrNow::Now) => TimeSpec::UTIME_NOW,
        Some(TimeOrNow::SpecificTime(time)) => time_spec(time),
    }
}

fn time_spec(time: SystemTime) -> TimeSpec {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => TimeSpec::from_duration(since),
        Err(error) => {
            let before = error.duration();
            let part = i64::from(before.subsec_nanos());
            let whole = -(before.as_secs().cast_signed());
            match part {
                0 => TimeSpec::new(whole, 0),
                part => TimeSpec::new(whole - 1, 1_000_000_000 - part),
            }
        }
    }
}
