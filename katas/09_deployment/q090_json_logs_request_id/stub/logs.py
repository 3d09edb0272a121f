"""What log_config.json and app.py need for the log."""
