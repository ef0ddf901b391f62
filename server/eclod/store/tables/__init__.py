"""The tables of a release, for people who do not ask SPARQL: CSV, Parquet, GeoJSON and what their columns mean.

    columns     what a column is, and how the fields of the shapes become columns
    layout      which tables there are
    view        a graph, subject by subject
    readers     from statements to cells
    rows        from graphs to rows
    files       rows as CSV and Parquet
    maps        clusters as GeoJSON
    metadata    what the columns mean, as CSVW metadata and as a dictionary
    writing     the folder of all these in a release
    reach       whose rows show something of what changed
    splicing    rows made anew among those of the release before
    updating    the folder of all these from that of the release before

Only what makes releases imports this: it loads pyarrow, which a process that answers requests does not need.
"""
