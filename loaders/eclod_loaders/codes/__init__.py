"""The code lists of a release: regions, sectors, countries, languages, and the schemes of our own."""
