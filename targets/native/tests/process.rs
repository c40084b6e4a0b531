//! The program as its operator meets it: what it prints, how it ends, what it exits with.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, ChildStderr, Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

/// A folder of one test's own.
fn folder() -> PathBuf {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("tollbridge-process-{}-{number}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tollbridge"));
    command.env_clear().current_dir(folder).env("PORT", "0");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

struct Gateway {
    process: Child,
    errors: BufReader<ChildStderr>,
    greeting: String,
    address: String,
}

impl Gateway {
    fn start(command: &mut Command) -> Self {
        let mut process = command.spawn().unwrap();
        let mut errors = BufReader::new(process.stderr.take().unwrap());
        let mut greeting = String::new();
        while !greeting.contains("curl ") {
            assert!(errors.read_line(&mut greeting).unwrap() > 0, "it ended: {greeting}");
        }
        let address = greeting.split("http://").nth(1).unwrap().lines().next().unwrap().to_owned();
        Self { process, errors, greeting, address }
    }

    fn ask(&self, body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let length = body.len();
        let head = "POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n";
        stream.write_all(format!("{head}content-length: {length}\r\n\r\n{body}").as_bytes()).unwrap();
        stream
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([name, &self.process.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Its exit code, and all that it wrote to its output and, after the greeting, its errors.
    fn end(mut self) -> (Option<i32>, String, String) {
        let (mut out, mut err) = (String::new(), String::new());
        self.process.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        self.errors.read_to_string(&mut err).unwrap();
        (self.process.wait().unwrap().code(), out, err)
    }
}

/// A provider that streams one answer, the second half of it `delay` after the first.
fn provider(delay: Duration) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]).unwrap();
            let event = |delta: &str, finish: &str| {
                format!(
                    "data: {{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":{finish}}}]}}\n\n"
                )
            };
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
            let first = event(r#"{"role":"assistant","content":"one "}"#, "null");
            stream.write_all(format!("{head}{first}").as_bytes()).unwrap();
            std::thread::sleep(delay);
            let last = event(r#"{"content":"two"}"#, r#""stop""#);
            let _ = stream.write_all(format!("{last}data: [DONE]\n\n").as_bytes());
        }
    });
    format!("http://{address}/v1")
}

fn program_before(provider: String) -> Command {
    let mut command = program(&folder());
    command.env("OPENAI_API_KEY", "sk-123").env("OPENAI_BASE_URL", provider);
    command
}

const STREAM: &str =
    r#"{"model":"openai/gpt-5","stream":true,"messages":[{"role":"user","content":"Hello"}]}"#;
const HELLO: &str = r#"{"model":"demo/echo","messages":[{"role":"user","content":"Hello"}]}"#;

fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut seen = String::new();
    while !seen.contains(end) {
        let mut buffer = [0; 1024];
        let count = stream.read(&mut buffer).unwrap();
        assert!(count > 0, "before {end:?}: {seen}");
        seen.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
    }
    seen
}

#[test]
fn the_first_call_works_on_a_machine_without_any_account() {
    let folder = folder();
    let gateway = Gateway::start(&mut program(&folder));
    for expected in ["listens on http://127.0.0.1:", "demo", "none required", "demo/echo"] {
        assert!(gateway.greeting.contains(expected), "{expected}: {}", gateway.greeting);
    }
    let answer = read_until(&mut gateway.ask(HELLO), "usage");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    gateway.signal("-INT");
    let (code, out, err) = gateway.end();
    assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines.len(), 1, "one line for one request: {out}");
    assert!(lines[0].contains("\"status\":200") && !lines[0].contains("Hello"), "{out}");
    assert!(folder.join("data/ledger.db").is_file());
}

#[test]
fn a_signal_lets_a_running_stream_end_and_lets_nobody_new_in() {
    let gateway = Gateway::start(&mut program_before(provider(Duration::from_secs(1))));
    let mut stream = gateway.ask(STREAM);
    read_until(&mut stream, "one ");
    gateway.signal("-TERM");
    std::thread::sleep(Duration::from_millis(100));
    TcpStream::connect(&gateway.address).unwrap_err();
    let answer = read_until(&mut stream, "\r\n0\r\n\r\n");
    assert!(answer.contains("data: [DONE]"), "{answer}");
    let (code, out, _) = gateway.end();
    assert_eq!(code, Some(0));
    assert_eq!(out.lines().count(), 1, "{out}");
    assert!(out.contains("\"finish\":\"stop\""), "{out}");
}

#[test]
fn a_second_signal_does_not_wait() {
    let gateway = Gateway::start(&mut program_before(provider(Duration::from_secs(60))));
    let mut stream = gateway.ask(STREAM);
    read_until(&mut stream, "one ");
    gateway.signal("-INT");
    std::thread::sleep(Duration::from_millis(100));
    let asked = Instant::now();
    gateway.signal("-INT");
    let (code, out, _) = gateway.end();
    assert!(asked.elapsed() < Duration::from_secs(5));
    assert_eq!(code, Some(0));
    assert_eq!(out.lines().count(), 1, "the request is settled: {out}");
}

#[test]
fn a_port_in_use_is_one_clear_line_and_a_failure() {
    let first = Gateway::start(&mut program(&folder()));
    let port = first.address.rsplit(':').next().unwrap();
    let second = program(&folder()).env("PORT", port).output().unwrap();
    let said = String::from_utf8(second.stderr).unwrap();
    assert_eq!(second.status.code(), Some(1));
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains(&format!("127.0.0.1:{port} is already in use")), "{said}");
    first.signal("-INT");
    first.end();
}

#[test]
fn what_cannot_be_used_is_one_clear_line_and_a_failure() {
    for (name, value, expected) in [
        ("DATA_DIR", "/proc/nowhere", "DATA_DIR"),
        ("HOST", "0.0.0.0", "key"),
        ("HTTPS_PROXY", "ftp://proxy", "HTTPS_PROXY"),
        ("TOLLBRIDGE_CONFIG", "/nonexistent.yaml", "/nonexistent.yaml"),
        ("TOLLBRIDGE_MASTER_KYE", "x", "TOLLBRIDGE_MASTER_KEY"),
    ] {
        let ended = program(&folder()).env(name, value).output().unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(1), "{name}: {said}");
        assert_eq!(said.lines().count(), 1, "{name}: {said}");
        assert!(said.contains(expected), "{name}: {said}");
    }
}

fn said(command: &mut Command) -> (Option<i32>, String) {
    let ended = command.output().unwrap();
    let [out, err] = [ended.stdout, ended.stderr].map(|text| String::from_utf8(text).unwrap());
    (ended.status.code(), out + &err)
}

#[test]
fn health_tells_a_gateway_that_is_there_from_one_that_is_not() {
    let gateway = Gateway::start(&mut program(&folder()));
    let port = gateway.address.rsplit(':').next().unwrap().to_owned();
    let health = || said(program(&folder()).arg("health").env("PORT", &port).env("HOST", "0.0.0.0"));
    let (code, text) = health();
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains(r#""status":"ok""#), "{text}");
    gateway.signal("-INT");
    gateway.end();
    let (code, text) = health();
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("no answer from http://127.0.0.1:"), "{text}");
}

#[test]
fn a_log_is_imported_once_and_a_damaged_one_not_at_all() {
    let line = r#"{"time":"2026-11-21T08:05:09.250Z","level":"error","event":"usage_unwritten","reason":"the disk is full","row":{"at":1795248308848750,"id":"req_1","tenant":"/team","key_name":"ci","model_asked":"m","front":"chat","endpoint":"chat.completions","status":200,"stream":0,"attempts":1,"latency_us":401250,"estimated":0,"input":12,"output":9}}"#;
    let folder = folder();
    let import = |text: &str| {
        std::fs::write(folder.join("a.log"), text).unwrap();
        said(program(&folder).args(["ledger", "import", "a.log"]))
    };
    let log = format!("noise\nstdout F {line}\n{{\"event\":\"request\"}}\n");
    let cut = format!("{log}{}\n{}\n", &line[..300], line.replace("\"at\"", "\"when\""));
    let (code, text) = import(&cut);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("error: a.log:4: ") && text.contains("error: a.log:5: "), "{text}");
    assert_eq!(import(&log), (Some(0), "1 rows read, 1 written, 0 were there already\n".to_owned()));
    assert_eq!(import(&log), (Some(0), "1 rows read, 0 written, 1 were there already\n".to_owned()));
    let (code, text) = said(program(&folder).args(["ledger", "import", "nowhere.log"]));
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("cannot read nowhere.log"), "{text}");
}
