"""What stands behind the command line, a file for each part of it."""
