"""`blueprint db`: looks at the shop's databases, and changes how rows are spread over them."""
