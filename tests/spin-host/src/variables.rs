//! `spin:variables`: the component sees the variables declared for it, and no others.

use crate::bindings::spin::variables::variables::{Error, Host, HostWithStore};
use crate::instances::State;
use wasmtime::component::{Accessor, HasSelf};

impl Host for State {}

impl<T: Send> HostWithStore<T> for HasSelf<State> {
    async fn get(accessor: &Accessor<T, Self>, name: String) -> wasmtime::Result<Result<String, Error>> {
        let value = accessor.with(|mut access| access.get().app.variables.get(&name).cloned());
        Ok(value.ok_or(Error::Undefined(name)))
    }
}
