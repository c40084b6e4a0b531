//! Runs the cases, several at once, and tells what came of them.

use std::{sync::Arc, time::Instant};

use futures::{StreamExt, stream};

use crate::{
    ability::{Why, lacking},
    case::{Case, Hands},
    verdict::{Unmet, Verdict, fail, skip},
    world::World,
};

/// How many cases run at once. More would measure the machine.
const AT_ONCE: usize = 12;

/// Groups whose cases load the machine. They run after all others, which have times to keep.
const HEAVY: [&str; 5] = ["recordings", "load", "process", "restart", "stores"];

/// Groups whose cases count on a store that answers within a second. They run before all others.
const PROMPT: [&str; 1] = ["limits"];

/// How many of the heavy ones run at once.
const HEAVY_AT_ONCE: usize = 2;

struct Outcome {
    group: &'static str,
    name: String,
    verdict: Verdict,
    transcript: String,
    seconds: f64,
}

/// Runs the cases that are this target's and prints them, and writes a line for each into `report`. Returns
/// whether none failed.
pub(crate) async fn all(cases: Vec<Case>, world: Arc<World>, report: Option<&str>) -> bool {
    let foreign = |case: &Case| {
        lacking(world.target.name(), case.abilities()).is_some_and(|lack| lack.why == Why::Nature)
    };
    let numbered = cases.into_iter().filter(|case| !foreign(case)).enumerate();
    let (heavy, others): (Vec<_>, Vec<_>) = numbered.partition(|(_, case)| HEAVY.contains(&case.group));
    let (prompt, light): (Vec<_>, Vec<_>) =
        others.into_iter().partition(|(_, case)| PROMPT.contains(&case.group));
    let run = |(number, case)| one(case, Hands::new(world.clone(), number));
    let prompt = stream::iter(prompt.into_iter().map(run)).buffer_unordered(AT_ONCE);
    let light = stream::iter(light.into_iter().map(run)).buffer_unordered(AT_ONCE);
    let heavy = stream::iter(heavy.into_iter().map(run)).buffer_unordered(HEAVY_AT_ONCE);
    let mut running = std::pin::pin!(prompt.chain(light).chain(heavy));
    let mut outcomes: Vec<Outcome> = Vec::new();
    while let Some(outcome) = running.next().await {
        if let Err(Unmet::Failed(reason)) = &outcome.verdict {
            println!(
                "FAILED  {}: {} ({:.1} s)\n  {}",
                outcome.group,
                outcome.name,
                outcome.seconds,
                reason.replace('\n', "\n  ")
            );
            println!("    {}\n", outcome.transcript.replace('\n', "\n    "));
        }
        outcomes.push(outcome);
    }
    let written = report.map(|path| std::fs::write(path, lines(&outcomes)));
    if let Some(Err(error)) = written {
        println!("cannot write the report: {error}");
        return false;
    }
    say(&outcomes)
}

/// A line for each outcome: group, name, word, reason.
fn lines(outcomes: &[Outcome]) -> String {
    let line = |outcome: &Outcome| {
        let (word, reason) = match &outcome.verdict {
            Ok(()) => ("passed", String::new()),
            Err(unmet) => (unmet.word(), unmet.to_string()),
        };
        let reason = reason.lines().next().unwrap_or_default().replace('\t', " ");
        format!("{}\t{}\t{word}\t{reason}\n", outcome.group, outcome.name)
    };
    outcomes.iter().map(line).collect()
}

async fn one(case: Case, hands: Hands) -> Outcome {
    let start = Instant::now();
    let verdict = match lacking(hands.world.target.name(), case.abilities()) {
        Some(lack) => skip(lack.reason),
        None => tokio::spawn(case.run(hands.clone()))
            .await
            .unwrap_or_else(|error| fail(format!("the case itself broke: {error}"))),
    };
    Outcome {
        group: case.group,
        name: case.name,
        verdict,
        transcript: hands.transcript(),
        seconds: start.elapsed().as_secs_f64(),
    }
}

fn say(outcomes: &[Outcome]) -> bool {
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for outcome in outcomes {
        match &outcome.verdict {
            Ok(()) => passed += 1,
            Err(Unmet::Failed(_)) => {
                failed += 1;
                println!("failed: {}: {}", outcome.group, outcome.name);
            }
            Err(Unmet::Skipped(reason)) => {
                skipped += 1;
                println!("skipped: {}: {}: {reason}", outcome.group, outcome.name);
            }
        }
    }
    println!("{passed} passed, {failed} failed, {skipped} skipped");
    failed == 0
}
