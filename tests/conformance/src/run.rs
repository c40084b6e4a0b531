//! Runs the cases, several at once, and tells what came of them.

use std::{sync::Arc, time::Instant};

use futures::{StreamExt, stream};

use crate::{
    case::{Case, Hands},
    verdict::{Unmet, Verdict},
    world::World,
};

/// How many cases run at once. More would measure the machine.
const AT_ONCE: usize = 12;

/// Groups whose cases load the machine. They run after all others, which have times to keep.
const HEAVY: [&str; 3] = ["recordings", "load", "process"];

/// How many of those run at once.
const HEAVY_AT_ONCE: usize = 2;

struct Outcome {
    name: String,
    verdict: Verdict,
    transcript: String,
    seconds: f64,
}

/// Runs all cases and prints them. Returns whether none failed.
pub(crate) async fn all(cases: Vec<Case>, world: Arc<World>) -> bool {
    let numbered = cases.into_iter().enumerate();
    let (heavy, light): (Vec<_>, Vec<_>) = numbered.partition(|(_, case)| HEAVY.contains(&case.group));
    let run = |(number, case)| one(case, Hands::new(world.clone(), number));
    let light = stream::iter(light.into_iter().map(run)).buffer_unordered(AT_ONCE);
    let heavy = stream::iter(heavy.into_iter().map(run)).buffer_unordered(HEAVY_AT_ONCE);
    let mut running = std::pin::pin!(light.chain(heavy));
    let mut outcomes: Vec<Outcome> = Vec::new();
    while let Some(outcome) = running.next().await {
        if let Err(Unmet::Failed(reason)) = &outcome.verdict {
            println!(
                "FAILED  {} ({:.1} s)\n  {}",
                outcome.name,
                outcome.seconds,
                reason.replace('\n', "\n  ")
            );
            println!("    {}\n", outcome.transcript.replace('\n', "\n    "));
        }
        outcomes.push(outcome);
    }
    report(&outcomes)
}

async fn one(case: Case, hands: Hands) -> Outcome {
    let start = Instant::now();
    let run = tokio::spawn(case.run(hands.clone()));
    let verdict = match run.await {
        Ok(verdict) => verdict,
        Err(error) => Err(Unmet::Failed(format!("the case itself broke: {error}"))),
    };
    Outcome {
        name: format!("{}: {}", case.group, case.name),
        verdict,
        transcript: hands.transcript(),
        seconds: start.elapsed().as_secs_f64(),
    }
}

fn report(outcomes: &[Outcome]) -> bool {
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for outcome in outcomes {
        match &outcome.verdict {
            Ok(()) => passed += 1,
            Err(Unmet::Failed(_)) => {
                failed += 1;
                println!("failed: {}", outcome.name);
            }
            Err(Unmet::Skipped(reason)) => {
                skipped += 1;
                println!("skipped: {}: {reason}", outcome.name);
            }
        }
    }
    println!("{passed} passed, {failed} failed, {skipped} skipped");
    failed == 0
}
