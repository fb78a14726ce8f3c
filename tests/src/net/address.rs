//! Addresses of sockets, as calls take and give them.
//!
//! # Safety
//! Every structure here is plain numbers, and as long as the kernel is told that it is.

use crate::arg::Arg;
use crate::twin::{Twin, blank};
use libc::{
    AF_INET, AF_INET6, AF_UNIX, AF_UNSPEC, sockaddr_in, sockaddr_in6, sockaddr_storage, socklen_t,
};

const LOOPBACK_6: [u8; 16] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];

#[derive(Debug, Clone)]
pub struct Address {
    storage: Box<sockaddr_storage>,
    pub length: socklen_t,
    /// What the transcript calls it.
    name: String,
}

impl Address {
    /// From its bytes, whatever they are.
    pub fn new(name: &str, bytes: &[u8]) -> Self {
        let mut storage: Box<sockaddr_storage> = Box::new(blank());
        let place = (&raw mut *storage).cast::<u8>();
        assert!(bytes.len() <= size_of::<sockaddr_storage>());
        // SAFETY: a live structure of at least this many bytes.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), place, bytes.len()) };
        Self {
            storage,
            length: bytes.len() as socklen_t,
            name: name.into(),
        }
    }

    fn of_struct<T>(name: &str, structure: &T) -> Self {
        // SAFETY: a live structure without padding.
        let bytes = unsafe {
            std::slice::from_raw_parts((&raw const *structure).cast::<u8>(), size_of::<T>())
        };
        Self::new(name, bytes)
    }

    pub fn v4(name: &str, ip: [u8; 4], port: u16) -> Self {
        let mut address: sockaddr_in = blank();
        address.sin_family = AF_INET as u16;
        address.sin_port = port.to_be();
        address.sin_addr.s_addr = u32::from_ne_bytes(ip);
        Self::of_struct(name, &address)
    }

    pub fn v6(name: &str, ip: [u8; 16], port: u16) -> Self {
        let mut address: sockaddr_in6 = blank();
        address.sin6_family = AF_INET6 as u16;
        address.sin6_port = port.to_be();
        address.sin6_addr.s6_addr = ip;
        Self::of_struct(name, &address)
    }

    /// An IPv4 address in the clothes of IPv6.
    pub fn mapped(name: &str, ip: [u8; 4], port: u16) -> Self {
        let mut all = [0; 16];
        all[10..12].fill(0xff);
        all[12..].copy_from_slice(&ip);
        Self::v6(name, all, port)
    }

    /// A path, or what follows a zero for one that is none.
    pub fn unix(path: &str) -> Self {
        let family = (AF_UNIX as u16).to_ne_bytes();
        let bytes = [&family[..], path.as_bytes(), b"\0"].concat();
        Self::new(path, &bytes)
    }

    pub fn unspecified() -> Self {
        let mut bytes = [0; 16];
        bytes[..2].copy_from_slice(&(AF_UNSPEC as u16).to_ne_bytes());
        Self::new("AF_UNSPEC", &bytes)
    }

    pub fn loopback(family: i32, port: u16) -> Self {
        match family {
            AF_INET => Self::v4("127.0.0.1", [127, 0, 0, 1], port),
            _ => Self::v6("::1", LOOPBACK_6, port),
        }
    }

    /// Of a socket that has one.
    pub fn of(name: &str, fd: i64) -> Self {
        let mut address = Self::new(name, &[0; size_of::<sockaddr_storage>()]);
        // SAFETY: both places are live, and the length says how long the first is.
        let done =
            unsafe { libc::getsockname(fd as i32, address.pointer(), &raw mut address.length) };
        assert_eq!(done, 0, "getsockname");
        address
    }

    pub fn pointer(&mut self) -> *mut libc::sockaddr {
        (&raw mut *self.storage).cast()
    }

    pub fn bytes(&self) -> &[u8] {
        let start = (&raw const *self.storage).cast::<u8>();
        // SAFETY: a structure of at least this length.
        unsafe { std::slice::from_raw_parts(start, self.length as usize) }
    }

    pub fn port(&self) -> u16 {
        let bytes = self.bytes();
        u16::from_be_bytes([bytes[2], bytes[3]])
    }
}

impl From<&Address> for Arg {
    fn from(address: &Address) -> Self {
        Self::at((&raw const *address.storage) as usize, address.name.clone())
    }
}

/// As the transcript shows it: ports are the kernel's choice, and stand for themselves by the order they come in.
pub fn shown(t: &mut Twin, bytes: &[u8]) -> String {
    if bytes.len() < 4 {
        // Half a port says nothing.
        return format!("[{}]", bytes[..bytes.len().min(2)].escape_ascii());
    }
    let family = i32::from(u16::from_ne_bytes([bytes[0], bytes[1]]));
    if family != AF_INET && family != AF_INET6 {
        return format!("family {family} [{}]", bytes[2..].escape_ascii());
    }
    let port = t.port(u16::from_be_bytes([bytes[2], bytes[3]]));
    format!("family {family} {port} {:x?}", &bytes[4..])
}
