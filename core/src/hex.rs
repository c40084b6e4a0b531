//! Hexadecimal digits, in which digests are written: into cache keys, names and configuration.

/// Appends the digits of `bytes`, in small letters. (A long conversation needs many; a format string for
/// each byte takes longer than the digest.)
pub fn push(text: &mut String, bytes: &[u8]) {
    let digit = |nibble: u8| char::from(if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 });
    text.reserve(bytes.len() * 2);
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 15));
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn bytes_are_two_digits_each() {
        let mut text = "0x".to_owned();
        super::push(&mut text, &[0, 9, 10, 0x5f, 255]);
        assert_eq!(text, "0x00090a5fff");
    }
}
