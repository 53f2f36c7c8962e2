//! Dates as news and records give them: a year, a month or a day.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A date known to the year, the month or the day, written `2024`, `2024-10` or `2024-10-29`.
///
/// Ordering compares the earliest day that the date can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartialDate {
    year: i16,
    /// 1–12, or 0 where unknown.
    month: u8,
    /// 1–31, or 0 where unknown.
    day: u8,
}

/// A text that is not a date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a date: expected YYYY, YYYY-MM or YYYY-MM-DD")]
pub struct InvalidDate(String);

impl PartialDate {
    /// The first day the date can mean, as `(year, month, day)`.
    pub fn earliest(self) -> (i16, u8, u8) {
        (self.year, self.month.max(1), self.day.max(1))
    }

    /// The last day the date can mean, as `(year, month, day)`; day 31 stands for a month's end.
    pub fn latest(self) -> (i16, u8, u8) {
        let month = if self.month == 0 { 12 } else { self.month };
        (self.year, month, if self.day == 0 { 31 } else { self.day })
    }

    /// The last day the date can mean, as `(year, month, day)` of the calendar.
    pub fn last_day(self) -> (i16, u8, u8) {
        let (year, month, day) = self.latest();
        (year, month, day.min(days_in_month(year, month)))
    }

    /// The year.
    pub fn year(self) -> i16 {
        self.year
    }

    /// How exactly it is known.
    pub fn precision(self) -> Precision {
        match (self.month, self.day) {
            (0, _) => Precision::Year,
            (_, 0) => Precision::Month,
            _ => Precision::Day,
        }
    }

    /// The year, month or day that it lies in; `None` where it is not known so exactly.
    pub fn to_precision(self, precision: Precision) -> Option<Self> {
        let known = self.precision() >= precision;
        known.then_some(PartialDate {
            year: self.year,
            month: if precision >= Precision::Month {
                self.month
            } else {
                0
            },
            day: if precision >= Precision::Day { self.day } else { 0 },
        })
    }

    /// Counts years, months or days, whichever it is known to: the next year, month or day has the next number.
    pub fn ordinal(self) -> i64 {
        let (year, month) = (i64::from(self.year), i64::from(self.month));
        match self.precision() {
            Precision::Year => year,
            Precision::Month => year * 12 + month - 1,
            Precision::Day => {
                // Years that begin in March have their leap day last. 153 days are five months from March or August on.
                let (year, month) = if month > 2 {
                    (year, month - 3)
                } else {
                    (year - 1, month + 9)
                };
                let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
                year * 365 + leap_days + (153 * month + 2) / 5 + i64::from(self.day)
            }
        }
    }
}

/// How exactly a date is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// To the year.
    Year,
    /// To the month.
    Month,
    /// To the day.
    Day,
}

impl Precision {
    /// `year`, `month` or `day`.
    pub fn as_str(self) -> &'static str {
        match self {
            Precision::Year => "year",
            Precision::Month => "month",
            Precision::Day => "day",
        }
    }
}

fn days_in_month(year: i16, month: u8) -> u8 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Whether this is a time of day, to the minute or finer, with or without a zone.
fn is_time(text: &str) -> bool {
    let (time, zone) = match text.find(['Z', 'z', '+', '-']) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let zoned = match zone.as_bytes() {
        [] | [b'Z' | b'z'] => true,
        [b'+' | b'-', hour @ ..] => match hour {
            [hour @ .., b':', m, n] if hour.len() == 2 => below(hour, 24) && below(&[*m, *n], 60),
            [h, i, m, n] => below(&[*h, *i], 24) && below(&[*m, *n], 60),
            hour => below(hour, 24),
        },
        _ => false,
    };
    let (clock, fraction) = match time.split_once(['.', ',']) {
        Some((clock, fraction)) => (clock, Some(fraction.as_bytes())),
        None => (time, None),
    };
    let whole = match clock.as_bytes() {
        [h, i, b':', m, n] => fraction.is_none() && below(&[*h, *i], 24) && below(&[*m, *n], 60),
        // A leap second is the sixtieth.
        [h, i, b':', m, n, b':', s, t] => {
            below(&[*h, *i], 24) && below(&[*m, *n], 60) && below(&[*s, *t], 61)
        }
        _ => false,
    };
    let digits = |digits: &[u8]| !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    zoned && whole && fraction.is_none_or(digits)
}

/// Whether these are two digits of a number below `end`.
fn below(digits: &[u8], end: u8) -> bool {
    matches!(digits, [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] if (tens - b'0') * 10 + (ones - b'0') < end)
}

impl FromStr for PartialDate {
    type Err = InvalidDate;

    /// Also takes a timestamp of ISO 8601 or RFC 3339 (`2024-10-29T08:00:00Z`, `2024-10-29 08:00:00.5+02:00`): as its
    /// day, which is the one written, whatever the zone.
    fn from_str(text: &str) -> Result<Self, InvalidDate> {
        let invalid = || InvalidDate(text.chars().take(40).collect());
        let date = match text.split_once(['T', 't', ' ']) {
            Some((day, time)) if day.len() == 10 && is_time(time) => day,
            Some(_) => return Err(invalid()),
            None => text,
        };
        let mut parts = date.split('-');
        let mut number = |digits: usize| -> Result<Option<i16>, InvalidDate> {
            match parts.next() {
                None => Ok(None),
                Some(part) if part.len() == digits && part.bytes().all(|b| b.is_ascii_digit()) => {
                    part.parse().map(Some).map_err(|_| invalid())
                }
                Some(_) => Err(invalid()),
            }
        };
        let year = number(4)?.ok_or_else(invalid)?;
        let month = number(2)?;
        let day = number(2)?;
        if parts.next().is_some() || month.is_some_and(|m| !(1..=12).contains(&m)) {
            return Err(invalid());
        }
        let month = month.unwrap_or(0) as u8;
        if day.is_some_and(|d| d < 1 || d > i16::from(days_in_month(year, month))) {
            return Err(invalid());
        }
        Ok(PartialDate {
            year,
            month,
            day: day.unwrap_or(0) as u8,
        })
    }
}

impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.year)?;
        if self.month > 0 {
            write!(f, "-{:02}", self.month)?;
        }
        if self.day > 0 {
            write!(f, "-{:02}", self.day)?;
        }
        Ok(())
    }
}

impl Serialize for PartialDate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PartialDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_each_precision_and_refuses_the_rest() {
        for good in ["2024", "2024-10", "2024-10-29", "2024-02-29"] {
            assert_eq!(good.parse::<PartialDate>().unwrap().to_string(), good);
        }
        for timestamp in [
            "2024-10-29T08:00:00Z",
            "2024-10-29t23:59:60z",
            "2024-10-29 08:00:00+02:00",
            "2024-10-29T08:00:00.123456789-11:30",
            "2024-10-29T08:00",
            "2024-10-29 08:00:00,5+0200",
            "2024-10-29T08:00:00+02",
        ] {
            let day = timestamp.parse::<PartialDate>().unwrap();
            assert_eq!(day.to_string(), "2024-10-29", "{timestamp}");
        }
        for bad in [
            "",
            "24",
            "2024-13",
            "2023-02-29",
            "2024-1-1",
            "yesterday",
            "2024-10-29-1",
            "2024--1",
            "2024 August",
            "2024-10T08:00",
            "2024-10-29T",
            "2024-10-29T8:00",
            "2024-10-29T24:00",
            "2024-10-29T08:00:00.",
            "2024-10-29T08:00.5",
            "2024-10-29T08:00:00Zulu",
            "2024-10-29T08:00:00+2",
            "2024-10-29T08:00:00+24:00",
            "2024-10-29 or so",
            "2024-10-29T08:00:00é",
        ] {
            assert!(bad.parse::<PartialDate>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_coarse_date_spans_its_whole_period() {
        let year: PartialDate = "2022".parse().unwrap();
        assert_eq!((year.earliest(), year.latest()), ((2022, 1, 1), (2022, 12, 31)));
    }

    #[test]
    fn ordinals_count_without_gaps() {
        let mut last = None;
        for year in 1895..=2005 {
            for month in 1..=12 {
                for day in 1..=days_in_month(year, month) {
                    let ordinal = PartialDate { year, month, day }.ordinal();
                    assert_eq!(last.unwrap_or(ordinal - 1), ordinal - 1, "{year}-{month}-{day}");
                    last = Some(ordinal);
                }
            }
        }
        let month = |text: &str| text.parse::<PartialDate>().unwrap().ordinal();
        assert_eq!(month("2004-01") - month("2003-12"), 1);
        assert_eq!(month("2004") - month("1999"), 5);
    }

    #[test]
    fn a_date_lies_in_its_month_and_year() {
        let day: PartialDate = "2024-10-29".parse().unwrap();
        let at = |precision| day.to_precision(precision).unwrap().to_string();
        assert_eq!(at(Precision::Year), "2024");
        assert_eq!(at(Precision::Month), "2024-10");
        assert_eq!(at(Precision::Day), "2024-10-29");
        let year: PartialDate = "2024".parse().unwrap();
        assert_eq!(year.to_precision(Precision::Month), None);
    }
}
