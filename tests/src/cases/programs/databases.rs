//! A database, by one process and by several.

use super::running::{command, run, run_with};
use crate::twin::Twin;
use std::fs;

const WORKLOAD: &str = "
PRAGMA journal_mode=MODE;
CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT UNIQUE, size INTEGER, data BLOB);
CREATE INDEX by_size ON t(size);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<3000)
  INSERT INTO t SELECT i, 'name '||i, i*7919%1000, zeroblob(i%300) FROM n;
BEGIN; UPDATE t SET size=size+1 WHERE id%3=0; DELETE FROM t WHERE id%10=0; COMMIT;
BEGIN; DELETE FROM t; ROLLBACK;
SAVEPOINT s; INSERT INTO t VALUES(100000,'x',1,NULL); RELEASE s;
CREATE TABLE u AS SELECT size, count(*) AS n FROM t GROUP BY size;
SELECT count(*), sum(size), sum(length(data)) FROM t;
SELECT * FROM u ORDER BY n DESC, size LIMIT 5;
PRAGMA integrity_check; PRAGMA foreign_key_check; VACUUM; PRAGMA integrity_check; PRAGMA wal_checkpoint(TRUNCATE);
";

pub fn sqlite(t: &mut Twin) {
    for mode in ["DELETE", "TRUNCATE", "PERSIST", "WAL"] {
        let mut command = command("sqlite3");
        command.arg(format!("{mode}.db"));
        run_with(t, command, &WORKLOAD.replace("MODE", mode));
        let again = format!("{mode}.db");
        run(
            t,
            "sqlite3",
            &[
                &again,
                "SELECT count(*) FROM t; PRAGMA integrity_check; PRAGMA journal_mode=DELETE;",
            ],
        );
    }
    // A persistent journal holds a random number.
    let _ = fs::remove_file("PERSIST.db-journal");
}

/// Writers in several processes take turns by file locks.
pub fn sqlite_processes(t: &mut Twin) {
    run(
        t,
        "sqlite3",
        &[
            "shared.db",
            "PRAGMA journal_mode=WAL; CREATE TABLE t(who INTEGER, i INTEGER);",
        ],
    );
    let writers: Vec<_> = (0..4)
        .map(|who| {
            let sql: String = (0..50)
                .map(|i| format!("INSERT INTO t VALUES({who},{i});"))
                .collect();
            let mut command = command("sqlite3");
            command.args(["-cmd", ".timeout 60000", "shared.db", &sql]);
            command.spawn().expect("sqlite3")
        })
        .collect();
    for mut writer in writers {
        t.note("writer", writer.wait().expect("sqlite3"));
    }
    run(
        t,
        "sqlite3",
        &[
            "shared.db",
            "SELECT who, count(*), sum(i) FROM t GROUP BY who; PRAGMA integrity_check;",
        ],
    );
    // Whose row came first is nobody's promise.
    fs::remove_file("shared.db").expect("shared.db");
}
