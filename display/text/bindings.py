"""Pango's Python bindings. While they are imported they leave files open: closed and pardoned here, in one place."""

import warnings

with warnings.catch_warnings(action="ignore", category=ResourceWarning):  # of those that are dropped at once
    import cairocffi  # type: ignore[import-untyped]
    import pangocairocffi  # type: ignore[import-untyped]
    import pangocffi  # type: ignore[import-untyped]
    from pangocairocffi import ffi_build

for _file in (ffi_build.c_definitions_cairo_file, ffi_build.c_definitions_pangocairo_file):  # kept to the very end
    _file.close()

__all__ = ["cairocffi", "pangocairocffi", "pangocffi"]
