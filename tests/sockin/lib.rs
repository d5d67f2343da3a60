//! What there is to test is elsewhere.
