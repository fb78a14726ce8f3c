//! `asys calls`: every system call of the platform, and what asys does with it.

use crate::calls::{Class, LEFT_ALONE, LeftAlone, Row, TABLE};
use anyhow::Result;
use comfy_table::{Table, presets};
use libseccomp::ScmpSyscall;
use serde::Serialize;
use std::fmt::Write as _;

/// List every system call, and what asys does with it.
#[derive(Debug, clap::Args)]
pub(crate) struct Calls {
    /// Print an array of JSON objects.
    #[arg(long)]
    json: bool,
    /// Print the list of asys(7), for its source.
    #[arg(long, hide = true, conflicts_with = "json")]
    mdoc: bool,
}

impl Calls {
    /// Prints the list on standard output; returns the exit status.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub(crate) fn run(&self) -> Result<u8> {
        let text = match (self.json, self.mdoc) {
            (true, _) => serde_json::to_string_pretty(&entries().collect::<Vec<_>>())? + "\n",
            (_, true) => mdoc(),
            _ => readable(),
        };
        super::print(text.as_bytes())
    }
}

/// A call, as `--json` shows it.
#[derive(Debug, Serialize)]
struct Entry {
    name: &'static str,
    /// Its number on this platform; null when the C library's headers are newer than libseccomp.
    nr: Option<i64>,
    /// What becomes of it when the policy asks for service: `offloaded` or `native`.
    what: &'static str,
    /// How long it may take, or why it is trapped; null for a call that never is.
    class: Option<&'static str>,
    /// The policy's words for it, besides its name and `@all`.
    groups: Vec<String>,
    /// What is left to the kernel all the same, or why all of it is.
    note: &'static str,
}

/// Those of the table first.
fn entries() -> impl Iterator<Item = Entry> {
    let alone = LEFT_ALONE
        .iter()
        .flat_map(|left| left.names.iter().map(|name| untrapped(name, left)));
    TABLE.iter().map(trapped).chain(alone)
}

fn trapped(row: &Row) -> Entry {
    Entry {
        name: row.name,
        nr: Some(row.nr),
        what: what(row.class),
        class: Some(row.class.word()),
        groups: row.groups.iter().map(|group| format!("@{group}")).collect(),
        note: row.note,
    }
}

fn untrapped(name: &'static str, left: &LeftAlone) -> Entry {
    let nr = ScmpSyscall::from_name(name).map(i32::from).ok();
    // libseccomp numbers calls of other platforms below zero.
    let nr = nr.filter(|nr| *nr >= 0).map(i64::from);
    Entry {
        name,
        nr,
        what: "native",
        class: None,
        groups: Vec::new(),
        note: left.reason,
    }
}

fn what(class: Class) -> &'static str {
    match class {
        Class::Quick | Class::Slow => "offloaded",
        Class::Watched | Class::Guard => "native",
    }
}

/// One line per call, so that grep(1) finds whole entries.
fn readable() -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_header(["call", "what", "class", "groups", "note"]);
    for Entry {
        name,
        what,
        class,
        groups,
        note,
        ..
    } in entries()
    {
        table.add_row([
            name,
            what,
            class.unwrap_or("-"),
            &or_dash(groups.join(" ")),
            note,
        ]);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table
        .lines()
        .fold(String::new(), |text, line| text + line.trim_end() + "\n")
}

fn or_dash(text: String) -> String {
    if text.is_empty() {
        "-".to_owned()
    } else {
        text
    }
}

/// The items of the list in asys(7), as mdoc(7) source.
fn mdoc() -> String {
    let mut page = String::new();
    for row in TABLE {
        let groups = row
            .groups
            .iter()
            .fold(String::new(), |all, group| all + " Pq Cm @" + group);
        // Writing to a String cannot fail.
        let _ = writeln!(page, ".It Fn {}{groups}", row.name);
        page.push_str(&filled(&sentence(row)));
    }
    for LeftAlone { reason, names } in LEFT_ALONE {
        let _ = writeln!(page, ".It Em \"{}\"", roff(reason));
        page.push_str(&filled(&format!("Never trapped: {}.", names.join(", "))));
    }
    page
}

fn sentence(row: &Row) -> String {
    let what = match row.class {
        Class::Quick | Class::Slow => "Offloaded",
        Class::Watched => "Native, watched",
        Class::Guard => "Native, guarded",
    };
    match row.note {
        "" => format!("{what}."),
        note => format!("{what}: {note}."),
    }
}

/// `text` in lines of a manual's source, none of which looks like a macro.
fn filled(text: &str) -> String {
    const WIDTH: usize = 78;
    let mut lines = String::new();
    let mut line = String::new();
    for word in roff(text).split(' ') {
        if !line.is_empty() && line.len() + 1 + word.len() > WIDTH {
            lines += &(std::mem::take(&mut line) + "\n");
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines + &line + "\n"
}

fn roff(text: &str) -> String {
    text.replace('\\', "\\e").replace('"', "\\(dq")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_is_listed_once() {
        let listed = TABLE.len()
            + LEFT_ALONE
                .iter()
                .map(|left| left.names.len())
                .sum::<usize>();
        assert_eq!(entries().count(), listed);
        assert_eq!(readable().lines().count(), listed + 1);
        assert!(entries().all(|entry| entry.nr.is_none_or(|nr| nr >= 0)));
    }

    #[test]
    fn lines_say_what_becomes_of_a_call() {
        let text = readable();
        let line = |name: &str| {
            let line = text
                .lines()
                .find(|line| line.split(' ').next() == Some(name));
            line.unwrap()
                .split_whitespace()
                .take(4)
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(line("openat"), "openat offloaded quick @name");
        assert_eq!(line("fsync"), "fsync offloaded slow @durability");
        assert_eq!(line("execve"), "execve native watched -");
        assert_eq!(line("kill"), "kill native guard -");
        assert_eq!(line("mmap"), "mmap native - -");
    }

    #[test]
    fn json_has_the_numbers() {
        let json = serde_json::to_value(entries().collect::<Vec<_>>()).unwrap();
        let found = |name: &str| {
            json.as_array()
                .unwrap()
                .iter()
                .find(|e| e["name"] == name)
                .unwrap()
        };
        assert_eq!(found("read")["nr"], libc::SYS_read);
        assert_eq!(found("mmap")["nr"], libc::SYS_mmap);
        assert_eq!(found("openat")["groups"], serde_json::json!(["@name"]));
        assert!(found("mmap")["class"].is_null());
    }

    #[test]
    fn the_manual_page_is_the_table() {
        let page = include_str!("../../../man/asys.7");
        let (_, rest) = page.split_once(".\\\" BEGIN calls\n").unwrap();
        let (list, _) = rest.split_once(".\\\" END calls\n").unwrap();
        assert!(
            list == mdoc(),
            "man/asys.7: put the output of 'asys calls --mdoc' between the marks"
        );
    }

    #[test]
    fn source_of_a_page_is_harmless() {
        assert_eq!(filled("a \"b\" \\n"), "a \\(dqb\\(dq \\en\n");
        assert!(
            mdoc()
                .lines()
                .all(|line| line.len() <= 80 && !line.starts_with('\''))
        );
    }
}
