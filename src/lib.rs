//! rxtill
