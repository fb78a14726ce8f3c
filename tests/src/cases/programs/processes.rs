//! Many processes, threads and exit statuses.

use super::running::{line, script};
use crate::cases::world;
use crate::twin::Twin;
use std::fs;
use std::io::Write;
use std::os::unix::fs::FileExt;

pub fn five_hundred_pipelines(t: &mut Twin) {
    script(
        t,
        "i=0; while [ $i -lt 500 ]; do sh -c 'echo abc | cat | cat' || echo failed $?; i=$((i+1)); done | sort | uniq -c",
    );
}

pub fn two_hundred_execs(t: &mut Twin) {
    world::file(
        "chain.sh",
        "[ $1 -eq 0 ] && exec cat chain.sh\necho $1 >> log\nexec sh chain.sh $(($1 - 1))\n",
    );
    line(t, "sh chain.sh 200");
}

/// Threads write to places of their own in one file, append to one, and make, rename and remove files.
pub fn threads_that_write(t: &mut Twin) {
    const THREADS: u64 = 8;
    let file = fs::File::create("file").expect("file");
    let failures = std::thread::scope(|scope| {
        let work = |n: u64| {
            let block = vec![b'a' + n as u8; 3000];
            let mut appended = fs::File::options()
                .append(true)
                .create(true)
                .open(format!("log{n}"))?;
            for i in 0..100 {
                file.write_all_at(&block, (i * THREADS + n) * 3000)?;
                appended.write_all(format!("{n} {i}\n").as_bytes())?;
                let (from, to) = (format!("new{n}-{i}"), format!("kept{n}-{}", i % 5));
                fs::write(&from, &block[..100])?;
                fs::rename(&from, &to)?;
                if i % 20 == 0 {
                    file.sync_data()?;
                }
            }
            fs::remove_file(format!("kept{n}-0"))
        };
        let threads: Vec<_> = (0..THREADS).map(|n| scope.spawn(move || work(n))).collect();
        let results = threads
            .into_iter()
            .map(|thread| thread.join().expect("a thread"));
        results
            .filter_map(Result::err)
            .map(|error| error.to_string())
            .collect::<Vec<_>>()
    });
    t.note("failures", failures.join(", "));
}

pub fn exit_statuses(t: &mut Twin) {
    for status in [0, 1, 2, 124, 125, 126, 127, 128, 254, 255, 256] {
        script(t, &format!("exit {status}"));
    }
    for signal in [
        "HUP", "INT", "QUIT", "ILL", "ABRT", "FPE", "KILL", "SEGV", "PIPE", "ALRM", "TERM", "USR1",
        "XFSZ", "SYS",
    ] {
        script(t, &format!("ulimit -c 0; kill -{signal} $$"));
    }
    world::file("not-executable", "#!/bin/sh\n");
    world::file("no-interpreter", "#!/nowhere/sh\n");
    world::chmod("no-interpreter", 0o755);
    script(
        t,
        "./not-executable; echo $?; ./no-interpreter; echo $?; ./nowhere; echo $?; /; echo $?",
    );
}
