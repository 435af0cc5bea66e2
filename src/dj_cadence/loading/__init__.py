"""Files that people write or bring, as values and problems with their place."""
