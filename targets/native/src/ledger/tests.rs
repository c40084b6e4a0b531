use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use rusqlite::Connection;
use tollbridge_core::{
    conversation::Usage,
    ledger::{
        Dimension, ErrorClass, Filters, Labels, read_unwritten,
        sql::{Among, Cell, Journal, Sql, Statement},
    },
};

use super::*;

const HOUR: u64 = 3_600_000_000;

/// 2026-11-21T08:00Z.
const EIGHT: u64 = 1_795_248_000_000_000;

/// A folder of its own for a test, gone with it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name =
            format!("tollbridge-ledger-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        Self(std::env::temp_dir().join(name))
    }

    fn sqlite(&self) -> Connection {
        Connection::open(self.0.join(FILE)).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A log that remembers its lines.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    fn sink(&self) -> impl Fn(&str) + Send + use<> {
        let lines = self.0.clone();
        move |line| lines.lock().unwrap().push(line.to_owned())
    }

    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

fn open(folder: &Folder) -> SqliteLedger {
    SqliteLedger::open(&folder.0, |line| panic!("{line}")).unwrap()
}

fn row(n: u64) -> UsageRow {
    UsageRow {
        id: format!("req_{n}"),
        at: EIGHT + n,
        tenant: "/team/app".into(),
        key: "ci".into(),
        provider: Some("openai".into()),
        model_asked: "gpt".into(),
        model_answered: Some("gpt-5-mini".into()),
        front: "chat",
        endpoint: "chat.completions",
        usage: Usage { input: Some(10), output: Some(3), ..Usage::default() },
        latency_us: 1_000,
        first_token_us: Some(400),
        status: 200,
        finish: Some("stop".into()),
        attempts: 1,
        ..UsageRow::default()
    }
}

fn query(group_by: &[Dimension]) -> SummaryQuery {
    SummaryQuery {
        from: EIGHT,
        to: EIGHT + 24 * HOUR,
        group_by: group_by.to_vec(),
        filters: Filters::default(),
        limit: 100,
    }
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn summary(ledger: &SqliteLedger, query: SummaryQuery) -> Summary {
    wait(ledger.summary(query)).unwrap()
}

#[test]
fn a_row_comes_back_as_it_was() {
    let folder = Folder::new();
    let ledger = open(&folder);
    let full = UsageRow {
        labels: Arc::new(Labels::from([("env".into(), "prod".into())])),
        user_path: Some("/team/app/ann".into()),
        usage: Usage { input: Some(7), cached_input: Some(0), ..Usage::default() },
        error: Some(ErrorClass::CallerLeft),
        estimated: true,
        stream: true,
        ..row(1)
    };
    ledger.push(full).unwrap();
    ledger.close();
    let found: Vec<rusqlite::types::Value> = folder
        .sqlite()
        .query_row(
            "SELECT at, id, labels, user_path, input, cached_input, output, cost, error, estimated, stream, \
             first_token_us, upstream_id FROM usage",
            (),
            |row| (0..13).map(|i| row.get(i)).collect(),
        )
        .unwrap();
    use rusqlite::types::Value::{Integer, Null};
    let text = |text: &str| rusqlite::types::Value::Text(text.into());
    let want = [
        Integer(EIGHT as i64 + 1),
        text("req_1"),
        text("{\"env\":\"prod\"}"),
        text("/team/app/ann"),
        Integer(7),
        Integer(0), // known to be none,
        Null,       // which is not the same as this
        Null,
        text("caller_left"),
        Integer(1),
        Integer(1),
        Integer(400),
        Null,
    ];
    assert_eq!(found, want);
}

#[test]
fn sums_are_those_of_the_rows() {
    let folder = Folder::new();
    let ledger = open(&folder);
    for n in 0..1_203 {
        // Over three hours, two tenants and two models; every seventh fails without usage.
        let fails = n % 7 == 0;
        ledger
            .push(UsageRow {
                at: EIGHT + n % 3 * HOUR,
                tenant: if n % 2 == 0 { "/team/app" } else { "/other" }.into(),
                model_answered: (!fails).then(|| format!("model-{}", n % 2)),
                usage: if fails { Usage::default() } else { row(n).usage },
                error: fails.then_some(ErrorClass::UpstreamCut),
                ..row(n)
            })
            .unwrap();
    }
    ledger.close();

    let sqlite = folder.sqlite();
    for (rows, sums) in [
        ("count(*)", "sum(requests)"),
        ("count(error)", "sum(errors)"),
        ("sum(input IS NULL)", "sum(unmetered)"),
        ("sum(cost IS NULL)", "sum(unpriced)"),
        ("sum(input)", "sum(input)"),
        ("sum(output)", "sum(output)"),
        ("sum(latency_us)", "sum(latency_us)"),
        ("sum(first_token_us)", "sum(first_token_us)"),
        ("count(DISTINCT at / 3600000000)", "count(DISTINCT hour)"),
    ] {
        let number = |sql: String| sqlite.query_row(&sql, (), |row| row.get::<_, i64>(0)).unwrap();
        let (rows, sums) =
            (number(format!("SELECT {rows} FROM usage")), number(format!("SELECT {sums} FROM usage_hour")));
        assert!(rows > 0);
        assert_eq!(rows, sums);
    }
}

#[test]
fn summaries_group_filter_and_limit() {
    let folder = Folder::new();
    let ledger = open(&folder);
    for (n, (tenant, model, hours)) in [
        ("/team", "a", 0),
        ("/team/app", "a", 0),
        ("/team/app", "b", 1),
        ("/team.x", "a", 1),
        ("/teamster", "a", 23),
        ("/team/app", "a", 24), // after the end
    ]
    .into_iter()
    .enumerate()
    {
        let (tenant, model_answered) = (tenant.into(), Some(model.into()));
        ledger.push(UsageRow { at: EIGHT + hours * HOUR, tenant, model_answered, ..row(n as u64) }).unwrap();
    }
    ledger.close();

    let groups = |query: SummaryQuery| -> Vec<(String, u64)> {
        let summary = summary(&ledger, query);
        summary.groups.iter().map(|g| (g.values.join(" "), g.sums.get("requests").unwrap())).collect()
    };
    let named = |groups: &[(&str, u64)]| groups.iter().map(|(n, c)| (n.to_string(), *c)).collect::<Vec<_>>();

    let all = summary(&ledger, query(&[]));
    assert_eq!((all.totals.get("requests"), all.totals.get("input_tokens")), (Some(5), Some(50)));
    assert!(all.groups.is_empty() && !all.truncated);

    assert_eq!(groups(query(&[Dimension::Model])), named(&[("a", 4), ("b", 1)]));
    assert_eq!(
        groups(query(&[Dimension::Day, Dimension::Model])),
        named(&[("2026-11-21 a", 3), ("2026-11-21 b", 1), ("2026-11-22 a", 1)])
    );
    assert_eq!(groups(query(&[Dimension::Hour])).first().unwrap().0, "2026-11-21T08:00Z");

    let team = Filters { tenant: Some("/team".into()), ..Filters::default() };
    let below = SummaryQuery { filters: team, ..query(&[Dimension::Tenant]) };
    assert_eq!(
        groups(below.clone()),
        named(&[("/team/app", 2), ("/team", 1)]),
        "neither /team.x nor /teamster"
    );

    let one = SummaryQuery { limit: 1, ..below };
    let first = summary(&ledger, one);
    assert!(first.truncated && first.groups.len() == 1);
    assert_eq!(first.totals.get("requests"), Some(3));

    for (filters, want) in [
        (Filters { model: Some("b".into()), ..Filters::default() }, 1),
        (Filters { key: Some("nobody".into()), ..Filters::default() }, 0),
        (Filters { tenant: Some("/".into()), ..Filters::default() }, 5),
        (
            Filters {
                provider: Some("openai".into()),
                endpoint: Some("chat.completions".into()),
                ..Filters::default()
            },
            5,
        ),
    ] {
        let totals = summary(&ledger, SummaryQuery { filters, ..query(&[]) }).totals;
        assert_eq!(totals.get("requests"), Some(want));
    }
}

/// What stores without SQL add up in memory is what SQL adds up.
#[test]
fn rows_in_a_database_do_what_ledgers_must() {
    use tollbridge_core::{
        ledger::{UsageRow, conformance, sql},
        ports::{Ledger, LedgerError, Unwritten},
    };

    struct Shared(Database);

    impl Ledger for Shared {
        async fn append(&self, row: UsageRow) -> Result<(), Box<Unwritten>> {
            let written = sql::append(&self.0, std::slice::from_ref(&row)).await.map_err(LedgerError::from);
            written.map_err(|error| Box::new(Unwritten { row, error }))
        }
        async fn summary(&self, query: SummaryQuery) -> Result<Summary, LedgerError> {
            Ok(sql::summary(&self.0, &query).await?)
        }
    }

    let folder = Folder::new();
    open(&folder).close();
    let shared = || Shared(Database::open(&folder.0.join(FILE)).unwrap());
    wait(conformance::check(&shared(), "team", NOON)).unwrap();
    wait(conformance::before_restart(&shared(), "restart", NOON)).unwrap();
    wait(conformance::after_restart(&shared(), "restart", NOON)).unwrap();
}

#[test]
fn a_million_requests_are_summed_from_the_roll_ups_alone() {
    let folder = Folder::new();
    let ledger = open(&folder);
    ledger.close();
    // A month of 1,000,000 requests by 5 tenants over 4 providers and 3 models, as the writer
    // would have left it: made inside SQLite, because its speed is no matter here.
    let sqlite = folder.sqlite();
    sqlite
        .execute_batch(&format!(
            "BEGIN; \
             WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 999999) \
             INSERT INTO usage (at, id, tenant, key_name, provider, model_asked, model_answered, front, endpoint, \
               status, stream, attempts, latency_us, estimated, input, output) \
             SELECT {EIGHT} + i * 2592000, 'req_' || i, '/team' || (i % 5), 'key', 'provider' || (i % 4), 'm', \
               'model' || (i % 3), 'chat', 'chat.completions', 200, 0, 1, 1000, 0, 10, 3 FROM n; \
             INSERT INTO usage_hour SELECT at / 3600000000, tenant, key_name, provider, model_answered, endpoint, \
               count(*), 0, 0, 0, count(*), sum(input), 0, 0, 0, 0, sum(output), 0, 0, 0, 0, sum(latency_us), 0, 0 \
               FROM usage GROUP BY 1, 2, 3, 4, 5, 6; \
             COMMIT;"
        ))
        .unwrap();
    let buckets: i64 = sqlite.query_row("SELECT count(*) FROM usage_hour", (), |row| row.get(0)).unwrap();
    assert!((40_000..50_000).contains(&buckets), "{buckets}");

    let start = Instant::now();
    let month = SummaryQuery { to: EIGHT + 31 * 24 * HOUR, ..query(&[Dimension::Tenant, Dimension::Day]) };
    let summary = summary(&ledger, SummaryQuery { limit: 1_000, ..month });
    println!("1,000,000 requests in {buckets} roll-ups summed in {:?}", start.elapsed());
    assert_eq!(summary.totals.get("requests"), Some(1_000_000));
    assert_eq!(summary.totals.get("input_tokens"), Some(10_000_000));
    assert_eq!(summary.groups.iter().map(|g| g.sums.get("requests").unwrap()).sum::<u64>(), 1_000_000);
}

/// A database that notes how SQLite would run each query.
struct Explained(Database, Mutex<Vec<String>>);

impl Sql for Explained {
    async fn transaction<'a>(&self, statements: impl Iterator<Item = Statement<'a>>) -> Result<(), SqlError> {
        self.0.transaction(statements).await
    }

    async fn query(&self, statement: Statement<'_>) -> Result<Vec<Vec<Cell>>, SqlError> {
        let sql = format!("EXPLAIN QUERY PLAN {}", statement.sql).into();
        let plan = self.0.query(Statement { sql, values: statement.values.clone() }).await?;
        let steps = plan.into_iter().filter_map(|step| match step.into_iter().nth(3) {
            Some(Cell::Text(text)) if text.starts_with("SEARCH") || text.starts_with("SCAN") => Some(text),
            _ => None,
        });
        self.1.lock().unwrap().extend(steps);
        self.0.query(statement).await
    }
}

#[test]
fn the_plan_of_a_summary_is_one_range_of_the_roll_ups() {
    let folder = Folder::new();
    open(&folder).close();
    let database = Explained(Database::open_to_read(&folder.0.join(FILE)).unwrap(), Mutex::default());
    let filters = Filters { tenant: Some("/team".into()), model: Some("a".into()), ..Filters::default() };
    for group_by in [&[][..], &Dimension::ALL] {
        done(sql::summary(&database, &SummaryQuery { filters: filters.clone(), ..query(group_by) })).unwrap();
    }
    let range = "SEARCH usage_hour USING PRIMARY KEY (hour>? AND hour<?)";
    assert_eq!(*database.1.lock().unwrap(), [range, range]);
}

#[test]
fn threads_share_one_ledger_and_closing_loses_nothing() {
    let folder = Folder::new();
    let ledger = open(&folder);
    thread::scope(|scope| {
        for t in 0..4 {
            let ledger = &ledger;
            scope.spawn(move || {
                wait(async {
                    for n in 0..1_000 {
                        ledger.append(row(t * 1_000 + n)).await.unwrap()
                    }
                })
            });
        }
    });
    ledger.close();
    ledger.close();
    assert_eq!(count(&folder), 4_000);
}

#[test]
fn rows_are_written_while_the_ledger_is_open() {
    let folder = Folder::new();
    let ledger = open(&folder);
    ledger.push(row(1)).unwrap();
    let deadline = Instant::now() + Duration::from_secs(5);
    while summary(&ledger, query(&[])).totals.get("requests") != Some(1) {
        assert!(Instant::now() < deadline);
        thread::sleep(Duration::from_millis(10));
    }
    wait(ledger.ready()).unwrap();
}

#[test]
fn a_batch_that_the_store_refuses_is_tried_again() {
    let (folder, lines) = (Folder::new(), Lines::default());
    let ledger = SqliteLedger::open(&folder.0, lines.sink()).unwrap();
    let sqlite = folder.sqlite();
    sqlite.execute_batch("ALTER TABLE usage_hour RENAME TO away").unwrap();
    ledger.push(row(1)).unwrap();
    // After the first try, which comes once rows have waited 100 ms, and before the last, 500 ms later.
    thread::sleep(Duration::from_millis(250));
    assert_eq!(count(&folder), 0, "a row without its sums");
    sqlite.execute_batch("ALTER TABLE away RENAME TO usage_hour").unwrap();
    ledger.close();
    assert_eq!(count(&folder), 1);
    assert_eq!(lines.all(), [""; 0]);
}

#[test]
fn rows_that_stay_refused_are_logged_whole_and_readiness_says_why() {
    let (folder, lines) = (Folder::new(), Lines::default());
    let ledger = SqliteLedger::open(&folder.0, lines.sink()).unwrap();
    folder.sqlite().execute_batch("DROP TABLE usage_hour").unwrap();
    for n in 0..3 {
        ledger.push(row(n)).unwrap();
    }
    ledger.close();
    let lines = lines.all();
    assert_eq!(lines.len(), 3);
    for (n, line) in lines.iter().enumerate() {
        assert!(line.contains("\"usage_unwritten\"") && line.contains(&format!("req_{n}")), "{line}");
        assert!(line.contains("usage_hour"), "the reason: {line}");
    }
    let error = wait(ledger.ready()).unwrap_err().to_string();
    assert!(error.contains("usage_hour"), "{error}");
}

#[test]
fn a_ledger_that_cannot_be_opened_says_what_to_do() {
    let folder = Folder::new();
    open(&folder).close();
    folder.sqlite().execute_batch("INSERT INTO schema_version VALUES (99)").unwrap();
    let refused = |path: &Path| SqliteLedger::open(path, |_| ()).err().unwrap().to_string();
    let newer = refused(&folder.0);
    assert!(newer.contains("newer release (schema 99"), "{newer}");

    let file = folder.0.join(FILE);
    let blocked = refused(&file.join("below"));
    assert!(blocked.contains("cannot make the data folder") && blocked.contains("DATA_DIR"), "{blocked}");

    fs::write(&file, "this is not a database, and long enough for SQLite to see so").unwrap();
    let garbage = refused(&folder.0);
    assert!(garbage.contains("ledger.db") && garbage.contains("not a database"), "{garbage}");
}

#[test]
fn a_ledger_is_opened_again_with_what_it_had() {
    let folder = Folder::new();
    for n in 0..2 {
        let ledger = open(&folder);
        ledger.push(row(n)).unwrap();
        ledger.close();
    }
    assert_eq!(count(&folder), 2);
    assert_eq!(summary(&open(&folder), query(&[])).totals.get("requests"), Some(2));
}

fn count(folder: &Folder) -> i64 {
    folder.sqlite().query_row("SELECT count(*) FROM usage", (), |row| row.get(0)).unwrap()
}

/// 2026-11-21T08:00Z and a bit.
const NOON: u64 = EIGHT + 12_345_678;

#[test]
fn counts_do_what_counts_must() {
    let folder = Folder::new();
    let ledger = open(&folder);
    wait(limits::conformance::check(&*ledger.counts(), "test", NOON)).unwrap();
    wait(limits::conformance::before_restart(&*ledger.counts(), "restart", NOON)).unwrap();
    ledger.close();
    let ledger = open(&folder);
    wait(limits::conformance::after_restart(&*ledger.counts(), "restart", NOON)).unwrap();
}

#[test]
fn counts_are_written_without_any_row_and_soon() {
    let folder = Folder::new();
    let ledger = open(&folder);
    wait(limits::conformance::before_restart(&*ledger.counts(), "restart", NOON)).unwrap();
    let began = Instant::now();
    let written = || {
        let book = folder.sqlite().query_row("SELECT book FROM counters", (), |row| row.get::<_, String>(0));
        book.is_ok_and(|book| book.starts_with("1 29920800 3 "))
    };
    while !written() {
        assert!(began.elapsed() < Duration::from_secs(5), "not written");
        std::thread::sleep(Duration::from_millis(10));
    }
    // Killed: the file is all that is left of the first.
    let again = SqliteLedger::open(&folder.0, |line| panic!("{line}")).unwrap();
    wait(limits::conformance::after_restart(&*again.counts(), "restart", NOON)).unwrap();
}

#[test]
fn many_threads_are_granted_no_more_than_the_limit() {
    use tollbridge_core::{
        govern::limits::{Ask, Requests},
        ports::Counters,
    };
    let folder = Folder::new();
    let counts = open(&folder).counts();
    let granted: u32 = std::thread::scope(|scope| {
        let ask = || {
            let requests = Requests { limit: 1_000, need: 1, ahead: 0, back: 0, minute: 0 };
            let ask = Ask { at: NOON, requests: Some(requests), stream: None };
            (0..400).map(|_| wait(counts.lease("key/ci", ask)).unwrap().requests).sum::<u32>()
        };
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(ask)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(granted, 1_000);
}

/// The statements that targets use whose instances share a database.
#[test]
fn books_in_a_database_do_what_counts_must() {
    use tollbridge_core::{
        govern::limits::{Ask, Grant, Settlement, Window},
        ports::{Counters, CountersError, Micros},
    };

    struct Shared(Database);

    impl Counters for Shared {
        async fn lease(&self, scope: &str, ask: Ask) -> Result<Grant, CountersError> {
            Ok(limits::sql::lease(&self.0, scope, &ask).await?)
        }
        async fn settle(&self, scope: &str, back: Settlement) -> Result<(), CountersError> {
            Ok(limits::sql::settle(&self.0, scope, &back).await?)
        }
        async fn window(&self, scope: &str, at: Micros) -> Result<Window, CountersError> {
            Ok(limits::sql::window(&self.0, scope, at).await?)
        }
    }

    let folder = Folder::new();
    open(&folder).close();
    let shared = || Shared(Database::open(&folder.0.join(FILE)).unwrap());
    wait(limits::conformance::check(&shared(), "test", NOON)).unwrap();
    wait(limits::conformance::before_restart(&shared(), "restart", NOON)).unwrap();
    wait(limits::conformance::after_restart(&shared(), "restart", NOON)).unwrap();

    // Several connections at once, as instances have: a change that another overtook is made again.
    let granted: u32 = std::thread::scope(|scope| {
        let ask = || {
            let requests = limits::Requests { limit: 30, need: 1, ahead: 0, back: 0, minute: 0 };
            let ask = Ask { at: NOON, requests: Some(requests), stream: None };
            let store = shared();
            (0..20).map(|_| wait(store.lease("key/ci", ask)).unwrap().requests).sum::<u32>()
        };
        let threads: Vec<_> = (0..3).map(|_| scope.spawn(ask)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(granted, 30);
}

#[test]
fn ledgers_of_every_schema_are_brought_up_to_date() {
    let folder = Folder::new();
    fs::create_dir_all(&folder.0).unwrap();
    let database = Database::open(&folder.0.join("upgrades.db")).unwrap();
    wait(sql::upgrades::check(&database, Journal::Own)).unwrap();
    wait(sql::upgrades::check(&database, Journal::Wrangler)).unwrap();
}

/// The lines that a ledger logs of rows that it could not write.
fn unwritten_lines(rows: impl IntoIterator<Item = UsageRow>) -> Vec<String> {
    let (folder, lines) = (Folder::new(), Lines::default());
    let ledger = SqliteLedger::open(&folder.0, lines.sink()).unwrap();
    folder.sqlite().execute_batch("DROP TABLE usage_hour").unwrap();
    rows.into_iter().for_each(|row| ledger.push(row).unwrap());
    ledger.close();
    lines.all()
}

#[test]
fn rows_that_were_logged_are_imported_once() {
    let varied = |n: u64| UsageRow {
        error: n.is_multiple_of(3).then_some(ErrorClass::UpstreamCut),
        usage: if n.is_multiple_of(2) { Usage::default() } else { row(n).usage },
        labels: Arc::new(Labels::from([("n".into(), n.to_string())])),
        ..row(n % 100 * HOUR / 10)
    };
    let lines = unwritten_lines((0..450).map(varied));
    assert_eq!(lines.len(), 450);
    let rows: Vec<_> = lines.iter().map(|line| read_unwritten(line).unwrap().unwrap()).collect();
    assert_eq!(rows, (0..450).map(varied).collect::<Vec<_>>());

    let folder = Folder::new();
    let ledger = open(&folder);
    // Some came to be written after all, and others were never lost.
    rows.iter().take(7).for_each(|row| ledger.push(row.clone()).unwrap());
    (1_000..1_010).for_each(|n| ledger.push(row(n)).unwrap());
    ledger.close();
    let twice: Vec<_> = rows.iter().chain(&rows).cloned().collect();
    assert_eq!(import(&folder.0, &twice).unwrap(), 443);
    assert_eq!(import(&folder.0, &rows).unwrap(), 0);
    let again = open(&folder);
    assert_eq!(wait(again.import(rows[..200].to_vec())), Ok(0));

    let totals = summary(&again, query(&[])).totals;
    let want = ["requests", "errors", "unmetered", "input_tokens"].map(|name| totals.get(name).unwrap());
    assert_eq!(want, [460, 150, 225, 2_350]);
    assert_eq!(count(&folder), 460);
}

#[test]
fn rows_are_imported_while_a_gateway_writes() {
    let folder = Folder::new();
    let ledger = open(&folder);
    let imported: Vec<_> = (0..1_000).map(|n| row(n + 100_000)).collect();
    thread::scope(|scope| {
        scope.spawn(|| (0..1_000).for_each(|n| ledger.push(row(n)).unwrap()));
        let halves = imported.chunks(600).map(|rows| scope.spawn(|| import(&folder.0, rows).unwrap()));
        let twice = scope.spawn(|| import(&folder.0, &imported).unwrap());
        let written: usize = halves.collect::<Vec<_>>().into_iter().map(|half| half.join().unwrap()).sum();
        assert_eq!(written + twice.join().unwrap(), 1_000);
    });
    ledger.close();
    assert_eq!(summary(&ledger, query(&[])).totals.get("requests"), Some(2_000));
}

/// What a store does whose answer may be lost on its way.
#[test]
fn a_row_that_is_offered_again_is_looked_for_near_the_end() {
    let folder = Folder::new();
    open(&folder).close();
    let database = Database::open(&folder.0.join(FILE)).unwrap();
    let again = |row: UsageRow| done(sql::append_missing(&database, &[row], Among::Latest)).unwrap();
    assert_eq!(again(row(1)), 1);
    done(sql::append(&database, &[row(2)])).unwrap();
    assert_eq!(again(row(2)), 0);
    assert_eq!(again(row(1)), 0);
    let other = UsageRow { latency_us: 1_001, ..row(1) };
    assert_eq!(again(other), 1, "another request of the same moment and id");
    assert_eq!(count(&folder), 3);
}
