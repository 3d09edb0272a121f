"""What gunicorn reads with `gunicorn -c gunicorn_conf.py app:app`. README.md tells what it has to say."""
