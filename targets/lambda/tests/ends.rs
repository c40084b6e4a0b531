//! An instance is stopped when its response has ended, and killed at its invocation's deadline. Its usage is in
//! the table both times.
//!
//! The runtime's side of Lambda's runtime API ("Using the Lambda runtime API for custom runtimes", AWS Lambda
//! Developer Guide) is played here, because no tool that runs on one machine freezes instances.
//! `cargo xtask test --only lambda` starts the stores; so this is no part of `cargo test`.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::env;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tollbridge_core::ledger::{Filters, Group, SummaryQuery, Sums};
use tollbridge_core::ports::{Clock as _, Ledger as _};
use tollbridge_lambda::outbound::Connections;
use tollbridge_lambda::platform::Platform;

const KEY: &str = "tb-a-key-of-the-tests";

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap()
}

/// What the instance does next to its caller.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    /// Stopped as soon as its response has ended.
    Stopped,
    /// Killed so long after the invocation began.
    Killed(Duration),
}

/// What came of an invocation.
struct Outcome {
    /// What the instance sent as its response.
    response: String,
    /// How long that took.
    took: Duration,
    /// The sums of the request's tenant, read after the instance's end.
    sums: Sums,
    /// The provider's key, as the provider saw it.
    authorization: String,
}

fn invoke(name: &str, mode: &str, stream: bool, script: Script, fate: Fate) -> Outcome {
    let tenant = format!("{name}{}", now().as_micros());
    let (provider, authorization) = provider(script);
    let began = Instant::now();
    let lasts = if let Fate::Killed(lasts) = fate { lasts } else { Duration::from_secs(60) };
    let runtime = Runtime::start(&event(stream), now() + lasts);
    let mut instance = Instance(instance(mode, &runtime.address, &document(&provider, &tenant)));

    let response = match fate {
        Fate::Stopped => {
            let response = runtime.responses.recv_timeout(Duration::from_secs(30)).expect("a response");
            instance.signal("STOP");
            response
        }
        Fate::Killed(lasts) => {
            let response = runtime.responses.recv_timeout(lasts.saturating_sub(began.elapsed()));
            let took = began.elapsed();
            thread::sleep(lasts.saturating_sub(took));
            instance.signal("KILL");
            instance.0.wait().unwrap();
            Response { at: began + took, ..response.expect("a response before the deadline") }
        }
    };
    // What a frozen instance has under way does not arrive.
    thread::sleep(Duration::from_millis(300));
    let sums = sums(&tenant);
    drop(response.hold);
    let authorization = authorization.try_recv().unwrap_or_default();
    Outcome { response: response.body, took: response.at - began, sums, authorization }
}

#[test]
fn a_stream_is_counted_before_its_instance_freezes() {
    let outcome = invoke("stream", "stream", true, Script::Ends, Fate::Stopped);
    assert!(outcome.response.contains("data: [DONE]"), "{}", outcome.response);
    assert_eq!(outcome.sums.get("requests"), Some(1));
    assert_eq!(outcome.sums.get("output_tokens"), Some(2));
    assert_eq!(outcome.sums.get("errors"), Some(0));
    assert_eq!(outcome.authorization, "Bearer a parameter's value", "the key was looked up");
}

#[test]
fn a_whole_answer_is_counted_before_its_instance_freezes() {
    for mode in ["stream", "buffer"] {
        let outcome = invoke("whole", mode, false, Script::Ends, Fate::Stopped);
        assert!(outcome.response.contains("chat.completion"), "{}", outcome.response);
        assert_eq!(outcome.sums.get("requests"), Some(1), "{mode}");
        assert_eq!(outcome.sums.get("output_tokens"), Some(2), "{mode}");
        assert_eq!(outcome.authorization, "Bearer a parameter's value", "{mode}");
    }
}

#[test]
fn a_buffered_stream_is_whole_and_counted() {
    let outcome = invoke("buffer", "buffer", true, Script::Ends, Fate::Stopped);
    let answer: Value = serde_json::from_str(&outcome.response).unwrap();
    assert_eq!(answer["statusCode"], 200);
    assert!(answer["body"].as_str().unwrap().ends_with("data: [DONE]\n\n"), "{answer}");
    assert_eq!(outcome.sums.get("output_tokens"), Some(2));
}

#[test]
fn at_its_deadline_a_stream_ends_with_an_error_and_is_counted() {
    let lasts = Duration::from_secs(9);
    let outcome = invoke("deadline", "stream", true, Script::GoesOn, Fate::Killed(lasts));
    assert!(outcome.response.contains("river"), "{}", outcome.response);
    assert!(outcome.response.contains("\"error\""), "{}", outcome.response);
    assert!(!outcome.response.contains("[DONE]"), "{}", outcome.response);
    assert!(
        outcome.took > Duration::from_secs(3) && outcome.took < Duration::from_secs(8),
        "{:?}",
        outcome.took
    );
    assert_eq!(outcome.sums.get("requests"), Some(1));
    assert_eq!(outcome.sums.get("errors"), Some(1));
    assert_eq!(outcome.sums.get("estimated"), Some(1));
}

fn sums(tenant: &str) -> Sums {
    let platform = Platform::new(Connections::new());
    let filters = Filters { tenant: Some(format!("/{tenant}")), ..Filters::default() };
    let query = SummaryQuery { from: 0, to: platform.now() + 1, group_by: vec![], filters, limit: 10 };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let summary = runtime.block_on(platform.summary(query)).unwrap();
    assert_eq!(summary.groups, Vec::<Group>::new());
    summary.totals
}

/// A process that ends with the test.
struct Instance(Child);

impl Instance {
    fn signal(&self, name: &str) {
        let kill = Command::new("kill").args([&format!("-{name}"), &self.0.id().to_string()]).status();
        assert!(kill.unwrap().success());
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The bootstrap that is deployed where the environment names it, else this package's own program.
fn instance(mode: &str, runtime: &str, document: &Value) -> Child {
    let program = env::var("TOLLBRIDGE_BOOTSTRAP");
    let program = program.unwrap_or_else(|_| env!("CARGO_BIN_EXE_tollbridge-lambda").to_owned());
    // The provider's key by a variable of its own, or by where all secrets are.
    let key = match mode {
        "stream" => ("OPENAI_API_KEY", "ssm:/tollbridge/test/parameter"),
        _ => ("TOLLBRIDGE_SECRETS", "ssm:/tollbridge/test/"),
    };
    Command::new(program)
        .env("AWS_LAMBDA_RUNTIME_API", runtime)
        .env("AWS_LAMBDA_FUNCTION_NAME", "gateway")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
        .env("TOLLBRIDGE_RESPONSE", mode)
        .env("TOLLBRIDGE_CONFIG", document.to_string())
        .env_remove("OPENAI_API_KEY")
        .env(key.0, key.1)
        .spawn()
        .unwrap()
}

fn document(provider: &str, tenant: &str) -> Value {
    let digest: String = Sha256::digest(KEY).iter().map(|byte| format!("{byte:02x}")).collect();
    json!({
        "providers": {"openai": {"base_url": format!("http://{provider}/v1"), "api_key": {"secret": "OPENAI_API_KEY"}}},
        "keys": [{"name": "tests", "tenant": format!("/{tenant}"), "digest": format!("sha256:{digest}")}],
    })
}

/// What a function URL makes of a request ("Invoking Lambda function URLs", request payload format).
fn event(stream: bool) -> Value {
    let body = json!({
        "model": "openai/gpt-5-mini", "stream": stream, "messages": [{"role": "user", "content": "Where to?"}],
    });
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": "/v1/chat/completions", "rawQueryString": "",
        "headers": {"content-type": "application/json", "authorization": format!("Bearer {KEY}"), "host": "localhost"},
        "requestContext": {
            "accountId": "anonymous", "apiId": "id", "domainName": "id.lambda-url.eu-west-1.on.aws",
            "domainPrefix": "id", "requestId": "request", "routeKey": "$default", "stage": "$default",
            "time": "12/Mar/2020:19:03:58 +0000", "timeEpoch": 1583348638390_u64,
            "http": {
                "method": "POST", "path": "/v1/chat/completions", "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1", "userAgent": "tests",
            },
        },
        "body": body.to_string(), "isBase64Encoded": false,
    })
}

/// The runtime API of one invocation.
struct Runtime {
    address: String,
    responses: Receiver<Response>,
}

struct Response {
    body: String,
    at: Instant,
    /// The runtime's answer to the response waits for this to be dropped.
    hold: Sender<()>,
}

impl Runtime {
    fn start(event: &Value, deadline: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (sender, responses) = mpsc::channel();
        let (invocation, invocations) = mpsc::channel();
        invocation.send((event.to_string(), deadline)).unwrap();
        let invocations = std::sync::Arc::new(std::sync::Mutex::new(invocations));
        thread::spawn(move || {
            // Kept, so that who asks for a second invocation waits for it.
            let _invocation = invocation;
            for stream in listener.incoming() {
                let (sender, invocations) = (sender.clone(), invocations.clone());
                thread::spawn(move || {
                    let mut stream = BufReader::new(stream.unwrap());
                    while let Some(request) = read(&mut stream) {
                        if request.head.starts_with("GET") {
                            let Ok((event, deadline)) = invocations.lock().unwrap().recv() else { return };
                            answer_next(stream.get_mut(), &event, deadline);
                        } else {
                            let (hold, held) = mpsc::channel();
                            let body = String::from_utf8_lossy(&request.body).into_owned();
                            let _ = sender.send(Response { body, at: Instant::now(), hold });
                            let _ = held.recv();
                            let accepted = b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n";
                            let _ = stream.get_mut().write_all(accepted);
                        }
                    }
                });
            }
        });
        Self { address, responses }
    }
}

fn answer_next(stream: &mut TcpStream, event: &str, deadline: Duration) {
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         lambda-runtime-aws-request-id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\nlambda-runtime-deadline-ms: {}\r\n\
         lambda-runtime-invoked-function-arn: arn:aws:lambda:eu-west-1:123456789012:function:gateway\r\n\r\n",
        event.len(),
        deadline.as_millis(),
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(event.as_bytes()).unwrap();
}

struct Message {
    head: String,
    body: Vec<u8>,
}

/// A request with its body, chunked or of a known length.
fn read(stream: &mut impl BufRead) -> Option<Message> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let lower = head.to_ascii_lowercase();
    let mut body = Vec::new();
    if lower.contains("transfer-encoding: chunked") {
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).ok()?;
            let size = u64::from_str_radix(line.trim(), 16).ok()?;
            stream.take(size).read_to_end(&mut body).ok()?;
            // The end of the chunk's line; of the last one, what follows are trailers.
            let mut line = String::new();
            stream.read_line(&mut line).ok()?;
            while size == 0 && line != "\r\n" {
                line.clear();
                stream.read_line(&mut line).ok()?;
            }
            if size == 0 {
                break;
            }
        }
    } else if let Some((_, rest)) = lower.split_once("content-length: ") {
        let length = rest.lines().next()?.trim().parse().ok()?;
        stream.take(length).read_to_end(&mut body).ok()?;
    }
    Some(Message { head, body })
}

/// What the provider does.
#[derive(Clone, Copy, PartialEq)]
enum Script {
    /// Answers, whole or streamed as asked.
    Ends,
    /// Streams and does not end.
    GoesOn,
}

/// A provider of the chat wire: its address, and the `authorization` of its requests.
fn provider(script: Script) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (sender, authorizations) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let sender = sender.clone();
            thread::spawn(move || {
                let mut stream = BufReader::new(stream.unwrap());
                let Some(request) = read(&mut stream) else { return };
                let authorization =
                    request.head.lines().find_map(|line| line.strip_prefix("authorization: "));
                let _ = sender.send(authorization.unwrap_or_default().to_owned());
                let streamed = String::from_utf8_lossy(&request.body).contains("\"stream\":true");
                // It is gone when the instance is.
                let _ = tell(stream.get_mut(), script, streamed);
            });
        }
    });
    (address, authorizations)
}

fn tell(stream: &mut TcpStream, script: Script, streamed: bool) -> std::io::Result<()> {
    let usage = json!({"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7});
    let kind = if streamed { "text/event-stream" } else { "application/json" };
    write!(stream, "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\nconnection: close\r\n\r\n")?;
    let whole = |object: &str, choices: Value, usage: &Value| json!({"id": "1", "object": object, "created": 1, "model": "gpt-5-mini", "choices": choices, "usage": usage});
    if !streamed {
        let choices = json!([{
            "index": 0, "message": {"role": "assistant", "content": "To the sea."}, "finish_reason": "stop",
        }]);
        return write!(stream, "{}", whole("chat.completion", choices, &usage));
    }
    let mut say = |choices: Value, usage: &Value| {
        write!(stream, "data: {}\n\n", whole("chat.completion.chunk", choices, usage))?;
        stream.flush()
    };
    let word =
        json!([{"index": 0, "delta": {"role": "assistant", "content": "river "}, "finish_reason": null}]);
    say(word.clone(), &Value::Null)?;
    if script == Script::GoesOn {
        loop {
            thread::sleep(Duration::from_millis(200));
            say(word.clone(), &Value::Null)?;
        }
    }
    say(json!([{"index": 0, "delta": {}, "finish_reason": "stop"}]), &Value::Null)?;
    say(json!([]), &usage)?;
    write!(stream, "data: [DONE]\n\n")
}
