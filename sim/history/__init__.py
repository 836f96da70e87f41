"""The model against history: observations, scores, calibration, and the page that tells it."""
