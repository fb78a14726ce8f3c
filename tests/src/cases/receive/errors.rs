use crate::args;
use crate::memory;
use crate::net::sockets::{self, FAMILIES};
use crate::net::ways::{RECEIVES, RECEIVES_WITH_FLAGS, receive};
use crate::net::{Address, Message};
use crate::twin::Twin;
use libc::*;

/// One that has sent to somebody who does not take it.
fn refused_by(family: i32) -> [i64; 3] {
    let [one, two] = sockets::udp_pair(family);
    // Connected to each other they take nothing from anybody else.
    let fd = sockets::bound(family, SOCK_DGRAM);
    sockets::connect(fd, Address::of("", one));
    [fd, one, two]
}

/// Said once, by whichever call comes first.
pub fn refused(t: &mut Twin) {
    for way in RECEIVES {
        for family in FAMILIES {
            let [fd, one, two] = refused_by(family);
            sockets::set_time(fd, SO_RCVTIMEO, 1);
            for flags in [0, MSG_PEEK, MSG_DONTWAIT] {
                sockets::send(fd, b"is anybody there?", 0);
                sockets::happens(fd, POLLERR);
                receive(t, way, fd, 10, flags);
                receive(t, way, fd, 10, flags);
            }
            sockets::send(fd, b"is anybody there?", 0);
            sockets::happens(fd, POLLERR);
            sockets::error(t, fd);
            sockets::error(t, fd);
            receive(t, way, fd, 10, 0);
            sockets::close(&[fd, one, two]);
        }
    }
}

/// IP_RECVERR keeps each error, with the datagram it is about and who sent it back.
pub fn extended(t: &mut Twin) {
    for way in RECEIVES_WITH_FLAGS {
        for (family, level, option) in [
            (AF_INET, IPPROTO_IP, IP_RECVERR),
            (AF_INET6, IPPROTO_IPV6, IPV6_RECVERR),
        ] {
            t.forget_ports();
            let [fd, one, two] = refused_by(family);
            sockets::set_at(fd, level, option, 1);
            sockets::set_time(fd, SO_RCVTIMEO, 1);
            for round in 0..3 {
                sockets::send(fd, b"is anybody there?", 0);
                sockets::happens(fd, POLLERR);
                if round == 1 {
                    receive(t, way, fd, 10, 0);
                }
                queued(t, way, fd);
                queued(t, way, fd);
                receive(t, way, fd, 10, 0);
            }
            sockets::close(&[fd, one, two]);
        }
    }
}

fn queued(t: &mut Twin, way: &str, fd: i64) {
    let spot = memory::room_before(64, PROT_NONE);
    let message = Message::spot(&spot, 64)
        .room_for_name(64)
        .room_for_control(256);
    match way {
        "recvfrom" => t.call(way, args![fd, &spot, 64, MSG_ERRQUEUE, 0, 0]),
        "recvmsg" => t.call(way, args![fd, &message.arg(), MSG_ERRQUEUE]),
        _ => t.call(way, args![fd, &message.arg(), 1, MSG_ERRQUEUE, 0]),
    };
    message.show(t);
    for (level, kind, data) in message.controls() {
        t.bytes(&format!("control {level} {kind}"), &data);
    }
    t.bytes("came", &memory::contents(&spot, 20));
}
