//! `max_streams`: streams of a key at once, over all instances, and that every slot comes back.

use std::time::Duration;

use serde_json::json;

use super::{
    crowd::{Answer, Crowd},
    limits::{chat, document, slow_stream},
    sim::{End, Manners, Patience, Script},
};

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// Streams without a limit on requests.
fn crowd(most: u32, instances: usize, hold: u64) -> Crowd {
    let mut document = document(json!({"max_streams": most}));
    // What goes wrong is not tried again.
    document["retry"] = json!({"max_retries": 0});
    let crowd = Crowd::new(&document, instances);
    crowd.world.shelf.hold.set(secs(hold));
    crowd
}

fn status(answer: &Answer) -> Option<u16> {
    answer.borrow().as_ref().map(|got| got.status.as_u16())
}

/// Begins, and then says nothing until it is given up.
fn endless() -> Script {
    let mut script = slow_stream();
    script.chunks.truncate(1);
    script.end(End::Hang)
}

/// A chunk every five seconds for `seconds`.
fn long(seconds: u64) -> Script {
    let mut script = slow_stream();
    let end = script.chunks.split_off(1);
    let chunk = super::chunk(json!({"content": "and "}), None);
    script.chunks.extend((0..seconds / 5).map(|_| (secs(5), chunk.clone().into())));
    script.chunks.extend(end);
    script
}

#[test]
fn one_stream_too_many_is_refused_and_whole_answers_are_not() {
    let mut crowd = crowd(2, 2, 0);
    let whole = Script::json(super::whole_answer("Hello."));
    crowd.world.scripts.borrow_mut().extend([slow_stream(), slow_stream()]);
    let running = [crowd.ask(0, chat(true), Patience::Endless), crowd.ask(1, chat(true), Patience::Endless)];
    crowd.run_to(secs(1));
    let refused = crowd.ask(1, chat(true), Patience::Endless);
    crowd.run_to(secs(2));
    let got = refused.borrow_mut().take().unwrap();
    assert_eq!((got.status.as_u16(), got.header("retry-after")), (429, "1"));
    assert_eq!(got.header("x-ratelimit-limit-requests"), "", "requests are not limited");
    let error = &got.json()["error"];
    assert_eq!(
        (&error["type"], &error["code"]),
        (&json!("rate_limit_error"), &json!("stream_limit_exceeded"))
    );
    assert!(error["message"].as_str().unwrap().contains("`ci` may have 2 streams at once"), "{error}");
    crowd.world.scripts.borrow_mut().push_back(whole);
    let whole = crowd.ask(0, chat(false), Patience::Endless);
    crowd.run();
    assert_eq!([&running[0], &running[1], &whole].map(status), [Some(200); 3]);
    assert_eq!(crowd.counted("ci").streams, 0);
}

#[test]
fn a_slot_comes_back_however_its_stream_ends() {
    let refused = Script::new(400, "application/json", r#"{"error":{"message":"no"}}"#);
    for (case, script, patience) in [
        ("normally", slow_stream(), Patience::Endless),
        ("with an error of the provider", refused, Patience::Endless),
        (
            "with an error in the stream",
            Script::stream(&["data: {\"error\":{\"message\":\"no\"}}\n\n"]),
            Patience::Endless,
        ),
        ("with a broken connection", endless().end(End::Reset), Patience::Endless),
        ("by its caller before the head", slow_stream().head_after(secs(9)), Patience::For(secs(2))),
        ("by its caller in the middle", endless(), Patience::For(secs(2))),
        ("by its caller after a frame", endless(), Patience::Frames(1)),
    ] {
        for hold in [0, 10] {
            let mut crowd = crowd(1, 1, hold);
            crowd.world.scripts.borrow_mut().extend([script.clone(), slow_stream()]);
            crowd.ask(0, chat(true), patience);
            crowd.run_to(secs(1));
            crowd.run_to(secs(8));
            let next = crowd.ask(0, chat(true), Patience::Endless);
            crowd.run();
            assert_eq!(status(&next), Some(200), "a stream that ended {case}, hold {hold}");
            assert_eq!(crowd.counted("ci").streams, 0, "{case}, hold {hold}");
        }
    }
}

#[test]
fn a_caller_who_leaves_while_the_store_is_asked_holds_nothing() {
    let mut crowd = crowd(1, 1, 0);
    crowd.world.shelf.lag.set(Duration::from_millis(400));
    crowd.ask(0, chat(true), Patience::For(Duration::from_millis(200)));
    crowd.run();
    assert_eq!(crowd.counted("ci").streams, 0);
    crowd.world.scripts.borrow_mut().push_back(slow_stream());
    let next = crowd.ask(0, chat(true), Patience::Endless);
    crowd.run();
    assert_eq!(status(&next), Some(200));
}

#[test]
fn a_stream_that_goes_on_keeps_its_slot() {
    for hold in [0, 10] {
        let mut crowd = crowd(1, 2, hold);
        crowd.world.scripts.borrow_mut().push_back(long(95));
        let running = crowd.ask(0, chat(true), Patience::Endless);
        for at in [1, 29, 31, 61, 91] {
            crowd.run_to(secs(at));
            let other = crowd.ask(1, chat(true), Patience::Endless);
            crowd.run_to(secs(at));
            assert_eq!(status(&other), Some(429), "after {at} s");
            assert_eq!(crowd.counted("ci").streams, 1);
        }
        crowd.run();
        assert_eq!(status(&running), Some(200));
    }
}

#[test]
fn the_slots_of_an_instance_that_died_come_back() {
    let mut crowd = crowd(2, 2, 0);
    crowd.world.scripts.borrow_mut().extend([endless(), endless(), slow_stream()]);
    crowd.ask(0, chat(true), Patience::Endless);
    crowd.ask(0, chat(true), Patience::Endless);
    crowd.run_to(secs(15));
    crowd.kill(0);
    crowd.run_to(secs(20));
    let early = crowd.ask(1, chat(true), Patience::Endless);
    crowd.run_to(secs(41));
    let late = crowd.ask(1, chat(true), Patience::Endless);
    crowd.run();
    // They were last renewed after ten seconds.
    assert_eq!([status(&early), status(&late)], [Some(429), Some(200)]);
}

#[test]
fn a_far_store_is_not_asked_for_one_stream_after_another() {
    let mut crowd = crowd(1, 2, 10);
    crowd.world.scripts.borrow_mut().extend([slow_stream(), slow_stream(), slow_stream()]);
    crowd.ask(0, chat(true), Patience::Endless);
    crowd.run_to(secs(6));
    let calls = crowd.world.shelf.calls.get();
    let second = crowd.ask(0, chat(true), Patience::Endless);
    crowd.run_to(secs(7));
    assert_eq!(crowd.world.shelf.calls.get(), calls, "the slot of the first was still here");
    let elsewhere = crowd.ask(1, chat(true), Patience::Endless);
    crowd.run_to(secs(30));
    assert_eq!([status(&second), status(&elsewhere)], [Some(200), Some(429)]);
    let later = crowd.ask(1, chat(true), Patience::Endless);
    crowd.run();
    assert_eq!(status(&later), Some(200), "what nobody needed for ten seconds was given back");
    assert_eq!(crowd.counted("ci").streams, 0);
}

#[test]
fn streams_that_began_while_the_store_was_away_count_when_it_is_back() {
    let mut crowd = crowd(1, 2, 0);
    crowd.world.shelf.manners.set(Manners::Fails);
    crowd.world.scripts.borrow_mut().extend([long(60), long(60)]);
    crowd.ask(0, chat(true), Patience::Endless);
    crowd.ask(1, chat(true), Patience::Endless);
    let own = crowd.ask(0, chat(true), Patience::Endless);
    crowd.run_to(secs(5));
    assert_eq!(status(&own), Some(429), "what an instance has seen itself holds");
    crowd.world.shelf.manners.set(Manners::Works);
    crowd.run_to(secs(15));
    assert_eq!(crowd.counted("ci").streams, 2);
    crowd.run();
    assert_eq!(crowd.counted("ci").streams, 0);
}
