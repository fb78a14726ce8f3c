//! Sockets on the loopback, what is sent through them and whom it came from.

pub mod address;
pub mod message;
pub mod sockets;
pub mod ways;

pub use address::Address;
pub use message::Message;
