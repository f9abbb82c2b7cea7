"""Reviews: what customers say of products, as documents that need not be all of one shape."""
