//! The calendar, as far as the ledger needs it: UTC, between 1970 and 9999.

use crate::ports::Micros;

const SECOND: Micros = 1_000_000;

/// Microseconds of an hour.
pub(super) const HOUR: Micros = 3_600 * SECOND;

/// Microseconds of a day.
pub(super) const DAY: Micros = 24 * HOUR;

/// Writes `2026-11-21T08:05:09.250Z`, to the millisecond.
pub(super) fn push_time(at: Micros, out: &mut String) {
    push_clock(at, out);
    out.push('.');
    push_digits(at % DAY / 1_000 % 1_000, 3, out);
    out.push('Z');
}

/// Writes `2026-11-21T08:05:09Z`.
pub fn push_second(at: Micros, out: &mut String) {
    push_clock(at, out);
    out.push('Z');
}

/// Writes `2026-11-21T08:05:09`.
fn push_clock(at: Micros, out: &mut String) {
    push_date(at, out);
    let of_day = at % DAY;
    out.push('T');
    push_digits(of_day / HOUR, 2, out);
    out.push(':');
    push_digits(of_day / (60 * SECOND) % 60, 2, out);
    out.push(':');
    push_digits(of_day / SECOND % 60, 2, out);
}

/// Writes `2026-11-21`.
pub(super) fn push_date(at: Micros, out: &mut String) {
    let (year, month, day) = civil(at / DAY);
    push_digits(year, 4, out);
    out.push('-');
    push_digits(month, 2, out);
    out.push('-');
    push_digits(day, 2, out);
}

/// Writes `2026-11-21T08:00Z`.
pub(super) fn push_hour(at: Micros, out: &mut String) {
    push_date(at, out);
    out.push('T');
    push_digits(at % DAY / HOUR, 2, out);
    out.push_str(":00Z");
}

/// Reads seconds since the epoch, `2026-11-21`, `2026-11-21T08:05Z` or `2026-11-21T08:05:09Z`.
pub(super) fn parse(text: &str) -> Option<Micros> {
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse::<u64>().ok()?.checked_mul(SECOND);
    }
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, time.strip_suffix('Z')?),
        None => (text, "00:00"),
    };
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let [hour, minute, second] = match time.len() {
        5 => numbers(time, ':', [2, 2]).map(|[h, m]| [h, m, 0])?,
        _ => numbers(time, ':', [2, 2, 2])?,
    };
    if hour > 23 || minute > 59 || second > 59 || !(1..=12).contains(&month) || !(1970..).contains(&year) {
        return None;
    }
    let days = days(year, month, day);
    // A day that its month does not have comes back as another.
    (civil(days) == (year, month, day)).then_some(days * DAY + hour * HOUR + (minute * 60 + second) * SECOND)
}

fn numbers<const N: usize>(text: &str, separator: char, widths: [usize; N]) -> Option<[u64; N]> {
    let mut parts = text.split(separator);
    let mut found = [0; N];
    for (number, width) in found.iter_mut().zip(widths) {
        let part = parts.next()?;
        if part.len() != width || !part.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(found)
}

/// Year, month and day of a day counted from the epoch. The arithmetic is that of Howard
/// Hinnant's "chrono-Compatible Low-Level Date Algorithms": years that begin in March.
fn civil(days: u64) -> (u64, u64, u64) {
    let z = days + 719_468;
    let era = z / 146_097;
    let of_era = z % 146_097;
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

/// The inverse of [`civil`].
fn days(year: u64, month: u64, day: u64) -> u64 {
    let year = year - u64::from(month <= 2);
    let era = year / 400;
    let year_of_era = year % 400;
    let shifted = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * shifted + 2) / 5 + day;
    let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
    // `day` counts from 1, and is taken back here rather than above, where it could be 0.
    (era * 146_097 + of_era).saturating_sub(719_469)
}

fn push_digits(number: u64, width: u32, out: &mut String) {
    for place in (0..width).rev() {
        let digit = number / 10_u64.pow(place) % 10;
        out.push(char::from(b'0' + digit as u8));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_written() {
        for (text, at) in [
            ("1970-01-01", 0),
            ("2000-02-29", 951_782_400),
            ("2026-11-21", 1_795_219_200),
            ("2026-11-21T08:05Z", 1_795_248_300),
            ("2026-11-21T08:05:09Z", 1_795_248_309),
            ("1795248309", 1_795_248_309),
        ] {
            assert_eq!(parse(text), Some(at * SECOND), "{text}");
        }
        let mut out = String::new();
        push_time(1_795_248_309_250_999, &mut out);
        push_hour(1_795_248_309_250_999, &mut out);
        assert_eq!(out, "2026-11-21T08:05:09.250Z2026-11-21T08:00Z");
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "yesterday",
            "2026-02-29",
            "2026-00-01",
            "2026-01-00",
            "2026-13-01",
            "2026-11-21T08:05",
            "2026-11-21T24:00Z",
            "2026-11-21T08:05:09.1Z",
            "26-11-21",
            "1969-12-31",
            "99999999999999999999",
            "18446744073709551615",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn every_day_comes_back() {
        for day in 0..=2_932_896 {
            let (y, m, d) = civil(day);
            assert_eq!(days(y, m, d), day);
        }
    }
}
