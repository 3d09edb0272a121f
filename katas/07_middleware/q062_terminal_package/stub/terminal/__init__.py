v1_sunset = "Wed, 30 Jun 2027 22:00:00 GMT"
