"""From the text of a cell to exact values: numbers, dates, points, identifiers."""
