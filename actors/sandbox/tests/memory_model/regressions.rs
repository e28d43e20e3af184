//! What the model's cases found once, as plain tests.
