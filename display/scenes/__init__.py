"""From a scene to a poster: layouts place, columns let text flow, paint draws."""
