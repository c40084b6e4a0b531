//! No database: for hosts without SQLite, which run no component that asks for it.

use tollbridge_core::sql::{Cell, Sql, SqlError, Statement};

/// There is none.
pub(crate) enum Database {}

impl Database {
    pub(crate) async fn find() -> Option<Self> {
        None
    }

    pub(crate) async fn check(&self) -> Result<(), SqlError> {
        match *self {}
    }
}

impl Sql for Database {
    async fn transaction<'a>(&self, _: impl Iterator<Item = Statement<'a>>) -> Result<(), SqlError> {
        match *self {}
    }

    async fn query(&self, _: Statement<'_>) -> Result<Vec<Vec<Cell>>, SqlError> {
        match *self {}
    }
}
