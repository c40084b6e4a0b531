//! The gateway as an AWS Lambda function.
//!
//! Why so little is here: the core takes and gives the `http` crate's types, and so does lambda_http. An
//! invocation enters [`serve`], from the program's `main`; an [`Instance`](instance::Instance) has made the
//! gateway from its `settings`, or knows why there is none; [`platform`] and [`outbound`] are the ports that need no store, [`stores`]
//! those that do, over DynamoDB and S3, which [`aws`] speaks to. The instance is frozen once the response has
//! ended, so [`answer`] holds the response open until what is to be done after it is done; and it is ended at its
//! invocation's deadline, so the core is told to end its answers before.
//!
//! It refuses to decide: what a test of the core could not see does not belong here. Without a table it keeps no
//! ledger of its own: usage rows are in the function's log. Lambda never tells that a caller has left: such a
//! request runs to its end and is counted whole.

mod answer;
pub mod aws;
pub mod instance;
pub mod outbound;
pub mod platform;
pub mod serve;
mod settings;
pub mod stores;
