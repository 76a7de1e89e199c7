"""The few sentences that are not written by marketing, as Fluent text: one module per language."""
