//! Sync against a store that loses replies.
