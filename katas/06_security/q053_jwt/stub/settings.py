import os

# Shared with the sister services; comes from the environment in production.
SECRET = os.environ.get("LAB_JWT_SECRET", "for-development-only-" + "0" * 48)
ISSUER = os.environ.get("LAB_JWT_ISSUER", "https://id.lab.example")
AUDIENCE = os.environ.get("LAB_JWT_AUDIENCE", "lab-portal")
ACCESS_SECONDS = 15 * 60
REFRESH_SECONDS = 14 * 24 * 60 * 60
