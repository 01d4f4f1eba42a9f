//! Field values from the texts of standards and drafts.

mod search;
