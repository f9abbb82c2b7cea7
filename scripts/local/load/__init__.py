"""Load on the local stack: visitors who look around, and one who buys. Made by Locust."""

MOST = 200  # visitors; about as many requests a second
