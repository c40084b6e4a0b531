//! Reasoning that goes back as its own text.

use serde_json::{Value, json};

use super::{Client, Loop, Recorded, events, recorded, sim};

fn deepseek_answers() -> Option<Vec<[Recorded; 2]>> {
    let [whole, streamed, parallel] =
        recorded("openai-chat", ["a9c16b60ce3a2885", "3b27fb22ba988bd5", "d88253e0c079cf56"])?;
    Some(vec![[whole.clone(), streamed.clone()], [streamed, parallel.clone()], [parallel, whole]])
}

/// The text of a recorded answer's reasoning.
fn reasoning_content(answer: &Recorded) -> String {
    let said: Vec<Value> = if answer.stream {
        events(&answer.body).iter().map(|event| event["choices"][0]["delta"].clone()).collect()
    } else {
        vec![serde_json::from_str::<Value>(&answer.body).unwrap()["choices"][0]["message"].clone()]
    };
    said.iter().filter_map(|said| said["reasoning_content"].as_str()).collect()
}

/// DeepSeek refuses a turn with calls without its reasoning, and the clients of its own wire drop it.
#[test]
fn deepseek_sees_its_reasoning_again_relayed_and_translated() {
    let Some(answers) = deepseek_answers() else { return };
    for answers in answers {
        for client in [Client::Chat, Client::Messages] {
            let mut turns = Loop::new(sim(), client, "deepseek-v4-pro", json!({"x_unknown": {"a": [1.50]}}));
            for (turn, answer) in answers.iter().chain([&answers[0]]).enumerate() {
                let got = turns.turn(answer);
                let dropped = if client == Client::Chat { "" } else { "x_unknown" };
                assert_eq!(got.header("x-tollbridge-dropped"), dropped);
                let sent = turns.sent();
                let assistants: Vec<&Value> = sent["messages"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter(|m| m["role"] == "assistant")
                    .collect();
                assert_eq!(assistants.len(), turn);
                for (message, answer) in assistants.iter().zip(&answers) {
                    assert!(!reasoning_content(answer).is_empty());
                    assert_eq!(message["reasoning_content"], reasoning_content(answer), "{client:?} {turn}");
                }
            }
            assert_eq!(turns.lines(), [] as [String; 0]);
        }
    }
}

#[test]
fn a_relayed_body_changes_by_the_reasoning_alone() {
    let Some(answers) = deepseek_answers() else { return };
    let [first, _] = &answers[0];
    let mut turns = Loop::new(sim(), Client::Chat, "deepseek-v4-pro", json!({"x_unknown": {"a": [1.50]}}));
    turns.turn(first);
    turns.body["messages"][1]["x_unknown"] = json!({"b": null});
    let mut want = turns.body.clone();
    want["messages"][1]["reasoning_content"] = reasoning_content(first).into();
    turns.expect(first);
    let _ = turns.sim.send(turns.request());
    assert_eq!(turns.sent(), want);

    // A caller that keeps it is relayed to the byte, and nothing is looked up.
    let before = turns.sim.world.looked_up.get();
    turns.body = want;
    let body = turns.body.to_string();
    turns.expect(first);
    let _ = turns.sim.send(turns.request());
    assert_eq!(turns.sim.world.seen.borrow().last().unwrap().body, body);
    assert_eq!(turns.sim.world.looked_up.get(), before);

    // What is gone has a stand-in, without which the turn would be refused, and is reported.
    turns.body["messages"][1].as_object_mut().unwrap().remove("reasoning_content");
    turns.sim.world.cache.borrow_mut().clear();
    turns.expect(first);
    let got = turns.sim.send(turns.request());
    assert_eq!(turns.sent()["messages"][1]["reasoning_content"], " ");
    assert!(got.header("x-tollbridge-dropped").contains("messages[].tool_calls.reasoning_state"));

    // Without thinking nothing is wanted back.
    turns.body["thinking"] = json!({"type": "disabled"});
    turns.expect(first);
    let got = turns.sim.send(turns.request());
    assert!(turns.sent()["messages"][1].get("reasoning_content").is_none());
    assert_eq!(got.header("x-tollbridge-dropped"), "");
}
