"""What comes from disk about the weather and the observations of a site."""
