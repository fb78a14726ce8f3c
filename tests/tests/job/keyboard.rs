//! A shell with job control, in a terminal: Ctrl-C, Ctrl-Z, fg, bg.

use asys_tests::deadline::{first, until};
use asys_tests::needs::Need;
use asys_tests::play::{self, Tables};
use asys_tests::proc;
use asys_tests::session::{Session, twins};
use asys_tests::terminal::{CTRL_BACKSLASH, CTRL_C, CTRL_D, CTRL_Z, Terminal};
use asys_tests::{part, test};
use nix::unistd::Pid;

const BASH: &[Need] = &[Need::Tool("bash")];

pub const TABLES: Tables = (
    &[
        test!(keys_end_the_command).needs(BASH),
        test!(stop_and_foreground).needs(BASH),
        test!(stop_and_background).needs(BASH),
        test!(many_stops).needs(BASH),
        test!(background_job_that_reads).needs(BASH),
        test!(window_size).needs(BASH),
        test!(keyboard_belongs_to_the_job).needs(BASH),
        test!(pipeline_in_the_foreground).needs(BASH),
    ],
    &[part!(watches_the_window)],
);

/// The process of this name in `session`.
fn named(session: &Session, name: &str) -> Pid {
    first(name, || {
        let is_it = |pid: &Pid| {
            let comm = std::fs::read_to_string(format!("/proc/{pid}/comm"));
            comm.is_ok_and(|comm| comm.trim_end() == name)
        };
        session.processes().into_iter().find(is_it)
    })
}

/// Starts `argv` as a job; returns the process of that name when it has the keyboard and waits for something.
fn job(session: &Session, terminal: &mut Terminal, argv: &[&str]) -> Pid {
    terminal.type_in(&format!("{}\n", session.words(argv)));
    let group = terminal.job();
    let pid = named(session, argv[0]);
    until("the command asleep", || proc::waits(pid));
    assert_eq!(proc::stat(pid).map(|stat| stat.group), Some(group));
    pid
}

pub fn keys_end_the_command() {
    twins(|session| {
        [CTRL_C, CTRL_BACKSLASH].map(|key| {
            let mut terminal = Terminal::new(session);
            terminal.command("ulimit -c 0", "");
            job(session, &mut terminal, &["cat"]);
            terminal.type_in(key);
            terminal.prompt();
            terminal.status()
        })
    });
}

pub fn stop_and_foreground() {
    twins(|session| {
        let mut terminal = Terminal::new(session);
        let cat = job(session, &mut terminal, &["cat"]);
        terminal.type_in(CTRL_Z);
        terminal.shows("Stopped");
        terminal.prompt();
        assert!(proc::is_stopped(cat));
        let status = terminal.status();
        terminal.command("jobs", "Stopped");
        terminal.type_in("fg\n");
        terminal.job();
        until("cat goes on", || proc::waits(cat));
        // The terminal's echo, then cat's.
        terminal.type_in("hello\n");
        terminal.shows("hello\r\nhello\r\n");
        terminal.type_in(CTRL_D);
        terminal.prompt();
        [status, terminal.status()]
    });
}

pub fn stop_and_background() {
    twins(|session| {
        let mut terminal = Terminal::new(session);
        let asleep = job(session, &mut terminal, &["sleep", "1000"]);
        terminal.type_in(CTRL_Z);
        terminal.shows("Stopped");
        terminal.prompt();
        terminal.type_in("bg\n");
        until("sleep goes on", || proc::waits(asleep));
        terminal.command("jobs", "Running");
        assert_eq!(terminal.foreground(), terminal.shell());
        terminal.command("kill %1; wait %1", "");
        let status = terminal.status();
        terminal.prompt();
        until("sleep is gone", || !proc::is_alive(asleep));
        status
    });
}

/// No stop gets lost, none is reported twice, none outlasts its continuation.
pub fn many_stops() {
    twins(|session| {
        let mut terminal = Terminal::new(session);
        let cat = job(session, &mut terminal, &["cat"]);
        for round in 0..20 {
            terminal.type_in(CTRL_Z);
            terminal.shows("Stopped");
            terminal.prompt();
            assert!(proc::is_stopped(cat));
            terminal.type_in("fg\n");
            terminal.job();
            terminal.type_in(&format!("round {round}\n"));
            terminal.shows(&format!("round {round}\r\nround {round}\r\n"));
        }
        terminal.type_in(CTRL_D);
        terminal.prompt();
        terminal.status()
    });
}

pub fn background_job_that_reads() {
    twins(|session| {
        let mut terminal = Terminal::new(session);
        terminal.type_in(&format!("{} &\n", session.words(&["cat"])));
        let cat = named(session, "cat");
        until("SIGTTIN stops it", || proc::is_stopped(cat));
        // Bash says so when it is asked next.
        until("the shell knows", || {
            terminal.type_in("jobs\n");
            terminal.screen().contains("Stopped")
        });
        terminal.type_in("fg\n");
        terminal.job();
        terminal.type_in("hello\n");
        terminal.shows("hello\r\nhello\r\n");
        terminal.type_in(CTRL_C);
        terminal.prompt();
        terminal.status()
    });
}

pub fn window_size() {
    twins(|session| {
        let mut terminal = Terminal::new(session);
        terminal.resize(24, 80);
        let watcher = play::part("watches_the_window", &["3"]);
        let watcher: Vec<&str> = watcher.iter().map(String::as_str).collect();
        terminal.command(&session.words(&watcher), "ready");
        let sizes = [(25, 81), (26, 82), (27, 83)];
        let seen = sizes.map(|(rows, columns)| {
            terminal.resize(rows, columns);
            let told = format!("told {rows}x{columns}");
            terminal.shows(&told);
            told
        });
        terminal.prompt();
        (seen, terminal.screen().matches("told").count())
    });
}

/// Prints the window's size each time it is told of a change, and ends after so many.
pub fn watches_the_window(args: &[String]) -> i32 {
    use nix::sys::signal::{SigSet, Signal};
    let mut only = SigSet::empty();
    only.add(Signal::SIGWINCH);
    only.thread_block().expect("sigprocmask");
    println!("ready");
    let changes: u32 = args[0].parse().expect("a number");
    for _ in 0..changes {
        only.wait().expect("sigwait");
        let mut size = libc::winsize {
            ws_row: 0,
            ws_col: 0,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        // SAFETY: the request writes one winsize, which lives across the call.
        unsafe { libc::ioctl(0, libc::TIOCGWINSZ, &raw mut size) };
        println!("told {}x{}", size.ws_row, size.ws_col);
    }
    0
}

/// Front and command are the job; nobody else of asys's is, and asys never takes the keyboard from anybody.
pub fn keyboard_belongs_to_the_job() {
    let session = Session::asys();
    let mut terminal = Terminal::new(&session);
    let cat = job(&session, &mut terminal, &["cat"]);
    let group = terminal.foreground();
    let supervisor = proc::stat(cat).expect("cat").ppid;
    let keeper = proc::stat(supervisor).expect("the supervisor").ppid;
    let front = proc::stat(keeper).expect("the keeper").ppid;
    assert_eq!(proc::stat(front).expect("the front").ppid, terminal.shell());
    assert_eq!(front, group, "the shell made the front the job's leader");
    for behind in [keeper, supervisor] {
        let behind = proc::stat(behind).expect("one of asys's own");
        assert_ne!(behind.group, group);
    }
    terminal.type_in(CTRL_D);
    terminal.prompt();
    assert_eq!(terminal.status(), 0);
}

pub fn pipeline_in_the_foreground() {
    twins(|session| {
        let mut terminal = Terminal::new(session);
        let [cat, sort] = ["cat", "sort"].map(|word| session.words(&[word]));
        terminal.type_in(&format!("{cat} | {sort}\n"));
        terminal.job();
        let cat = named(session, "cat");
        let sort = named(session, "sort");
        let group = terminal.foreground();
        assert_eq!(
            [cat, sort].map(|pid| proc::stat(pid).map(|s| s.group)),
            [Some(group); 2]
        );
        terminal.type_in(CTRL_Z);
        terminal.shows("Stopped");
        terminal.prompt();
        assert!(proc::is_stopped(cat) && proc::is_stopped(sort));
        terminal.type_in("fg\n");
        terminal.job();
        terminal.type_in("b\na\n");
        terminal.type_in(CTRL_D);
        terminal.shows("a\r\nb\r\n");
        terminal.prompt();
        terminal.status()
    });
}
