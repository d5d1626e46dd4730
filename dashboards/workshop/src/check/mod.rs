//! What may be wrong with a dashboard.
