"""Which hyper-parameters mattered on one data set: shares of the variance of the scores, and what they rest on."""
