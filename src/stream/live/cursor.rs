//! Reading one partition, from wherever, past whatever is in it.
use std::sync::Arc;
use std::time::Duration;

use crate::stream::backoff::Backoff;
use crate::stream::fault::{Fault, StreamError};
use crate::stream::reading::{Fetched, Place, ReadablePartition, ReadableTopics};

/// The most bytes of a fetch, about: decoding them is one step of the task.
const FETCH: i32 = 1_048_576;
/// Makes the broker send exactly one batch, whatever its size: it gets past what makes a larger answer undecodable.
const ONE_BATCH: i32 = 2;
/// So many empty answers where there should be records, and the offset is one without a record.
const EMPTY_MOST: u32 = 3;

/// What a step of a cursor found, in order.
#[derive(Debug)]
pub(in crate::stream) enum Found {
    /// A record.
    Record { offset: i64, value: Option<Vec<u8>> },
    /// The client library cannot decode what is there.
    Skipped { offset: i64, reason: String },
    /// The brokers deleted what is before `to`.
    Gap { from: i64, to: i64 },
    /// The partition was truncated or made again.
    Restarted { from: i64 },
}

/// A place in a partition that moves on.
#[derive(Debug)]
pub(in crate::stream) struct Cursor {
    topic: Arc<str>,
    pub partition: i32,
    /// The offset to read next; unknown before the first connection.
    next: Option<i64>,
    /// Where that will be.
    start: Place,
    /// Where to stop.
    end: Option<i64>,
    /// Whether `end` is to be found out with `next`.
    until_end: bool,
    /// Records that are known to be there and not read yet.
    pub behind: u64,
    pub backoff: Backoff,
    link: Option<Box<dyn ReadablePartition>>,
    one_batch: bool,
    empty: u32,
    /// The topic was missing since `next` was right.
    lost: bool,
}

impl Cursor {
    pub(in crate::stream) fn new(topic: Arc<str>, partition: i32, start: Place, until_end: bool) -> Self {
        Self {
            topic,
            partition,
            next: None,
            start,
            end: None,
            until_end,
            behind: 0,
            backoff: Backoff::default(),
            link: None,
            one_batch: false,
            empty: 0,
            lost: false,
        }
    }

    /// Whether everything was read that was there at the start.
    pub(in crate::stream) fn at_end(&self) -> bool {
        self.until_end && self.end.zip(self.next).is_some_and(|(end, next)| next >= end)
    }

    /// Closes the connection, keeps the place.
    pub(super) fn rest(&mut self) {
        self.link = None;
    }

    /// Connects if need be, and reads once, waiting up to `wait` for records to come.
    pub(in crate::stream) async fn step(
        &mut self,
        topics: &dyn ReadableTopics,
        wait: Duration,
    ) -> Result<Vec<Found>, StreamError> {
        let found = self.read(topics, wait).await;
        if let Err(error) = &found
            && error.fault == Fault::NoTopic
        {
            // Once it is there again it is another log, and all of it is news.
            self.lost |= self.next.is_some() || matches!(self.start, Place::Offset(_));
            self.start = Place::Earliest;
        }
        found
    }

    async fn read(&mut self, topics: &dyn ReadableTopics, wait: Duration) -> Result<Vec<Found>, StreamError> {
        // Put back only when it worked: any error, or this future dropped half-way, closes the connection.
        let link = match self.link.take() {
            Some(link) => link,
            None => topics.open(&self.topic, self.partition).await?,
        };
        if self.lost {
            let from = self.restart(&*link).await?;
            self.link = Some(link);
            return Ok(vec![Found::Restarted { from }]);
        }
        let next = if let Some(next) = self.next {
            next
        } else {
            let next = self.begin(&*link).await?;
            if self.end.is_some_and(|end| next > end) {
                // It was left further on than this log goes: it is another one.
                let from = self.restart(&*link).await?;
                self.link = Some(link);
                return Ok(vec![Found::Restarted { from }]);
            }
            next
        };
        if self.at_end() {
            self.link = Some(link);
            return Ok(Vec::new());
        }
        let bytes = if self.one_batch { ONE_BATCH } else { FETCH };
        match link.fetch(next, bytes, wait).await {
            Ok(fetched) => {
                self.link = Some(link);
                Ok(self.take(next, fetched))
            }
            Err(error) if error.fault == Fault::OutOfRange => {
                let from = self.restart(&*link).await?;
                self.link = Some(link);
                Ok(vec![if from > next {
                    Found::Gap { from: next, to: from }
                } else {
                    Found::Restarted { from }
                }])
            }
            Err(error) if error.fault == Fault::Undecodable => {
                if !self.one_batch {
                    self.one_batch = true;
                    return Ok(Vec::new());
                }
                // The answer was whole, only its content was not: the connection can be kept, and there may be many.
                self.link = Some(link);
                self.next = Some(next + 1);
                Ok(vec![Found::Skipped {
                    offset: next,
                    reason: error.reason,
                }])
            }
            Err(error) => Err(error),
        }
    }

    async fn begin(&mut self, link: &dyn ReadablePartition) -> Result<i64, StreamError> {
        let next = link.offset(self.start).await?;
        if self.until_end {
            self.end = Some(link.offset(Place::Latest).await?);
        }
        self.next = Some(next);
        Ok(next)
    }

    /// Goes to the first record there is.
    async fn restart(&mut self, link: &dyn ReadablePartition) -> Result<i64, StreamError> {
        self.start = Place::Earliest;
        let from = self.begin(link).await?;
        self.lost = false;
        Ok(from)
    }

    fn take(&mut self, mut next: i64, fetched: Fetched) -> Vec<Found> {
        if fetched.records.is_empty() {
            // A high watermark below `next` is ordinary after a leader change, and means nothing. One above it, time and
            // again without a record, is a batch of which nothing is left to see.
            if fetched.high_watermark > next {
                self.empty += 1;
                if self.empty >= EMPTY_MOST {
                    next += 1;
                }
            }
        } else {
            self.empty = 0;
            self.one_batch = false;
        }
        let end = self.end.unwrap_or(i64::MAX);
        let mut found = Vec::with_capacity(fetched.records.len());
        for record in fetched.records {
            next = next.max(record.offset + 1);
            if record.offset < end {
                found.push(Found::Record {
                    offset: record.offset,
                    value: record.value,
                });
            }
        }
        self.next = Some(next);
        self.behind = u64::try_from(fetched.high_watermark.min(end) - next).unwrap_or(0);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::reading::Incoming;

    fn at(next: i64) -> Cursor {
        Cursor {
            next: Some(next),
            ..Cursor::new("sales".into(), 0, Place::Earliest, false)
        }
    }

    fn fetched(offsets: &[i64], high_watermark: i64) -> Fetched {
        let records = offsets.iter().map(|offset| Incoming {
            offset: *offset,
            value: None,
        });
        Fetched {
            records: records.collect(),
            high_watermark,
        }
    }

    #[test]
    fn a_high_watermark_that_lags_after_a_change_of_leader_changes_nothing() {
        let mut cursor = at(39);
        for _ in 0..10 {
            assert!(cursor.take(39, fetched(&[], 0)).is_empty());
            assert_eq!((cursor.next, cursor.behind), (Some(39), 0));
        }
    }

    #[test]
    fn a_batch_of_which_nothing_is_left_to_see_is_stepped_over() {
        let mut cursor = at(5);
        cursor.take(5, fetched(&[], 9));
        cursor.take(5, fetched(&[], 9));
        assert_eq!(cursor.next, Some(5), "it may have been a moment's race");
        cursor.take(5, fetched(&[], 9));
        cursor.take(6, fetched(&[], 9));
        assert_eq!(cursor.next, Some(7));
        cursor.take(7, fetched(&[8], 9));
        assert_eq!((cursor.next, cursor.empty), (Some(9), 0));
    }

    #[test]
    fn records_after_the_end_that_was_asked_for_are_not_told() {
        let mut cursor = at(1);
        cursor.until_end = true;
        cursor.end = Some(3);
        let found = cursor.take(1, fetched(&[1, 2, 3, 4], 5));
        assert_eq!(found.len(), 2);
        assert!(cursor.at_end());
        assert_eq!(cursor.behind, 0);
    }
}
