//! Fresh gateway keys.

use sha2::{Digest, Sha256};
use tollbridge_core::config::value;

use super::Said;

/// How a key begins, so that people and secret scanners know one when they see it.
const PREFIX: &str = "tb-";

/// Letters behind the prefix: 62 to the power of 43 is a little more than 2 to the power of 256.
const LETTERS: usize = 43;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Prints a key, once, and what lets it in.
pub(super) fn new(name: Option<&str>) -> Said {
    let name = name.unwrap_or("my-key");
    if !value::is_line(name) {
        let err = "error: --name: a key's name is a short text on one line\n".to_owned();
        return Said { err, failed: true, ..Said::default() };
    }
    match fresh(getrandom::fill) {
        Ok(key) => Said::out(text(name, &key)),
        Err(error) => {
            let err = format!("error: the system gave no random numbers: {error}\n");
            Said { err, failed: true, ..Said::default() }
        }
    }
}

fn text(name: &str, key: &str) -> String {
    let digest = value::digest_text(&Sha256::digest(key).into());
    let name = serde_json::Value::from(name);
    format!(
        "{key}\n\n\
         The key is shown this once and kept nowhere. To let it in, put this into config.yaml:\n\n\
         keys:\n  - name: {name}\n    digest: {digest}\n"
    )
}

/// A key of letters that are all equally likely: bytes that would favour some are passed over.
fn fresh<E>(mut fill: impl FnMut(&mut [u8]) -> Result<(), E>) -> Result<String, E> {
    let mut key = PREFIX.to_owned();
    let mut bytes = [0; 64];
    while key.len() < PREFIX.len() + LETTERS {
        fill(&mut bytes)?;
        let fair = bytes.iter().map(|&byte| usize::from(byte)).filter(|&byte| byte < ALPHABET.len() * 4);
        let letters = fair.filter_map(|byte| ALPHABET.get(byte % ALPHABET.len()));
        let missing = PREFIX.len() + LETTERS - key.len();
        key.extend(letters.take(missing).map(|&letter| char::from(letter)));
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_long_and_made_of_fair_letters() {
        // The bytes run through all values: those that would favour the first letters are left out.
        let mut next = 240_u8;
        let key = fresh(|bytes| {
            bytes.fill_with(|| {
                next = next.wrapping_add(1);
                next
            });
            Ok::<(), ()>(())
        })
        .unwrap();
        assert_eq!(key, "tb-tuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabc"[..PREFIX.len() + LETTERS]);
        assert_eq!(fresh(|_| Err("none")), Err("none"));
    }

    #[test]
    fn two_keys_differ_and_their_digest_is_the_config() {
        let said = [new(Some("ci \"1\"")), new(None)];
        let keys = said.each_ref().map(|said| said.out.lines().next().unwrap().to_owned());
        assert_ne!(keys[0], keys[1]);
        for (said, key) in said.iter().zip(&keys) {
            assert_eq!((key.len(), said.failed), (46, false));
            assert_eq!(said.out.matches(key.as_str()).count(), 1, "shown once");
            let digest = value::digest_text(&Sha256::digest(key).into());
            assert!(said.out.contains(&format!("digest: {digest}")));
        }
        assert!(said[0].out.contains(r#"name: "ci \"1\"""#));
        assert!(new(Some("a\nb")).failed);
    }
}
