//! The thread that writes the trace. Nothing it waits for holds a call up.

use super::destination::{Destination, cause};
use super::escape::escape;
use super::line::{CallLine, Footer, Line, ProcessLine, nanoseconds};
use super::queue::{Event, Queue, Taken};
use super::readable::{ReadableCall, ReadableFooter, ReadableProcess};
use super::sink::Sink;
use super::{CallEvent, Header, Life, ProcessEvent};
use crate::message;
use asys_policy::Policy;
use std::collections::{HashMap, VecDeque};
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// Text that goes out in one write.
const CHUNK: usize = 64 << 10;
/// Names kept of processes that have made no recorded call yet.
const MOST_NAMES: usize = 1 << 16;

/// A trace being written.
pub(super) struct Writer {
    name: String,
    sink: Sink,
    header: Header,
    policy: Arc<Policy>,
    /// Escaped names that no call's line has told yet, by process.
    comms: HashMap<i32, String>,
    seq: u64,
    footer: Footer,
    /// The footer as of the last lines that went out.
    sent: Footer,
    buffer: Vec<u8>,
}

impl Writer {
    pub(super) fn new(to: Destination, header: Header, policy: Arc<Policy>) -> Writer {
        let Destination { name, sink } = to;
        Writer {
            name,
            sink,
            header,
            policy,
            comms: HashMap::new(),
            seq: 0,
            footer: Footer::default(),
            sent: Footer::default(),
            buffer: Vec::new(),
        }
    }

    /// Writes what `queue` yields until it is closed, and the footer.
    ///
    /// When something breaks the trace, `tracing` is unset, the operator told,
    /// and what comes until the end counted as lost.
    pub(super) fn run(mut self, queue: &Queue, started: Instant, tracing: &AtomicBool) {
        let written = self.write_header().and_then(|()| self.write_events(queue));
        if let Err(error) = &written {
            tracing.store(false, Ordering::Relaxed);
            self.complain(error);
            self.sink.cut();
            queue.give_up();
        }
        self.footer.duration = nanoseconds(started.elapsed());
        self.footer.lost = queue.lost();
        if let (Err(error), Ok(())) = (self.write_footer(), written) {
            self.complain(&error);
        }
    }

    fn complain(&self, error: &io::Error) {
        let cause = cause(error);
        message::complain(&format!(
            "{}: {cause}: the trace ends here, the command goes on",
            self.name
        ));
    }

    fn write_header(&mut self) -> io::Result<()> {
        if self.sink.readable() {
            return Ok(());
        }
        json(&mut self.buffer, &Line::Header(&self.header))?;
        self.send()?;
        self.sink.flush()
    }

    fn write_events(&mut self, queue: &Queue) -> io::Result<()> {
        let mut batch = VecDeque::new();
        loop {
            let taken = queue.take(&mut batch);
            for event in batch.drain(..) {
                self.render(&event)?;
            }
            if taken != Taken::Some || self.buffer.len() >= CHUNK {
                self.send().inspect_err(|_| self.retract(queue))?;
            }
            match taken {
                Taken::Some => {}
                Taken::All => self.sink.flush()?,
                Taken::End => return Ok(()),
            }
        }
    }

    /// The lines since the last that were sent are not in the trace.
    fn retract(&mut self, queue: &Queue) {
        queue.lose(self.footer.lines() - self.sent.lines());
        self.footer = self.sent;
    }

    fn render(&mut self, event: &Event) -> io::Result<()> {
        self.seq += 1;
        match event {
            Event::Call(call) => self.render_call(call),
            Event::Process(process) => self.render_process(process),
        }
    }

    fn render_call(&mut self, call: &CallEvent) -> io::Result<()> {
        self.footer.calls.count(call.outcome);
        if self.sink.readable() {
            return writeln!(self.buffer, "{}", ReadableCall(call));
        }
        let comm = self.comms.remove(&call.tgid);
        let line = CallLine::new(self.seq, call, comm.as_deref(), &self.policy);
        json(&mut self.buffer, &Line::Call(line))
    }

    fn render_process(&mut self, process: &ProcessEvent) -> io::Result<()> {
        self.footer.processes += 1;
        if self.sink.readable() {
            return writeln!(self.buffer, "{}", ReadableProcess(process));
        }
        self.remember(process);
        json(
            &mut self.buffer,
            &Line::Process(ProcessLine::new(self.seq, process)),
        )
    }

    /// The next call of a process tells its name.
    fn remember(&mut self, process: &ProcessEvent) {
        let comm = match &process.what {
            Life::Seen { comm, .. } | Life::Exec { comm, .. } => comm,
            Life::Exited => return drop(self.comms.remove(&process.tgid)),
        };
        // Only reached when exits were lost.
        if self.comms.len() >= MOST_NAMES {
            self.comms.clear();
        }
        self.comms
            .insert(process.tgid, escape(comm.as_bytes()).into_owned());
    }

    fn write_footer(&mut self) -> io::Result<()> {
        self.buffer.clear();
        match self.sink.readable() {
            true => writeln!(self.buffer, "{}", ReadableFooter(self.footer))?,
            false => json(&mut self.buffer, &Line::Footer(self.footer))?,
        }
        self.send()?;
        self.sink.finish()
    }

    fn send(&mut self) -> io::Result<()> {
        let written = self.sink.write(&self.buffer);
        self.buffer.clear();
        if written.is_ok() {
            self.sent = self.footer;
        }
        written
    }
}

fn json(out: &mut Vec<u8>, line: &Line<'_>) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.push(b'\n');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::sink::Format;
    use super::super::testing::{dir, event, policy, process};
    use super::*;
    use std::fs::File;
    use std::path::Path;

    fn writer(file: File, format: Format) -> Writer {
        let policy = Arc::new(policy());
        let header = Header::new(&["true".into()], policy.digest());
        Writer::new(Destination::for_test(file, format), header, policy)
    }

    fn queue(calls: u64) -> Queue {
        let queue = Queue::default();
        queue.push(Event::Process(process(
            41,
            Life::Seen {
                ppid: 1,
                comm: "sh".into(),
            },
        )));
        for i in 0..calls {
            queue.push(Event::Call(event("fsync", [i, 0, 0, 0, 0, 0])));
        }
        queue.push(Event::Process(process(41, Life::Exited)));
        queue.close();
        queue
    }

    fn lines(text: &str) -> Vec<serde_json::Value> {
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    fn written(path: &Path, format: Format) -> String {
        let writer = writer(File::create(path).unwrap(), format);
        writer.run(&queue(3000), Instant::now(), &AtomicBool::new(true));
        let bytes = std::fs::read(path).unwrap();
        let bytes = match format {
            Format::Compressed => zstd::decode_all(&bytes[..]).unwrap(),
            _ => bytes,
        };
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn header_events_footer_in_order() {
        let dir = dir("writer");
        for format in [Format::JsonLines, Format::Compressed] {
            let lines = lines(&written(&dir.join("t"), format));
            assert_eq!(lines.len(), 3004);
            assert_eq!(
                (&lines[0]["type"], &lines[3003]["type"]),
                (&"header".into(), &"footer".into())
            );
            for (place, line) in lines[1..3003].iter().enumerate() {
                assert_eq!(line["seq"], place as u64 + 1);
            }
            assert_eq!(lines[2]["comm"], "sh");
            assert!(lines[3].get("comm").is_none());
            assert_eq!(lines[3003]["calls"]["offloaded"], 3000);
            assert_eq!(
                (&lines[3003]["processes"], &lines[3003]["lost"]),
                (&2.into(), &0.into())
            );
        }
    }

    #[test]
    fn people_get_lines_and_a_sum() {
        let dir = dir("people");
        let text = written(&dir.join("t"), Format::Readable);
        assert!(text.starts_with("[pid 41] +++ seen: sh, child of 1 +++\n[pid 42] fsync(0) = 0 <"));
        assert!(
            text.lines()
                .last()
                .unwrap()
                .starts_with("+++ 3000 offloaded, 0 native in ")
        );
    }

    #[test]
    fn a_full_disk_ends_the_trace() {
        for format in [Format::JsonLines, Format::Compressed, Format::Readable] {
            let full = File::options().write(true).open("/dev/full").unwrap();
            let queue = queue(10);
            let tracing = AtomicBool::new(true);
            writer(full, format).run(&queue, Instant::now(), &tracing);
            assert_eq!(queue.lost(), 12, "{format:?}");
            assert!(!tracing.into_inner());
        }
    }
}
