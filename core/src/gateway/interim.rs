//! Stands in for parts of other rooms until they are there.
pub(super) fn prompt_tokens(body: &[u8]) -> u64 {
    body.len() as u64 / 4
}
