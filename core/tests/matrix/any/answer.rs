//! Whatever a model says, in any order and in chunks of any size, is read by the caller as it was said.

use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;
use serde_json::{Value, json};
use tollbridge_core::protocol::{Front, Wire};

use super::sim;
use crate::{
    provider::{self, Piece, Turn},
    read::{self, Call, Ended, Said},
    run,
    scenario::{FRONTS, WIRES},
    sim::Script,
};

/// What models say: thoughts, texts and calls in any order.
fn piece() -> impl Strategy<Value = Piece> {
    const THOUGHTS: [&str; 3] = ["Hm. ", "\u{1f914} Then\n", "\"So\"\\"];
    const IDS: [&str; 6] = ["i0", "i1", "i2", "i3", "i4", "i5"];
    prop_oneof![
        (0..3_usize).prop_map(|i| Piece::Thought(THOUGHTS[i], "c2ln")),
        "[a-z é😀\\\\\"\n]{1,20}".prop_map(Piece::Text),
        (0..6_usize, "[a-z é😀\\\\\"\n]{0,30}").prop_map(|(i, text)| Piece::Call(
            IDS[i],
            "weather",
            json!({"city": text, "n": [i, 0.5, null]})
        )),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_answer_is_read_as_it_was_said(
        pieces in prop::collection::vec(piece(), 1..7),
        size in 1..200_usize,
        length in any::<bool>(),
    ) {
        let mut ids = Vec::new();
        let unique = pieces.into_iter().filter(|piece| match piece {
            Piece::Call(id, ..) => !ids.contains(id) && { ids.push(*id); true },
            _ => true,
        });
        let mut turn = Turn::of(unique);
        if length && ids.is_empty() {
            turn = turn.ended(Ended::Length);
        }
        for front in FRONTS {
            for wire in WIRES {
                for streamed in [false, true] {
                    let said = answered(front, wire, &turn, streamed, size);
                    let expected = turn.said();
                    prop_assert_eq!((&said.text, &said.reasoning), (&expected.text, &expected.reasoning));
                    prop_assert_eq!((said.ended, said.used), (expected.ended, expected.used));
                    let calls = |said: &Said| -> Vec<(String, Value)> {
                        let read = |call: &Call| (call.name.clone(), serde_json::from_str(&call.arguments).unwrap());
                        said.calls.iter().map(read).collect()
                    };
                    prop_assert_eq!(calls(&said), calls(&expected), "{:?} from {:?}", front, wire);
                }
            }
        }
    }
}

/// What a caller reads of a turn that comes in chunks of `size` bytes.
fn answered(front: Front, wire: Wire, turn: &Turn, streamed: bool, size: usize) -> Said {
    let answer = provider::answer(wire, turn);
    let mut ask = json!({"messages": [{"role": "user", "content": "Hi"}]});
    let mut script = Script::json(answer.whole);
    if streamed {
        ask["stream"] = json!(true);
        script = Script::new(200, "text/event-stream", "");
        let whole = answer.stream.concat().into_bytes();
        script.chunks =
            whole.chunks(size).map(|chunk| (Duration::ZERO, Bytes::copy_from_slice(chunk))).collect();
        if front == Front::Chat {
            ask["stream_options"] = json!({"include_usage": true});
        }
    }
    let (sim, model) = sim(wire);
    sim.script([script]);
    ask["model"] = json!(model);
    ask["max_tokens"] = json!(100);
    let got = sim.send(run::request(front, &ask));
    read::read(front, &got, streamed, true)
}
