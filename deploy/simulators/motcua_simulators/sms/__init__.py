"""An aggregator of brand-name SMS that delivers to nobody and remembers everything."""
