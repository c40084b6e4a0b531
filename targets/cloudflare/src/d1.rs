//! D1 as the core's `Sql`.

use tollbridge_core::sql::{Cell, Sql, SqlError, Statement, Value};
use worker::js_sys::{Array, Uint8Array};
use worker::wasm_bindgen::{JsCast as _, JsValue};
use worker::{D1Database, D1PreparedStatement};

/// A database of the account's.
pub(crate) struct D1<'a>(pub(crate) &'a D1Database);

impl Sql for D1<'_> {
    /// A batch is one transaction (D1, "Workers Binding API", "batch").
    async fn transaction<'a>(&self, statements: impl Iterator<Item = Statement<'a>>) -> Result<(), SqlError> {
        let statements =
            statements.map(|statement| self.prepare(statement)).collect::<Result<Vec<_>, _>>()?;
        self.0.batch(statements).await.map(drop).map_err(failed)
    }

    async fn query(&self, statement: Statement<'_>) -> Result<Vec<Vec<Cell>>, SqlError> {
        let rows = self.prepare(statement)?.raw_js_value().await.map_err(failed)?;
        Ok(rows.iter().map(|row| Array::from(row).iter().map(cell).collect()).collect())
    }
}

impl D1<'_> {
    fn prepare(&self, statement: Statement<'_>) -> Result<D1PreparedStatement, SqlError> {
        let values: Vec<JsValue> = statement.values.iter().map(value).collect();
        let prepared = self.0.prepare(statement.sql);
        if values.is_empty() { Ok(prepared) } else { prepared.bind(&values).map_err(failed) }
    }
}

/// A number of JavaScript's is exact up to 2^53, which is beyond microseconds of our time.
fn value(value: &Value<'_>) -> JsValue {
    match value {
        Value::Null => JsValue::NULL,
        Value::Integer(number) => JsValue::from_f64(*number as f64),
        Value::Text(text) => JsValue::from_str(text),
        Value::Blob(bytes) => Uint8Array::from(&**bytes).into(),
    }
}

/// D1 gives bytes as an array of numbers.
fn cell(value: JsValue) -> Cell {
    if let Some(number) = value.as_f64() {
        Cell::Integer(number as i64)
    } else if let Some(text) = value.as_string() {
        Cell::Text(text)
    } else if value.is_object() {
        let bytes =
            value.dyn_ref::<Array>().map_or_else(|| Uint8Array::new(&value), |all| Uint8Array::new(all));
        Cell::Blob(bytes.to_vec())
    } else {
        Cell::Null
    }
}

fn failed(error: worker::Error) -> SqlError {
    SqlError(error.to_string())
}
