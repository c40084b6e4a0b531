//! Stores that fail on purpose, for tests of what the gateway does then.
//!
//! A store fails rarely, and never when a test asks it to. So a target hands its ports to [`over`], which
//! gives them back as they are, or, in a build with the feature `faults`, inside a wrapper that refuses, delays
//! or loses what a plan says. The plan is the text of the variable [`SETTING`], so that it reaches a gateway on
//! every platform in the same way as its secrets do, and holds for all of its instances.
//!
//! Such a build also runs the [suites of its stores](stores) when asked to.
//!
//! A build that ships has no such wrapper: the feature is refused where debug assertions are off, and without
//! the feature [`Over`] is the platform's own type and nothing else.

#[cfg(feature = "faults")]
mod faulty;
#[cfg(feature = "faults")]
mod plan;
#[cfg(feature = "faults")]
mod stores;

#[cfg(feature = "faults")]
pub use self::{
    faulty::Faulty,
    plan::{How, Plan},
    stores::stores,
};

#[cfg(all(feature = "faults", not(debug_assertions)))]
compile_error!(
    "the feature `faults` makes stores fail on purpose and is for tests only: build without it, or with \
     debug assertions"
);

/// The variable that says which stores fail, and how: `ledger:refuse,cache:hang`.
pub const SETTING: &str = "TOLLBRIDGE_FAULTS";

/// A platform, with faults where the build has them.
#[cfg(feature = "faults")]
pub type Over<P> = Faulty<P>;

/// A platform, with faults where the build has them.
#[cfg(not(feature = "faults"))]
pub type Over<P> = P;

/// A platform whose stores fail as the plan says.
#[cfg(feature = "faults")]
pub fn over<P>(platform: P, plan: Option<&str>) -> Over<P> {
    Faulty::new(platform, Plan::read(plan.unwrap_or_default()))
}

/// The platform as it is: this build has no faults.
#[cfg(not(feature = "faults"))]
pub fn over<P>(platform: P, _plan: Option<&str>) -> Over<P> {
    platform
}
