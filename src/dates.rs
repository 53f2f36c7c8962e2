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

    /// The year.
    pub fn year(self) -> i16 {
        self.year
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

impl FromStr for PartialDate {
    type Err = InvalidDate;

    /// Also takes a timestamp (`2024-10-29T08:00:00Z`), whose time is dropped.
    fn from_str(text: &str) -> Result<Self, InvalidDate> {
        let invalid = || InvalidDate(text.chars().take(40).collect());
        let date = text.split(['T', ' ']).next().unwrap_or_default();
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
        assert_eq!(
            "2024-10-29T08:00:00Z".parse::<PartialDate>().unwrap().to_string(),
            "2024-10-29"
        );
        for bad in [
            "",
            "24",
            "2024-13",
            "2023-02-29",
            "2024-1-1",
            "yesterday",
            "2024-10-29-1",
            "2024--1",
        ] {
            assert!(bad.parse::<PartialDate>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_coarse_date_spans_its_whole_period() {
        let year: PartialDate = "2022".parse().unwrap();
        assert_eq!((year.earliest(), year.latest()), ((2022, 1, 1), (2022, 12, 31)));
    }
}
