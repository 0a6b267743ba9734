"""Hyper-parameter importance on one data set: shares of the variance of the scores, by a sensitivity analysis."""
