//! The native binary as a process: how it starts, refuses to start, stops, and what survives.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tollbridge_upstream::passage;

use crate::{
    ability::Ability,
    case::{Case, Hands},
    client::Origin,
    fixture,
    reading::chat,
    target::{
        Running, Target,
        native::{Launch, signal},
    },
    verdict::{Verdict, check, fail, holds, same, skip},
    world::Gateway,
};

pub(super) fn cases() -> Vec<Case> {
    [
        Case::new("process", "with no settings the demo provider answers", demo),
        Case::new("process", "what it prints at the start helps", banner),
        Case::new("process", "without a key it binds nothing but loopback", loopback),
        Case::new("process", "a port in use is one clear line", port_in_use),
        Case::new("process", "an unknown setting is named with the nearest", unknown_setting),
        Case::new("process", "a file that is no YAML is refused", unreadable),
        Case::new("process", "by default a body of ten million bytes is the largest", default_limit),
        Case::new("process", "a proxy of the environment is used", proxy),
        Case::new("process", "a provider whose list hangs hides no other for long", hanging_list),
        Case::new("process", "LOG_FORMAT=text writes a line a request for people", text_log),
        Case::new("process", "an interrupt drains running streams", |hands| drains(hands, "INT")),
        Case::new("process", "SIGTERM drains running streams", |hands| drains(hands, "TERM")),
        Case::new("process", "SIGTERM under load loses no row", terminated),
        Case::new("process", "kill -9 under load loses at most a batch", killed),
    ]
    .map(|case| case.needs(Ability::Program))
    .into()
}

/// A launch in a folder of this case's own.
fn launch(hands: &Hands, document: bool) -> Verdict<Launch> {
    let Target::Native(binary) = &hands.world.target else { return skip("needs the native binary") };
    match document {
        true => Launch::of(binary, &hands.world.setup()?),
        false => Launch::new(binary, &[]),
    }
}

fn gateway(running: Running, master_key: Option<&str>) -> Verdict<Gateway> {
    match Origin::parse(&running.url) {
        Some(origin) => Ok(Gateway { origin, running, master_key: master_key.map(str::to_owned) }),
        None => fail("it runs nowhere"),
    }
}

async fn demo(hands: Hands) -> Verdict {
    let gateway = gateway(launch(&hands, false)?.start().await?, None)?;
    let list = hands.get("/v1/models").no_key().to(&gateway).send().await?.text();
    holds("the models", &list, "demo/echo")?;
    holds("the models", &list, "demo/tools")?;
    let answer = hands.chat_as_named("demo/echo").no_key().to(&gateway).send().await?;
    same("status", answer.status.as_u16(), 200)?;
    let whole = chat::whole(&answer.json());
    holds("the echo", &whole.text, &hands.token)?;
    check(whole.usage.is_some_and(|usage| usage.prompt > 0 && usage.completion > 0), || {
        "no usage".to_owned()
    })?;
    let mut answer = hands.chat_as_named("demo/echo").stream().no_key().to(&gateway).open().await?;
    let streamed = answer.rest().await?;
    same("the streamed echo", streamed.text, whole.text)?;
    same("the streamed usage", streamed.usage, whole.usage)?;
    let ask = super::replies::with_tools(hands.chat_as_named("demo/tools")).no_key().to(&gateway);
    let called = chat::whole(&ask.send().await?.json());
    same("finish", called.finish.as_str(), "tool_calls")?;
    check(!called.calls.is_empty(), || "demo/tools calls no tool".to_owned())
}

async fn banner(hands: Hands) -> Verdict {
    let launch = launch(&hands, false)?.with("OPENAI_API_KEY", "sk-up-secret");
    let running = launch.start().await?;
    let port = running.url.rsplit(':').next().unwrap_or_default().to_owned();
    let mut text = String::new();
    for _ in 0..100 {
        text = running.lines.all().join("\n");
        if text.contains("curl") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for part in [port.as_str(), "openai", "OPENAI_API_KEY", "curl"] {
        holds("what it prints", &text, part)?;
    }
    check(!text.contains("sk-up-secret"), || "it prints a secret".to_owned())?;
    check(text.lines().count() <= 25, || format!("it prints {} lines", text.lines().count()))
}

/// It must stop by itself, with few lines, and say this.
async fn refuses(launch: Launch, mentions: &[&str]) -> Verdict {
    let (success, printed) = launch.refuse().await?;
    check(!success, || format!("it ends as if all were well: {printed}"))?;
    for mention in mentions {
        holds("what it prints", &printed, mention)?;
    }
    check(!printed.contains("panicked") && printed.lines().count() <= 6, || format!("it prints: {printed}"))
}

async fn loopback(hands: Hands) -> Verdict {
    refuses(launch(&hands, false)?.with("HOST", "0.0.0.0"), &["TOLLBRIDGE_MASTER_KEY"]).await
}

async fn port_in_use(hands: Hands) -> Verdict {
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| {
        let port = listener.local_addr()?.port();
        Ok((listener, port.to_string()))
    });
    let Ok((_listener, port)) = taken else { return fail("cannot take a port") };
    refuses(launch(&hands, false)?.with("PORT", &port), &[&port]).await
}

async fn unknown_setting(hands: Hands) -> Verdict {
    let launch = launch(&hands, false)?.writing("timeuots:\n  idle: 3s\n")?;
    refuses(launch, &["timeuots", "timeouts"]).await
}

async fn unreadable(hands: Hands) -> Verdict {
    let launch = launch(&hands, false)?.writing("providers: [: }\n")?;
    refuses(launch, &["config.yaml"]).await
}

/// A gateway with the stand-in as its only provider.
fn with_openai(hands: &Hands) -> Verdict<Launch> {
    let base = format!("{}/v1", hands.world.upstream.url());
    Ok(launch(hands, false)?.with("OPENAI_API_KEY", "sk-up-env").with("OPENAI_BASE_URL", &base))
}

async fn default_limit(hands: Hands) -> Verdict {
    let gateway = gateway(with_openai(&hands)?.start().await?, None)?;
    for (size, status) in [(9_000_000, 200), (11_000_000, 413)] {
        let ask = hands.chat("openai/ok.n-2").with("x_padding", "x".repeat(size).into());
        let answer = ask.no_key().to(&gateway).send().await?;
        same(&format!("status of {size} bytes"), answer.status.as_u16(), status)?;
    }
    Ok(())
}

/// The stand-in is the proxy, and is asked for an address that does not exist.
async fn proxy(hands: Hands) -> Verdict {
    let launch = launch(&hands, false)?
        .with("OPENAI_API_KEY", "sk-up-env")
        .with("OPENAI_BASE_URL", "http://provider.invalid/v1")
        .with("HTTP_PROXY", &hands.world.upstream.url());
    let gateway = gateway(launch.start().await?, None)?;
    let answer = hands.chat("openai/ok.n-2").no_key().to(&gateway).send().await?;
    same("status", answer.status.as_u16(), 200)?;
    same("host", hands.seen_once().await?.header("host"), "provider.invalid")
}

async fn hanging_list(hands: Hands) -> Verdict {
    let hanging = format!("{}/s/ok.hang-head/v1", hands.world.upstream.url());
    let launch = with_openai(&hands)?.with("GROQ_API_KEY", "sk-up-env").with("GROQ_BASE_URL", &hanging);
    let gateway = gateway(launch.start().await?, None)?;
    let start = std::time::Instant::now();
    let list = hands.get("/v1/models").no_key().to(&gateway).send().await?;
    same("status", list.status.as_u16(), 200)?;
    holds("the models", &list.text(), "only-standin")?;
    let answer = hands.chat_as_named("only-standin").no_key().to(&gateway).send().await?;
    same("status of a bare name", answer.status.as_u16(), 200)?;
    check(start.elapsed() < Duration::from_secs(15), || format!("it took {:?}", start.elapsed()))
}

async fn text_log(hands: Hands) -> Verdict {
    let gateway = gateway(with_openai(&hands)?.with("LOG_FORMAT", "text").start().await?, None)?;
    let answer = hands.chat("openai/ok.n-2").no_key().to(&gateway).send().await?;
    let id = answer.header("x-request-id").to_owned();
    for _ in 0..100 {
        let lines = gateway.running.lines.all();
        if let Some(line) = lines.iter().find(|line| line.contains(&id)) {
            check(!line.starts_with('{'), || format!("the line is JSON: {line}"))?;
            return holds("the line", line, "status=200");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    fail("there is no line of the request")
}

async fn drains(hands: Hands, name: &'static str) -> Verdict {
    let mut gateway = gateway(launch(&hands, true)?.start().await?, Some(fixture::MASTER_KEY))?;
    let mut answer = hands.chat("openai/ok.n-40.gap-25").stream().to(&gateway).open().await?;
    answer.event().await?;
    signal(&gateway.running, name)?;
    let reading = answer.rest().await?;
    same("text", reading.text, passage::text(40))?;
    check(chat::is_done(&answer.events), || "the stream is incomplete".to_owned())?;
    drop(answer);
    let status = exit(&mut gateway.running).await?;
    check(status.success(), || format!("it ended with {status}"))
}

async fn exit(running: &mut Running) -> Verdict<std::process::ExitStatus> {
    let Some(process) = &mut running.process else { return fail("there is no process") };
    match tokio::time::timeout(Duration::from_secs(15), process.wait()).await {
        Ok(Ok(status)) => Ok(status),
        Ok(Err(error)) => fail(format!("cannot wait for it: {error}")),
        Err(_) => fail("it did not stop within 15 seconds"),
    }
}

/// How many answers a gateway gave while it was loaded, and how many of them long ago.
struct Load {
    answered: u64,
    settled: u64,
}

/// Loads a gateway for two seconds, then sends the signal; `settled` were answered half a second
/// or more before that.
async fn loaded(hands: &Hands, gateway: &mut Gateway, name: &'static str) -> Verdict<Load> {
    let answered = Arc::new(AtomicU64::new(0));
    let gateway_origin = gateway.origin.clone();
    let workers: Vec<_> = (0..6)
        .map(|_| {
            let (hands, answered, origin) = (hands.clone(), answered.clone(), gateway_origin.clone());
            tokio::spawn(async move {
                let to = Gateway { origin, running: Running::elsewhere(""), master_key: None };
                while let Ok(answer) = hands.chat("openai/ok.n-2").to(&to).send().await {
                    if answer.status.as_u16() == 200 && !answer.broken && answer.json().is_object() {
                        answered.fetch_add(1, Ordering::Relaxed);
                    }
                }
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let settled = answered.load(Ordering::Relaxed);
    tokio::time::sleep(Duration::from_millis(500)).await;
    signal(&gateway.running, name)?;
    exit(&mut gateway.running).await?;
    for worker in workers {
        worker.abort();
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    Ok(Load { answered: answered.load(Ordering::Relaxed), settled })
}

/// Rows that a second start over the same data finds.
async fn rows(hands: &Hands, launch: &Launch) -> Verdict<u64> {
    let again = gateway(launch.start().await?, Some(fixture::MASTER_KEY))?;
    let summary = again.summary(&format!("model={}", hands.model("ok.n-2"))).await?;
    Ok(summary["totals"]["requests"].as_u64().unwrap_or_default())
}

async fn terminated(hands: Hands) -> Verdict {
    let launch = launch(&hands, true)?;
    let mut first = gateway(launch.start().await?, Some(fixture::MASTER_KEY))?;
    let load = loaded(&hands, &mut first, "TERM").await?;
    let rows = rows(&hands, &launch).await?;
    check(load.answered > 50, || format!("only {} answers in two seconds", load.answered))?;
    check(rows >= load.answered, || format!("{rows} rows of {} answers", load.answered))
}

async fn killed(hands: Hands) -> Verdict {
    let launch = launch(&hands, true)?;
    let mut first = gateway(launch.start().await?, Some(fixture::MASTER_KEY))?;
    let load = loaded(&hands, &mut first, "KILL").await?;
    let rows = rows(&hands, &launch).await?;
    check(load.settled > 50, || format!("only {} answers in a second and a half", load.settled))?;
    check(rows >= load.settled, || {
        format!("{rows} rows, but {} answers were half a second old ({} in all)", load.settled, load.answered)
    })
}
