"""Is she here? From signal strengths to near, away and gone."""
