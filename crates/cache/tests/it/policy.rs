//! Decisions from the RFC text.
