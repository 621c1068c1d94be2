//! A map that holds so many entries and no more: the ones least recently used go first.
use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// When it is full, the oldest part of this many goes at once, so that making room costs little for each entry.
const GOES_AT_ONCE: usize = 8;

#[derive(Debug, Clone)]
struct Slot<V> {
    used: u64,
    value: V,
}

/// At most `MOST` entries. What a stream can name is not bounded, and what is kept of it must be.
#[derive(Debug, Clone)]
pub(crate) struct Bounded<K, V, const MOST: usize> {
    /// Counts uses; no two entries have the same.
    uses: u64,
    slots: HashMap<K, Slot<V>>,
}

impl<K, V, const MOST: usize> Default for Bounded<K, V, MOST> {
    fn default() -> Self {
        Self {
            uses: 0,
            slots: HashMap::new(),
        }
    }
}

impl<K: Eq + Hash, V, const MOST: usize> Bounded<K, V, MOST> {
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Without counting as a use.
    pub fn get<Q: ?Sized + Eq + Hash>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.slots.get(key).map(|slot| &slot.value)
    }

    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.uses += 1;
        let uses = self.uses;
        self.slots.get_mut(key).map(|slot| {
            slot.used = uses;
            &mut slot.value
        })
    }

    /// The entry, made new where there is none.
    pub fn entry(&mut self, key: K) -> &mut V
    where
        V: Default,
    {
        if self.slots.len() >= MOST && !self.slots.contains_key(&key) {
            self.make_room();
        }
        self.uses += 1;
        let slot = self.slots.entry(key).or_insert_with(|| Slot {
            used: 0,
            value: V::default(),
        });
        slot.used = self.uses;
        &mut slot.value
    }

    pub fn insert(&mut self, key: K, value: V) {
        if self.slots.len() >= MOST && !self.slots.contains_key(&key) {
            self.make_room();
        }
        self.uses += 1;
        let used = self.uses;
        self.slots.insert(key, Slot { used, value });
    }

    pub fn remove(&mut self, key: &K) -> Option<V> {
        self.slots.remove(key).map(|slot| slot.value)
    }

    /// In no order.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.slots.iter().map(|(key, slot)| (key, &slot.value))
    }

    /// In no order.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.slots.values_mut().map(|slot| &mut slot.value)
    }

    fn make_room(&mut self) {
        let mut uses: Vec<u64> = self.slots.values().map(|slot| slot.used).collect();
        let goes = (MOST / GOES_AT_ONCE).min(uses.len().saturating_sub(1));
        if uses.is_empty() {
            return;
        }
        let (_, last, _) = uses.select_nth_unstable(goes);
        let last = *last;
        self.slots.retain(|_, slot| slot.used > last);
    }
}

/// As a list of entries, the least recently used first: the same entries give the same bytes, and the order is kept.
impl<K: Eq + Hash + Serialize, V: Serialize, const MOST: usize> Serialize for Bounded<K, V, MOST> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut slots: Vec<_> = self.slots.iter().collect();
        slots.sort_unstable_by_key(|(_, slot)| slot.used);
        serializer.collect_seq(slots.into_iter().map(|(key, slot)| (key, &slot.value)))
    }
}

impl<'de, K: Eq + Hash + Deserialize<'de>, V: Deserialize<'de>, const MOST: usize> Deserialize<'de>
    for Bounded<K, V, MOST>
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut map = Self::default();
        for (key, value) in Vec::<(K, V)>::deserialize(deserializer)? {
            map.insert(key, value);
        }
        Ok(map)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_was_used_stays_and_what_was_not_goes() {
        let mut map = Bounded::<u32, u32, 16>::default();
        for key in 0..1000 {
            *map.entry(key) = key;
            *map.entry(7) += 0;
        }
        assert!(map.len() <= 16);
        assert_eq!(map.get(&7), Some(&7));
        assert_eq!(map.get(&999), Some(&999));
        assert_eq!(map.get(&100), None);
    }

    proptest! {
        #[test]
        fn it_stays_in_bounds_and_forgets_the_same_after_a_restart(keys in proptest::collection::vec(0_u32..40, 0..200)) {
            let mut never_stopped = Bounded::<u32, u32, 10>::default();
            let mut restarted = Bounded::<u32, u32, 10>::default();
            for key in keys {
                *never_stopped.entry(key) += 1;
                *restarted.entry(key) += 1;
                restarted = serde_json::from_str(&serde_json::to_string(&restarted).unwrap()).unwrap();
                prop_assert!(never_stopped.len() <= 10);
                prop_assert_eq!(serde_json::to_string(&never_stopped).unwrap(), serde_json::to_string(&restarted).unwrap());
            }
        }
    }
}
