"""The model store: what can be fetched, fetching it, and the folder where it is kept."""
