"""Figures: the numbers behind them, the chart as a value, and its back ends."""
