//! What asys's processes tell each other: one message a packet.

use anyhow::{Context, Result, bail};
use nix::cmsg_space;
use nix::sys::socket::{
    AddressFamily, ControlMessage, ControlMessageOwned, MsgFlags, SockFlag, SockType, recvmsg,
    sendmsg, socketpair,
};
use std::io::{IoSlice, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

/// From the supervisor to the front, but for [`Message::Go`] and [`Message::Keep`].
#[derive(Debug, PartialEq, Eq)]
pub enum Message {
    /// The listener exists; the supervisor's pid. Carries the listener, and a pidfd of the command.
    Started(i32),
    /// The front has both: the command may run.
    Go,
    /// From the front, which exits. Carries the listener, and is left lying in the keeper's socket.
    Keep,
    /// The command was stopped by this signal.
    Stopped(i32),
    Ended(Status),
    /// As [`Message::Ended`], and nobody lives on: the supervisor ends, too.
    Over(Status),
    /// The command never ran: exit status and reason.
    Failed(u8, String),
}

/// How the command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Exited(u8),
    Killed(i32),
}

/// One end of the line.
#[derive(Debug)]
pub struct Wire(OwnedFd);

/// Messages longer than this are cut.
const LONGEST: usize = 4096;

/// Both ends.
///
/// # Errors
/// socketpair(2)'s.
pub fn pair() -> Result<(Wire, Wire)> {
    let (a, b) = socketpair(
        AddressFamily::Unix,
        SockType::SeqPacket,
        None,
        SockFlag::SOCK_CLOEXEC,
    )
    .context("socketpair")?;
    Ok((Wire(a), Wire(b)))
}

impl AsFd for Wire {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl Wire {
    /// Sends `message`, with `fds` if there are any.
    ///
    /// # Errors
    /// EPIPE when the other side is gone.
    pub fn send(&self, message: &Message, fds: &[RawFd]) -> Result<()> {
        let packet = encode(message);
        let rights = [ControlMessage::ScmRights(fds)];
        let control = if fds.is_empty() { &[] } else { &rights[..] };
        let flags = MsgFlags::MSG_NOSIGNAL;
        sendmsg::<()>(
            self.0.as_raw_fd(),
            &[IoSlice::new(&packet)],
            control,
            flags,
            None,
        )
        .context("asys's own socket")?;
        Ok(())
    }

    /// Sends `message` if the other side has room for it.
    ///
    /// # Errors
    /// EAGAIN when it has not read what came before.
    pub fn offer(&self, message: &Message) -> nix::Result<()> {
        let flags = MsgFlags::MSG_NOSIGNAL | MsgFlags::MSG_DONTWAIT;
        let packet = encode(message);
        sendmsg::<()>(
            self.0.as_raw_fd(),
            &[IoSlice::new(&packet)],
            &[],
            flags,
            None,
        )
        .map(drop)
    }

    /// The next message and its descriptors; `None` when the other side is gone.
    ///
    /// # Errors
    /// recvmsg(2)'s, or a packet that says nothing.
    pub fn receive(&self) -> Result<Option<(Message, Vec<OwnedFd>)>> {
        let mut packet = [0u8; LONGEST];
        let mut control = cmsg_space!([RawFd; 2]);
        let (len, fds) = {
            let mut parts = [IoSliceMut::new(&mut packet)];
            let flags = MsgFlags::MSG_CMSG_CLOEXEC;
            let got = recvmsg::<()>(self.0.as_raw_fd(), &mut parts, Some(&mut control), flags)
                .context("asys's own socket")?;
            (got.bytes, received(got.cmsgs()?))
        };
        if len == 0 {
            return Ok(None);
        }
        Ok(Some((decode(&packet[..len])?, fds)))
    }
}

fn received(messages: nix::sys::socket::CmsgIterator<'_>) -> Vec<OwnedFd> {
    let rights = messages.filter_map(|message| match message {
        ControlMessageOwned::ScmRights(fds) => Some(fds),
        _ => None,
    });
    rights
        .flatten()
        .map(crate::sys::process::received_fd)
        .collect()
}

fn encode(message: &Message) -> Vec<u8> {
    let (kind, number, text) = match message {
        Message::Started(pid) => (0, *pid, ""),
        Message::Go => (1, 0, ""),
        Message::Stopped(signal) => (2, *signal, ""),
        Message::Ended(Status::Exited(status)) => (3, i32::from(*status), ""),
        Message::Ended(Status::Killed(signal)) => (4, *signal, ""),
        Message::Over(Status::Exited(status)) => (6, i32::from(*status), ""),
        Message::Over(Status::Killed(signal)) => (7, *signal, ""),
        Message::Keep => (8, 0, ""),
        Message::Failed(status, text) => (5, i32::from(*status), text.as_str()),
    };
    let mut packet = vec![kind];
    packet.extend_from_slice(&number.to_ne_bytes());
    packet.extend_from_slice(text.as_bytes());
    packet.truncate(LONGEST);
    packet
}

fn decode(packet: &[u8]) -> Result<Message> {
    let Some((head, text)) = packet.split_first_chunk::<5>() else {
        bail!("asys's own socket: a packet of {} bytes", packet.len())
    };
    let number = i32::from_ne_bytes([head[1], head[2], head[3], head[4]]);
    Ok(match head[0] {
        0 => Message::Started(number),
        1 => Message::Go,
        2 => Message::Stopped(number),
        3 => Message::Ended(Status::Exited(u8::try_from(number)?)),
        4 => Message::Ended(Status::Killed(number)),
        5 => Message::Failed(
            u8::try_from(number)?,
            String::from_utf8_lossy(text).into_owned(),
        ),
        6 => Message::Over(Status::Exited(u8::try_from(number)?)),
        7 => Message::Over(Status::Killed(number)),
        8 => Message::Keep,
        other => bail!("asys's own socket: a packet of kind {other}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_and_descriptors_arrive() {
        let (a, b) = pair().unwrap();
        let messages = [
            Message::Started(i32::MAX),
            Message::Go,
            Message::Keep,
            Message::Stopped(20),
            Message::Ended(Status::Exited(255)),
            Message::Ended(Status::Killed(9)),
            Message::Over(Status::Exited(0)),
            Message::Over(Status::Killed(64)),
            Message::Failed(127, "x: command not found".into()),
        ];
        for message in &messages {
            a.send(message, &[]).unwrap();
            assert_eq!(b.receive().unwrap().unwrap().0, *message);
        }
        a.send(&Message::Started(1), &[0, 1]).unwrap();
        assert_eq!(b.receive().unwrap().unwrap().1.len(), 2);
        drop(a);
        assert!(b.receive().unwrap().is_none());
    }
}
