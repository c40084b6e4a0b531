//! `tollbridge ledger import`: rows that no store took, out of the log and into the ledger.

use std::{
    fs,
    io::{self, Read as _},
    path::Path,
};

use tollbridge_core::{
    config::env::Variables,
    ledger::{UsageRow, read_unwritten},
};

use super::Said;
use crate::{
    ledger,
    settings::{self, Secrets},
};

/// Reads a log (`-`: standard input) and writes the rows of its `usage_unwritten` lines. All lines are read
/// before anything is written, so that a log that is wrong changes nothing.
pub(super) fn import(log: &Path, file: Option<&Path>, variables: &Variables) -> Said {
    let loaded = match settings::load(file, variables, Secrets::Elsewhere) {
        Ok(loaded) => loaded,
        Err(errors) => return Said::errors(&errors),
    };
    let text = match read(log) {
        Ok(text) => text,
        Err(error) => return failed(&format!("cannot read {}: {error}", log.display())),
    };
    let rows = match rows(&text, &log.display().to_string()) {
        Ok(rows) => rows,
        Err(errors) => return Said { err: errors, failed: true, ..Said::default() },
    };
    match ledger::import(&loaded.data_dir, &rows) {
        Ok(written) => Said::out(format!(
            "{} rows read, {written} written, {} were there already\n",
            rows.len(),
            rows.len() - written
        )),
        Err(error) => failed(&error.to_string()),
    }
}

fn read(log: &Path) -> io::Result<Vec<u8>> {
    if log == Path::new("-") {
        let mut text = Vec::new();
        io::stdin().read_to_end(&mut text)?;
        return Ok(text);
    }
    fs::read(log)
}

/// The rows of a log, or one line for each of its lines that should hold one and does not.
fn rows(log: &[u8], name: &str) -> Result<Vec<UsageRow>, String> {
    let (mut rows, mut errors) = (Vec::new(), String::new());
    for (number, line) in log.split(|byte| *byte == b'\n').enumerate() {
        match read_unwritten(&String::from_utf8_lossy(line)) {
            Ok(row) => rows.extend(row),
            Err(error) => errors.push_str(&format!("error: {name}:{}: {error}\n", number + 1)),
        }
    }
    if errors.is_empty() { Ok(rows) } else { Err(errors) }
}

fn failed(error: &str) -> Said {
    Said { err: format!("error: {error}\n"), failed: true, ..Said::default() }
}
