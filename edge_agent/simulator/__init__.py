"""A radio without a radio: shoppers who walk about, for the demo, the scenarios and the benchmarks."""
