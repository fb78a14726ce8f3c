//! Arguments of a raw system call: the register's value, and how the transcript shows it.
//!
//! Addresses differ from run to run, so a pointer is shown by what it points to.

use crate::memory::Spot;
use std::ffi::CStr;

#[derive(Debug, Clone)]
pub struct Arg {
    pub raw: usize,
    pub shown: String,
}

impl Arg {
    /// A pointer, shown by a name.
    pub fn at(address: usize, shown: impl Into<String>) -> Self {
        Self {
            raw: address,
            shown: shown.into(),
        }
    }
}

impl From<i32> for Arg {
    // Sign-extended, as a compiler leaves a negative int in a register as often as not.
    fn from(value: i32) -> Self {
        Self::at(value as isize as usize, value.to_string())
    }
}

impl From<u32> for Arg {
    fn from(value: u32) -> Self {
        Self::at(value as usize, format!("{value:#x}"))
    }
}

impl From<i64> for Arg {
    fn from(value: i64) -> Self {
        Self::at(value as usize, value.to_string())
    }
}

impl From<u64> for Arg {
    fn from(value: u64) -> Self {
        Self::at(value as usize, format!("{value:#x}"))
    }
}

impl From<usize> for Arg {
    fn from(value: usize) -> Self {
        Self::at(value, value.to_string())
    }
}

impl From<&CStr> for Arg {
    fn from(text: &CStr) -> Self {
        let bytes = text.to_bytes();
        let shown = match bytes.len() {
            0..=80 => format!("\"{}\"", bytes.escape_ascii()),
            n => format!("\"{}…\"[{n}]", bytes[..40].escape_ascii()),
        };
        Self::at(text.as_ptr() as usize, shown)
    }
}

impl From<&mut [u8]> for Arg {
    fn from(buffer: &mut [u8]) -> Self {
        Self::at(
            buffer.as_mut_ptr() as usize,
            format!("buf[{}]", buffer.len()),
        )
    }
}

impl From<&[u8]> for Arg {
    fn from(buffer: &[u8]) -> Self {
        Self::at(buffer.as_ptr() as usize, format!("buf[{}]", buffer.len()))
    }
}

impl<const N: usize> From<&[u8; N]> for Arg {
    fn from(buffer: &[u8; N]) -> Self {
        Self::from(&buffer[..])
    }
}

impl<const N: usize> From<&mut [u8; N]> for Arg {
    fn from(buffer: &mut [u8; N]) -> Self {
        Self::from(&mut buffer[..])
    }
}

impl<T> From<*mut T> for Arg {
    fn from(pointer: *mut T) -> Self {
        let shown = if pointer.is_null() { "NULL" } else { "ptr" };
        Self::at(pointer as usize, shown)
    }
}

impl<T> From<*const T> for Arg {
    fn from(pointer: *const T) -> Self {
        Self::from(pointer.cast_mut())
    }
}

impl From<&Spot> for Arg {
    fn from(spot: &Spot) -> Self {
        Self::at(spot.address, spot.name.clone())
    }
}

impl From<&Arg> for Arg {
    fn from(arg: &Arg) -> Self {
        arg.clone()
    }
}

/// The arguments of one call: `args![dirfd, c"name", O_RDONLY]`.
#[macro_export]
macro_rules! args {
    ($($value:expr),* $(,)?) => { &[$($crate::arg::Arg::from($value)),*] };
}
