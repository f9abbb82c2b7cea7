"""The console: a web page, on loopback only, that shows what is deployed and what happens to it."""
