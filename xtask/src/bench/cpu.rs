//! Processors, and what programs take of them.

use std::{fs, process::Command, time::Duration};

use crate::process::{Failure, context, text};

/// What is measured has one processor, what measures it another.
pub(super) struct Pins {
    /// For the proxy under test.
    pub(super) proxy: String,
    /// For load and provider.
    pub(super) load: String,
    /// `/proc` counts processor time in these.
    pub(super) tick: Duration,
}

impl Pins {
    pub(super) fn new() -> Result<Self, Failure> {
        let allowed =
            fs::read_to_string("/proc/self/status").map_err(|error| context(&"/proc/self/status", error))?;
        let list = field(&allowed, "Cpus_allowed_list:").unwrap_or_default();
        let mut processors = processors(list).into_iter();
        let (Some(proxy), Some(load)) = (processors.next(), processors.next()) else {
            return Err(Failure::new("two processors are needed: one for the proxy, one for the load"));
        };
        let ticks: u32 = text(Command::new("getconf").arg("CLK_TCK"))?.parse().unwrap_or(100);
        Ok(Self { proxy: proxy.to_string(), load: load.to_string(), tick: Duration::from_secs(1) / ticks })
    }
}

/// A program that will run on these processors only.
pub(super) fn pinned(to: &str, program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", to]).arg(program);
    command
}

/// Processor time of all threads of these processes so far, in the system's and their own code.
pub(super) fn spent(processes: &[u32], tick: Duration) -> Result<Duration, Failure> {
    processes.iter().try_fold(Duration::ZERO, |sum, process| {
        let path = format!("/proc/{process}/stat");
        let stat = fs::read_to_string(&path).map_err(|error| context(&path, error))?;
        let ticks = ticks(&stat).ok_or_else(|| Failure::new(format!("{path} is not as proc(5) has it")))?;
        Ok(sum + tick * ticks)
    })
}

/// `utime` and `stime`, the 14th and 15th field; the second, a name, may hold anything.
fn ticks(stat: &str) -> Option<u32> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut next = || fields.next()?.parse::<u32>().ok();
    Some(next()? + next()?)
}

/// Kilobytes of memory that a process has now (`VmRSS`) or had at most (`VmHWM`).
pub(super) fn memory(process: u32, what: &str) -> Result<u64, Failure> {
    let path = format!("/proc/{process}/status");
    let status = fs::read_to_string(&path).map_err(|error| context(&path, error))?;
    field(&status, what)
        .and_then(|value| value.trim_end_matches(" kB").parse().ok())
        .ok_or_else(|| Failure::new(format!("{path} has no {what}")))
}

/// The child processes of a process.
pub(super) fn children(process: u32) -> Vec<u32> {
    let path = format!("/proc/{process}/task/{process}/children");
    let children = fs::read_to_string(path).unwrap_or_default();
    children.split_whitespace().filter_map(|child| child.parse().ok()).collect()
}

fn field<'a>(status: &'a str, name: &str) -> Option<&'a str> {
    status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim)
}

/// The numbers of a list such as `0-2,5`.
fn processors(list: &str) -> Vec<u32> {
    let range = |range: &str| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        Some(first.parse::<u32>().ok()?..=last.parse().ok()?)
    };
    list.split(',').filter_map(range).flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_processors_are_read() {
        assert_eq!(processors("0-2,5"), [0, 1, 2, 5]);
        assert_eq!(processors("7"), [7]);
        assert!(processors("").is_empty());
    }

    #[test]
    fn times_are_found_whatever_the_name() {
        let stat = "42 (a) b (c)) S 1 42 42 0 -1 4194304 100 0 0 0 17 25 0 0 20 0 4 0 100 1000 200";
        assert_eq!(ticks(stat), Some(42));
        assert_eq!(ticks("42 (a"), None);
    }
}
