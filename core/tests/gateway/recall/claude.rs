//! Claude's signed thinking.

use serde_json::{Value, json};

use super::{Client, Loop, Recorded, blocks_of, events, recorded, sim, sim_with};
use crate::sim::Store;

/// The blocks of a recorded answer of Claude's that go back as they are: all but text, whose form
/// clients change.
fn claude_blocks(answer: &Recorded) -> Vec<Value> {
    let blocks = if answer.stream {
        blocks_of(&events(&answer.body))
    } else {
        serde_json::from_str::<Value>(&answer.body).unwrap()["content"].clone()
    };
    let mut blocks = blocks.as_array().unwrap().clone();
    for block in &mut blocks {
        block.as_object_mut().unwrap().remove("caller");
    }
    blocks
}

/// A whole answer, two streamed ones, and those mixed.
pub(super) fn claude_answers() -> Option<Vec<[Recorded; 2]>> {
    let [budgeted, adaptive, streamed] =
        recorded("anthropic-messages", ["5dc9e012b727c292", "5133b172c21db0c3", "99eb3ff48e82a64f"])?;
    Some(vec![[budgeted.clone(), adaptive.clone()], [streamed.clone(), budgeted], [adaptive, streamed]])
}

#[test]
fn claude_sees_its_signed_thinking_again() {
    let Some(answers) = claude_answers() else { return };
    for answers in answers {
        for (model, thinking) in [("claude-sonnet-4-6", "adaptive"), ("claude-sonnet-4-5", "enabled")] {
            let mut turns = Loop::new(sim(), Client::Chat, model, json!({"reasoning_effort": "medium"}));
            for (turn, answer) in answers.iter().chain([&answers[0]]).enumerate() {
                let got = turns.turn(answer);
                assert_eq!(got.header("x-tollbridge-dropped"), "");
                let sent = turns.sent();
                assert_eq!(sent["thinking"]["type"], thinking, "turn {turn}");
                for (earlier, answer) in answers.iter().take(turn).enumerate() {
                    let message = &sent["messages"][1 + 2 * earlier];
                    assert_eq!(message["role"], "assistant");
                    assert_eq!(message["content"], json!(claude_blocks(answer)), "turn {turn} of {earlier}");
                }
            }
            assert_eq!(turns.lines(), [] as [String; 0]);
        }
    }
}

#[test]
fn the_next_request_may_be_faster_than_the_store() {
    let Some(answers) = claude_answers() else { return };
    for [first, _] in answers {
        let mut turns =
            Loop::new(sim(), Client::Chat, "claude-sonnet-4-5", json!({"reasoning_effort": "medium"}));
        turns.expect(&first);
        // The answer is read, and nothing after it is done: the store was given nothing.
        let (got, after) = turns.sim.send_without_after(turns.request());
        assert!(turns.sim.world.cache.borrow().is_empty());
        turns.go_on(&got, first.stream);
        turns.turn(&first);
        assert_eq!(turns.sent()["messages"][1]["content"], json!(claude_blocks(&first)));
        turns.sim.run(after);
        assert_eq!(turns.sim.world.cache.borrow().len(), 1);
    }
}

#[test]
fn a_call_of_another_tenants_finds_nothing() {
    let Some(answers) = claude_answers() else { return };
    let [first, _] = &answers[0];
    let mut turns =
        Loop::new(sim(), Client::Chat, "claude-sonnet-4-5", json!({"reasoning_effort": "medium"}));
    turns.turn(first);
    for (key, found) in [("alice", true), ("bob", false)] {
        turns.key = key;
        turns.expect(first);
        let got = turns.sim.send(turns.request());
        let sent = turns.sent();
        assert_eq!(got.status, 200);
        assert_eq!(sent["messages"][1]["content"][0]["type"] == "thinking", found, "{sent}");
    }
}

/// The state is gone, one way or another: the request is answered, without thinking where Claude
/// would refuse it, and the report says so.
#[test]
fn what_is_gone_is_reported_and_holds_nobody_up() {
    let Some(answers) = claude_answers() else { return };
    let [first, _] = &answers[0];
    const STATE: &str = "messages[].tool_calls.reasoning_state";
    for (model, settings, thinking, dropped) in [
        ("claude-sonnet-4-5", json!({"reasoning_effort": "high"}), false, "reasoning_effort"),
        (
            "claude-sonnet-4-5",
            json!({"thinking": {"type": "enabled", "budget_tokens": 2000}}),
            false,
            "thinking",
        ),
        (
            "claude-sonnet-4-6",
            json!({"thinking": {"type": "enabled", "budget_tokens": 2000}}),
            false,
            "thinking",
        ),
        ("claude-sonnet-4-6", json!({"reasoning_effort": "high"}), true, ""),
    ] {
        for store in [None, Some(Store::Fails), Some(Store::Hangs)] {
            let mut turns = Loop::new(sim(), Client::Chat, model, settings.clone());
            turns.turn(first);
            match store {
                Some(store) => turns.sim.world.store.set(store),
                None => turns.sim.world.cache.borrow_mut().clear(),
            }
            let before = turns.sim.elapsed();
            let got = turns.turn(first);
            let sent = turns.sent();
            assert_eq!(sent.get("thinking").is_some(), thinking, "{sent}");
            assert_eq!(sent["messages"][1]["content"][0]["type"], "text", "{sent}");
            let names: Vec<&str> = got.header("x-tollbridge-dropped").split(", ").collect();
            assert!(names.contains(&STATE), "{names:?}");
            assert_eq!(names.iter().find(|name| **name != STATE).copied().unwrap_or_default(), dropped);
            assert_eq!(!turns.lines().is_empty(), store.is_some(), "{:?}", turns.lines());
            assert!((turns.sim.answered() - before).as_millis() < 400, "{store:?}");
        }
    }
}

#[test]
fn what_another_instance_is_about_to_keep_is_waited_for() {
    let Some(answers) = claude_answers() else { return };
    for (settles_within, found) in [(200, true), (25, false), (0, false)] {
        let settings = json!({"reasoning_effort": "medium"});
        let mut turns = Loop::new(sim(), Client::Chat, "claude-sonnet-4-5", settings);
        turns.turn(&answers[0][0]);
        turns.sim.world.settles_within.set(std::time::Duration::from_millis(settles_within));
        turns.sim.world.late.set(3);
        turns.turn(&answers[0][0]);
        assert_eq!(turns.sent().get("thinking").is_some(), found, "{settles_within}");
    }
}

#[test]
fn an_operator_may_have_nothing_kept() {
    let Some(answers) = claude_answers() else { return };
    let settings = json!({"reasoning_effort": "medium"});
    let mut turns =
        Loop::new(sim_with(json!({"keep_reasoning": 0})), Client::Chat, "claude-sonnet-4-5", settings);
    turns.turn(&answers[0][0]);
    turns.turn(&answers[0][0]);
    assert!(turns.sent().get("thinking").is_none());
    let world = &turns.sim.world;
    assert_eq!((world.looked_up.get(), world.cache.borrow().len()), (0, 0));
}

#[test]
fn without_calls_or_thinking_nothing_is_looked_up_or_kept() {
    let Some([first]) = recorded("anthropic-messages", ["5dc9e012b727c292"]) else { return };
    for (model, settings) in [
        ("claude-sonnet-4-5", json!({})),
        ("claude-sonnet-4-5", json!({"reasoning_effort": "none"})),
        ("claude-sonnet-4-5", json!({"thinking": {"type": "disabled"}})),
    ] {
        let mut turns = Loop::new(sim(), Client::Chat, model, settings.clone());
        turns.turn(&first);
        turns.turn(&first);
        let world = &turns.sim.world;
        assert_eq!((world.looked_up.get(), world.cache.borrow().len()), (0, 0), "{settings}");
    }
    // Relayed: the caller speaks what Claude speaks, and keeps its thinking itself.
    let settings = json!({"thinking": {"type": "enabled", "budget_tokens": 2000}});
    let mut turns = Loop::new(sim(), Client::Messages, "claude-sonnet-4-5", settings);
    turns.turn(&first);
    turns.turn(&first);
    assert_eq!(turns.sim.world.looked_up.get(), 0);
    assert!(turns.sim.world.cache.borrow().is_empty());
}
