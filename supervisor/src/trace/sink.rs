//! The ways lines go out: plain, compressed, or to people.

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd;

/// How a trace is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// For people, as strace(1) writes.
    Readable,
    JsonLines,
    /// JSON Lines in one frame of Zstandard (RFC 8878).
    Compressed,
}

/// Where lines go.
#[derive(Debug)]
pub(super) enum Sink {
    Readable(Patient),
    /// With the length of what was written whole.
    Plain(Patient, u64),
    Compressed(Compressed),
    /// Nothing can be added any more.
    Ended,
}

impl Sink {
    pub(super) fn new(file: File, format: Format) -> io::Result<Sink> {
        let file = Patient(file);
        Ok(match format {
            Format::Readable => Sink::Readable(file),
            Format::JsonLines => Sink::Plain(file, 0),
            Format::Compressed => {
                let mut encoder = zstd::Encoder::new(file, zstd::DEFAULT_COMPRESSION_LEVEL)?;
                encoder.include_checksum(true)?;
                Sink::Compressed(Compressed(Box::new(encoder)))
            }
        })
    }

    pub(super) fn readable(&self) -> bool {
        matches!(self, Sink::Readable(_))
    }

    pub(super) fn write(&mut self, lines: &[u8]) -> io::Result<()> {
        match self {
            Sink::Readable(file) => file.write_all(lines),
            Sink::Plain(file, whole) => {
                file.write_all(lines)?;
                *whole += lines.len() as u64;
                Ok(())
            }
            Sink::Compressed(Compressed(encoder)) => encoder.write_all(lines),
            Sink::Ended => Ok(()),
        }
    }

    /// Lets a reader see all that was written.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        match self {
            Sink::Compressed(Compressed(encoder)) => encoder.flush(),
            // Nothing is held back.
            Sink::Readable(_) | Sink::Plain(..) | Sink::Ended => Ok(()),
        }
    }

    /// After an error: a plain file keeps its whole lines and gets room for
    /// the footer; the others get nothing more.
    pub(super) fn cut(&mut self) {
        if let Sink::Plain(Patient(file), whole) = self
            && file.set_len(*whole).is_ok()
            && io::Seek::seek(file, io::SeekFrom::Start(*whole)).is_ok()
        {
            return;
        }
        *self = Sink::Ended;
    }

    pub(super) fn finish(&mut self) -> io::Result<()> {
        match std::mem::replace(self, Sink::Ended) {
            Sink::Compressed(Compressed(encoder)) => encoder.finish().map(drop),
            Sink::Readable(_) | Sink::Plain(..) | Sink::Ended => Ok(()),
        }
    }
}

/// The compressor, which cannot be shown.
pub(super) struct Compressed(Box<zstd::Encoder<'static, Patient>>);

impl std::fmt::Debug for Compressed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Compressed")
    }
}

/// A file that waits where a program has made it non-blocking: standard
/// error is often shared.
#[derive(Debug)]
pub(super) struct Patient(File);

impl Write for Patient {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match self.0.write(bytes) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.wait()?,
                other => return other,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Patient {
    fn wait(&self) -> io::Result<()> {
        let mut fds = [PollFd::new(self.0.as_fd(), PollFlags::POLLOUT)];
        poll(&mut fds, PollTimeout::NONE)?;
        Ok(())
    }
}
