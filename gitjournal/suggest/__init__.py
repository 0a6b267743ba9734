"""What past runs say about the next: surrogate, importance, forecasts, suggestions."""
