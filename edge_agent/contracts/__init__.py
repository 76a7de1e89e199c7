"""Every message that crosses a process, and every file that a person writes.

Wire models ignore unknown fields, because fleets upgrade unevenly; files written by
people forbid them, because there an unknown field is a typing error. Each field's
docstring becomes its description in the published schemas (``edge-agent schema``).
"""
