//! As much of JSON as the steps look at.

/// The text without the white space between its values, whoever wrote it.
pub(super) fn squeeze(json: &str) -> String {
    let (mut out, mut inside, mut escaped) = (String::with_capacity(json.len()), false, false);
    for c in json.chars() {
        if inside || !c.is_ascii_whitespace() {
            out.push(c);
        }
        inside ^= c == '"' && !escaped;
        escaped = inside && c == '\\' && !escaped;
    }
    out
}

/// A text as JSON says it.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// The number that follows `"name":`, the first time that it does.
pub(super) fn number(json: &str, name: &str) -> Option<u64> {
    let (_, after) = json.split_once(&format!("\"{name}\":"))?;
    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_goes_but_for_texts() {
        assert_eq!(
            squeeze("{ \"a b\" : [ 1, \"\\\" c\" ],\n \"d\\\\\" : 2 }"),
            r#"{"a b":[1,"\" c"],"d\\":2}"#
        );
    }

    #[test]
    fn texts_and_numbers() {
        assert_eq!(quoted("a\"\\\n"), r#""a\"\\\u000a""#);
        assert_eq!(number(r#"{"totals":{"requests":12}}"#, "requests"), Some(12));
        assert_eq!(number(r#"{"requests":null}"#, "requests"), None);
    }
}
