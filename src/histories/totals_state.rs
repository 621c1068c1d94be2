//! The stand-in of `totals.sqlite`: what a processor of totals keeps, however it ends.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::sleep;

use super::weather::Weather;
use crate::domain::mutant::{self, Mutant};
use crate::store::error::StoreError;
use crate::store::ports::totals::{Counted, Numbers, ReadTo, TotalRow, TotalsState};

/// What is in the file. A copy is an image of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Kept {
    places: BTreeMap<i32, ReadTo>,
    seen: BTreeMap<(i32, String, u32), Numbers>,
    totals: BTreeMap<String, TotalRow>,
    dirty: BTreeSet<String>,
    aside: BTreeMap<String, TotalRow>,
}

impl Kept {
    fn write(&mut self, counted: &Counted) {
        for read in &counted.read {
            self.places.insert(read.partition, read.clone());
        }
        for numbers in &counted.numbers {
            let source = (numbers.partition, numbers.till.clone(), numbers.series);
            self.seen.insert(source, numbers.clone());
        }
        for total in &counted.totals {
            self.totals.insert(total.pair.clone(), total.clone());
            self.dirty.insert(total.pair.clone());
        }
    }
}

/// The file.
pub(super) struct State {
    holder: String,
    kept: Mutex<Kept>,
    weather: Arc<Weather>,
}

impl State {
    pub(super) fn new(holder: &str, weather: &Arc<Weather>) -> Arc<Self> {
        Arc::new(Self {
            holder: holder.to_owned(),
            kept: Mutex::default(),
            weather: Arc::clone(weather),
        })
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap()
    }

    /// An image of the file.
    pub(super) fn image(&self) -> Kept {
        self.kept().clone()
    }

    /// An image takes the place of what there was.
    pub(super) fn restore(&self, image: Kept) {
        *self.kept() = image;
    }

    fn of_pairs(rows: &BTreeMap<String, TotalRow>, pairs: &[String]) -> Vec<TotalRow> {
        pairs.iter().filter_map(|pair| rows.get(pair)).cloned().collect()
    }
}

fn count(rows: &BTreeMap<String, TotalRow>, partition: i32) -> u64 {
    rows.values().filter(|row| row.partition == partition).count() as u64
}

#[async_trait]
impl TotalsState for State {
    fn holder(&self) -> &str {
        &self.holder
    }

    async fn read_to(&self) -> Result<Vec<ReadTo>, StoreError> {
        Ok(self.kept().places.values().cloned().collect())
    }

    async fn numbers(&self) -> Result<Vec<Numbers>, StoreError> {
        Ok(self.kept().seen.values().cloned().collect())
    }

    async fn totals(&self, pairs: &[String]) -> Result<Vec<TotalRow>, StoreError> {
        Ok(Self::of_pairs(&self.kept().totals, pairs))
    }

    async fn count(&self, counted: &Counted) -> Result<(), StoreError> {
        self.weather.way().await;
        if mutant::is(Mutant::OffsetsBeforeTotals) {
            let places = Counted {
                read: counted.read.clone(),
                ..Counted::default()
            };
            self.kept().write(&places);
            // The rest follows when there is time.
            sleep(Duration::from_secs(3)).await;
        }
        self.kept().write(counted);
        self.weather.way().await;
        Ok(())
    }

    async fn unpublished(&self, partitions: &[i32], limit: u32) -> Result<Vec<TotalRow>, StoreError> {
        let kept = self.kept();
        let dirty = kept.dirty.iter().filter_map(|pair| kept.totals.get(pair));
        let wanted = dirty.filter(|row| partitions.contains(&row.partition));
        Ok(wanted.take(limit as usize).cloned().collect())
    }

    async fn published(&self, totals: &[TotalRow]) -> Result<(), StoreError> {
        self.weather.way().await;
        let mut kept = self.kept();
        for total in totals {
            kept.dirty.remove(&total.pair);
        }
        Ok(())
    }

    async fn publish_again(&self, pairs: &[String]) -> Result<(), StoreError> {
        let mut kept = self.kept();
        let known: Vec<String> = pairs
            .iter()
            .filter(|pair| kept.totals.contains_key(*pair))
            .cloned()
            .collect();
        kept.dirty.extend(known);
        Ok(())
    }

    async fn pairs(&self, partition: i32) -> Result<u64, StoreError> {
        Ok(count(&self.kept().totals, partition))
    }

    async fn put_nothing_aside(&self) -> Result<(), StoreError> {
        self.kept().aside.clear();
        Ok(())
    }

    async fn put_aside(&self, totals: &[TotalRow]) -> Result<(), StoreError> {
        let rows = totals.iter().map(|total| (total.pair.clone(), total.clone()));
        self.kept().aside.extend(rows);
        Ok(())
    }

    async fn aside(&self, pairs: &[String]) -> Result<Vec<TotalRow>, StoreError> {
        Ok(Self::of_pairs(&self.kept().aside, pairs))
    }

    async fn pairs_aside(&self, partition: i32) -> Result<u64, StoreError> {
        Ok(count(&self.kept().aside, partition))
    }

    async fn begin_with(&self, begun: &Counted, unpublished: bool) -> Result<(), StoreError> {
        let mut kept = self.kept();
        for read in &begun.read {
            let partition = read.partition;
            kept.seen.retain(|(of, ..), _| *of != partition);
            kept.totals.retain(|_, row| row.partition != partition);
        }
        for (pair, row) in std::mem::take(&mut kept.aside) {
            if kept.totals.contains_key(&pair) {
                continue;
            }
            if unpublished {
                kept.dirty.insert(pair.clone());
            } else {
                kept.dirty.remove(&pair);
            }
            kept.totals.insert(pair, row);
        }
        kept.write(begun);
        Ok(())
    }
}
