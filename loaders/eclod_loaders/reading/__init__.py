"""Files of every format as rows that remember where they stood."""
