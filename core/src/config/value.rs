//! The values that settings have, each read by one function from its text.

use std::{num::NonZeroU32, time::Duration};

use crate::hex;

/// The last two characters of the field's usual ways to write a duration or a size are its unit;
/// a bare number is in seconds, or in bytes.
fn split_unit(text: &str) -> Option<(u64, &str)> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at_checked(digits)?;
    Some((number.parse().ok()?, unit.trim()))
}

/// Reads `250ms`, `30s`, `10m`, `1h`, or a number of seconds; up to a day.
pub fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = split_unit(text.trim())?;
    let millis = match unit {
        "ms" => number,
        "s" | "" => number.checked_mul(1_000)?,
        "m" => number.checked_mul(60_000)?,
        "h" => number.checked_mul(3_600_000)?,
        _ => return None,
    };
    (millis <= 86_400_000).then(|| Duration::from_millis(millis))
}

/// Writes a duration in the largest unit that holds it whole.
pub fn duration_text(duration: Duration) -> String {
    let millis = duration.as_millis();
    for (unit, size) in [("h", 3_600_000), ("m", 60_000), ("s", 1_000)] {
        if millis > 0 && millis.is_multiple_of(size) {
            return format!("{}{unit}", millis / size);
        }
    }
    format!("{millis}ms")
}

/// Reads `500K`, `10M`, `1G` (powers of 1,024, with or without a `B` or `iB` behind), or a number
/// of bytes; at least one byte and at most 4 GB.
pub fn size(text: &str) -> Option<u64> {
    let (number, unit) = split_unit(text.trim())?;
    let shift = match unit.to_ascii_uppercase().as_str() {
        "" | "B" => 0,
        "K" | "KB" | "KIB" => 10,
        "M" | "MB" | "MIB" => 20,
        "G" | "GB" | "GIB" => 30,
        _ => return None,
    };
    let bytes = number.checked_mul(1 << shift)?;
    (1..=u64::from(u32::MAX)).contains(&bytes).then_some(bytes)
}

/// Reads a number from one to a million.
pub fn count(text: &str) -> Option<NonZeroU32> {
    text.trim().parse().ok().filter(|count: &NonZeroU32| count.get() <= 1_000_000)
}

/// Writes a size in the largest unit that holds it whole.
pub fn size_text(bytes: u64) -> String {
    for (unit, shift) in [("G", 30), ("M", 20), ("K", 10)] {
        if bytes > 0 && bytes.is_multiple_of(1 << shift) {
            return format!("{}{unit}", bytes >> shift);
        }
    }
    bytes.to_string()
}

/// Reads `sha256:` and 64 hexadecimal digits.
pub fn digest(text: &str) -> Option<[u8; 32]> {
    let hex = text.trim().strip_prefix("sha256:")?.as_bytes();
    let mut digest = [0; 32];
    if hex.len() != 64 {
        return None;
    }
    for (byte, pair) in digest.iter_mut().zip(hex.chunks_exact(2)) {
        *byte = pair.iter().try_fold(0_u8, |sum, &digit| {
            let digit = char::from(digit).to_digit(16)?;
            Some(sum << 4 | u8::try_from(digit).ok()?)
        })?;
    }
    Some(digest)
}

/// Writes a digest as [`digest`] reads it.
pub fn digest_text(digest: &[u8; 32]) -> String {
    let mut text = "sha256:".to_owned();
    hex::push(&mut text, digest);
    text
}

/// Reads an RFC 3339 time, such as `2027-01-31T00:00:00Z`, or a date alone (its first moment in
/// UTC), into milliseconds since the Unix epoch.
pub fn time(text: &str) -> Option<u64> {
    let text = text.trim();
    let (date, rest) = text.split_at_checked(10)?;
    let day = date_days(date)?;
    let within = if rest.is_empty() { 0 } else { day_millis(rest)? };
    u64::try_from(day.checked_mul(86_400_000)?.checked_add(within)?).ok()
}

/// Days since the epoch of `YYYY-MM-DD`.
fn date_days(date: &str) -> Option<i64> {
    let mut parts = date.split('-');
    let year = digits(parts.next()?, 4)?;
    let month = digits(parts.next()?, 2)?;
    let day = digits(parts.next()?, 2)?;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if parts.next().is_some() || !(1..=length).contains(&day) {
        return None;
    }
    // A year that begins in March has its leap day at its end.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * month + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

/// Milliseconds from midnight UTC of `Thh:mm:ss[.fraction](Z|±hh:mm)`.
fn day_millis(rest: &str) -> Option<i64> {
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    let (clock, rest) = rest.split_at_checked(8)?;
    let mut parts = clock.split(':');
    let (hour, minute, second) =
        (digits(parts.next()?, 2)?, digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let (millis, zone) = match rest.strip_prefix('.') {
        Some(rest) => {
            let length = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (fraction, zone) = rest.split_at_checked(length)?;
            let first: String = fraction.chars().chain("000".chars()).take(3).collect();
            (if fraction.is_empty() { return None } else { digits(&first, 3)? }, zone)
        }
        None => (0, rest),
    };
    let east = match zone {
        "Z" | "z" => 0,
        _ => {
            let (sign, offset) = zone.split_at_checked(1)?;
            let (hours, minutes) = offset.split_once(':')?;
            let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2)?);
            let minutes = (hours <= 23 && minutes <= 59).then_some(hours * 60 + minutes)?;
            match sign {
                "+" => minutes,
                "-" => -minutes,
                _ => return None,
            }
        }
    };
    Some(((hour * 60 + minute - east) * 60 + second) * 1_000 + millis)
}

fn digits(text: &str, length: usize) -> Option<i64> {
    (text.len() == length && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

/// Whether it can name a provider instance: the part of a model's name before its first slash.
pub fn is_instance_name(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b))
}

/// Whether it can name a model or an alias.
pub fn is_model_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= 256 && !text.chars().any(|c| c.is_whitespace() || c.is_control())
}

/// Whether it can name a key, a label or a secret: short and on one line.
pub fn is_line(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= 256 && !text.chars().any(char::is_control)
}

/// Whether it is an origin as browsers send it, or `*`.
pub fn is_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    text == "*"
        || host.is_some_and(|host| !host.is_empty() && is_line(host) && !host.contains(['/', ' ', '@', '?']))
}

/// Whether it is an absolute http(s) URL without credentials, query or fragment.
pub fn is_url(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else {
        return false;
    };
    let host = rest.split('/').next().unwrap_or_default();
    !host.is_empty() && !rest.contains(['@', '?', '#']) && text.parse::<http::Uri>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, want) in [
            ("30s", Some(30_000)),
            ("250ms", Some(250)),
            ("10m", Some(600_000)),
            ("1h", Some(3_600_000)),
            ("600", Some(600_000)),
            (" 5 s ", Some(5_000)),
            ("0", Some(0)),
            ("25h", None),
            ("-1s", None),
            ("1.5s", None),
            ("s", None),
            ("", None),
            ("10 minutes", None),
            ("99999999999999999999s", None),
        ] {
            assert_eq!(duration(text), want.map(Duration::from_millis), "{text:?}");
        }
        for text in ["30s", "250ms", "10m", "1h", "0ms", "90s"] {
            assert_eq!(duration_text(duration(text).unwrap()), text);
        }
    }

    #[test]
    fn sizes() {
        for (text, want) in [
            ("10M", Some(10 << 20)),
            ("10MB", Some(10 << 20)),
            ("10MiB", Some(10 << 20)),
            ("500k", Some(500 << 10)),
            ("1G", Some(1 << 30)),
            ("1048576", Some(1 << 20)),
            ("12b", Some(12)),
            ("0", None),
            ("5G", None),
            ("10T", None),
            ("M", None),
            ("banana", None),
        ] {
            assert_eq!(size(text), want, "{text:?}");
        }
        for text in ["10M", "500K", "1G", "1025"] {
            assert_eq!(size_text(size(text).unwrap()), text);
        }
    }

    #[test]
    fn digests() {
        let text = format!("sha256:{}", "0aF".repeat(21) + "9");
        let read = digest(&text).unwrap();
        assert_eq!((read[0], read[1], read[31]), (0x0a, 0xf0, 0xf9));
        assert_eq!(digest_text(&read), text.to_lowercase());
        for wrong in ["", "sha256:", "sha256:00", &"0".repeat(64), &format!("sha256:{}g", "0".repeat(63))] {
            assert_eq!(digest(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn times() {
        for (text, want) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("1970-01-01", Some(0)),
            ("2000-02-29T12:34:56Z", Some(951_827_696_000)),
            ("2024-02-29T00:00:00.5Z", Some(1_709_164_800_500)),
            ("2024-02-29T00:00:00.123456+01:30", Some(1_709_159_400_123)),
            ("2026-12-31t23:59:59-05:00", Some(1_798_779_599_000)),
            ("2023-02-29", None),
            ("2024-13-01", None),
            ("2024-00-10", None),
            ("2024-01-32", None),
            ("2024-01-01T24:00:00Z", None),
            ("2024-01-01T00:00:00", None),
            ("2024-01-01T00:00:00.Z", None),
            ("2024-01-01T00:00:00+1:00", None),
            ("1969-12-31T23:59:59Z", None),
            ("tomorrow", None),
            ("ü024-01-01", None),
            ("", None),
        ] {
            assert_eq!(time(text), want, "{text:?}");
        }
    }

    #[test]
    fn names_and_addresses() {
        for (text, want) in [
            ("openai-east", true),
            ("my_llm.2", true),
            ("", false),
            ("-a", false),
            ("A", false),
            ("a/b", false),
        ] {
            assert_eq!(is_instance_name(text), want, "{text:?}");
        }
        for (text, want) in
            [("openai/gpt-5", true), ("gpt-4.1", true), ("", false), ("/models/llama", true), ("a b", false)]
        {
            assert_eq!(is_model_name(text), want, "{text:?}");
        }
        for (text, want) in [
            ("https://app.example.com", true),
            ("http://localhost:3000", true),
            ("*", true),
            ("https://app.example.com/", false),
            ("app.example.com", false),
            ("https://", false),
        ] {
            assert_eq!(is_origin(text), want, "{text:?}");
        }
        for (text, want) in [
            ("https://api.openai.com/v1", true),
            ("http://127.0.0.1:11434/v1/", true),
            ("http://[::1]:8000", true),
            ("https://", false),
            ("https:///v1", false),
            ("ftp://host", false),
            ("api.openai.com", false),
            ("https://user:pass@host/v1", false),
            ("https://host/v1?key=1", false),
            ("https://ho st/", false),
        ] {
            assert_eq!(is_url(text), want, "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_value_or_none(text in "[0-9a-zA-Z:+.\\-éT ]{0,30}") {
            for reads in [
                duration(&text).is_some(), size(&text).is_some(), digest(&text).is_some(), time(&text).is_some(),
                is_instance_name(&text), is_model_name(&text), is_origin(&text), is_url(&text),
            ] {
                proptest::prop_assert!(!reads || !text.is_empty());
            }
        }

        #[test]
        fn what_is_written_is_read(millis in 0..=86_400_000_u64, bytes in 1..=u64::from(u32::MAX), sha: [u8; 32]) {
            let span = Duration::from_millis(millis);
            proptest::prop_assert_eq!(duration(&duration_text(span)), Some(span));
            proptest::prop_assert_eq!(size(&size_text(bytes)), Some(bytes));
            proptest::prop_assert_eq!(digest(&digest_text(&sha)), Some(sha));
        }
    }
}
