//! Local sockets: descriptors and credentials that go with what is sent.

mod credentials;
mod descriptors;

use crate::case;
use crate::case::Family;
use crate::filesystem::FileSystem;
use crate::needs::Need;
use libc::*;

pub const FAMILY: Family = Family {
    name: "local",
    on: FileSystem::HOME,
    cases: &[
        case!(descriptors::sent),
        case!(descriptors::room_for_some),
        case!(descriptors::close_on_exec),
        case!(descriptors::no_descriptor_left),
        case!(descriptors::wrong).each_sees(&["sendmsg", "sendmmsg"], &[EINVAL]),
        case!(descriptors::looked_at),
        case!(descriptors::bad_room),
        case!(descriptors::by_those_without_control),
        case!(credentials::of_oneself),
        case!(credentials::unasked),
        case!(credentials::others),
        case!(credentials::of_another_user).needs(&[Need::Root]),
    ],
};

const SENDS: [&str; 2] = ["sendmsg", "sendmmsg"];
const RECEIVES: [&str; 2] = ["recvmsg", "recvmmsg"];
const KINDS: [i32; 3] = [SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET];
