//! Rows back out of `usage_unwritten` lines.
//!
//! What [`unwritten_line`](super::unwritten_line) wrote, [`read_unwritten`] reads, from a log as platforms
//! hand it out: among lines about other things, and with a time or a stream's name before it.

use serde_json::{Map, Value as Json};

use super::{
    UsageRow,
    columns::{COLUMNS, Read},
};

/// What stands in a line of ours and in no other. A caller's words cannot make one: their quotes are escaped.
const MARK: &str = r#""event":"usage_unwritten""#;

/// Why a `usage_unwritten` line gives no row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnreadableRow {
    /// Not the line that was written.
    #[error("the line is cut or changed: give it as the gateway wrote it")]
    Malformed,
    /// A column that this release does not have.
    #[error(
        "its row has `{0}`, which this release does not know: use the release that wrote it, or a newer one"
    )]
    Unknown(String),
    /// Something that its column cannot hold.
    #[error("`{0}` of its row is not what a gateway writes there")]
    Wrong(&'static str),
    /// A column that every row has.
    #[error("its row lacks `{0}`")]
    Missing(&'static str),
}

/// The row of a line; `None` where the line is about something else.
///
/// # Errors
/// The line is one of those, but its row cannot be read.
pub fn read_unwritten(line: &str) -> Result<Option<UsageRow>, UnreadableRow> {
    let Some((before, _)) = line.split_once(MARK) else { return Ok(None) };
    let begin = before.rfind('{').ok_or(UnreadableRow::Malformed)?;
    // What follows the object (a line's end, a platform's word) is not the gateway's.
    let mut objects = serde_json::Deserializer::from_str(line.get(begin..).unwrap_or_default()).into_iter();
    let Some(Ok(Json::Object(mut object))) = objects.next() else { return Err(UnreadableRow::Malformed) };
    match object.remove("row") {
        Some(Json::Object(columns)) => row(&columns).map(Some),
        _ => Err(UnreadableRow::Malformed),
    }
}

fn row(columns: &Map<String, Json>) -> Result<UsageRow, UnreadableRow> {
    if let Some(name) = columns.keys().find(|name| COLUMNS.iter().all(|column| column.name != name.as_str()))
    {
        return Err(UnreadableRow::Unknown(name.chars().take(64).collect()));
    }
    let mut row = UsageRow::default();
    for column in &COLUMNS {
        let read = match columns.get(column.name) {
            None if column.always() => return Err(UnreadableRow::Missing(column.name)),
            None => continue,
            Some(Json::String(text)) => Some(Read::Text(text)),
            Some(other) => other.as_u64().map(Read::Number),
        };
        if !read.is_some_and(|read| (column.put)(&mut row, read)) {
            return Err(UnreadableRow::Wrong(column.name));
        }
    }
    Ok(row)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::{
        conversation::Usage,
        error::ErrorKind,
        ledger::{
            CacheStatus, Cost, ErrorClass, Labels,
            row::{ENDPOINTS, FRONTS},
            unwritten_line,
        },
    };

    fn line(row: &UsageRow) -> String {
        let mut out = String::new();
        unwritten_line(row, "the disk is full", &mut out);
        out
    }

    fn number() -> impl Strategy<Value = Option<u64>> {
        prop::option::of(0..1_000_000_000_000_u64)
    }

    prop_compose! {
        fn texts()(
            id in "[ -~]{0,40}", tenant in "(/[a-z]{1,5}){0,3}", key in "\\PC{0,10}",
            labels in prop::collection::btree_map("\\PC{1,8}", "\\PC{0,8}", 0..3),
            user_path in prop::option::of("\\PC{0,9}"), provider in prop::option::of("[a-z-]{1,9}"),
            model_asked in "\\PC{0,40}", model_answered in prop::option::of("\\PC{0,40}"),
            finish in prop::option::of("[a-z_]{1,9}"), upstream_id in prop::option::of("\\PC{0,9}"),
            lost in prop::option::of("[a-z, ]{1,20}"),
        ) -> UsageRow {
            let labels: Labels = labels;
            UsageRow {
                id, tenant: tenant.into(), key: key.into(), labels: Arc::new(labels),
                user_path: user_path.map(Into::into), provider: provider.map(Into::into), model_asked,
                model_answered, finish: finish.map(Into::into), upstream_id, lost, ..UsageRow::default()
            }
        }
    }

    prop_compose! {
        fn usage()(
            input in number(), cached_input in number(), cache_write in number(), cache_write_1h in number(),
            audio_input in number(), output in number(), reasoning in number(), audio_output in number(),
            web_searches in number(),
        ) -> Usage {
            Usage {
                input, cached_input, cache_write, cache_write_1h, audio_input, output, reasoning, audio_output,
                web_searches,
            }
        }
    }

    prop_compose! {
        fn any_row()(
            row in texts(), usage in usage(), at in 0..4_000_000_000_000_000_u64, status in any::<u16>(),
            attempts in any::<u8>(), stream in any::<bool>(), estimated in any::<bool>(),
            latency_us in 0..1_000_000_000_000_u64, first_token_us in number(),
            cost in prop::option::of((0..1_000_000_000_000_u64, "[a-z0-9-]{0,9}")),
            error in prop::option::of(prop::sample::select(ERRORS.to_vec())),
            cache in prop::option::of(prop::sample::select(vec![CacheStatus::Miss, CacheStatus::Hit])),
            front in prop::sample::select(FRONTS.to_vec()),
            endpoint in prop::sample::select(ENDPOINTS.to_vec()),
        ) -> UsageRow {
            UsageRow {
                usage, at, status, attempts, stream, estimated, latency_us, first_token_us, error, cache, front,
                endpoint,
                cost: cost.map(|(nanodollars, version)| Cost { nanodollars, price_version: version.into() }),
                ..row
            }
        }
    }

    const ERRORS: [ErrorClass; 3] =
        [ErrorClass::Api(ErrorKind::Internal), ErrorClass::CallerLeft, ErrorClass::UpstreamCut];

    proptest! {
        #[test]
        fn a_row_comes_back_as_it_was(row in any_row(), before in "[^{]{0,30}", after in "\\PC{0,9}") {
            prop_assert_eq!(read_unwritten(&line(&row)), Ok(Some(row.clone())));
            let inside = format!("{before}{}{after}", line(&row));
            prop_assert_eq!(read_unwritten(&inside), Ok(Some(row)));
        }

        #[test]
        fn no_line_is_too_strange(text in "\\PC{0,200}", cut in 0..400_usize) {
            let _ = read_unwritten(&text);
            let whole = line(&UsageRow::default());
            let cut = whole.get(..cut).unwrap_or(&whole);
            match read_unwritten(cut) {
                Ok(Some(_)) => prop_assert_eq!(cut, &whole),
                Ok(None) => prop_assert!(!cut.contains(MARK)),
                Err(error) => prop_assert_eq!(error, UnreadableRow::Malformed),
            }
        }
    }

    #[test]
    fn other_lines_are_none() {
        let words = UsageRow { model_asked: line(&UsageRow::default()), ..UsageRow::default() };
        let mut out = String::new();
        crate::ledger::log_line(&words, crate::config::LogFormat::Json, &mut out);
        for other in ["", "not JSON", r#"{"event":"request"}"#, &out] {
            assert_eq!(read_unwritten(other), Ok(None), "{other}");
        }
        assert_eq!(read_unwritten(&line(&words)).unwrap().unwrap().model_asked.len(), 256);
    }

    #[test]
    fn what_cannot_be_a_row_is_said() {
        let line = line(&UsageRow { at: 7, id: "a".into(), ..UsageRow::default() });
        for (from, to, want) in [
            (r#""at":7"#, r#""at":"7""#, UnreadableRow::Wrong("at")),
            (r#""at":7"#, r#""at":-7"#, UnreadableRow::Wrong("at")),
            (r#""at":7,"#, "", UnreadableRow::Missing("at")),
            (r#""stream":0"#, r#""stream":2"#, UnreadableRow::Wrong("stream")),
            (r#""status":0"#, r#""status":70000"#, UnreadableRow::Wrong("status")),
            (r#""endpoint":"""#, r#""endpoint":"embeddings""#, UnreadableRow::Wrong("endpoint")),
            (r#""at":7"#, r#""at":7,"colour":"red""#, UnreadableRow::Unknown("colour".into())),
            (r#""row":{"#, r#""row":[{"#, UnreadableRow::Malformed),
        ] {
            let changed = line.replace(from, to);
            assert_ne!(changed, line, "{from}");
            assert_eq!(read_unwritten(&changed), Err(want), "{to}");
        }
    }
}
