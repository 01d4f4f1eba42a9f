//! [`Section`]: ranges of the values of one group of terms.

use std::{ops::RangeInclusive, time::Duration};

use crate::config::Problems;

/// Collects what is out of range in one group of terms.
pub(super) struct Section<'a> {
    path: &'static str,
    problems: &'a mut Problems,
}

impl<'a> Section<'a> {
    pub(super) fn new(path: &'static str, problems: &'a mut Problems) -> Self {
        Self { path, problems }
    }

    pub(super) fn share(&mut self, key: &str, value: f64) {
        self.number(key, value, 0.0..=1.0);
    }

    pub(super) fn number(&mut self, key: &str, value: f64, range: RangeInclusive<f64>) {
        if !range.contains(&value) {
            let (least, most) = range.into_inner();
            self.add(
                key,
                format!("{value} is out of range, use {least} to {most}"),
            );
        }
    }

    pub(super) fn count(&mut self, key: &str, value: usize) {
        if value == 0 {
            self.add(key, "0 is out of range, use 1 or more".into());
        }
    }

    /// A time that something is divided by, or that must pass for anything to happen.
    pub(super) fn time(&mut self, key: &str, value: Duration) {
        if !(Duration::from_millis(1)..=DAY).contains(&value) {
            self.add(key, format!("{value:?} is out of range, use 1ms to 1d"));
        }
    }

    /// A time that may be nothing.
    pub(super) fn pause(&mut self, key: &str, value: Duration) {
        if value > DAY {
            self.add(key, format!("{value:?} is out of range, use 0s to 1d"));
        }
    }

    fn add(&mut self, key: &str, message: String) {
        self.problems.add(format!("{}.{key}", self.path), message);
    }
}

const DAY: Duration = Duration::from_secs(86_400);
