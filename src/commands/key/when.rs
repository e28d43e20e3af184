//! Dates and times as people write them, and as seconds since the Unix epoch (RFC 3339 with `Z`). Always UTC,
//! in the proleptic Gregorian calendar, without leap seconds.

const DAY_S: i64 = 24 * 60 * 60;

/// Reads a date such as `2027-01-31`, a time such as `2027-01-31T12:00:00Z`, or seconds.
pub(super) fn parse(text: &str) -> Result<i64, String> {
    let wrong = || {
        format!(
            "`{text}` is no time: expected a date such as 2027-01-31, a time such as 2027-01-31T12:00:00Z, or seconds \
             since 1970"
        )
    };
    if !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit()) {
        return text
            .parse()
            .ok()
            .filter(|seconds| *seconds <= icn_core::block::ucan::TIME_S_MAX)
            .ok_or_else(wrong);
    }
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, Some(time.strip_suffix('Z').ok_or_else(wrong)?)),
        None => (text, None),
    };
    let [year, month, day] = numbers(date, '-', [4, 2, 2]).ok_or_else(wrong)?;
    let days = days(year, month, day).ok_or_else(wrong)?;
    let seconds = match time.map(|time| numbers(time, ':', [2, 2, 2])) {
        None => 0,
        Some(Some([hour, minute, second])) if hour < 24 && minute < 60 && second < 60 => {
            (hour * 60 + minute) * 60 + second
        }
        Some(_) => return Err(wrong()),
    };
    Ok(days * DAY_S + seconds)
}

/// A time as text, or the seconds when its year does not have four digits.
pub(super) fn text(seconds: i64) -> String {
    let (days, rest) = (seconds.div_euclid(DAY_S), seconds.rem_euclid(DAY_S));
    let (year, month, day) = civil(days);
    if !(0..=9999).contains(&year) {
        return format!("{seconds} s");
    }
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Three numbers with `between` between them, each with as many digits as `digits` says.
fn numbers(text: &str, between: char, digits: [usize; 3]) -> Option<[i64; 3]> {
    let parts: Vec<&str> = text.split(between).collect();
    let parts: [&str; 3] = parts.try_into().ok()?;
    let mut numbers = [0; 3];
    for ((part, digits), number) in parts.iter().zip(digits).zip(&mut numbers) {
        let plain = part.len() == digits && part.bytes().all(|c| c.is_ascii_digit());
        *number = part.parse().ok().filter(|_| plain)?;
    }
    Some(numbers)
}

/// Days in all years before this one, counted from 1 March of the year 0. Here a year begins in March, so
/// that a leap day is its last day.
const fn days_before(year: i64) -> i64 {
    365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400)
}

/// Days from 1 March to the first of a month. `month` is counted from March, which is 0.
const fn days_before_month(month: i64) -> i64 {
    (153 * month + 2) / 5
}

/// Days from 1 March of the year 0 to the Unix epoch.
const EPOCH: i64 = days_before(1969) + days_before_month(10);

/// Days from the Unix epoch to a date. `None` when there is no such date.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1..=12).contains(&month) || day < 1 {
        return None;
    }
    let (from_march, year) = if month > 2 { (month - 3, year) } else { (month + 9, year - 1) };
    let days = days_before(year) + days_before_month(from_march) + day - 1 - EPOCH;
    // A day after the end of its month falls into another month.
    (civil(days).1 == month).then_some(days)
}

/// The date that is this many days after the Unix epoch.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + EPOCH;
    let mut year = days.div_euclid(146_097) * 400 + days.rem_euclid(146_097) / 366;
    while days_before(year + 1) <= days {
        year += 1;
    }
    let of_year = days - days_before(year);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - days_before_month(from_march) + 1;
    if from_march < 10 { (year, from_march + 3, day) } else { (year + 1, from_march - 9, day) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_calendar() {
        // As `date -u -d TEXT +%s` has them.
        for (text_of, seconds) in [
            ("1970-01-01", 0),
            ("1969-12-31", -86_400),
            ("2000-02-29", 951_782_400),
            ("2024-02-29T23:59:59Z", 1_709_251_199),
            ("2027-01-31T12:00:00Z", 1_801_396_800),
            ("2100-03-01", 4_107_542_400),
            ("0000-03-01", -62_162_035_200),
            ("9999-12-31T23:59:59Z", 253_402_300_799),
        ] {
            assert_eq!(parse(text_of), Ok(seconds), "{text_of}");
            assert!(text(seconds).starts_with(text_of), "{text_of}: {}", text(seconds));
        }
        assert_eq!(parse("1801396800"), Ok(1_801_396_800));
        for day in (-800_000..3_000_000).step_by(11) {
            let (year, month, of_month) = civil(day);
            assert_eq!(days(year, month, of_month), Some(day));
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for wrong in [
            "",
            "-5",
            "2027-1-31x",
            "2027-1-31",
            "2027-02-29",
            "2027-04-31",
            "2027-13-01",
            "2027-00-01",
            "2027-01-00",
            "2027-01-31T12:00:00",
            "2027-01-31T24:00:00Z",
            "2027-01-31T12:60:00Z",
            "2027-01-31T12:00Z",
            "2027-01-31 12:00:00Z",
            "99999999999999999999",
            "9007199254740992",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
