"""What the README quotes, measured: each figure a ratio or a difference within one run on one machine."""
