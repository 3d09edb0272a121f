"""Serves `app:app` in production: `python serve.py`. README.md tells which settings it reads."""

if __name__ == "__main__":
    print("To do: start the server here.")
