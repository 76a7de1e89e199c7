"""The doctor: from what is known of a unit to what is wrong and what to do. Pure; facts come in, findings go out."""
