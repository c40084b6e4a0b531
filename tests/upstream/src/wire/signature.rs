//! Signatures of thoughts: opaque to callers, and checked when they come back.
//!
//! A real provider's is encrypted; ours says in base64 what it was issued for, so that one that is
//! lost, altered or put beside another call is told apart.

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::scenario::digest;

/// Of a thought with this text. Nothing that changes the text may keep the signature.
pub(crate) fn of_thought(text: &str) -> String {
    STANDARD.encode(format!("stand-in thought {} {:08x}", text.len(), digest(text)))
}

/// Whether the stand-in issued this as the data of a thought that it does not show.
pub(crate) fn is_of_some_thought(signature: &str) -> bool {
    STANDARD.decode(signature).is_ok_and(|bytes| bytes.starts_with(b"stand-in thought "))
}

/// Of a call of this tool, made when so many results were in the conversation.
pub(crate) fn of_call(name: &str, results: usize) -> String {
    STANDARD.encode(format!("stand-in call {name} {results}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_belongs_to_its_thought() {
        assert_ne!(of_thought("a"), of_thought("b"));
        assert!(is_of_some_thought(&of_thought("a")));
        assert!(!is_of_some_thought("c2lnbmVk"));
        assert_ne!(of_call("look_up", 0), of_call("look_up", 1));
    }
}
