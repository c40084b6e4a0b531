//! The stores on real engines: DynamoDB Local (or moto), and moto for S3, Systems Manager and Secrets Manager.
//!
//! `cargo xtask test --only lambda` starts them and says where they are; so this is no part of `cargo test`.

use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use std::env;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tollbridge_core::cache;
use tollbridge_core::govern::limits::{self, Ask, Requests};
use tollbridge_core::ledger::{self, Filters, SummaryQuery, UsageRow};
use tollbridge_core::ports::{Cache, CacheError, Clock as _, Counters, Ledger, LedgerError};
use tollbridge_lambda::aws::Aws;
use tollbridge_lambda::aws::dynamodb::{Table, key, number, number_of, text_of};
use tollbridge_lambda::aws::references::{Reference, References};
use tollbridge_lambda::aws::s3::Bucket;
use tollbridge_lambda::outbound::Connections;
use tollbridge_lambda::platform::Platform;
use tollbridge_lambda::stores::{BUCKET, Stores, TABLE};

const HOUR: Duration = Duration::from_secs(3600);

fn aws() -> Aws {
    Aws::from_env(Connections::new())
}

/// As an instance has it: connections of its own.
fn platform() -> Platform {
    assert!(env::var_os(TABLE).is_some(), "run this by `cargo xtask test --only lambda`");
    Platform::new(Connections::new())
}

fn table_at(aws: Aws) -> Table {
    Table::new(&aws, env::var(TABLE).unwrap())
}

fn bucket() -> Bucket {
    Bucket::new(&aws(), env::var(BUCKET).unwrap())
}

fn platform_with(table: Table, bucket: Option<Bucket>) -> Platform {
    Platform::with(Connections::new(), Some(Stores { table, bucket, usage_days: Some(7) }))
}

/// A word that no other run of these tests has.
fn fresh(name: &str) -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    format!("{name}{}", since.as_micros())
}

fn row(tenant: &str, id: &str, at: u64) -> UsageRow {
    UsageRow { id: id.to_owned(), at, tenant: format!("/{tenant}").into(), ..UsageRow::default() }
}

async fn requests(platform: &Platform, tenant: &str) -> u64 {
    let filters = Filters { tenant: Some(format!("/{tenant}")), ..Filters::default() };
    let to = platform.now() + 3_600_000_000;
    let query = SummaryQuery { from: 0, to, group_by: vec![], filters, limit: 10 };
    platform.summary(query).await.unwrap().totals.requests()
}

#[tokio::test]
async fn counts_do_what_counts_must() {
    let (platform, name) = (platform(), fresh("counts"));
    limits::conformance::check(&platform, &name, platform.now()).await.unwrap();
}

#[tokio::test]
async fn the_cache_does_what_caches_must() {
    cache::conformance::check(&platform(), &fresh("cache")).await.unwrap();
}

#[tokio::test]
async fn the_ledger_does_what_ledgers_must() {
    let (platform, name) = (platform(), fresh("ledger"));
    ledger::conformance::check(&platform, &name, platform.now()).await.unwrap();
}

/// An instance keeps nothing itself; a new one finds all that another left.
#[tokio::test]
async fn everything_outlives_its_instance() {
    let (name, now) = (fresh("restart"), platform().now());
    limits::conformance::before_restart(&platform(), &name, now).await.unwrap();
    limits::conformance::after_restart(&platform(), &name, now).await.unwrap();
    cache::conformance::before_restart(&platform(), &name).await.unwrap();
    cache::conformance::after_restart(&platform(), &name).await.unwrap();
    ledger::conformance::before_restart(&platform(), &name, now).await.unwrap();
    ledger::conformance::after_restart(&platform(), &name, now).await.unwrap();
}

#[tokio::test]
async fn eight_instances_are_granted_no_more_than_the_limit() {
    let (scope, now) = (fresh("key/"), platform().now());
    let asks = (0..8).map(|_| async {
        let (platform, mut granted) = (platform(), 0);
        for _ in 0..10 {
            let requests = Requests { limit: 50, need: 1, ahead: 0, back: 0, minute: 0 };
            let ask = Ask { at: now, requests: Some(requests), stream: None };
            granted += platform.lease(&scope, ask).await.unwrap().requests;
        }
        granted
    });
    let granted: u32 = futures::future::join_all(asks).await.into_iter().sum();
    assert_eq!(granted, 50);
    assert_eq!(platform().window(&scope, now).await.unwrap().requests, 50);
}

/// DynamoDB removes expired items within days; until then they are there, and not seen.
#[tokio::test]
async fn a_value_is_gone_when_its_time_is_up() {
    let (platform, name) = (platform(), fresh("expired"));
    platform.put(&name, Bytes::from_static(b"value"), HOUR).await.unwrap();
    let table = table_at(aws());
    let mut item = table.get(key(format!("cache#{name}"), "-")).await.unwrap().unwrap();
    let seconds = platform.now() / 1_000_000;
    let expires = number_of(&item, "expires").unwrap();
    assert!((seconds + 3590..=seconds + 3600).contains(&expires), "{expires} at {seconds}");
    item.insert("expires".into(), number(seconds - 1));
    table.write(item).await.unwrap();
    assert_eq!(platform.get(&name).await.unwrap(), None);
}

#[tokio::test]
async fn a_large_value_needs_a_bucket_and_says_so() {
    let without = platform_with(table_at(aws()), None);
    let key = fresh("large");
    without.put(&key, Bytes::from_static(b"small"), HOUR).await.unwrap();
    let refused = without.put(&key, vec![0; 400 << 10].into(), HOUR).await;
    let Err(CacheError::Store(reason)) = refused else { panic!("{refused:?}") };
    assert!(reason.contains(BUCKET), "{reason}");
    assert_eq!(without.get(&key).await.unwrap(), Some(Bytes::from_static(b"small")));
}

/// Whether the bucket has the object that a key's large values lie in.
async fn has_object(key: &str) -> bool {
    let digest: String = Sha256::digest(key).iter().map(|byte| format!("{byte:02x}")).collect();
    bucket().get(&format!("cache/{digest}")).await.unwrap().is_some()
}

#[tokio::test]
async fn an_object_goes_with_the_value_that_it_held() {
    let (platform, key) = (platform(), fresh("object"));
    let large = |byte: u8| Bytes::from(vec![byte; 400 << 10]);
    platform.put(&key, large(1), HOUR).await.unwrap();
    assert!(has_object(&key).await);
    platform.put(&key, large(2), HOUR).await.unwrap();
    assert_eq!(platform.get(&key).await.unwrap(), Some(large(2)));
    platform.put(&key, Bytes::from_static(b"small"), HOUR).await.unwrap();
    assert_eq!(platform.get(&key).await.unwrap(), Some(Bytes::from_static(b"small")));
    assert!(!has_object(&key).await, "a small value has replaced it");

    platform.put(&key, large(3), HOUR).await.unwrap();
    platform.delete(&key).await.unwrap();
    assert_eq!(platform.get(&key).await.unwrap(), None);
    assert!(!has_object(&key).await, "the value was removed");
}

/// DynamoDB removes items whose time is up, and the bucket what they named. An object that is gone before its
/// item is a value that is not there.
#[tokio::test]
async fn objects_without_their_items_are_forgotten_by_the_bucket() {
    let (platform, name) = (platform(), fresh("forgotten"));
    platform.put(&name, vec![0; 400 << 10].into(), HOUR).await.unwrap();
    let table = table_at(aws());
    let item = table.delete(key(format!("cache#{name}"), "-")).await.unwrap().unwrap();
    assert_eq!(platform.get(&name).await.unwrap(), None);
    let client = aws_sdk_s3::Client::from_conf(
        aws_sdk_s3::config::Builder::from(&aws().again()).force_path_style(true).build(),
    );
    let rules = client.get_bucket_lifecycle_configuration().bucket(env::var(BUCKET).unwrap()).send().await;
    let rules = rules.unwrap().rules.unwrap();
    let [rule] = rules.as_slice() else { panic!("{rules:?}") };
    assert_eq!(rule.status().as_str(), "Enabled");
    assert_eq!(rule.expiration().and_then(|expiration| expiration.days()), Some(30));

    bucket().delete(text_of(&item, "object").unwrap()).await.unwrap();
    table.write(item).await.unwrap();
    assert_eq!(platform.get(&name).await.unwrap(), None);
}

#[tokio::test]
async fn a_row_that_is_offered_twice_counts_once() {
    let (platform, tenant) = (platform(), fresh("twice"));
    let same = row(&tenant, "one", platform.now());
    for _ in 0..3 {
        platform.append(same.clone()).await.unwrap();
    }
    platform.append(UsageRow { id: "two".into(), ..same }).await.unwrap();
    assert_eq!(requests(&platform, &tenant).await, 2);
}

#[tokio::test]
async fn a_store_that_is_not_there_is_an_error_with_its_reason() {
    let missing = platform_with(Table::new(&aws(), "no-such-table".into()), None);
    let nowhere = platform_with(table_at(aws().at("http://127.0.0.1:1")), None);
    for (platform, reason) in [(missing, "ResourceNotFoundException"), (nowhere, "could not be reached")] {
        let unwritten = platform.append(row("faults", "one", 0)).await.unwrap_err();
        assert_eq!(unwritten.row.id, "one", "the row comes back");
        assert!(unwritten.error.to_string().contains(reason), "{}", unwritten.error);
        let error = Ledger::ready(&platform).await.unwrap_err();
        assert!(matches!(&error, LedgerError::Store(said) if said.contains(reason)), "{error}");
        let error = Cache::ready(&platform).await.unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
        let error = platform.window("key/a", 0).await.unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
}

/// What was done though its answer was lost: a row is not written again, and units that were given back are not
/// given back again.
#[tokio::test]
async fn a_lost_answer_counts_nothing_twice() {
    let between = Between::start();
    let lossy = platform_with(table_at(aws().at(&between.url)), None);
    let (tenant, now) = (fresh("lost"), platform().now());

    between.loses.store(true, Ordering::SeqCst);
    let unwritten = lossy.append(row(&tenant, "one", now)).await.unwrap_err();
    between.loses.store(false, Ordering::SeqCst);
    lossy.append_again(unwritten.row).await.unwrap();
    assert_eq!(requests(&platform(), &tenant).await, 1);

    let scope = fresh("key/");
    let take = Requests { limit: 9, need: 6, ahead: 0, back: 0, minute: 0 };
    lossy.lease(&scope, Ask { at: now, requests: Some(take), stream: None }).await.unwrap();
    let back = limits::Settlement { at: now, minute: now / limits::MINUTE, requests: 2, stream: None };
    between.loses_writes.store(true, Ordering::SeqCst);
    lossy.settle(&scope, back).await.unwrap_err();
    between.loses_writes.store(false, Ordering::SeqCst);
    assert_eq!(platform().window(&scope, now).await.unwrap().requests, 4);
}

#[tokio::test]
async fn rows_of_an_earlier_time_are_written_once() {
    let (platform, tenant) = (platform(), fresh("import"));
    let rows: Vec<_> = (0..25).map(|n| row(&tenant, &format!("{tenant}-{n}"), platform.now() - n)).collect();
    platform.append(rows[3].clone()).await.unwrap();
    assert_eq!(platform.import(rows.clone()).await.unwrap(), 24);
    assert_eq!(platform.import(rows).await.unwrap(), 0);
    assert_eq!(requests(&platform, &tenant).await, 25);
}

#[tokio::test]
async fn rows_are_kept_for_as_long_as_was_set() {
    let (platform, tenant) = (platform_with(table_at(aws()), None), fresh("days"));
    let at = platform.now();
    platform.append(row(&tenant, "one", at)).await.unwrap();
    let mut day = String::new();
    ledger::push_second(at, &mut day);
    let mut found = 0;
    for shard in 0..16 {
        let pk = format!("usage#{}#{shard:x}", &day[..10]);
        let take = |item| {
            if text_of(&item, "tenant") == Some(&format!("/{tenant}")) {
                assert_eq!(number_of(&item, "expires"), Some(at / 1_000_000 + 7 * 86_400));
                assert_eq!(number_of(&item, "status"), Some(0));
                found += 1;
            }
        };
        table_at(aws()).query(&pk, &format!("{at:016}"), &format!("{at:016}~"), take).await.unwrap();
    }
    assert_eq!(found, 1);
}

#[tokio::test]
async fn references_are_looked_up() {
    let (references, name) = (References::new(&aws()), fresh("reference"));
    let unknown = references.look_up(&Reference::Parameter(&format!("/{name}"))).await.unwrap_err();
    assert!(unknown.to_string().contains("ParameterNotFound"), "{unknown}");
    let unknown = references.look_up(&Reference::Secret(&name, None)).await.unwrap_err();
    assert!(unknown.to_string().contains("ResourceNotFoundException"), "{unknown}");
    // What the stage has put there.
    let known = [
        (Reference::Parameter("/tollbridge/test/parameter"), "a parameter's value"),
        (Reference::Secret("tollbridge/test/secret", None), r#"{"member":"a member's value"}"#),
        (Reference::Secret("tollbridge/test/secret", Some("member")), "a member's value"),
    ];
    for (reference, value) in known {
        assert_eq!(references.look_up(&reference).await.unwrap(), value);
    }
    let error =
        references.look_up(&Reference::Secret("tollbridge/test/secret", Some("other"))).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("a member's value"), "{error:?}");
}

/// Stands between an instance and DynamoDB, and can lose answers of what was done.
struct Between {
    url: String,
    loses: Arc<AtomicBool>,
    loses_writes: Arc<AtomicBool>,
}

impl Between {
    fn start() -> Self {
        let to = env::var("AWS_ENDPOINT_URL_DYNAMODB").unwrap();
        let to = to.strip_prefix("http://").unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (loses, loses_writes) = (Arc::<AtomicBool>::default(), Arc::<AtomicBool>::default());
        let flags = (loses.clone(), loses_writes.clone());
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, to, flags) = (stream.unwrap(), to.clone(), flags.clone());
                thread::spawn(move || carry(stream, &to, &flags));
            }
        });
        Self { url, loses, loses_writes }
    }
}

/// One request after another, each with its answer.
fn carry(mut here: TcpStream, to: &str, (loses, loses_writes): &(Arc<AtomicBool>, Arc<AtomicBool>)) {
    let mut there = TcpStream::connect(to).unwrap();
    let mut buffer = vec![0; 1 << 20];
    while let Ok(read) = here.read(&mut buffer) {
        let Some(request) = buffer.get(..read).filter(|request| !request.is_empty()) else { return };
        let sent = String::from_utf8_lossy(request);
        let write = ["PutItem", "UpdateItem"]
            .iter()
            .any(|operation| sent.contains(&format!("_20120810.{operation}")));
        there.write_all(request).unwrap();
        there.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
        let mut answer = vec![0; 1 << 20];
        let Ok(read) = there.read(&mut answer) else { continue };
        if loses.load(Ordering::SeqCst) || write && loses_writes.load(Ordering::SeqCst) {
            let _ = here.shutdown(Shutdown::Both);
            return;
        }
        if here.write_all(answer.get(..read).unwrap_or_default()).is_err() {
            return;
        }
    }
}
